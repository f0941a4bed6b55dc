"""Labels of frames as clip features need them: as many as the clips hold, by the rules of published ground truth.

A trainer repeats the score of each clip 16 times, so that its ground truth has 16 labels a clip, whatever the length of
the video. Which frames an interval of an annotation file means, and what becomes of frames after the last clip, differs
from one repository to the next.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from features.errors import DatasetError
from features.plan.listing import Annotation
from features.video.windows import Tail, clip_count

CLIP_FRAMES = 16
Pad = Literal["last", "zero", "cut"]
# official   counted from 1, the last frame included (evaluation of WaqasSultani/AnomalyDetectionCVPR2018 @8aa957c)
# rtfm       counted from 0, the last frame included (tianyu0207/RTFM @cf938f4, make_gt_ucf.py)
# half-open  counted from 0, the last frame not included (fjchange/MIST_VAD @d720cab, Roc-Ng/XDVioDet @f846d8c)
Counting = Literal["official", "rtfm", "half-open"]
# The rules that are told apart by how many clips they cut.
RULES = tuple(rule for rule in get_args(Tail) if rule not in ("whole", "one-more"))


def runs_of(labels: np.ndarray) -> tuple[tuple[int, int], ...]:
    """The abnormal stretches of labels (frames,), as (first, one after the last)."""
    abnormal = np.concatenate([[0], labels == 1, [0]]).astype(np.int8)
    borders = np.flatnonzero(np.diff(abnormal)).tolist()
    return tuple(zip(borders[::2], borders[1::2], strict=True))


def runs_from(intervals: Sequence[tuple[int, int]], counting: Counting) -> tuple[tuple[int, int], ...]:
    """Intervals of an annotation file as (first, one after the last), counted from 0."""
    before, beyond = (1, 0) if counting == "official" else (0, 1 if counting == "rtfm" else 0)
    return tuple((max(first - before, 0), last + beyond) for first, last in intervals)


def expanded(labels: np.ndarray, clips: int, length: int = CLIP_FRAMES, pad: Pad = "last") -> np.ndarray:
    """int8 (clips * length,): labels (frames,) for the frames that clips hold, side by side from the first frame.

    Frames after the last clip are left out. Where the last clip reaches beyond the video, its labels are `last`, the
    video's last one (tianyu0207/RTFM @cf938f4), or `zero`; `cut` allows no such clip.

    Raises DatasetError where there are no labels, and under `cut` too few of them.
    """
    wanted = clips * length
    found = np.asarray(labels, np.int8)[:wanted]
    missing = wanted - len(found)
    if missing and pad == "cut":
        raise DatasetError(
            f"{clips} clips of {length} frames need {wanted} labels, there are {len(labels)}: the clips were cut by "
            f"{_fitting(len(labels), clips, length)}, and labels under 'cut' end with the last whole clip; pad them by "
            "'last' or 'zero'"
        )
    if missing and not len(found):
        raise DatasetError(f"{clips} clips of {length} frames, but no labels; check the annotation")
    return np.concatenate([found, np.full(missing, found[-1] if missing and pad == "last" else 0, np.int8)])


def expanded_by(labels: np.ndarray, clips: int, tail: Tail, length: int = CLIP_FRAMES, pad: Pad = "last") -> np.ndarray:
    """As `expanded`, of a video whose clips must be those that the rule `tail` cuts from as many frames as labels.

    Raises DatasetError naming the rule and what it gives, and the rules that give the clips that there are.
    """
    expected = clip_count(len(labels), length, length, tail)
    if clips != expected:
        raise DatasetError(
            f"{len(labels)} labels are {expected} clips of {length} frames under {tail!r}, the features have {clips}, "
            f"as under {_fitting(len(labels), clips, length)}; expand the labels by the rule of the features"
        )
    return expanded(labels, clips, length, pad)


def rules_for(frames: int, clips: int, length: int = CLIP_FRAMES) -> list[Tail]:
    """The tail rules that cut so many clips from so many frames, side by side."""
    return [rule for rule in RULES if clip_count(frames, length, length, rule) == clips]


def ground_truth(annotation: Annotation, clips: int, length: int = CLIP_FRAMES) -> np.ndarray:
    """int8 (clips * length,): labels of a video of which only its clips and its intervals are known.

    Raises DatasetError where nobody says when something abnormal happens.
    """
    if annotation.abnormal and annotation.runs is None:
        raise DatasetError("nobody says which frames are abnormal, so there is no ground truth; use a test video")
    return annotation.labels(clips * length)


def clip_labels(labels: np.ndarray, length: int = CLIP_FRAMES) -> np.ndarray:
    """int8 (clips,) from labels (clips * length,): 1 where any frame of a clip is abnormal (DexxDing/LEGO @cc22f0e)."""
    found: np.ndarray = (labels.reshape(-1, length) == 1).any(axis=1).astype(np.int8)
    return found


def _fitting(frames: int, clips: int, length: int) -> str:
    return " or ".join(f"{rule!r}" for rule in rules_for(frames, clips, length)) or "none of the known rules"
