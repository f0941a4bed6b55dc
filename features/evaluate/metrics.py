"""Frame-level metrics, by scikit-learn where it has them. What is undefined is None with the reason, never NaN."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

UNKNOWN = -1


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


def pooled(videos: Mapping[str, Frames]) -> Frames:
    """The frames of all videos in one."""
    return Frames(
        np.concatenate([video.labels for video in videos.values()]),
        np.concatenate([video.scores for video in videos.values()]),
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


def roc_points(frames: Frames, most: int = 400) -> tuple[list[float], list[float]]:
    """False and true positive rates for drawing: at most about `most` points, the ends kept; empty where undefined."""
    if frames.one_class:
        return [], []
    fpr, tpr = frames.roc
    # Equal steps along fpr + tpr keep steep and flat parts alike.
    along = np.linspace(0, 2, most)
    rows = np.unique(np.searchsorted(fpr + tpr, along).clip(0, len(fpr) - 1))
    return fpr[rows].tolist(), tpr[rows].tolist()
