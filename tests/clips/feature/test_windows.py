"""How many clips a video has by each published rule, and where they lie."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.extract.clips.presets import PRESETS
from features.video.windows import clip_count, windows

TAILS = ("drop", "repeat", "repeat-extra", "drop-last", "one-more")

# Frames, then clips of 16 by drop, repeat, repeat-extra and drop-last; the last row of a published file where one is.
REAL = {
    "v_GGSY1Qvo990": (355, 22, 23, 23, 22),
    "RoadAccidents021": (155, 9, 10, 10, 9),
    "Assault006": (8096, 506, 506, 507, 505),
    "Normal_Videos_924": (107_997, 6749, 6750, 6750, 6749),
    "01_001": (764, 47, 48, 48, 47),
    "01_004": (769, 48, 49, 49, 48),
    "01_006": (505, 31, 32, 32, 31),
    "01_047": (1056, 66, 66, 67, 65),
    "sixteen frames": (16, 1, 1, 2, 0),
}
# What is in published files: RTFM's ten-crop files, and the features that UR-DMU is trained on.
OBSERVED = [("01_001", "rtfm", 48), ("01_004", "rtfm", 49), ("01_006", "rtfm", 32), ("01_047", "rtfm", 67)]
OBSERVED += [("Assault006", "deepmil", 505)]


@pytest.mark.parametrize("video", REAL)
def test_real_videos_have_as_many_clips_as_each_rule_says(video):
    frames, *expected = REAL[video]
    assert [clip_count(frames, 16, 16, tail) for tail in TAILS[:4]] == expected


@pytest.mark.parametrize(("video", "preset", "clips"), OBSERVED)
def test_presets_have_as_many_clips_as_published_files(video, preset, clips):
    view = PRESETS[preset].view
    assert clip_count(REAL[video][0], view["length"], view["stride"], view["tail"]) == clips


@pytest.mark.parametrize(
    ("preset", "rule"),
    [
        ("arnet-released", "drop-last"), ("arnet-fixed", "drop-last"), ("rtfm", "repeat-extra"), ("gowtham", "drop"),
        ("urdmu", "repeat"), ("deepmil", "drop-last"), ("xd", "drop-last"), ("mist", "drop"),
        ("video_features", "one-more"),
    ],
)  # fmt: skip
def test_every_preset_follows_its_rule(preset, rule):
    assert PRESETS[preset].view["tail"] == rule


@pytest.mark.parametrize(
    ("frames", "length", "stride", "clips"), [(355, 64, 64, 5), (453, 24, 24, 18), (272, 24, 12, 21), (64, 64, 64, 0)]
)
def test_video_features_needs_one_frame_more_than_a_clip(frames, length, stride, clips):
    assert clip_count(frames, length, stride, "one-more") == clips


@given(st.integers(0, 400), st.integers(1, 40), st.integers(1, 40), st.sampled_from(TAILS))
def test_windows_are_as_many_as_counted_lie_in_the_video_and_show_length_frames(frames, length, stride, tail):
    found = windows(frames, length, stride, tail)
    assert len(found) == clip_count(frames, length, stride, tail)
    assert (np.diff(found.start) >= 0).all() and (np.diff(found.stop) >= 0).all()
    for clip in range(len(found)):
        shown = found.frames(clip)
        assert len(shown) == length and shown[0] == found.start[clip] and shown[-1] == found.stop[clip] - 1
        assert 0 <= shown.min() <= shown.max() < frames
        assert len(set(shown.tolist())) == found.valid[clip]


@given(st.integers(1, 400), st.integers(1, 40), st.sampled_from(["drop", "drop-last", "one-more"]))
def test_rules_that_drop_the_tail_repeat_no_frame(frames, length, tail):
    assert (windows(frames, length, length, tail).valid == length).all()


@given(st.integers(1, 400), st.integers(1, 40))
def test_repeating_the_last_frame_leaves_no_frame_out(frames, length):
    found = windows(frames, length, length, "repeat")
    assert found.stop[-1] == frames and found.start[-1] < frames


def test_a_clip_after_the_end_shows_the_last_frame_alone():
    found = windows(32, 16, 16, "repeat-extra")
    assert (found.start.tolist(), found.stop.tolist(), found.valid.tolist()) == ([0, 16, 31], [16, 32, 32], [16, 16, 1])
    assert found.frames(2).tolist() == [31] * 16


class TestClipsWithoutALength:
    def test_whole_is_one_clip_of_all_frames(self):
        found = windows(250, None, None, "whole")
        assert (found.start.tolist(), found.stop.tolist(), len(found.frames(0))) == ([0], [250], 250)
        assert clip_count(0, None, None, "whole") == 0

    @pytest.mark.parametrize("frames", [1, 1600])
    def test_long_is_the_same_up_to_1600_frames(self, frames):
        assert windows(frames, None, None, "long").stop.tolist() == [frames]

    @pytest.mark.parametrize(
        ("frames", "expected"),
        [
            (1601, [(1, 1600)]),
            (1658, [(1, 1657), (1553, 1657)]),
            (4000, [(1, 1657), (1553, 3257), (3153, 3999)]),
        ],
    )
    def test_a_longer_video_is_cut_as_published_with_frames_before_and_after(self, frames, expected):
        # piergiaj/pytorch-i3d, extract_features.py: for start in range(1, t - 56, 1600)
        found = windows(frames, None, None, "long")
        assert list(zip(found.start.tolist(), found.stop.tolist(), strict=True)) == expected
        assert [len(found.frames(clip)) for clip in range(len(found))] == [after - first for first, after in expected]
