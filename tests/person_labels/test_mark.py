"""Joints on the pixels of abnormal objects."""

import numpy as np
import pytest

from features.extract.person_labels.mark import joints_on

LEFT_SHOULDER, RIGHT_SHOULDER = 5, 6


def person(x: float, y: float) -> np.ndarray:
    """(1, 17, 3): all joints in one point."""
    return np.tile([x, y, 1.0], (1, 17, 1))


@pytest.fixture
def instances() -> np.ndarray:
    """10 x 20 pixels: object 1 in columns 4 to 7, object 2 in the last column."""
    found = np.zeros((10, 20), np.uint8)
    found[:, 4:8] = 1
    found[:, 19] = 2
    return found


@pytest.mark.parametrize("x, y, abnormal, joints", [
    (4.0, 5.0, [1], 18),     # the first pixel of the object
    (7.99, 5.0, [1], 18),    # floored, so still inside
    (8.0, 5.0, [1], 0),      # the pixel after it
    (3.99, 5.0, [1], 0),
    (5.0, 5.0, [2], 0),      # another object is abnormal
    (5.0, 5.0, [2, 1], 18),
    (5.0, 5.0, [], 0),
    (99.0, 5.0, [2], 18),    # beyond the picture: its nearest pixel
    (5.0, -7.0, [1], 18),
    (5.0, 99.0, [1], 18),
])  # fmt: skip
def test_a_joint_counts_by_the_pixel_it_lies_in(
    instances: np.ndarray, x: float, y: float, abnormal: list[int], joints: int
) -> None:
    assert joints_on(person(x, y), instances, abnormal).tolist() == [joints]


def test_the_neck_is_a_joint_of_its_own(instances: np.ndarray) -> None:
    found = person(0, 5)
    found[0, LEFT_SHOULDER, 0], found[0, RIGHT_SHOULDER, 0] = 2, 9
    assert joints_on(found, instances, [1]).tolist() == [1]


def test_each_person_is_counted_alone(instances: np.ndarray) -> None:
    assert joints_on(np.concatenate([person(5, 5), person(0, 0)]), instances, [1]).tolist() == [18, 0]
    assert joints_on(np.empty((0, 17, 3)), instances, [1]).tolist() == []
