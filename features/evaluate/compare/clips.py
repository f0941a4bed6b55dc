"""Clip features of one video in two sets, compared: shape, place in time, crops, channels, values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from features.evaluate.compare.channels import same_channels, side_by_side
from features.evaluate.compare.crops import LEAST_LIKENESS, Matching, matching, moved_from
from features.evaluate.compare.finding import Difference, Figures, Finding, number
from features.evaluate.compare.maps import COUNTS, TimeMap
from features.evaluate.compare.timing import SAME_VIDEO, Timing, timing
from features.evaluate.compare.verdict import Told, verdict
from features.text import count

# Clips that are looked at beyond shapes and equality: the first of a video, some five minutes; of ten crops 40 MB.
CLIPS = 512
# Largest difference, as a share of the largest number, up to which two machines' numbers are called equal.
TOLERANCE = 1e-4
_ROWS = 64


class Rows(Protocol):
    """What features are read from: an array, or one that reads where it is sliced."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(clips, crops, channels)."""
        ...

    def __getitem__(self, index: slice) -> np.ndarray:
        """Some of the clips."""
        ...


@dataclass(frozen=True)
class ClipSet:
    """The clip features of one video.

    name      what it is called in sentences
    features  float (clips, crops, channels)
    length    frames of a clip
    frames    of the video, as handed out; None where nobody says
    """

    name: str
    features: Rows
    length: int = 16
    frames: int | None = None

    def head(self) -> np.ndarray:
        """float32 (up to CLIPS, crops, channels): the first clips."""
        return np.asarray(self.features[:CLIPS], np.float32)


def compare_clips(one: ClipSet, other: ClipSet) -> Difference:
    """What distinguishes the features of a video in one set from those in another.

    Of long videos the first `CLIPS` clips are looked at, but equality is that of all. Segments are compared with the
    clips that they may be made of.
    """
    shape = _shape(one, other)
    largest = largest_difference(one.features, other.features)
    if largest is not None and np.isnan(largest):
        return Difference(False, (shape, Finding("values", "some numbers are not finite: compute them again", False)))
    if largest is not None and largest <= TOLERANCE:
        said = "no number differs" if largest == 0 else f"numbers differ by {largest:.1g} of the largest at most"
        return Difference(True, (shape, Finding("values", f"equal: {said}")), {"largest": largest})
    if _coarser(one, other):
        one, other = other, one
    findings, figures = [shape], Figures()
    first, second, found = _channels(one, other)
    findings += found
    times = timing(first, second, one.length, one.frames or other.frames)
    findings += list(_time(one, other, times))
    if times is not None:
        figures |= _told_of(times)
    told = Told(
        one.name,
        other.name,
        same_channels(first, second),
        times.evidence if times else "",
        times is not None and times.evidence == "numbers" and times.between,
    )
    if first.shape[2] == second.shape[2]:
        paired = aligned(first, second, times.best.guess if times else None)
        crops = matching(*paired) if max(first.shape[1], second.shape[1]) > 1 else None
        if told.comparable:
            findings += list(_crops(one, other, crops))
        told = told.with_values(*in_place(*paired, crops))
        figures |= told.figures() | ({"crops": list(crops.places)} if crops is not None and crops.moved else {})
    return Difference(False, (*findings, *verdict(told)), figures)


def largest_difference(one: Rows, other: Rows) -> float | None:
    """The largest difference of two sets of one shape, as a share of the largest number; None for other shapes.

    NaN where a number of either is not finite.
    """
    if one.shape != other.shape:
        return None
    apart = most = 0.0
    for start in range(0, one.shape[0], _ROWS):
        first, second = (np.asarray(rows[start : start + _ROWS], np.float64) for rows in (one, other))
        if not (np.isfinite(first).all() and np.isfinite(second).all()):
            return np.nan
        apart = max(apart, float(np.abs(first - second).max(initial=0.0)))
        most = max(most, float(np.abs(first).max(initial=0.0)))
    return apart / most if most else apart


def aligned(one: np.ndarray, other: np.ndarray, guess: TimeMap | None) -> tuple[np.ndarray, np.ndarray]:
    """The clips of the first set (clips, crops, channels) that a guess finds in the second, and those of the second."""
    if guess is None:
        both = min(len(one), len(other))
        return one[:both], other[:both]
    mixed = guess.weights @ one.reshape(len(one), -1)
    return np.asarray(mixed, np.float32).reshape(-1, *one.shape[1:]), other[guess.rows]


def in_place(one: np.ndarray, other: np.ndarray, crops: Matching | None) -> tuple[np.ndarray, np.ndarray]:
    """Both with the crops that they share, those of the first moved to where the second has them."""
    if crops is None or not (crops.moved or one.shape[1] != other.shape[1]):
        return one, other
    shared = [place for place, found in enumerate(crops.places) if found >= 0]
    return one[:, [crops.places[place] for place in shared]], other[:, shared]


