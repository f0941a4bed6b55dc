"""How the clips of one set may lie in those of another: shifted, re-timed, out of order, averaged to segments.

Each guess is a matrix that makes rows of the second set of clips of the first. It is a guess about time alone: what a
clip between two clips looks like is taken to be their mean, which holds roughly, and well enough to tell guesses apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from features.extract.clips.segments import SEGMENT_RULES

# Clips that a set may begin earlier or later than another, at most.
SHIFTS = 6
# Rows that a guess must explain to be looked at.
LEAST_ROWS = 4
# Frame rates of common recordings; their ratios are what re-timing gives.
RATES = (25, 30, 24, 15, 50, 60, 20, 10, 12.5)
# Segments that trainers ask for: RTFM and its kin; UR-DMU and HL-Net; VadCLIP.
COUNTS = (32, 200, 256)


@dataclass(frozen=True)
class TimeMap:
    """One guess.

    name     what it says of the second set; "" says that its clips lie where those of the first do
    rows     int64 (n,): the rows of the second set that it explains
    weights  (n, clips of the first): how much each clip is in each row, sums of 1
    shift    clips by which the second set begins later in the video
    segments  whether the rows of the second set are means of clips
    """

    name: str
    rows: np.ndarray
    weights: csr_array
    shift: int = 0
    segments: bool = False

    @property
    def single(self) -> bool:
        """Whether each row is one clip, not a mean of several."""
        return bool((np.diff(self.weights.indptr) == 1).all())

    def clips(self) -> np.ndarray:
        """int64 (n,): for each row the clip that is in it most."""
        return np.asarray(self.weights.argmax(axis=1)).reshape(-1).astype(np.int64)


def shifted(clips: int, rows: int, by: int) -> TimeMap:
    """Row t is clip t + by."""
    kept = np.arange(max(0, -by), min(rows, clips - by))
    name = "" if by == 0 else f"its clips begin {abs(by)} {'later' if by > 0 else 'earlier'}"
    return TimeMap(name, kept, _picked(kept + by, clips), by)


def retimed(clips: int, rows: int, pace: float, name: str) -> TimeMap:
    """Row t covers the time from `pace` t to `pace` (t + 1), in clips."""
    kept = np.arange(min(rows, int(np.floor(clips / pace + 1e-9))))
    return TimeMap(name, kept, _covering(pace * kept, pace * (kept + 1), clips))


def segmented(clips: int, rows: int, rule: str, used: int) -> TimeMap:
    """Row k is segment k of the first `used` clips by one of `SEGMENT_RULES`."""
    start, stop = SEGMENT_RULES[rule](used, rows)
    of = "the clips" if used == clips else f"the first {used} of {clips} clips"
    return TimeMap(
        f"its rows are segments of {of} by the rule {rule}",
        np.arange(rows),
        _covering(start, stop, clips),
        segments=True,
    )


def lexicographic(clips: int, rows: int, length: int, frames: int, first: int) -> TimeMap:
    """Row t is made of the frames at places `length` t and after, where names without leading zeros sort as text."""
    numbers = np.array(sorted(range(first, first + frames), key=str)) - first
    kept = np.arange(min(rows, frames // length))
    shown = np.minimum(numbers[: len(kept) * length] // length, clips - 1)
    weights = csr_array(
        (np.full(len(shown), 1 / length), (np.repeat(kept, length), shown)), shape=(len(kept), clips), dtype=np.float64
    )
    listed = ", ".join(str(number + first) for number in numbers[:4])
    return TimeMap(f"its frames are in the order of names sorted as text ({listed}, ...)", kept, weights)


def guesses(clips: int, rows: int, length: int = 16, frames: int | None = None) -> Iterator[TimeMap]:
    """All guesses for so many clips and rows, the plainest first. `frames` of the video, where that is known."""
    reach = min(SHIFTS, max(clips, rows) - LEAST_ROWS)
    shifts = sorted(range(-reach, reach + 1), key=abs)
    yield from _long([shifted(clips, rows, by) for by in shifts])
    yield from _long([retimed(clips, rows, pace, name) for pace, name in _paces(clips, rows)])
    if rows in COUNTS and rows != clips:
        for rule in SEGMENT_RULES:
            yield from (segmented(clips, rows, rule, clips - less) for less in range(3) if clips - less > 0)
    shown = frames or clips * length
    # With ten frames or fewer both orders are one.
    if shown > 10:
        yield from _long([lexicographic(clips, rows, length, shown, first) for first in (0, 1)])


def _paces(clips: int, rows: int) -> Iterator[tuple[float, str]]:
    """Ratios of common frame rates that the numbers of clips allow, within a clip, and shift the end by a clip."""
    ratios: dict[float, tuple[float, float]] = {}
    for before in RATES:
        for after in RATES:
            ratios.setdefault(round(before / after, 6), (before, after))
    for pace, (before, after) in sorted(ratios.items()):
        least, most = (clips - 1) / (rows + 1), (clips + 1) / max(rows - 1, 1)
        if least <= pace <= most and abs(pace - 1) * rows >= 1:
            yield pace, f"a clip lasts {pace:.3g} of one, as re-timed from {before:g} to {after:g} frames per second"


def _long(found: list[TimeMap]) -> Iterator[TimeMap]:
    yield from (each for each in found if len(each.rows) >= LEAST_ROWS)


def _picked(chosen: np.ndarray, clips: int) -> csr_array:
    rows = np.arange(len(chosen))
    return csr_array((np.ones(len(chosen)), (rows, chosen)), shape=(len(chosen), clips))


def _covering(start: np.ndarray, stop: np.ndarray, clips: int) -> csr_array:
    """Each clip by the share that it has in the interval from `start` to `stop`, both (n,) in clips."""
    places: list[tuple[int, int, float]] = []
    for row, (first, after) in enumerate(zip(start.tolist(), stop.tolist(), strict=True)):
        for clip in range(int(first), min(clips, int(np.ceil(after - 1e-9)))):
            share = min(after, clip + 1) - max(first, clip)
            if share > 1e-9:
                places.append((row, clip, share / (after - first)))
    rows, columns, values = np.array(places).reshape(-1, 3).T
    return csr_array((values, (rows.astype(np.int64), columns.astype(np.int64))), shape=(len(start), clips))
