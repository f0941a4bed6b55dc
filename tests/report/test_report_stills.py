"""Stills: small JPEGs with the highest box in its own colour."""

import io

import numpy as np
import pytest
from PIL import Image

from features.report.stills import HIGHEST, OTHERS, WIDTH, still

GREY = np.full((360, 640, 3), 128, np.uint8)


def picture(made) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(made.jpeg)).convert("RGB")).astype(int)


def nearest(image: np.ndarray, x: int, y: int) -> tuple:
    """Which of the two box colours a pixel is."""
    distances = {colour: abs(image[y, x] - colour).sum() for colour in (HIGHEST, OTHERS)}
    return min(distances, key=distances.get)


def test_wide_frames_are_scaled_down_and_small_ones_kept():
    assert (still(GREY, 0).width, still(GREY, 0).height) == (WIDTH, 270)
    small = still(np.zeros((240, 360, 3), np.uint8), 0)
    assert picture(small).shape == (240, 360, 3)


def test_a_still_is_modest():
    noise = np.random.default_rng(0).integers(0, 255, (1080, 1920, 3), np.uint8)
    assert len(still(noise, 0).jpeg) < 100_000


def test_the_highest_box_has_its_own_colour():
    boxes = np.array([[40, 120, 120, 240], [320, 120, 400, 240]], float)
    made = still(GREY, 7, boxes, np.array([0.2, 0.9]), frame_score=0.9)
    image = picture(made)
    assert nearest(image, 30, 140) == OTHERS
    assert nearest(image, 240, 140) == HIGHEST
    assert (made.frame, made.score, made.boxes) == (7, 0.9, 2)


@pytest.mark.parametrize("scores", [None, np.array([np.nan])], ids=["no scores", "no number"])
def test_boxes_without_scores_are_drawn_without_a_highest(scores):
    image = picture(still(GREY, 0, np.array([[40, 120, 120, 240]], float), scores))
    assert nearest(image, 30, 140) == OTHERS


@pytest.mark.parametrize("box", [[-50, -50, 20, 20], [620, 340, 900, 900], [100, 100, 100, 100], [90, 90, 50, 50]])
def test_boxes_over_the_edge_do_no_harm(box):
    still(GREY, 0, np.array([box], float), np.array([1234.5]))


def test_the_same_frame_gives_the_same_bytes():
    assert still(GREY, 0).jpeg == still(GREY, 0).jpeg
