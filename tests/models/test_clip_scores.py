"""From scores of clips to scores of frames."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import SourceError
from features.models.clip_scores import spread


def spread_of(*clips: tuple[float, int, int], frames: int) -> list[float]:
    scores, start, stop = (np.array(column) for column in zip(*clips, strict=True))
    return spread(scores, start, stop, frames).tolist()


@pytest.mark.parametrize(
    ("clips", "expected"),
    [
        ([(1.0, 0, 2), (2.0, 2, 5)], [1, 1, 2, 2, 2, 2, 2]),
        ([(1.0, 0, 4), (3.0, 2, 6)], [1, 1, 2, 2, 3, 3, 3]),
        ([(1.0, 0, 2), (2.0, 4, 6)], [1, 1, 1, 2, 2, 2, 2]),
        ([(1.0, 0, 2), (2.0, 5, 7)], [1, 1, 1, 1, 2, 2, 2]),
        ([(4.0, 3, 4), (5.0, 6, 7)], [4, 4, 4, 4, 4, 5, 5]),
        ([(1.0, 0, 5), (2.0, 4, 5)], [1, 1, 1, 1, 1.5, 1, 1]),
        ([(2.0, 4, 6), (1.0, 0, 2)], [1, 1, 1, 2, 2, 2, 2]),
    ],
    ids=[
        "side by side",
        "overlapping",
        "even gap",
        "as near: the earlier",
        "before the first",
        "behind both",
        "any order",
    ],
)
def test_a_frame_has_the_mean_of_its_clips_or_the_score_of_the_nearest(
    clips: Sequence[tuple[float, int, int]], expected: list[float]
) -> None:
    assert spread_of(*clips, frames=7) == expected


ROWS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), st.integers(1, 9)), min_size=1, max_size=8)


@given(ROWS, st.integers(0, 9))
def test_it_is_what_a_frame_by_frame_search_gives(rows: list[tuple[float, int, int]], beyond: int) -> None:
    clips = [(score, start, start + length) for score, start, length in rows]
    frames = max(stop for _, _, stop in clips) + beyond
    found = spread_of(*clips, frames=frames)
    for frame in range(frames):
        shown = [score for score, start, stop in clips if start <= frame < stop]
        distance = [max(start - frame, frame - stop + 1) for _, start, stop in clips]
        # Of two as near, the earlier in time; of two that end or begin together, the earlier in the list.
        nearest = min(range(len(clips)), key=lambda clip: (distance[clip], clips[clip][1] > frame, clip))
        assert found[frame] == pytest.approx(np.mean(shown) if shown else clips[nearest][0])


def test_clips_beyond_the_video_are_refused() -> None:
    with pytest.raises(SourceError, match="it has 3 frames and a clip up to frame 4; compute its clips anew"):
        spread_of((1.0, 0, 4), frames=3)


def test_a_video_without_clips_is_refused() -> None:
    with pytest.raises(SourceError, match="it has no clip to score"):
        spread(np.empty(0), np.empty(0, int), np.empty(0, int), 3)
