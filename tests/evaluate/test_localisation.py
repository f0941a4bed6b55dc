"""RBDC, TBDC and the pixel-level criterion."""

from pathlib import Path

import numpy as np
import pytest

from features.evaluate.localisation import (
    Regions,
    iou,
    pixel_level_frames,
    pixel_level_score,
    rbdc_tbdc,
    score_map,
)
from features.evaluate.metrics import auc

GOLDEN = np.load(Path(__file__).parents[1] / "golden/lbrspr/rbdc_tbdc.npz")


def regions(rows: np.ndarray, boxes_from: int) -> Regions:
    frame = rows[:, boxes_from - 1].astype(np.int64)
    return Regions(rows[:, 0].astype(np.int64), frame, rows[:, boxes_from : boxes_from + 4])


@pytest.mark.parametrize(("alpha", "beta"), [(0.1, 0.1), (0.5, 0.5)])
@pytest.mark.parametrize("frames", [10, 120])
def test_equal_to_the_published_script(alpha: float, beta: float, frames: int) -> None:
    truth, detections = GOLDEN["gt"], GOLDEN["det"]
    found = rbdc_tbdc(
        regions(truth, 3), truth[:, 1].astype(int), regions(detections, 2), detections[:, 6], frames, alpha, beta
    )
    assert found == pytest.approx(GOLDEN[f"a{alpha}_b{beta}_n{frames}"], abs=1e-12)


def one(video: int, frame: int, *box: float) -> Regions:
    return Regions(np.array([video]), np.array([frame]), np.array([box], float))


@pytest.mark.parametrize(
    ("detection", "expected"),
    [
        pytest.param(one(0, 3, 0, 0, 9, 9), (1, 1), id="found at once"),
        pytest.param(one(0, 4, 0, 0, 9, 9), (0, 0), id="another frame"),
        pytest.param(one(1, 3, 0, 0, 9, 9), (0, 0), id="another video"),
        pytest.param(one(0, 3, 50, 50, 59, 59), (0, 0), id="another place"),
    ],
)
def test_one_region_and_one_detection(detection: Regions, expected: tuple[float, float]) -> None:
    found = rbdc_tbdc(one(0, 3, 0, 0, 9, 9), np.array([0]), detection, np.array([1.0]), frames=5)
    assert found == pytest.approx(expected)


def test_without_detections_nothing_is_found() -> None:
    nothing = Regions(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 4)))
    assert rbdc_tbdc(one(0, 0, 0, 0, 9, 9), np.array([0]), nothing, np.zeros(0), frames=5) == (0, 0)


def test_without_regions_it_is_undefined() -> None:
    nothing = Regions(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 4)))
    with pytest.raises(ValueError, match="undefined"):
        rbdc_tbdc(nothing, np.zeros(0, int), one(0, 0, 0, 0, 9, 9), np.array([1.0]), frames=5)


def test_boxes_hold_the_pixels_at_both_ends() -> None:
    assert iou(np.array([0, 0, 9, 9.0]), np.array([[0, 0, 4, 9], [9, 9, 9, 9], [10, 0, 12, 9.0]])).tolist() == [
        0.5,
        0.01,
        0.0,
    ]


def test_a_frame_is_found_once_two_fifths_of_its_pixels_are_marked() -> None:
    drawn, mask = np.arange(10.0).reshape(1, 10), np.zeros((1, 10), bool)
    mask[0, :5] = True  # scores 0..4; two of five pixels are marked from threshold 3 down
    assert pixel_level_score(drawn, mask) == 3
    assert pixel_level_score(drawn, ~np.ones((1, 10), bool)) == 9


def test_pixel_level_roc_asks_where_not_only_when() -> None:
    """Both frames score alike as frames; the abnormal one is marked in the wrong place."""
    mask = np.zeros((20, 20), bool)
    mask[:5, :5] = True
    right = score_map(np.array([[0, 0, 5, 5, 2.0]]), 20, 20, -20)
    wrong = score_map(np.array([[10, 10, 15, 15, 2.0]]), 20, 20, -20)
    normal = score_map(np.array([[0, 0, 5, 5, 1.0]]), 20, 20, -20)
    empty = np.zeros((20, 20), bool)
    for drawn, expected in ((right, 1.0), (wrong, 0.0)):
        scores = np.array([pixel_level_score(drawn, mask), pixel_level_score(normal, empty)])
        assert auc(pixel_level_frames(scores, np.array([True, False]))).value == expected


def test_a_score_map_holds_the_highest_score_and_rounds_corners_up() -> None:
    drawn = score_map(np.array([[0.2, 0, 3, 2, 1.0], [2, 1, 9, 9, 5.0]]), 3, 4, -20)
    assert drawn.tolist() == [[-20, 1, 1, -20], [-20, 1, 5, 5], [-20, -20, 5, 5]]
