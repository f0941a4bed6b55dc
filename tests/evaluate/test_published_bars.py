"""What looks at no frame, and what a perfect video label gives, on published ground truth: measured figures again."""

from collections.abc import Callable

import numpy as np
import pytest

from features.evaluate.baselines import BASELINES
from features.evaluate.evaluation import evaluate
from features.evaluate.metrics import Frames, auc, average_precision, pooled
from features.evaluate.oracles import ORACLES
from features.evaluate.protocols import find_protocols
from tests.evaluate.truths import (
    shanghaitech,
    shanghaitech_clips,
    shanghaitech_whole_clips,
    ucf_classes,
    ucf_crime,
    xd_violence,
)

Labels = dict[str, np.ndarray]
LABEL, MIDDLE_LABEL = "perfect video label", "perfect video label x middle"


def scored(name: str, labels: Labels) -> dict[str, Frames]:
    """Frames of each video with the scores of a baseline or an oracle."""
    if name in ORACLES:
        return {video: Frames(row, ORACLES[name].compute(row)) for video, row in labels.items()}
    return {video: Frames(row, BASELINES[name].compute({}, len(row))) for video, row in labels.items()}


@pytest.mark.parametrize(
    ("truth", "name", "micro_auc", "ap"),
    [
        (shanghaitech_clips, LABEL, 0.9634, 0.4468),
        (shanghaitech_clips, MIDDLE_LABEL, 0.9844, None),
        (shanghaitech_clips, "minus video length", 0.9199, None),
        (shanghaitech_clips, "video length", 0.0801, None),
        (shanghaitech_whole_clips, LABEL, 0.9649, 0.4595),
        (shanghaitech, LABEL, 0.9645, 0.4557),
        (shanghaitech, "minus video length", 0.9214, 0.3617),
        (ucf_crime, LABEL, 0.8158, 0.1822),
        (ucf_crime, MIDDLE_LABEL, 0.8652, None),
        (ucf_crime, "minus video length", 0.6515, None),
        (ucf_crime, "video length", 0.3485, None),
        (xd_violence, LABEL, 0.8493, 0.4989),
        (xd_violence, MIDDLE_LABEL, 0.8701, 0.5420),
        (xd_violence, "minus video length", 0.5895, 0.2866),
    ],
)
def test_all_videos(truth: Callable[[], Labels], name: str, micro_auc: float, ap: float | None) -> None:
    frames = pooled(scored(name, truth()))
    assert auc(frames).value == pytest.approx(micro_auc, abs=5.1e-5)
    assert ap is None or average_precision(frames).value == pytest.approx(ap, abs=5.1e-5)


@pytest.mark.parametrize(
    ("truth", "name", "value"),
    [
        (ucf_crime, "middle of the video", 0.6342),
        (ucf_crime, "minus video length", 0.5724),
        (ucf_crime, LABEL, 0.5),
        (shanghaitech, "minus video length", 0.6150),
        (shanghaitech, LABEL, 0.5),
    ],
)
def test_abnormal_videos_only(truth: Callable[[], Labels], name: str, value: float) -> None:
    videos = {video: frames for video, frames in scored(name, truth()).items() if frames.labels.any()}
    assert auc(pooled(videos)).value == pytest.approx(value, abs=5.1e-5)


def test_a_perfect_video_label_with_short_videos_first() -> None:
    labels = ucf_crime()
    found = {video: Frames(row, np.full(len(row), row.any() / len(row))) for video, row in labels.items()}
    assert auc(pooled(found)).value == pytest.approx(0.8425, abs=5.1e-5)


def test_minus_the_whole_length_on_the_frames_of_whole_clips() -> None:
    whole, clips = shanghaitech(), shanghaitech_whole_clips()
    found = {video: Frames(row, np.full(len(row), -float(len(whole[video])))) for video, row in clips.items()}
    abnormal = {video: frames for video, frames in found.items() if frames.labels.any()}
    assert auc(pooled(found)).value == pytest.approx(0.9223, abs=5.1e-5)
    assert average_precision(pooled(found)).value == pytest.approx(0.3675, abs=5.1e-5)
    assert auc(pooled(abnormal)).value == pytest.approx(0.618, abs=5.1e-4)


def test_totals_of_the_ground_truth() -> None:
    totals = [(len(truth()), *counts(truth())) for truth in (shanghaitech_clips, ucf_crime, xd_violence)]
    assert totals == [(199, 143_888, 8_028), (290, 1_111_808, 84_338), (800, 2_330_384, 537_805)]


def counts(labels: Labels) -> tuple[int, int]:
    row = np.concatenate(list(labels.values()))
    return len(row), int(row.sum())


def test_a_table_of_ucf_crime_holds_its_classes() -> None:
    labels, classes = ucf_crime(), ucf_classes()
    label = {video: ORACLES[LABEL].compute(row) for video, row in labels.items()}
    row = evaluate(label, labels, find_protocols(["raw"]), system=LABEL, role="oracle", classes=classes).rows[0]
    assert len(row.classes) == 13 and row.classes["Shooting"].videos == 23
    assert all(found.alone.value == 0.5 for found in row.classes.values())
    assert row.metrics["far_normal"].value == 0 and row.metrics["auc_abnormal"].value == 0.5
