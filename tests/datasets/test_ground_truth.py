"""Published vectors of ground truth, made anew from annotations by the rule that each repository follows."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from features.datasets.expand import clip_labels, expanded, expanded_by, ground_truth, runs_from
from features.datasets.ucf_crime import DEEPMIL_WHOLE, Intervals, read_annotation, read_annotation_json
from features.datasets.xd_violence import read_intervals
from features.errors import DatasetError
from features.plan.listing import ABNORMAL, NORMAL, Annotation
from features.video.windows import Tail, clip_count

pytestmark = pytest.mark.shared


@pytest.fixture
def shanghaitech(shared: Path) -> dict[str, np.ndarray]:
    """Labels of the 199 test videos of the weak split, in the order of its list."""
    folder = shared / "data" / "shanghaitech_i3d"
    masks = np.load(folder / "test_frame_mask.npz")
    test = json.loads((folder / "weak_split.json").read_text())["test"]
    return {v["name"]: masks[v["name"]] if v["label"] else np.zeros(v["frames"]) for v in test}


@pytest.fixture
def ucf(shared: Path) -> dict[str, tuple[Intervals, int]]:
    """UCF-Crime's 290 test videos in the order of RTFM's list: intervals as written, frames."""
    read = read_annotation_json(shared / "data" / "ucf_crime" / "test_annotation.json")
    return {name: (intervals, frames) for name, (intervals, frames) in read.items() if frames is not None}


def annotated(runs: Intervals | None) -> Annotation:
    return Annotation(ABNORMAL, runs) if runs else Annotation(NORMAL)


def published(shared: Path, name: str) -> Mapping[str, np.ndarray]:
    return np.load(shared / "data" / name)


def test_shanghaitech_of_tevad_has_a_clip_more_than_whole_ones_and_repeats_the_last_label(
    shared: Path, shanghaitech: dict[str, np.ndarray]
) -> None:
    made = [expanded_by(labels, len(labels) // 16 + 1, "repeat-extra") for labels in shanghaitech.values()]
    known = published(shared, "shanghaitech_i3d/gt_published.npz")["gt_sh2_tevad_lego"]
    assert len(known) == 143_888 and np.array_equal(np.concatenate(made), known)


def test_shanghaitech_of_rtfm_follows_the_rule_in_its_abnormal_videos_and_fits_none_after_them(
    shared: Path, shanghaitech: dict[str, np.ndarray]
) -> None:
    made = np.concatenate([expanded(labels, len(labels) // 16 + 1) for labels in shanghaitech.values()])
    known = published(shared, "shanghaitech_i3d/gt_published.npz")["gt_sh_rtfm"]
    assert np.array_equal(made[:17_968], known[:17_968]) and not known[17_968:].any()
    assert len(made) - len(known) == 61 * 16


@pytest.mark.parametrize("tail, frames, abnormal", [
    ("drop", 140_704, 7_932), ("repeat", 143_680, 8_028),
    ("repeat-extra", 143_888, 8_028), ("drop-last", 140_496, 7_932),
])  # fmt: skip
def test_tail_rules_give_the_lengths_that_are_in_use_on_shanghaitech(
    shanghaitech: dict[str, np.ndarray], tail: Tail, frames: int, abnormal: int
) -> None:
    counts = {name: clip_count(len(labels), 16, 16, tail) for name, labels in shanghaitech.items()}
    made = np.concatenate([expanded_by(labels, counts[name], tail) for name, labels in shanghaitech.items()])
    assert (len(made), made.sum()) == (frames, abnormal)


def test_ucf_crime_of_rtfm_and_lego(shared: Path, ucf: dict[str, tuple[Intervals, int]]) -> None:
    made = []
    for intervals, frames in ucf.values():
        made.append(ground_truth(annotated(runs_from(intervals, "rtfm")), -(-frames // 16)))
    whole = np.concatenate(made)
    assert (len(whole), whole.sum()) == (1_114_144, 84_343)
    known = published(shared, "ucf_crime/gt_clips_published.npz")["compressed_gt_ucf_lego"]
    assert len(known) == 69_634 and np.array_equal(clip_labels(whole), known)


def test_ucf_crime_of_deepmil_and_its_followers(shared: Path, ucf: dict[str, tuple[Intervals, int]]) -> None:
    known = published(shared, "ucf_crime/gt_per_video_pel4vad.npz")
    whole = {f"{name}_x264" for name in DEEPMIL_WHOLE}
    total = abnormal = 0
    for name, (intervals, frames) in ucf.items():
        clips = (frames if name in whole else frames - 1) // 16
        made = ground_truth(annotated(runs_from(intervals, "half-open")), clips)
        assert np.array_equal(made, known[name]), name
        total, abnormal = total + len(made), abnormal + int(made.sum())
    assert (total, abnormal) == (1_109_680, 84_128)


@pytest.mark.parametrize("tail, frames", [
    ("drop", 1_109_824), ("repeat", 1_114_144), ("repeat-extra", 1_114_464), ("drop-last", 1_109_504),
])  # fmt: skip
def test_tail_rules_give_the_lengths_that_are_in_use_on_ucf_crime(
    ucf: dict[str, tuple[Intervals, int]], tail: Tail, frames: int
) -> None:
    assert 16 * sum(clip_count(frames_, 16, 16, tail) for _, frames_ in ucf.values()) == frames


def test_the_forms_of_the_ucf_annotation_agree(shared: Path, ucf: dict[str, tuple[Intervals, int]]) -> None:
    official = read_annotation(shared / "data" / "ucf_crime" / "Temporal_Anomaly_Annotation.txt")
    assert {name: found for name, (found, _) in ucf.items()} == {name: found for name, (found, _) in official.items()}


def test_xd_violence_by_its_evaluated_lengths(shared: Path) -> None:
    runs = read_intervals(shared / "data" / "xd_violence" / "annotations.txt")
    evaluated = published(shared, "xd_violence/frames_evaluated.npz")
    clips = dict(zip(evaluated["names"].tolist(), (evaluated["length"] // 16).tolist(), strict=True))
    made = {name: ground_truth(annotated(runs.get(name)), count) for name, count in clips.items()}
    assert sum(map(len, made.values())) == 2_330_384 and sum(int(found.sum()) for found in made.values()) == 537_805
    known = published(shared, "xd_violence/gt_clips_published.npz")
    by_clip = np.concatenate([clip_labels(made[str(name)]) for name in known["names"]])
    assert by_clip.sum() == 34_656 and np.array_equal(by_clip, known["compressed_gt_violence_lego"])
    assert sum(len(found) for found in runs.values()) == 1238 and max(map(len, runs.values())) == 22


def test_features_of_rtfm_do_not_fit_ground_truth_of_whole_clips(shanghaitech: dict[str, np.ndarray]) -> None:
    labels = shanghaitech["01_001"]
    with pytest.raises(DatasetError, match=r"764 labels are 47 clips .* under 'drop', .* have 48, as under 'repeat'"):
        expanded_by(labels, 48, "drop")
