"""Boxes around what moves."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.extract.boxes.flow import grid_scale
from features.extract.boxes.motion import (
    FlowMotionRecipe,
    GradientRecipe,
    contour_boxes,
    erased,
    flow_boxes,
    frame_gradients,
    gradient_boxes,
)
from features.extract.flow.recipe import FlowRecipe
from features.extract.frames.recipe import FramesRecipe

GOLDEN = Path(__file__).parents[2] / "golden/lbrspr/boxes.npz"
NOTHING = np.empty((0, 4), np.float32)
AREAS = {"UCSDped1": 100, "UCSDped2": 100, "avenue": 1600, "ShanghaiTech": 900}


def flow_recipe(min_area=100.0, **parameters):
    return FlowMotionRecipe(flow=FlowRecipe(frames=FramesRecipe()), min_area=min_area, **parameters)


def gradient_recipe(**parameters):
    return GradientRecipe(**{"threshold": 18, "blur": 3, "min_area": 100, **parameters})


@pytest.mark.parametrize("dataset", AREAS)
@pytest.mark.parametrize(("erase", "name"), [(6, "minus6"), (0, "alone")])
def test_flow_boxes_are_those_of_the_published_code(dataset, erase, name):
    golden = np.load(GOLDEN)
    found = golden[f"{dataset}_after_cover"][:erase]
    boxes = flow_boxes(golden[f"{dataset}_flow"].astype(np.float32), found, flow_recipe(AREAS[dataset]))
    np.testing.assert_array_equal(boxes, golden[f"{dataset}_flow_boxes_{name}"])


def test_where_everything_moves_nothing_is_found_as_published():
    assert len(flow_boxes(np.full((60, 80, 2), 3, np.float32), NOTHING, flow_recipe())) == 0


@pytest.mark.parametrize(("magnitude", "found"), [(1.0, 0), (1.01, 1)])
def test_the_squared_flow_must_exceed_the_threshold(magnitude, found):
    flow = np.zeros((60, 80, 2), np.float32)
    flow[20:40, 30:50, 0] = magnitude
    assert len(flow_boxes(flow, NOTHING, flow_recipe())) == found


def test_flow_that_is_missing_is_no_motion():
    flow = np.zeros((60, 80, 2), np.float32)
    flow[20:40, 30:50] = np.nan
    assert len(flow_boxes(flow, NOTHING, flow_recipe())) == 0


def test_vectors_of_the_frame_are_turned_into_those_of_the_grid():
    on_grid = FlowRecipe(frames=FramesRecipe(), size=(512, 384))
    np.testing.assert_allclose(1 / grid_scale(on_grid, 240, 360), [0.7031, 0.625], atol=1e-4)
    np.testing.assert_array_equal(grid_scale(FlowRecipe(frames=FramesRecipe()), 240, 360), [1, 1])


@pytest.mark.parametrize(
    ("region", "box"),
    [
        ((slice(20, 40), slice(30, 50)), [28, 18, 52, 42]),
        ((slice(0, 20), slice(0, 20)), [0, 0, 22, 22]),
        ((slice(40, 60), slice(60, 80)), [58, 38, 80, 60]),
        ((slice(20, 29), slice(30, 39)), None),
        ((slice(20, 22), slice(10, 60)), None),
    ],
    ids=["grown by two", "upper left", "lower right", "not above the area", "too long"],
)
def test_contours_become_boxes(region, box):
    mask = np.zeros((60, 80), np.uint8)
    mask[region] = 255
    found = contour_boxes(mask, 100, 2, 10)
    assert found.tolist() == ([] if box is None else [box])


def test_found_boxes_are_erased_with_a_margin_that_includes_its_corner():
    mask = erased(np.ones((20, 20), np.uint8), np.array([[5.9, 5.9, 9.9, 9.9]]), 2)
    rows, columns = np.nonzero(mask == 0)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 11, 3, 11)


def test_a_box_outside_the_frame_erases_nothing():
    mask = np.ones((20, 20), np.uint8)
    assert erased(mask, np.array([[-30, -30, -10, -10]]), 2).all()


def test_a_window_of_one_frame_three_times_has_no_gradient():
    frame = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    assert not frame_gradients(np.stack([frame] * 3), 3).any()


@pytest.mark.parametrize(("wrap", "sum_"), [(True, 144), (False, 255)])
def test_the_published_sum_wraps_at_256(wrap, sum_):
    dark, light = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 200, np.uint8)
    assert (frame_gradients(np.stack([dark, light, dark]), 3, wrap) == sum_).all()


def test_gradients_are_those_of_the_published_formula_frame_by_frame():
    frames = np.random.default_rng(1).integers(0, 256, (7, 24, 32, 3), np.uint8)
    expected = []
    for before, here, after in zip(frames, frames[1:], frames[2:], strict=False):
        blurred = [cv2.GaussianBlur(frame, (5, 5), 0) for frame in (before, here, after)]
        expected.append(cv2.absdiff(blurred[0], blurred[1]) + cv2.absdiff(blurred[1], blurred[2]))
    np.testing.assert_array_equal(frame_gradients(frames, 5), expected)


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_motion_in_any_one_channel_counts(channel):
    gradient = np.zeros((60, 80, 3), np.uint8)
    gradient[20:40, 30:50, channel] = 19
    assert gradient_boxes(gradient, NOTHING, gradient_recipe()).tolist() == [[28, 18, 52, 42]]


def test_pieces_closer_than_the_closing_are_joined():
    gradient = np.zeros((60, 80, 3), np.uint8)
    gradient[10:25, 30:50] = gradient[29:44, 30:50] = 200
    apart = gradient_boxes(gradient, NOTHING, gradient_recipe())
    together = gradient_boxes(gradient, NOTHING, gradient_recipe(join=(3, 9)))
    assert (len(apart), together.tolist()) == (2, [[28, 8, 52, 46]])


def test_an_area_below_one_is_a_share_of_the_frame():
    gradient = np.zeros((60, 80, 3), np.uint8)
    gradient[20:40, 30:50] = 200
    shares = [0.09, 0.1]
    assert [len(gradient_boxes(gradient, NOTHING, gradient_recipe(min_area=share))) for share in shares] == [1, 0]


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40), st.sampled_from([None, (1, 1), (3, 15)]))
def test_boxes_lie_in_the_frame_and_erasing_all_of_it_leaves_none(seed, height, width, join):
    gradient = np.random.default_rng(seed).integers(0, 60, (height, width, 3), np.uint8)
    recipe = gradient_recipe(min_area=4, join=join)
    boxes = gradient_boxes(gradient, NOTHING, recipe)
    assert (boxes >= 0).all() and (boxes <= [width, height, width, height]).all()
    everything = np.array([[0, 0, width, height]], np.float32)
    assert len(gradient_boxes(gradient, everything, recipe)) == 0


@pytest.mark.shared
@pytest.mark.parametrize(("clip", "share"), [("Test001", 0.85), ("Test006", 0.85)])
def test_vec_gradient_boxes_come_back_from_the_frames(shared, clip, share):
    """The others differ by a pixel: these frames are a JPEG release, the published boxes come from the originals."""
    import av

    published = np.load(shared / "data/ucsdped2/vec_boxes_test.npz")
    boxes, offsets = published[f"{clip}_boxes"], published[f"{clip}_offsets"]
    with av.open(str(shared / f"data/ucsdped2/clips/{clip}.mkv")) as file:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])
    gradients = frame_gradients(np.concatenate([frames[:1], frames, frames[-1:]]), 3)
    hits = total = 0
    for number, gradient in enumerate(gradients):
        rows = boxes[offsets[number] : offsets[number + 1]]
        whole = (rows == np.round(rows)).all(axis=1)
        ours = {tuple(row) for row in gradient_boxes(gradient, rows[~whole], gradient_recipe()).tolist()}
        hits += sum(tuple(row) in ours for row in rows[whole].tolist())
        total += int(whole.sum())
    assert total > 50 and hits / total >= share
