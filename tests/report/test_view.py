"""Pictures of features."""

import colorsys

import cv2
import numpy as np
import pytest

from features.errors import ConfigError
from features.report.view import (
    DETECTOR_BLUE,
    IMPORTED_GREEN,
    MOTION_ORANGE,
    contact_sheet,
    draw_boxes,
    flow_wheel,
    stills,
    wheel_legend,
    wheel_limit,
    with_legend,
    write_clip,
)


@pytest.fixture
def frame():
    return np.full((60, 80, 3), 90, np.uint8)


@pytest.mark.parametrize(("origin", "colour"), enumerate([DETECTOR_BLUE, MOTION_ORANGE, IMPORTED_GREEN]))
def test_boxes_are_drawn_in_the_colour_of_their_origin(frame, origin, colour):
    picture = draw_boxes(frame, np.array([[10.2, 20.4, 40, 50, 0.5, 1, origin]]))
    assert picture[20, 10].tolist() == picture[50, 40].tolist() == list(colour)


def test_the_frame_itself_is_left_alone(frame):
    draw_boxes(frame, np.array([[10, 20, 40, 50]]))
    assert (frame == 90).all()


def test_no_boxes_leave_the_picture_as_it_is(frame):
    np.testing.assert_array_equal(draw_boxes(frame, np.empty((0, 7))), frame)


@pytest.mark.parametrize("top", [30, 0], ids=["above the box", "inside at the upper edge"])
def test_labels_stand_beside_their_box_and_inside_the_picture(frame, top):
    box = np.array([[5, top, 50, top + 20]])
    written = (draw_boxes(frame, box, ["0.9"]) != draw_boxes(frame, box)).any(axis=2)
    rows = np.nonzero(written)[0]
    assert len(rows) > 20 and abs(rows.mean() - top) < 14


@pytest.mark.parametrize(
    ("vector", "hue"), [((4, 0), 0), ((0, 4), 90), ((-4, 0), 180), ((0, -4), 270)], ids=["right", "down", "left", "up"]
)
def test_hue_is_direction(vector, hue):
    red, green, blue = flow_wheel(np.full((2, 2, 2), vector, np.float32), 4.0)[0, 0] / 255
    found, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    assert (found * 360, saturation, value) == (pytest.approx(hue, abs=1), 1, 1)


def test_rest_is_white_and_missing_flow_is_grey():
    flow = np.zeros((1, 2, 2), np.float32)
    flow[0, 1] = np.nan
    assert flow_wheel(flow, 1.0).tolist() == [[[255] * 3, [128] * 3]]


@pytest.mark.parametrize(("value", "limit"), [(3.0, 3.0), (0.01, 0.5), (np.nan, 0.5)])
def test_the_scale_is_the_99th_percentile_but_never_noise(value, limit):
    assert wheel_limit(np.array([[[value, 0]]])) == pytest.approx(limit)


def test_the_legend_shows_all_directions_and_its_rim():
    legend = wheel_legend(64, 2.5)
    assert legend.shape == (80, 64, 3)
    assert legend[32, 62].tolist() == pytest.approx([255, 0, 0], abs=16)
    assert legend[31, 31].min() > 240 and (legend[64:] < 128).any()


def test_small_pictures_have_no_room_for_a_legend(frame):
    assert with_legend(frame, 1.0) is frame
    large = np.zeros((240, 360, 3), np.uint8)
    assert (with_legend(large, 1.0)[-60:, -48:] != 0).any()


def test_a_contact_sheet_shows_every_patch_in_order():
    cubes = np.random.default_rng(0).integers(0, 256, (5, 3, 8, 8, 3), np.uint8)
    sheet = contact_sheet(cubes, columns=2, zoom=2)
    assert sheet.shape == (3 * (16 + 20), 2 * (48 + 8), 3)
    np.testing.assert_array_equal(sheet[16 : 16 + 16 : 2, 4 : 4 + 16 : 2], cubes[0, 0])
    np.testing.assert_array_equal(sheet[16 : 16 + 16 : 2, 56 + 4 + 32 : 56 + 4 + 48 : 2], cubes[1, 2])
    np.testing.assert_array_equal(sheet[72 + 16 : 72 + 32 : 2, 4 : 4 + 16 : 2], cubes[4, 0])
    assert (sheet[72:, 56:] == 255).all()


def test_flow_stands_below_its_cube_on_one_scale():
    cubes = np.zeros((2, 3, 8, 8, 3), np.uint8)
    flow = np.zeros((2, 3, 2, 8, 8), np.float32)
    flow[0, :, 0], flow[1, :, 0] = 4, 2
    sheet = contact_sheet(cubes, flow, columns=2, zoom=1)
    full, half = sheet[16 + 8 + 4, 4 + 4], sheet[16 + 8 + 4, 32 + 4 + 4]
    assert full.tolist() == [255, 0, 0] and half[1] == pytest.approx(128, abs=2)


@pytest.mark.parametrize("caption", ["", "frame 12"])
def test_captions_stand_above_their_strip(caption):
    sheet = contact_sheet(np.zeros((1, 3, 8, 8, 3), np.uint8), captions=[caption], columns=1)
    assert (sheet[:14] < 128).any() == bool(caption)


def test_a_sheet_of_no_cubes_is_white_paper():
    assert (contact_sheet(np.zeros((0, 5, 32, 32, 3), np.uint8)) == 255).all()


@pytest.mark.parametrize(("count", "shape"), [(1, (6, 9)), (3, (6, 27)), (5, (12, 36))])
def test_stills_fill_rows_of_four(count, shape):
    assert stills([np.zeros((6, 9, 3), np.uint8)] * count).shape == (*shape, 3)


def moving(count=10, height=61, width=81):
    frames = np.full((count, height, width, 3), 40, np.uint8)
    for number, frame in enumerate(frames):
        frame[20:40, 4 * number : 4 * number + 20] = (220, 60, 20)
    return frames


def test_an_mp4_plays_back_the_frames_at_their_rate(tmp_path):
    import av

    path = tmp_path / "clip.mp4"
    write_clip(path, iter(moving()), 12.5)
    with av.open(str(path)) as file:
        assert float(file.streams.video[0].average_rate) == 12.5
        shown = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert len(shown) == 10 and shown[0].shape == (62, 82, 3)
    difference = np.abs(np.int16(shown)[:, :61, :81] - moving())
    assert difference.mean() < 4


def test_a_gif_shows_the_frames_at_their_rate(tmp_path):
    from PIL import Image

    path = tmp_path / "clip.gif"
    write_clip(path, iter(moving()), 10)
    with Image.open(path) as image:
        assert (image.n_frames, image.info["duration"], image.size) == (10, 100, (81, 61))


def test_a_png_holds_all_frames_side_by_side(tmp_path):
    path = tmp_path / "clip.png"
    write_clip(path, iter(moving(4)), 10)
    picture = cv2.imread(str(path))[..., ::-1]
    np.testing.assert_array_equal(picture, np.concatenate(moving(4), axis=1))


@pytest.mark.parametrize(
    ("name", "frames", "message"),
    [("clip.avi", 1, "expected a name that ends in .mp4, .gif, .png"), ("clip.mp4", 0, "has no frames")],
)
def test_what_cannot_be_written_is_said(tmp_path, name, frames, message):
    with pytest.raises(ConfigError, match=message):
        write_clip(tmp_path / name, iter(moving(frames)), 10)
    assert not list(tmp_path.iterdir())
