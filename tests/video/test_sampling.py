"""Which frames a policy keeps, and how large they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.video.index import Index
from features.video.sampling import Sampling, frame_size, sampled_frames


def index_of(seconds: list[float], height: int = 96, width: int = 320) -> Index:
    """An index with these times."""
    return Index("ab" * 32, "pyav", len(seconds), height, width, 0, tuple(seconds), (0,))


@pytest.mark.parametrize(
    "seconds, fps, numbers",
    [
        ([0.0, 0.04, 0.08, 0.12, 0.16], 25.0, [0, 1, 2, 3, 4]),
        ([0.0, 0.04, 0.08, 0.12, 0.16], 12.5, [0, 2, 4]),
        ([0.0, 0.033, 0.067, 0.1, 0.133, 0.167, 0.2], 10.0, [0, 3, 6]),
        ([0.0, 0.1, 2.0, 2.1], 2.0, [0, 1, 1, 1, 2]),
        ([0.0, 0.5], 4.0, [0, 0, 1]),
        ([0.0], 10.0, [0]),
    ],
    ids=["same rate", "half", "rounded stamps", "a hole", "a slower source", "one frame"],
)
def test_fps_takes_the_frame_shown_at_each_moment(seconds: list[float], fps: float, numbers: list[int]) -> None:
    assert sampled_frames(index_of(seconds), Sampling("fps", fps=fps)).tolist() == numbers


@given(st.lists(st.floats(0.001, 3.0), min_size=1, max_size=60), st.floats(0.5, 60))
def test_fps_never_shows_a_frame_before_its_time(steps: list[float], fps: float) -> None:
    seconds = np.concatenate([[0.0], np.cumsum(steps)])
    numbers = sampled_frames(index_of(seconds.tolist()), Sampling("fps", fps=fps))
    moments = np.arange(len(numbers)) / fps
    assert (seconds[numbers] <= moments + 2e-6).all()
    later = numbers < len(seconds) - 1
    assert (seconds[numbers[later] + 1] > moments[later]).all()
    assert (np.diff(numbers) >= 0).all()


@pytest.mark.parametrize(
    "size, max_side, expected",
    [
        ((96, 320), None, (96, 320, 1.0)),
        ((96, 320), 320, (96, 320, 1.0)),
        ((2160, 3840), 1920, (1080, 1920, 2.0)),
        ((480, 856), 640, (359, 640, 856 / 640)),
        ((320, 96), 160, (160, 48, 2.0)),
        ((2, 4000), 16, (1, 16, 250.0)),
    ],
)
def test_the_longer_side_is_at_most_max_side(size: tuple[int, int], max_side: int | None, expected: tuple) -> None:
    assert frame_size(index_of([0.0], *size), Sampling(max_side=max_side)) == expected


@pytest.mark.parametrize(
    "parameters",
    [{"policy": "some"}, {"every": 0}, {"policy": "fps"}, {"policy": "fps", "fps": -1}, {"max_side": 0}],
)
def test_parameters_that_say_nothing_are_refused(parameters: dict) -> None:
    with pytest.raises(ValueError, match=r"sampl|expected"):
        Sampling(**parameters)
