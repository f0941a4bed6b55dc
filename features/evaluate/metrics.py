"""Frame-level metrics, by scikit-learn where it has them. What is undefined is None with the reason, never NaN."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.metrics import auc as area
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

UNKNOWN = -1
# From this score on a frame counts as an alarm where scores are taken for probabilities (Sultani 2018, AR-Net 2020).
ALARM = 0.5


@dataclass(frozen=True)
class Figure:
    """A metric: `value` in 0..1, or None and the `reason` why there is none. `note` says how it came about."""

    value: float | None
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Frames:
    """Labels (1 abnormal, 0 normal) and scores of some frames; frames of unknown label are dropped when made."""

    labels: np.ndarray
    scores: np.ndarray

    @classmethod
    def known(cls, labels: np.ndarray, scores: np.ndarray) -> "Frames":
        """The frames whose label is known."""
        keep = labels != UNKNOWN
        return cls(labels[keep], scores[keep])

    @cached_property
    def one_class(self) -> str:
        """Why nothing can be told apart here, or "" if both classes are there."""
        if len(self.labels) == 0:
            return "no frame with a known label"
        if self.labels.all():
            return "only abnormal frames"
        return "" if self.labels.any() else "only normal frames"

    @cached_property
    def roc(self) -> tuple[np.ndarray, np.ndarray]:
        """False and true positive rates at every distinct score, collinear points kept, from (0, 0) to (1, 1)."""
        fpr, tpr, _ = roc_curve(self.labels, self.scores, drop_intermediate=False)
        return fpr, tpr


def auc(frames: Frames) -> Figure:
    """Area under the ROC curve."""
    if frames.one_class:
        return Figure(None, frames.one_class)
    return Figure(float(roc_auc_score(frames.labels, frames.scores)))


def average_precision(frames: Frames) -> Figure:
    """Average precision with abnormal frames as the positive class."""
    if frames.one_class:
        return Figure(None, frames.one_class)
    return Figure(float(average_precision_score(frames.labels, frames.scores)))


def trapezoid_precision(frames: Frames) -> Figure:
    """Area under the precision-recall curve by trapezoids: the AP of XD-Violence (Roc-Ng/XDVioDet @f846d8c, test.py).

    It joins the curve's points by straight lines and so differs slightly from the average precision.
    """
    if frames.one_class:
        return Figure(None, frames.one_class)
    precision, recall, _ = precision_recall_curve(frames.labels, frames.scores)
    return Figure(float(area(recall, precision)))


def equal_error_rate(frames: Frames) -> Figure:
    """The rate at which false positives and false negatives are equal, on the ROC curve's straight segments."""
    if frames.one_class:
        return Figure(None, frames.one_class)
    fpr, tpr = frames.roc
    gap = fpr - (1 - tpr)
    # The gap rises from -1 to 1 along the curve; it crosses zero between `after - 1` and `after`.
    after = int(np.argmax(gap >= 0))
    if gap[after] == 0:
        return Figure(float(fpr[after]))
    share = -gap[after - 1] / (gap[after] - gap[after - 1])
    return Figure(float(fpr[after - 1] + share * (fpr[after] - fpr[after - 1])))


def nearest_error_rates(frames: Frames) -> tuple[Figure, Figure]:
    """False positive and false negative rate at the curve's point where they are nearest to each other.

    What yuguangnudt/LBR_SPR @420d334 prints as EER1 and EER2 (utils.py). It drops collinear points first, as
    scikit-learn does by default, so this does too.
    """
    if frames.one_class:
        return Figure(None, frames.one_class), Figure(None, frames.one_class)
    fpr, tpr, _ = roc_curve(frames.labels, frames.scores)
    nearest = int(np.argmin(np.abs(fpr - (1 - tpr))))
    return Figure(float(fpr[nearest])), Figure(float(1 - tpr[nearest]))


def best_f1(frames: Frames) -> Figure:
    """The best F1 of abnormal frames over all thresholds: the threshold is chosen on the test labels."""
    if frames.one_class:
        return Figure(None, frames.one_class)
    precision, recall, _ = precision_recall_curve(frames.labels, frames.scores)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return Figure(float(f1.max()), note="threshold chosen on the test labels: an upper bound")


def rates_above(frames: Frames, threshold: float) -> tuple[Figure, Figure]:
    """False alarms as a share of the normal frames, detections of the abnormal: a score above the threshold alarms."""
    alarms = frames.scores > threshold
    normal, abnormal = alarms[frames.labels == 0], alarms[frames.labels == 1]
    return (
        Figure(float(normal.mean())) if len(normal) else Figure(None, "no normal frame"),
        Figure(float(abnormal.mean())) if len(abnormal) else Figure(None, "no abnormal frame"),
    )


