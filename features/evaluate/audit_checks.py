"""The questions of an audit, one function each, of arrays by video."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.evaluate.audit_borders import look_at_borders
from features.evaluate.audit_fit import Fit
from features.evaluate.metrics import Figure, Frames, auc

State = Literal["pass", "note", "fail"]
# By how much ties may move the AUC either way: papers differ by less than a point of a hundred.
LOOSE = 0.005
LISTED = 5


@dataclass(frozen=True)
class Check:
    """One question: its answer in words, and whether scores that answer so can be trusted; a `note` fails nothing."""

    name: str
    state: State
    says: str


def every_video(labels: Mapping[str, np.ndarray], scores: Mapping[str, np.ndarray]) -> Check:
    """Whether every video of the ground truth has scores."""
    missing = [video for video in labels if video not in scores]
    more = [video for video in scores if video not in labels]
    unused = f"; {len(more)} scored videos are not in the ground truth ({some(more)})" if more else ""
    if missing:
        return Check("every video", "fail", f"{len(missing)} of {len(labels)} have no scores ({some(missing)}){unused}")
    return Check("every video", "pass", f"all {len(labels)} videos are scored{unused}")


def every_frame(
    labels: Mapping[str, np.ndarray], scores: Mapping[str, np.ndarray], fit: Fit, off: Sequence[str]
) -> Check:
    """Whether frames are left without a score; `off` are the videos for which the rule `fit` gives another number."""
    if off:
        told = some([f"{video}: {len(scores[video])} scores, {len(labels[video])} frames" for video in off])
        return Check("every frame", "fail", f"{len(off)} videos have another number of scores than {fit.text} ({told})")
    counts = {video: fit.frames(len(row)) for video, row in scores.items() if video in labels}
    frames = sum(len(labels[video]) for video in counts)
    lost = sum(max(0, len(labels[video]) - count) for video, count in counts.items())
    lost_abnormal = sum(int((labels[video][count:] == 1).sum()) for video, count in counts.items())
    beyond = sum(max(0, count - len(labels[video])) for video, count in counts.items())
    if not lost and not beyond:
        return Check("every frame", "pass", fit.text)
    parts = [f"{lost:,} of {frames:,} frames, {lost_abnormal:,} of them abnormal, are in no clip"] if lost else []
    parts += [f"{beyond:,} frames are judged that the videos do not have"] if beyond else []
    return Check("every frame", "note", f"{fit.text}: {'; '.join(parts)}")


def numbers(scores: Mapping[str, np.ndarray]) -> Check:
    """Whether all scores are numbers."""
    bad = {video: int((~np.isfinite(values)).sum()) for video, values in scores.items()}
    total = sum(bad.values())
    if not total:
        return Check("numbers", "pass", "all scores are finite")
    where = [video for video, count in bad.items() if count]
    return Check(
        "numbers", "fail", f"{total:,} scores are missing, NaN or infinite and were left out, in {some(where)}"
    )


def ties(frames: Frames) -> Check:
    """Whether equal scores of normal and abnormal frames leave the AUC open: a tie counts as half right."""
    if frames.one_class:
        return Check("ties", "note", frames.one_class)
    _, place = np.unique(frames.scores, return_inverse=True)
    abnormal = np.bincount(place, weights=frames.labels == 1)
    normal = np.bincount(place, weights=frames.labels == 0)
    half = float(abnormal @ normal / abnormal.sum() / normal.sum() / 2)
    value = auc(frames).value or 0.0
    says = f"{len(normal):,} distinct scores of {len(place):,} frames"
    if half <= LOOSE:
        return Check("ties", "pass", says)
    reach = f"by how ties are broken the AUC is {percent(value - half)} to {percent(value + half)}"
    return Check("ties", "fail", f"{says}; {reach}")


def change(scores: Mapping[str, np.ndarray]) -> Check:
    """Whether scores change within a video at all."""
    still = [video for video, values in scores.items() if len(values) and np.ptp(values) == 0]
    if not still:
        return Check("change within videos", "pass", "no video has one score throughout")
    state: State = "fail" if len(still) == len(scores) else "note"
    return Check("change within videos", state, f"{len(still)} of {len(scores)} videos have one score throughout")


def borders(scores: Mapping[str, np.ndarray], *orders: Sequence[str]) -> Check:
    """Whether scores were smoothed across the borders of videos that stand in one of these orders."""
    name = "borders between videos"
    found = [look_at_borders([scores[video] for video in order]) for order in orders]
    looked = [seen for seen in found if seen]
    if not looked:
        return Check(name, "note", "cannot be said: too few videos, or scores that do not change there")
    worst = min(looked, key=lambda found: (not found.crossed, found.sharp))
    says = (
        f"the jump at a border is {worst.sharp:.2f} of the change around it and {worst.ordered:.2f} of the jump in "
        f"shuffled orders (p = {worst.chance:.3f})"
    )
    if worst.crossed:
        return Check(name, "fail", f"smoothed across them: {says}")
    return Check(name, "pass", says)


def stretched(scores: Mapping[str, np.ndarray]) -> Check:
    """Whether each video was normalised for itself."""
    name = "range of videos"
    spans = [(float(values.min()), float(values.max())) for values in scores.values() if len(values)]
    low, high = next(iter(spans), (0.0, 0.0))
    if len(spans) > 1 and len(set(spans)) == 1 and low < high:
        return Check(
            name,
            "note",
            f"every video is stretched to {low:g}..{high:g}: a video without anomaly gets the highest score, too, and "
            "the first frame is judged by the last",
        )
    return Check(name, "pass", "videos have ranges of their own")


def beats(name: str, title: str, value: Figure, bars: Mapping[str, Figure], short: State) -> Check:
    """Whether a figure exceeds those of all others by name; `short` is the answer where it does not, or is none."""
    reached = [(bar.value, other) for other, bar in bars.items() if bar.value is not None]
    if value.value is None or not reached:
        return Check(name, short, f"{title} is undefined: {value.reason}")
    bar, other = max(reached)
    says = f"{title} {percent(value.value)}, {other} alone gives {percent(bar)}"
    return Check(name, "pass" if value.value > bar else short, says)


def percent(fraction: float) -> str:
    """A fraction as per cent with two decimals, without the sign."""
    return f"{100 * fraction:.2f}"


def some(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
    return ", ".join(listed[:LISTED]) + more
