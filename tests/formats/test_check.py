"""Published poses against their video."""

import numpy as np
import pytest

from features.datasets.formats.check import check_against, counted_from_zero
from features.datasets.people import NOBODY, People, people
from features.errors import SourceError
from tests.formats.crowds import crowd


def at(frames: list[int], ids: list[int] | None = None) -> People:
    count = len(frames)
    return people(np.array(frames), np.array(ids or [1] * count), np.full((count, 17, 3), 5.0))


def check(found: People, frames: int = 10) -> tuple[str, ...]:
    return check_against(found, frames, 480, 856, "1.json")


def test_poses_within_the_video_are_fine() -> None:
    assert check(at([0, 9])) == ()


def test_a_file_that_counts_from_one_is_said_to_do_so() -> None:
    with pytest.raises(SourceError, match=r"1.json .* frames 1 to 10, .* off by one, .* say first_frame: 1"):
        check(at([1, 5, 10]))
    assert check(counted_from_zero(at([1, 5, 10]), 1, "1.json")) == ()


@pytest.mark.parametrize("frames", [[0, 10], [3, 12], [1, 344], [2**31 - 1]])
def test_poses_beyond_the_end_are_of_another_video(frames: list[int]) -> None:
    with pytest.raises(SourceError, match=rf"poses of frame {frames[-1]}, .*0 to 9.* 1 poses .* of another video"):
        check(at(frames))


def test_frame_zero_of_a_file_that_should_count_from_one() -> None:
    with pytest.raises(SourceError, match="has poses of frame 0, so it does not count from 1; say first_frame: 0"):
        counted_from_zero(at([0, 3]), 1, "1.json")


def test_a_person_who_is_twice_in_a_frame() -> None:
    with pytest.raises(SourceError, match="person 4, frame 7 is there twice"):
        check(at([6, 7, 7], [4, 4, 4]))


def test_poses_of_nobody_in_particular_may_share_a_frame() -> None:
    assert check(at([7, 7], [NOBODY, NOBODY])) == ()


def test_a_video_with_nobody_is_remarked() -> None:
    assert check(People.nobody()) == ("1.json has no poses: nobody in 10 frames",)


@pytest.mark.parametrize(("x", "remarked"), [(-40.0, False), (900.0, False), (-900.0, True), (1e9, True)])
def test_coordinates_far_outside_the_picture_are_remarked(x: float, remarked: bool) -> None:
    found = crowd()
    found.keypoints[3, 4, 0] = x
    remarks = check(found)
    assert bool(remarks) == remarked
    assert all("1 of 170 joints lie far outside the picture of 856 x 480 pixels" in remark for remark in remarks)


def test_missing_joints_lie_nowhere() -> None:
    found = crowd()
    found.keypoints[3, 4] = (-1e9, 0, 0)
    assert check(found) == ()
