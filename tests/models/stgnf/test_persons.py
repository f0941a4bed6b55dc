"""Persons one by one, and what is missing in them."""

import numpy as np
import pytest

from features.datasets.people import people
from features.errors import SourceError
from features.models.stgnf.persons import around, every_frame, filled, persons
from tests.models.stgnf.closed_form import walking


def keypoints(frames: list[int], missing: dict[int, list[int]] | None = None) -> np.ndarray:
    """Joint j of frame f at (10 j + f, 100 + f); `missing`: frame -> joints that are not there."""
    j, f = np.arange(17), np.array(frames)[:, None]
    found = np.stack([10.0 * j + f, 100.0 + f + 0 * j, 1.0 + 0 * (j + f)], axis=-1)
    for row, frame in enumerate(frames):
        found[row, (missing or {}).get(frame, [])] = 0
    return found


def test_persons_come_by_id_and_in_order_of_time_and_nobody_is_left_out() -> None:
    frames, ids = np.array([0, 0, 0, 1, 2]), np.array([7, -1, 3, 7, 3])
    first, second = persons(people(frames, ids, walking(1, frames)))
    assert (first.id, first.frames.tolist(), first.rows.tolist()) == (3, [0, 2], [2, 4])
    assert (second.id, second.frames.tolist(), second.rows.tolist()) == (7, [0, 1], [0, 3])


def test_a_video_of_nobody_has_no_persons() -> None:
    assert persons(people(np.empty(0), np.empty(0), np.empty((0, 17, 3)))) == []


def test_a_person_twice_in_a_frame_is_refused() -> None:
    frames = np.array([4, 4])
    with pytest.raises(SourceError, match="person 2 is twice in frame 4"):
        persons(people(frames, np.array([2, 2]), walking(1, frames)))


def test_a_box_that_is_not_given_lies_around_the_joints_that_are_there() -> None:
    poses = keypoints([0, 1], {1: [0, 16]})
    boxes = np.array([[1, 2, 3, 4, 0.5], [np.nan] * 5])
    (person,) = persons(people(np.array([0, 1]), np.array([1, 1]), poses, boxes=boxes))
    assert person.boxes.tolist() == [[1, 2, 3, 4], [11, 101, 151, 101]]


def test_no_joint_no_box() -> None:
    assert around(np.zeros((1, 17, 3))).tolist() == [[0, 0, 0, 0]]


def test_boxes_between_frames_are_drawn_on_a_line() -> None:
    (person,) = persons(people(np.array([0, 4]), np.array([1, 1]), keypoints([0, 4])))
    assert person.boxes_at(np.array([1])).tolist() == [[1, 101, 161, 101]]


def test_missing_joints_are_filled_in_time_and_held_at_the_ends() -> None:
    poses = keypoints([0, 1, 2, 6], {0: [2], 2: [1, 2]})
    (person,) = persons(people(np.array([0, 1, 2, 6]), np.ones(4, int), poses))
    joints = filled(person).joints
    assert joints[2, 1, :2].tolist() == [12, 102]
    assert joints[:, 2, 0].tolist() == [21, 21, 22, 26]


def test_a_joint_that_was_never_seen_stands_in_the_middle_of_those_that_were() -> None:
    poses = keypoints([0, 1], {0: [5], 1: [5, 16]})
    (person,) = persons(people(np.array([0, 1]), np.ones(2, int), poses))
    seen = [j for j in range(16) if j != 5]
    assert filled(person).joints[1, 5, :2].tolist() == pytest.approx([10 * np.mean(seen) + 1, 101])


def test_a_frame_without_any_joint_counts_as_missing() -> None:
    poses = keypoints([0, 1, 2], {1: list(range(17))})
    (person,) = persons(people(np.arange(3), np.ones(3, int), poses))
    assert filled(person).frames.tolist() == [0, 2]


def test_missing_frames_are_drawn_between_their_neighbours() -> None:
    (person,) = persons(people(np.array([3, 6]), np.ones(2, int), keypoints([3, 6])))
    frames, joints, found = every_frame(person)
    assert frames.tolist() == [3, 4, 5, 6]
    assert found.tolist() == [True, False, False, True]
    assert joints[1, 2] == pytest.approx([24, 104])
