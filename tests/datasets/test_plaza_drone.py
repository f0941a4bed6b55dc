"""The plaza filmed by a drone: a window of the picture that a camera at rest takes, and its truth."""

from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from features.datasets.plaza import Plaza
from features.datasets.plaza.render import PARTS, draw

OPTIONS = {"clips": 1, "frames": 30, "size": "160x120", "camera": "drone"}


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return Plaza(None, tmp_path_factory.mktemp("drone"), clips=3, camera="drone").truth("test/1")


@pytest.fixture(scope="module")
def still(truth):
    """The whole picture, of which the drone shows a part."""
    return replace(truth, clip=replace(truth.clip, film=None))


def corner(truth, frame):
    window = truth.clip.window(frame)
    return np.array([window.left, window.top])


def test_it_is_a_plaza_of_its_own(tmp_path):
    still, flown = Plaza(None, tmp_path), Plaza(None, tmp_path, camera="drone")
    assert flown.folder.name == f"{still.folder.name}-drone"


def test_it_is_rendered_with_the_size_that_was_asked_for_and_the_same_bytes_again(tmp_path):
    plazas = [Plaza(None, tmp_path / name, **OPTIONS) for name in ("one", "other")]
    for plaza in plazas:
        plaza.prepare()
    one, other = (plaza.folder / "test/videos/1.mp4" for plaza in plazas)
    assert one.read_bytes() == other.read_bytes()
    with av.open(str(one)) as file:
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    error = np.abs(frames[9].astype(int) - plazas[0].truth("test/1").image(9))
    assert (len(frames), frames[0].shape) == (30, (120, 160, 3)) and error.mean() < 8
    assert plazas[0].labels("test/1").tolist() == [mask.any() for mask in plazas[0].masks("test/1")]


def test_a_frame_is_the_part_of_the_still_picture_under_the_window(truth, still):
    left, top = corner(truth, 40)
    height, width = truth.image(40).shape[:2]
    assert (height, width) == (240, 320)
    np.testing.assert_array_equal(truth.image(40), still.image(40)[top : top + height, left : left + width])
    np.testing.assert_array_equal(truth.mask(40), still.mask(40)[top : top + height, left : left + width])


def test_the_drone_drifts_and_shakes_inside_the_picture(truth):
    """At most what two sines allow: half the spare picture times the sum of amplitude x 2 pi / period, in a frame."""
    corners = np.array([corner(truth, frame) for frame in range(truth.frames)])
    spare = np.array([400, 300]) - [320, 240]
    fastest = spare / 2 * 2 * np.pi * (0.65 / 2.0 + 0.35 / 0.4) / 25 + 1
    steps = np.abs(np.diff(corners, axis=0))
    assert (corners >= 0).all() and (corners <= spare).all()
    assert (steps <= fastest).all() and (steps.max(axis=0) > fastest / 3).all()


def test_every_clip_is_flown_in_another_way(tmp_path):
    plaza = Plaza(None, tmp_path, clips=3, camera="drone")
    flights = {tuple(corner(plaza.truth(f"{split}/{n}"), 10)) for split in ("train", "test") for n in (1, 2, 3)}
    assert len(flights) == 6


def test_boxes_and_keypoints_move_with_the_window(truth, still):
    shift, whole = corner(truth, 50), {person.track: person for person in still.people(50)}
    for person in truth.people(50):
        wide = whole[person.track]
        moved = wide.box - [*shift, *shift]
        cut = (moved[:2] < 0).any() or (moved[2:] > [320, 240]).any()
        assert cut or (person.box == moved).all()
        assert (person.box[:2] >= moved[:2]).all() and (person.box[2:] <= moved[2:]).all()
        inside = person.keypoints[:, 2] > 0
        np.testing.assert_allclose(person.keypoints[inside, :2], wide.keypoints[inside, :2] - shift)
        identity = draw(truth.clip, 50).identity
        columns, rows = np.rint(person.keypoints[person.keypoints[:, 2] == 2, :2]).astype(int).T
        assert (identity[rows, columns] // PARTS == person.track).all()


@pytest.mark.parametrize("frame", [20, 60])
def test_flow_carries_each_frame_into_the_next_the_ground_too(truth, frame):
    flow, valid = truth.flow(frame)
    shift = corner(truth, frame) - corner(truth, frame + 1)
    ground = draw(truth.clip, frame).identity < PARTS
    assert shift.any() and (flow[:, ground] == shift[:, None]).all()
    rows, columns = np.indices(valid.shape, dtype=np.float32)
    warped = cv2.remap(truth.image(frame + 1), columns + flow[0], rows + flow[1], cv2.INTER_LINEAR)
    error = np.abs(warped.astype(float) - truth.image(frame)).mean(axis=-1)
    inner = cv2.erode(valid.astype(np.uint8), np.ones((5, 5))) > 0
    assert error[inner].mean() < 2


def test_each_test_clip_shows_somebody_abnormal_in_some_frames_but_not_in_all(tmp_path: Path):
    plaza = Plaza(None, tmp_path, clips=3, camera="drone")
    for number in (1, 2, 3):
        labels = [plaza.truth(f"test/{number}").mask(frame).any() for frame in range(0, 110, 5)]
        assert 0 < sum(labels) < len(labels)