def _shape(one: ClipSet, other: ClipSet) -> Finding:
    words = ("clip", "crop", "channel")
    said = [
        f"{count(first, word)} each" if first == second else f"{first:,} and {count(second, word)}"
        for first, second, word in zip(one.features.shape, other.features.shape, words, strict=True)
    ]
    return Finding("shape", ", ".join(said), one.features.shape == other.features.shape)


def _coarser(one: ClipSet, other: ClipSet) -> bool:
    """Whether the first may be segments of the second's clips, which are guessed from clips to rows."""
    return one.features.shape[0] in COUNTS and other.features.shape[0] not in COUNTS


def _channels(one: ClipSet, other: ClipSet) -> tuple[np.ndarray, np.ndarray, list[Finding]]:
    """Both features; where one has two networks' channels side by side, and the other one's, the half that is meant."""
    first, second = one.head(), other.head()
    if first.shape[2] == second.shape[2]:
        return first, second, []
    if (half := side_by_side(first, second)) is not None:
        said = f"{other.name}'s channels are the {half.name} of {one.name}'s"
        return half.of(first), second, [Finding("channels", said, False)]
    if (half := side_by_side(second, first)) is not None:
        said = f"{one.name}'s channels are the {half.name} of {other.name}'s"
        return first, half.of(second), [Finding("channels", said, False)]
    return first, second, [Finding("channels", "features of other widths are of other networks or layers", False)]


def _time(one: ClipSet, other: ClipSet, times: Timing | None) -> Iterator[Finding]:
    if times is None:
        yield Finding("time", "too few clips to say anything of their times")
        return
    if not times.evidence:
        yield Finding("time", _unshown(times), False)
        return
    yield _place(one, other, times)
    if times.best.guess.name == "" and not times.part_of_clip:
        yield from _ends(one, other, times.best.guess)


def _told_of(times: Timing) -> Figures:
    """For programs: the guess, where there is evidence for it, and the score of what was compared."""
    if times.evidence == "numbers":
        return {"centred": times.best.score, "time": times.best.guess.name, "drift": times.drift}
    told: Figures = {"likeness": times.best.score}
    return told | ({"time": times.best.guess.name} if times.evidence else {})


def _place(one: ClipSet, other: ClipSet, times: Timing) -> Finding:
    """Where the second's clips lie in the first's time, and what else they may do as well."""
    basis = "by the numbers" if times.evidence == "numbers" else "by how alike clips are to each other"
    guess, score = times.best.guess, number(times.best.score)
    if guess.single and (guess.shift or times.part_of_clip):
        frames = round(times.drift * one.length)
        also = f", about {abs(frames)} frames of {one.name}"
        where = f"{other.name} begins {abs(times.drift):.3g} clips {'later' if frames > 0 else 'earlier'}{also}"
    else:
        where = f"{other.name}: {guess.name}" if guess.name else f"the clips of {other.name} lie where {one.name}'s do"
    others = list(dict.fromkeys(each.guess.name or "the clips lie at the same places" for each in times.equal[:3]))
    unsure = f"; not to be told from: {'; '.join(others)}" if others else ""
    return Finding("time", f"{where} ({score} {basis}{unsure})", not guess.name and not times.part_of_clip)


def _unshown(times: Timing) -> str:
    return (
        "the features do not show that both are of one video (how alike clips are to each other: "
        f"{number(times.best.score)}, which 1 in 100 pairs of other videos reaches at {SAME_VIDEO})"
    )


def _ends(one: ClipSet, other: ClipSet, guess: TimeMap) -> Iterator[Finding]:
    extra = other.features.shape[0] - one.features.shape[0]
    if extra:
        longer = other if extra > 0 else one
        why = "another tail rule, or another number of frames" if abs(extra) == 1 else "another number of frames"
        yield Finding("tail", f"{longer.name} has {count(abs(extra), 'clip')} more at its end: {why}", False)


def _crops(one: ClipSet, other: ClipSet, crops: Matching | None) -> Iterator[Finding]:
    if crops is None:
        return
    differ = one.features.shape[1] != other.features.shape[1]
    if crops.alike < LEAST_LIKENESS or (differ and not crops.gain.clear):
        yield Finding("crops", "which crop is which cannot be told: numbers differ too much")
    elif differ:
        which = ", ".join(f"{found} at {place}" for place, found in enumerate(crops.places) if found >= 0)
        yield Finding("crops", f"of {one.name}'s crops stand in {other.name}: {which}", False)
    elif crops.moved:
        named = moved_from(crops.places)
        listed = " ".join(map(str, crops.places))
        yield Finding("crops", f"{other.name}'s crops are {one.name}'s {listed}{': ' + named if named else ''}", False)
    else:
        yield Finding("crops", "crops stand in the same order")
