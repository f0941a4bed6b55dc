"""Where the clips of one set lie in the time of another: guesses, judged by the features alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from features.evaluate.compare.blocks import SURE, Estimate, jackknife, left_out
from features.evaluate.compare.maps import LEAST_ROWS, TimeMap, guesses
from features.evaluate.compare.vectors import centred, likeness, profiles

# Mean centred cosine from which two sets show the same clips at the same places, and under a guess that is the best of
# many. Two videos of one camera by one network reach 0.14 and 0.26 (21 pairs of RTFM's files). And what moves through a
# scene is seen sooner in whole pictures than in a crop: that has looked like a shift of two clips, with 0.57.
SAME_NUMBERS, SAME_MOVED = 0.3, 0.7
# The same, from which no other guess is worth a word.
EXACT = 0.999
# Correlation of likenesses from which two sets of two networks show one video. Of 854 pairs of two videos of one camera
# (RTFM's files against 32-segment files of ShanghaiTech) 1 in 20 reaches 0.34 and 1 in 100 reaches this; of the seven
# pairs of one video, three.
SAME_VIDEO = 0.45
# Mean and standard deviation of the likeness of those pairs of two videos.
UNRELATED = (0.06, 0.17)
# A part of a clip below which a shift is none.
LEAST_SHIFT = 0.1

Evidence = Literal["numbers", "likeness", ""]


@dataclass(frozen=True)
class Judged:
    """A guess with what speaks for it.

    score  -1 to 1: the mean centred cosine of its rows with those of the second set (`numbers`), or the correlation of
           how alike the clips of each set are to each other (`likeness`)
    on     rows (n,) -> (1 + blocks,): the score by these rows alone, and without one block of them each
    """

    guess: TimeMap
    score: float
    on: Callable[[np.ndarray], np.ndarray] = field(repr=False)

    def above(self, other: "Judged") -> Estimate:
        """How much better it is than another guess, by the rows that both explain: others may be easier ones."""
        rows = np.intersect1d(self.guess.rows, other.guess.rows)
        if len(rows) < LEAST_ROWS:
            return Estimate(0.0, float("inf"))
        gain = self.on(rows) - other.on(rows)
        return jackknife(float(gain[0]), gain[1:])


@dataclass(frozen=True)
class Timing:
    """What the features say about time.

    best      the guess that is taken: the best, or that clips lie where they lie if the best is not clearly better
    equal     other guesses that speak of one video and are not clearly worse, the best first
    evidence  what was compared; "" where neither numbers nor likeness show that both are of one video
    part      clips by which the second set begins later than `best` says, by the shape of the peak
    """

    best: Judged
    equal: tuple[Judged, ...]
    evidence: Evidence
    part: Estimate

    @property
    def part_of_clip(self) -> bool:
        """Whether the second set begins a part of a clip away, clearly."""
        return abs(self.part.value) >= max(LEAST_SHIFT, SURE * self.part.error)

    @property
    def drift(self) -> float:
        """Clips that the second set begins later, parts of a clip too."""
        return self.best.guess.shift + (self.part.value if self.part_of_clip else 0.0)

    @property
    def between(self) -> bool:
        """Whether clips of the second set show what no clip of the first does: parts of two, in another order."""
        return self.part_of_clip or not (self.best.guess.single or self.best.guess.segments)


def timing(one: np.ndarray, other: np.ndarray, length: int = 16, frames: int | None = None) -> Timing | None:
    """The time of a set of features (rows, crops, channels) in that of another; None where there are too few clips.

    `length` are the frames of a clip of the first set, `frames` those of the video where that is known. Sets of other
    numbers of crops and channels can be compared too.
    """
    first, second = profiles(one), profiles(other)
    listed = list(guesses(len(first), len(second), length, frames))
    if not listed:
        return None
    if first.shape[1] == second.shape[1]:
        found = [_by_numbers(guess, first, second) for guess in listed]
        likely = [each for each in found if each.score >= (SAME_MOVED if each.guess.name else SAME_NUMBERS)]
        if likely:
            best, equal = _decided(found[:1] + likely, SAME_NUMBERS)
            return Timing(best, equal, "numbers", _peak(found, best))
    # Likeness says too little to choose among many guesses: something always fits.
    best, equal = _decided([_by_likeness(guess, first, second) for guess in _plain(listed)], SAME_VIDEO)
    return Timing(best, equal, "likeness" if best.score >= SAME_VIDEO else "", Estimate(0.0, float("inf")))


def same_videos(likenesses: Sequence[float]) -> bool:
    """Whether the likenesses of several pairs show that each pair is of one video: their mean is beyond chance."""
    mean, spread = UNRELATED
    return len(likenesses) > 1 and float(np.mean(likenesses)) > mean + 3 * spread / len(likenesses) ** 0.5


def _plain(listed: Sequence[TimeMap]) -> list[TimeMap]:
    """The guesses that need no accident: clips lie where they do; or rows are segments, by one of the rules."""
    return [guess for guess in listed if guess.segments] or [listed[0]]


def _by_numbers(guess: TimeMap, first: np.ndarray, second: np.ndarray) -> Judged:
    mixed = guess.weights @ first

    def on(rows: np.ndarray) -> np.ndarray:
        values = (centred(mixed[np.searchsorted(guess.rows, rows)]) * centred(second[rows])).sum(axis=1)
        return _with_parts(len(rows), lambda kept: float(values[kept].mean()))

    return Judged(guess, float(on(guess.rows)[0]), on)


def _by_likeness(guess: TimeMap, first: np.ndarray, second: np.ndarray) -> Judged:
    mixed = guess.weights @ first

    def on(rows: np.ndarray) -> np.ndarray:
        one, other = likeness(mixed[np.searchsorted(guess.rows, rows)]), likeness(second[rows])
        # Pairs far apart in time are few on their diagonals, and their mean takes most of them away.
        distance = np.subtract.outer(np.arange(len(rows)), np.arange(len(rows)))
        near = (distance > 0) & (distance <= max(LEAST_ROWS - 1, len(rows) // 2))

        def score(kept: np.ndarray) -> float:
            chosen = near & np.outer(kept, kept)
            return _correlation(one[chosen], other[chosen])

        return _with_parts(len(rows), score)

    return Judged(guess, float(on(guess.rows)[0]), on)


def _with_parts(rows: int, score: Callable[[np.ndarray], float]) -> np.ndarray:
    """(1 + blocks,): a score of all rows, and without one block each; `score` is told which rows are kept."""
    kept = [np.ones(rows, bool), *left_out(rows)]
    return np.array([score(each) for each in kept])


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    if len(one) < 3 or one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _decided(found: Sequence[Judged], least: float) -> tuple[Judged, tuple[Judged, ...]]:
    """The best guess, but the first unless the best is clearly better; and others from `least` on that are no worse."""
    top = max(found, key=lambda each: each.score)
    best = top if top.above(found[0]).clear else found[0]
    others = [each for each in found if each is not best and each.score >= least] if best.score < EXACT else []
    equal = [each for each in others if not best.above(each).clear]
    return best, tuple(sorted(equal, key=lambda each: -each.score))


def _peak(found: Sequence[Judged], best: Judged) -> Estimate:
    """Where between whole clips the best shift lies: the top of the parabola through it and its neighbours, in clips.

    The shape of the peak is used, since a mean of two clips resembles anything more than one clip does.
    """
    shifts = {each.guess.shift: each for each in found if each.guess.single}
    beside = [shifts.get(best.guess.shift + step) for step in (-1, 1)]
    if not best.guess.single or None in beside:
        return Estimate(0.0, float("inf"))
    before, after = (each for each in beside if each is not None)
    rows = np.intersect1d(before.guess.rows, after.guess.rows)
    if len(rows) < LEAST_ROWS:
        return Estimate(0.0, float("inf"))
    top = _top(*(each.on(rows) for each in (before, best, after)))
    return jackknife(float(top[0]), top[1:])


def _top(before: np.ndarray, peak: np.ndarray, after: np.ndarray) -> np.ndarray:
    curve = 2 * peak - before - after
    return np.where(curve > 1e-9, (after - before) / (2 * np.where(curve > 1e-9, curve, 1)), 0.0)
