"""Frames into a network's input, its output into boxes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.extract.boxes.decode import cells, decode_raw, letterbox, network_input, overlaps, suppressed


@pytest.mark.parametrize(
    ("height", "width", "filled"),
    [
        (208, 416, (208, 416)),
        (416, 208, (416, 208)),
        (100, 200, (208, 416)),
        (433, 769, (234, 416)),
        (1, 999, (1, 416)),
    ],
)
def test_a_frame_fills_the_upper_left_of_a_grey_canvas(height, width, filled):
    canvas, ratio = letterbox(np.full((height, width, 3), 7, np.uint8), 416, 416)
    assert canvas.shape == (416, 416, 3) and ratio == min(416 / height, 416 / width)
    picture = (canvas == 7).all(axis=2)
    assert picture[: filled[0], : filled[1]].all() and picture.sum() == filled[0] * filled[1]
    assert (canvas[~picture] == 114).all()


def test_networks_see_blue_first():
    canvas = np.zeros((1, 4, 4, 3), np.uint8)
    canvas[..., 0] = 200
    assert network_input(canvas, None, None)[0, :, 0, 0].tolist() == [0, 0, 200]
    normal = network_input(canvas, np.array([1, 2, 3]), np.array([1, 2, 4]))
    assert normal[0, :, 0, 0].tolist() == [-1, -1, 49.25]


def test_cells_run_by_stride_then_row_by_row():
    places, strides = cells(64, 32)
    assert len(places) == 8 * 4 + 4 * 2 + 2
    assert places[:5].tolist() == [[0, 0], [1, 0], [2, 0], [3, 0], [0, 1]]
    assert strides[[0, 31, 32, 39, 40], 0].tolist() == [8, 8, 16, 16, 32]


def test_a_raw_row_is_an_offset_a_log_size_and_probabilities():
    output = np.zeros((42, 7), np.float32)
    output[33] = [0.5, 0.25, np.log(2), 0, 0.9, 0.5, 0.8]
    boxes = decode_raw(output, 64, 32, 0.4)
    # Cell 33: stride 16, column 1, row 0; centre (24, 4), 32 x 16.
    np.testing.assert_allclose(boxes, [[8, -4, 40, 12, 0.45, 0], [8, -4, 40, 12, 0.72, 1]], atol=1e-5)


def table(rows):
    return np.array(rows, np.float32).reshape(-1, 6)


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([[0, 0, 10, 10, 0.5, 0], [0, 0, 10, 9, 0.9, 0]], [1]),
        ([[0, 0, 10, 10, 0.5, 0], [0, 0, 10, 9, 0.9, 1]], [1, 0]),
        ([[0, 0, 10, 10, 0.5, 0], [20, 0, 30, 10, 0.9, 0]], [1, 0]),
        ([[0, 0, 10, 10, 0.9, 0], [4, 0, 14, 10, 0.8, 0], [8, 0, 18, 10, 0.7, 0]], [0, 1, 2]),
        ([[0, 0, 10, 10, 0.9, 0], [3, 0, 13, 10, 0.8, 0], [6, 0, 16, 10, 0.7, 0]], [0, 2]),
        ([], []),
    ],
    ids=["the better stays", "of two classes both", "apart", "below the threshold", "gone boxes suppress none", "none"],
)
def test_suppression(rows, kept):
    np.testing.assert_array_equal(suppressed(table(rows), 0.45, 100), table([rows[row] for row in kept]))


def test_no_more_than_the_limit():
    rows = [[20 * place, 0, 20 * place + 10, 10, place / 10, 0] for place in range(9)]
    assert suppressed(table(rows), 0.45, 2)[:, 4].tolist() == pytest.approx([0.8, 0.7])


@given(st.integers(0, 2**32 - 1), st.integers(0, 25))
def test_survivors_overlap_little_and_survive_again(seed, count):
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 40, (count, 2))
    boxes = np.concatenate([corners, corners + random.uniform(1, 30, (count, 2)), random.uniform(0, 1, (count, 1))], 1)
    boxes = np.concatenate([boxes, random.integers(0, 2, (count, 1))], 1)
    left = suppressed(boxes, 0.45, 100)
    clash = (overlaps(left) > 0.45) & (left[:, None, 5] == left[None, :, 5])
    assert (np.diff(left[:, 4]) <= 0).all() and not np.triu(clash, 1).any()
    np.testing.assert_array_equal(suppressed(left, 0.45, 100), left)
