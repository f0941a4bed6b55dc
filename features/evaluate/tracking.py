"""Tracks against true ones: CLEAR MOT (MOTA, identity switches) and the identity F1 (IDF1).

Bernardin & Stiefelhagen, "Evaluating Multiple Object Tracking Performance: The CLEAR MOT Metrics" (EURASIP JIVP 2008);
Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking" (ECCV workshops 2016).
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from features.evaluate.metrics import Figure

# Overlap from which a box counts as that of a true one: MOT Challenge.
LEAST = 0.5


@dataclass(frozen=True)
class Trajectories:
    """Boxes that are told apart; an id occurs once in a frame at most. Rows whose id is below 0 count as not there.

    frames  int64 (n,)
    ids     int64 (n,)
    boxes   float64 (n, 4): x1, y1, x2, y2 in pixels, edge to edge
    """

    frames: np.ndarray
    ids: np.ndarray
    boxes: np.ndarray

    def named(self) -> "Trajectories":
        """The rows that belong to somebody."""
        keep = self.ids >= 0
        return Trajectories(self.frames[keep], self.ids[keep], self.boxes[keep])

    def frame(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Ids (k,) and boxes (k, 4) of a frame."""
        here = self.frames == number
        return self.ids[here], self.boxes[here]


@dataclass(frozen=True)
class Tally:
    """What tracking got right and wrong; tallies of several videos add up.

    truth, found   boxes of the truth, and of the tracks
    missed, false  true boxes without a found one, found boxes without a true one
    switches       times that a true track is continued by another found one
    identified     boxes that agree where each true track stands for one found track at most, chosen over whole videos
    """

    truth: int = 0
    found: int = 0
    missed: int = 0
    false: int = 0
    switches: int = 0
    identified: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    @property
    def mota(self) -> Figure:
        """1 - (missed + false + switches) / true boxes; below 0 where there are more errors than true boxes."""
        if self.truth == 0:
            return Figure(None, "no true box")
        return Figure(1 - (self.missed + self.false + self.switches) / self.truth)

    @property
    def idf1(self) -> Figure:
        """2 identified / (true + found boxes)."""
        if self.truth + self.found == 0:
            return Figure(None, "no box, neither true nor found")
        return Figure(2 * self.identified / (self.truth + self.found))


def tally(truth: Trajectories, found: Trajectories, least: float = LEAST) -> Tally:
    """Count one video; a found box may stand for a true one if they overlap (IoU) by `least` or more."""
    truth, found = truth.named(), found.named()
    matched = switches = 0
    continued: dict[int, int] = {}
    holder: dict[int, int] = {}
    for true_ids, found_ids, overlap in _frames(truth, found):
        kept = _kept(true_ids, found_ids, overlap >= least, continued, holder)
        for row, column in _matches(np.where(overlap >= least, overlap, 0.0), kept):
            who, by = int(true_ids[row]), int(found_ids[column])
            switches += continued.get(who, by) != by
            continued[who], holder[by] = by, who
            matched += 1
    count, listed = len(truth.ids), len(found.ids)
    return Tally(count, listed, count - matched, listed - matched, switches, _identified(truth, found, least))


def overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n, m): intersection over union of boxes (n, 4) with others (m, 4), edge to edge; 0 for boxes without area."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    area, other = ((found[:, 2:] - found[:, :2]).prod(axis=1) for found in (boxes, others))
    union = area[:, None] + other[None, :] - both
    return np.asarray(np.divide(both, union, out=np.zeros_like(both), where=union > 0))


def _frames(truth: Trajectories, found: Trajectories) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """True ids, found ids and their overlaps in each frame that has any of them."""
    for number in np.unique(np.concatenate([truth.frames, found.frames])).tolist():
        (true_ids, boxes), (found_ids, others) = truth.frame(number), found.frame(number)
        yield true_ids, found_ids, overlaps(boxes, others)


def _kept(
    true_ids: np.ndarray, found_ids: np.ndarray, valid: np.ndarray, continued: dict[int, int], holder: dict[int, int]
) -> list[tuple[int, int]]:
    """Pairs (row, column) that were the last for each other and still overlap: they stay, even if others fit better."""
    columns = {int(by): column for column, by in enumerate(found_ids)}
    pairs = []
    for row, who in enumerate(true_ids.tolist()):
        by = continued.get(who, -1)
        if holder.get(by) == who and by in columns and valid[row, columns[by]]:
            pairs.append((row, columns[by]))
    return pairs


def _matches(overlap: np.ndarray, kept: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The kept pairs, and as many of the rest as possible, with the largest overlap; 0 is no match."""
    free = overlap.copy()
    for row, column in kept:
        free[row, :] = free[:, column] = 0
    # One pair more weighs more than any overlap.
    rows, columns = linear_sum_assignment(np.where(free > 0, free + free.size, 0), maximize=True)
    found = [(row, column) for row, column in zip(rows.tolist(), columns.tolist(), strict=True) if free[row, column]]
    return kept + found


def _identified(truth: Trajectories, found: Trajectories, least: float) -> int:
    """Frames in which tracks overlap, summed over the best one-to-one choice of true and found tracks."""
    who, by = np.unique(truth.ids), np.unique(found.ids)
    together = np.zeros((len(who), len(by)), np.int64)
    for true_ids, found_ids, overlap in _frames(truth, found):
        together[np.ix_(np.searchsorted(who, true_ids), np.searchsorted(by, found_ids))] += overlap >= least
    return int(together[linear_sum_assignment(together, maximize=True)].sum())
