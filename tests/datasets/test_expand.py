"""Labels of frames for clips: tail rules, ways of counting, and lengths that do not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.datasets.expand import (
    Counting,
    Pad,
    clip_labels,
    expanded,
    expanded_by,
    ground_truth,
    rules_for,
    runs_from,
    runs_of,
)
from features.errors import DatasetError
from features.plan.listing import ABNORMAL, NORMAL, Annotation
from features.video.windows import Tail

labelled = st.lists(st.sampled_from([0, 1]), min_size=1, max_size=60).map(lambda listed: np.array(listed, np.int8))


@pytest.mark.parametrize("clips, pad, found", [
    (1, "last", [0, 0, 1, 1]),
    (2, "last", [0, 0, 1, 1, 0, 1, 1, 1]),
    (2, "zero", [0, 0, 1, 1, 0, 1, 0, 0]),
    (1, "cut", [0, 0, 1, 1]),
    (0, "last", []),
])  # fmt: skip
def test_labels_end_with_the_last_clip(clips: int, pad: Pad, found: list[int]) -> None:
    assert expanded(np.array([0, 0, 1, 1, 0, 1]), clips, length=4, pad=pad).tolist() == found


def test_labels_that_may_only_be_cut_name_both_rules() -> None:
    message = "7 clips of 16 frames need 112 labels, .* 100: .* by 'repeat' or 'repeat-extra', and .* under 'cut'"
    with pytest.raises(DatasetError, match=message):
        expanded(np.zeros(100), 7, pad="cut")


def test_a_video_without_labels_has_no_last_one() -> None:
    with pytest.raises(DatasetError, match="2 clips of 16 frames, but no labels"):
        expanded(np.zeros(0), 2)


@pytest.mark.parametrize("tail, clips", [("drop", 6), ("repeat", 7), ("repeat-extra", 7), ("drop-last", 6)])
def test_the_rule_of_the_features_gives_their_clips(tail: Tail, clips: int) -> None:
    assert len(expanded_by(np.ones(100), clips, tail)) == 16 * clips


def test_features_of_another_rule_name_both_rules_and_both_numbers() -> None:
    message = "96 labels are 6 clips of 16 frames under 'drop', the features have 7, as under 'repeat-extra'; expand"
    with pytest.raises(DatasetError, match=message):
        expanded_by(np.ones(96), 7, "drop")
    with pytest.raises(DatasetError, match="the features have 9, as under none of the known rules"):
        expanded_by(np.ones(96), 9, "drop")


@pytest.mark.parametrize("frames, clips, rules", [
    (769, 48, ["drop", "drop-last"]), (769, 49, ["repeat", "repeat-extra"]),
    (1056, 65, ["drop-last"]), (1056, 66, ["drop", "repeat"]), (1056, 67, ["repeat-extra"]), (1056, 80, []),
])  # fmt: skip
def test_rules_are_told_by_how_many_clips_they_cut(frames: int, clips: int, rules: list[Tail]) -> None:
    assert rules_for(frames, clips) == rules


@pytest.mark.parametrize("counting, runs", [
    ("official", ((164, 240), (0, 3))), ("rtfm", ((165, 241), (0, 4))), ("half-open", ((165, 240), (0, 3))),
])  # fmt: skip
def test_intervals_count_in_three_ways(counting: Counting, runs: tuple[tuple[int, int], ...]) -> None:
    assert runs_from([(165, 240), (0, 3)], counting) == runs


def test_ground_truth_of_intervals_ends_with_the_clips() -> None:
    assert runs_of(ground_truth(Annotation("Arson", ((10, 20), (30, 90))), 3)) == ((10, 20), (30, 48))
    assert not ground_truth(Annotation(NORMAL), 3).any()
    with pytest.raises(DatasetError, match="nobody says which frames are abnormal"):
        ground_truth(Annotation(ABNORMAL), 3)


def test_a_clip_is_abnormal_if_any_of_its_frames_is() -> None:
    assert clip_labels(np.array([0, 0, 0, 1, 0, 0]), length=2).tolist() == [0, 1, 0]


@given(labelled, st.integers(0, 8), st.sampled_from(["last", "zero"]))
def test_what_is_there_is_kept_and_the_rest_is_one_value(labels: np.ndarray, clips: int, pad: Pad) -> None:
    found = expanded(labels, clips, length=8, pad=pad)
    kept = min(len(labels), 8 * clips)
    assert len(found) == 8 * clips and np.array_equal(found[:kept], labels[:kept])
    assert (found[kept:] == (labels[-1] if pad == "last" else 0)).all()


@given(labelled)
def test_runs_and_labels_say_the_same(labels: np.ndarray) -> None:
    assert np.array_equal(Annotation(ABNORMAL, runs_of(labels)).labels(len(labels)), labels)