def false_alarm_rate(frames: Frames) -> Figure:
    """The share of the normal frames that score `ALARM` or more; only scores in 0..1 have such a rate."""
    if not len(frames.scores) or frames.labels.all():
        return Figure(None, "no normal frame")
    low, high = float(frames.scores.min()), float(frames.scores.max())
    if low < 0 or high > 1:
        return Figure(None, f"scores lie in {low:.4g}..{high:.4g}, not in 0..1")
    return Figure(float((frames.scores[frames.labels == 0] >= ALARM).mean()))


def pooled(videos: Mapping[str, Frames]) -> Frames:
    """The frames of all videos in one."""
    return Frames(
        np.concatenate([np.zeros(0, np.int8), *(video.labels for video in videos.values())]),
        np.concatenate([np.zeros(0), *(video.scores for video in videos.values())]),
    )


def macro_auc(per_video: Mapping[str, Figure]) -> Figure:
    """Mean of the AUCs of single videos. Videos of one class have none and are left out, which the note says."""
    values = [figure.value for figure in per_video.values() if figure.value is not None]
    if not values:
        return Figure(None, "no video has both normal and abnormal frames")
    left_out = len(per_video) - len(values)
    note = f"{left_out} of {len(per_video)} videos have one class only and are left out" if left_out else ""
    return Figure(float(np.mean(values)), note=note)


def all_metrics(videos: Mapping[str, Frames], per_video: Mapping[str, Figure]) -> dict[str, Figure]:
    """Every metric by name: the columns of a results table."""
    frames = pooled(videos)
    nearest_fpr, nearest_fnr = nearest_error_rates(frames)
    return {
        "micro_auc": auc(frames),
        "macro_auc": macro_auc(per_video),
        "ap": average_precision(frames),
        "eer": equal_error_rate(frames),
        "eer_nearest_fpr": nearest_fpr,
        "eer_nearest_fnr": nearest_fnr,
        "f1": best_f1(frames),
    }


def video_metrics(videos: Mapping[str, Frames], abnormal: Collection[str]) -> dict[str, Figure]:
    """What is told in addition where it is known which videos are `abnormal`, by name.

    Only `auc_abnormal`, the AUC of the abnormal videos' frames, measures whether the anomaly was found within a video:
    the AUC of all frames is mostly a matter of which video is abnormal.
    """
    inside = pooled({video: frames for video, frames in videos.items() if video in abnormal})
    normal = pooled({video: frames for video, frames in videos.items() if video not in abnormal})
    frames = pooled(videos)
    outside = false_alarm_rate(frames)
    return {
        "auc_abnormal": auc(inside),
        "ap_trapezoid": trapezoid_precision(frames),
        "far_normal": outside if outside.value is None else false_alarm_rate(normal),
        "far": outside,
    }


@dataclass(frozen=True)
class ClassAuc:
    """AUC of the `videos` of one class of anomaly, `alone` and together `with_normal` videos, all of them."""

    videos: int
    alone: Figure
    with_normal: Figure


def class_aucs(videos: Mapping[str, Frames], classes: Mapping[str, str], normal: str) -> dict[str, ClassAuc]:
    """Class -> its AUCs, by name; `classes` says of each video its class, or that it is `normal`.

    Empty where there is one class of anomaly only: its figures are those of all videos.
    """
    names = sorted({classes[video] for video in videos} - {normal})
    if len(names) < 2:
        return {}
    without = {video: frames for video, frames in videos.items() if classes[video] == normal}
    found = {}
    for name in names:
        own = {video: frames for video, frames in videos.items() if classes[video] == name}
        found[name] = ClassAuc(len(own), auc(pooled(own)), auc(pooled({**own, **without})))
    return found


def roc_points(frames: Frames, most: int = 400) -> tuple[list[float], list[float]]:
    """False and true positive rates for drawing: at most about `most` points, the ends kept; empty where undefined."""
    if frames.one_class:
        return [], []
    fpr, tpr = frames.roc
    # Equal steps along fpr + tpr keep steep and flat parts alike.
    along = np.linspace(0, 2, most)
    rows = np.unique(np.searchsorted(fpr + tpr, along).clip(0, len(fpr) - 1))
    return fpr[rows].tolist(), tpr[rows].tolist()
