"""Context windows and cutting."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.extract.cubes.cut import corners, cut, hold_pixels, window, windows

GOLDEN = Path(__file__).parents[2] / "golden/lbrspr/stc_ped2.npz"
CLIPS = np.array([180, 180, 150, 180, 150, 180, 180, 180])
STARTS = np.concatenate([[0], np.cumsum(CLIPS)])
BORDERS = st.sampled_from(["hard", "elastic", "predict"])


def clip_of(frame):
    """(clip, number within it, frames of it) of a frame in the published list of all clips."""
    clip = int(np.searchsorted(STARTS, frame, side="right")) - 1
    return clip, int(frame - STARTS[clip]), int(CLIPS[clip])


@pytest.mark.parametrize("border", ["hard", "elastic", "predict"])
def test_windows_are_those_of_the_published_code_at_starts_ends_and_middles(border):
    golden = np.load(GOLDEN)
    for frame, expected in zip(golden["context_frames"], golden[f"context_{border}"], strict=True):
        clip, number, frames = clip_of(frame)
        np.testing.assert_array_equal(window(number, frames, 2, border) + STARTS[clip], expected)


@pytest.mark.parametrize(
    ("border", "numbers"),
    [("hard", [0, 0, 0, 1, 1]), ("elastic", [0, 1, 1, 1, 1]), ("predict", [0, 0, 0])],
)
def test_clips_shorter_than_their_window_repeat_their_ends(border, numbers):
    assert window(0, 2, 2, border).tolist() == numbers


@given(st.integers(1, 30), st.integers(0, 6), BORDERS, st.data())
def test_every_window_lies_in_its_clip_and_holds_its_frame(frames, context, border, data):
    frame = data.draw(st.integers(0, frames - 1))
    numbers = window(frame, frames, context, border)
    assert len(numbers) == (context + 1 if border == "predict" else 2 * context + 1)
    assert frame in numbers and (np.diff(numbers) >= 0).all()
    assert numbers[0] >= 0 and numbers[-1] < frames


@given(st.integers(1, 30), st.integers(0, 6), BORDERS)
def test_windows_made_on_the_way_are_the_windows(frames, context, border):
    rows = np.arange(frames)[:, None]
    made = [np.concatenate(held).tolist() for held in windows(rows, frames, context, border)]
    assert made == [window(frame, frames, context, border).tolist() for frame in range(frames)]


def test_windows_read_no_further_than_they_must():
    read = []
    rows = (read.append(number) or np.array([number]) for number in range(100))
    made = windows(rows, 100, 2, "hard")
    next(made), next(made)
    assert read == [0, 1, 2, 3]


def test_all_corners_are_rounded_up():
    assert corners(np.array([[1.2, 2.0, 5.1, 6.9]]), 20, 20).tolist() == [[2, 2, 6, 7]]


@pytest.mark.parametrize(
    ("box", "pixels"),
    [
        ([1, 1, 2, 2], True),
        ([1.2, 1, 1.9, 9], False),
        ([-9, 2, -1, 9], False),
        ([-9, 2, 1, 9], True),
        ([20, 2, 30, 9], False),
        ([9, 2, 5, 9], False),
    ],
    ids=["one pixel", "between two columns", "left of the frame", "partly left", "right of the frame", "turned round"],
)
def test_boxes_without_a_pixel_are_known_beforehand(box, pixels):
    assert hold_pixels(np.array([box], np.float32), 20, 20).tolist() == [pixels]


def test_a_box_that_reaches_out_is_cut_at_the_border():
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    cubes = cut([image], np.array([[-5, -5, 8, 30], [0, 0, 8, 20]], np.float32), 16)
    np.testing.assert_array_equal(cubes[0], cubes[1])


def test_no_boxes_give_no_cubes():
    assert cut([np.zeros((20, 20, 3), np.uint8)] * 5, np.empty((0, 7)), 32).shape == (0, 5, 32, 32, 3)


def test_each_patch_is_opencvs_bilinear_resize_of_its_crop():
    images = list(np.random.default_rng(1).integers(0, 256, (5, 50, 70, 3), np.uint8))
    cubes = cut(images, np.array([[3.5, 4.5, 40.2, 30.1]]), 32)
    expected = [cv2.resize(image[5:31, 4:41], (32, 32)) for image in images]
    np.testing.assert_array_equal(cubes[0], expected)


def test_flow_cubes_are_those_of_the_published_code():
    golden = np.load(GOLDEN)
    y, x = np.mgrid[:240, :360].astype(np.float64)
    fields = [
        np.stack([1.5 * np.sin(0.03 * x + 0.05 * t), 0.7 * np.cos(0.04 * y - 0.02 * t)], axis=-1).astype(np.float32)
        for t in window(99, 180, 2, "hard")
    ]
    cubes = np.moveaxis(cut(fields, golden["stc_0099_boxes"], 32), -1, 2)
    np.testing.assert_allclose(cubes, golden["flow_stc_0099"], atol=1e-6)


@pytest.mark.shared
@pytest.mark.parametrize("clip", range(8))
def test_cubes_of_real_frames_are_those_of_the_published_code(shared, clip):
    import av

    golden = np.load(GOLDEN)
    with av.open(str(shared / f"data/ucsdped2/clips/Test{clip + 1:03d}.mkv")) as file:
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    mine = [frame for frame in golden["context_frames"] if clip_of(frame)[0] == clip]
    for frame in mine:
        images = [frames[number] for number in window(*clip_of(frame)[1:], 2, "hard")]
        cubes = cut(images, golden[f"stc_{frame:04d}_boxes"], 32)
        for channel in range(3):
            np.testing.assert_array_equal(cubes[..., channel], golden[f"stc_{frame:04d}_cubes"])
