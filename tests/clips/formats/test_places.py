"""Where rows of published files lie in the time of their video."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import SourceError
from features.extract.clips.places import (
    SEGMENT_TAILS,
    TAILS,
    Cut,
    SegmentRule,
    clip_places,
    even_places,
    handed_out,
    segment_places,
)
from features.extract.clips.segments import SEGMENT_RULES
from features.video.windows import Tail, windows

BY_SIXTEEN = Cut(16, 16, "auto")


@pytest.mark.parametrize(
    ("frames", "clips", "rule"),
    [
        (764, 48, "repeat"),  # ShanghaiTech 01_001, RTFM's file
        (764, 47, "drop"),
        (1056, 67, "repeat-extra"),  # 01_047: one clip more than whole ones, RTFM issue 53
        (1056, 66, "drop"),
        (1056, 65, "drop-last"),
        (8096, 505, "drop-last"),  # UCF-Crime Assault006, UR-DMU issue 13
    ],
)
def test_auto_is_the_first_rule_that_gives_as_many_clips(frames: int, clips: int, rule: Tail) -> None:
    found = clip_places("v.npy", clips, frames, BY_SIXTEEN, spread=False)
    cut = windows(frames, 16, 16, rule)
    assert found.rule == rule
    np.testing.assert_array_equal(found.start, cut.start)
    np.testing.assert_array_equal(found.stop, cut.stop)
    np.testing.assert_array_equal(found.valid, cut.valid)


@pytest.mark.parametrize(
    ("cut", "clips", "message"),
    [
        (
            Cut(16, 16, "drop"),
            31,
            r"v\.npy has 31 clips, the video 481 frames \(16 frames, one every 16\): by tail 'drop' there are 30; "
            r"31 are given by 'repeat' or 'repeat-extra'; name the tail",
        ),
        (
            Cut(16, 16, "drop"),
            25,
            r"by tail 'drop' there are 30; no tail rule gives 25 \(drop 30, repeat 31, repeat-extra 31, drop-last 30, "
            r"one-more 30\); is it another video, or one cut or re-timed\? counts: spread stretches the clips over it",
        ),
        (BY_SIXTEEN, 25, r"481 frames \(16 frames, one every 16\): no tail rule gives 25 \(drop 30, "),
        (BY_SIXTEEN, 32, r"\(of 32 segments: layout: segments\)"),
    ],
)
def test_clips_that_do_not_fit_are_refused_with_both_rules_and_numbers(cut: Cut, clips: int, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        clip_places("v.npy", clips, 481, cut, spread=False)


def test_clips_that_do_not_fit_are_spread_where_that_is_said() -> None:
    found = clip_places("v.npy", 25, 481, BY_SIXTEEN, spread=True)
    assert (found.rule, found.start[0], found.stop[-1]) == ("even", 0, 481)
    assert clip_places("v.npy", 30, 481, BY_SIXTEEN, spread=True).rule == "drop"


def test_even_segments_cut_the_frames() -> None:
    found = segment_places("v.npy", 4, 10, BY_SIXTEEN, "even")
    assert found.start.tolist() == [0, 2, 5, 7]
    assert found.stop.tolist() == [2, 5, 7, 10]


@pytest.mark.parametrize("rule", sorted(SEGMENT_RULES))
def test_other_segments_are_those_of_their_clips(rule: SegmentRule) -> None:
    found = segment_places("v.npy", 32, 16 * 50 + 1, BY_SIXTEEN, rule)
    first, after = SEGMENT_RULES[rule](50, 32)
    np.testing.assert_array_equal(found.start, 16 * first)
    np.testing.assert_array_equal(found.stop, 16 * after)


def test_segments_of_arnet_are_of_the_clips_of_its_lists() -> None:
    assert segment_places("v.npy", 32, 16 * 50, BY_SIXTEEN, "arnet").stop[-1] == 16 * 48
    assert segment_places("v.npy", 32, 16 * 50, Cut(16, 16, "drop"), "arnet").stop[-1] == 16 * 49


def test_a_video_too_short_for_a_clip_has_no_such_segments() -> None:
    with pytest.raises(SourceError, match=r"a video of 12 frames has no clip .*say rule: even"):
        segment_places("v.npy", 32, 12, BY_SIXTEEN, "linspace")
    assert segment_places("v.npy", 32, 12, BY_SIXTEEN, "even").stop[-1] == 12


@given(rows=st.integers(1, 200), frames=st.integers(1, 3000), kept=st.integers(1, 7))
def test_every_row_shows_a_frame_that_is_handed_out(rows: int, frames: int, kept: int) -> None:
    numbers = np.arange(0, frames, kept)
    found = handed_out(even_places(rows, frames), numbers)
    assert (found.start >= 0).all() and (found.start < found.stop).all() and (found.stop <= len(numbers)).all()
    assert (np.diff(found.start) >= 0).all() and (np.diff(found.stop) >= 0).all()


def test_places_in_frames_handed_out_where_every_second_one_is() -> None:
    found = handed_out(clip_places("v.npy", 3, 48, BY_SIXTEEN, spread=False), np.arange(0, 48, 2))
    assert found.start.tolist() == [0, 8, 16]
    assert found.stop.tolist() == [8, 16, 24]
    assert found.valid.tolist() == [16, 16, 16]


def test_the_rules_are_complete() -> None:
    assert set(SEGMENT_TAILS) == set(SEGMENT_RULES) == set(get_args(SegmentRule)) - {"even"}
    assert set(TAILS) < set(get_args(Tail))
