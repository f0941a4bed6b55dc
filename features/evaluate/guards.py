"""Errors of evaluation, made impossible: scores meet labels by video id and frame, and only whole and finite."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.errors import DatasetError

UNKNOWN = -1
NonFinite = Literal["refuse", "replace"]


@dataclass(frozen=True)
class Joined:
    """Scores and labels of the same frames of the same videos, in the order of the labels.

    scores   video id -> float64 (frames,)
    labels   video id -> int8 (frames,): 1 abnormal, 0 normal, -1 unknown
    notes    what was left out or replaced, one sentence each
    """

    scores: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    notes: tuple[str, ...] = ()


def join(
    scores: Mapping[str, np.ndarray], labels: Mapping[str, np.ndarray], non_finite: NonFinite = "refuse"
) -> Joined:
    """Bring scores and labels together by video id, whatever the order of the two.

    Scored videos without labels are left out and counted in a note. `non_finite="replace"` puts the highest finite
    score of all videos for +inf and the lowest for -inf and NaN, and says so.

    Raises DatasetError naming the video and the numbers: a labelled video without scores, lengths that differ, labels
    other than 1, 0 and -1, scores that are no numbers, no video at all.
    """
    if not labels:
        raise DatasetError("no video has labels, so there is nothing to evaluate")
    checked = {video: check_labels(video, values) for video, values in labels.items()}
    found = {video: _scores_of(video, scores, len(values)) for video, values in checked.items()}
    notes = []
    unlabelled = [video for video in scores if video not in labels]
    if unlabelled:
        notes.append(f"{len(unlabelled)} scored videos without labels are left out, the first is {unlabelled[0]}")
    found, replaced = finite(found, non_finite)
    return Joined(found, checked, (*notes, *replaced))


def check_labels(video: str, labels: np.ndarray) -> np.ndarray:
    """The labels of a video as int8 (frames,).

    Raises DatasetError unless they are one row of 1 (abnormal), 0 (normal) and -1 (unknown): a mask with 255, an
    array of pixels or a set of intervals is not taken for labels.
    """
    values = np.asarray(labels)
    if values.ndim != 1:
        raise DatasetError(f"labels of video {video!r} have shape {values.shape}, expected one number per frame")
    strange = np.setdiff1d(np.unique(values), [UNKNOWN, 0, 1])
    if len(strange):
        raise DatasetError(
            f"labels of video {video!r} hold {strange[0]}; expected 1 (abnormal), 0 (normal), -1 (unknown)"
        )
    return values.astype(np.int8)


def _scores_of(video: str, scores: Mapping[str, np.ndarray], frames: int) -> np.ndarray:
    if video not in scores:
        raise DatasetError(f"video {video!r} has labels and no scores; {len(scores)} videos are scored")
    values = np.asarray(scores[video], np.float64)
    if values.shape != (frames,):
        raise DatasetError(
            f"video {video!r} has {frames} labels and scores of shape {values.shape}; expected one score per frame"
        )
    return values


def finite(scores: dict[str, np.ndarray], rule: NonFinite) -> tuple[dict[str, np.ndarray], list[str]]:
    """Scores that are all numbers, and a note on what was replaced.

    Raises DatasetError under the rule `refuse`, or where no score at all is finite.
    """
    bad = {video: int((~np.isfinite(values)).sum()) for video, values in scores.items()}
    total = sum(bad.values())
    if total == 0:
        return scores, []
    first = next(video for video, count in bad.items() if count)
    numbers = np.concatenate([values[np.isfinite(values)] for values in scores.values()])
    if rule == "refuse" or len(numbers) == 0:
        frames = sum(map(len, scores.values()))
        raise DatasetError(
            f"{total} of {frames} scores are not finite, the first in video {first!r}; state how to replace them"
        )
    low, high = numbers.min(), numbers.max()
    replaced = {video: np.nan_to_num(values, nan=low, posinf=high, neginf=low) for video, values in scores.items()}
    return replaced, [
        f"{total} scores were not finite and got the highest (+inf) or lowest (-inf, NaN) finite score of all videos"
    ]
