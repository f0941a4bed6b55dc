"""Rows of two tables of boxes or poses, matched frame by frame."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from features.evaluate.tracking import overlaps
from features.store.table import Table

# Overlap from which two boxes are of one thing.
LEAST = 0.5
# Frames by which one table may be late, and frames that are looked at to find that.
SHIFTS = (0, -1, 1, -2, 2)
LOOKED_AT = 400
# Part of the rows that have to match more, before a table is held to be late.
BETTER = 0.02


@dataclass(frozen=True)
class Matched:
    """Rows of two tables that are of one thing.

    one, other  int64 (n,): row numbers
    overlap     float64 (n,): intersection over union of their boxes
    rows        how many rows there are in the frames that were compared, of each table
    shift       row t of the second was compared with frame t + shift of the first
    """

    one: np.ndarray
    other: np.ndarray
    overlap: np.ndarray
    rows: tuple[int, int]
    shift: int

    @property
    def share(self) -> float:
        """Matched rows as a share of all, 0 to 1: the F1 of one table against the other; 1 where there are none."""
        return 2 * len(self.one) / sum(self.rows) if sum(self.rows) else 1.0


def match_tables(one: Table, other: Table, boxes: tuple[np.ndarray, np.ndarray]) -> Matched:
    """The rows that match, at the shift of `SHIFTS` that matches clearly more than none.

    `boxes` are those of the rows of each (rows, 4): x1, y1, x2, y2.
    """
    few = {shift: matched(one, other, boxes, shift, LOOKED_AT).share for shift in SHIFTS}
    best = max(SHIFTS, key=lambda shift: few[shift])
    return matched(one, other, boxes, best if few[best] > few[0] + BETTER else 0)


def matched(
    one: Table, other: Table, boxes: tuple[np.ndarray, np.ndarray], shift: int = 0, limit: int | None = None
) -> Matched:
    """The rows of frame t of the second table that match rows of frame t + shift of the first, up to `limit` frames."""
    first, after = max(0, -shift), min(other.frames, one.frames - shift)
    pairs: list[tuple[int, int, float]] = []
    rows = [0, 0]
    for frame in range(first, after if limit is None else min(after, first + limit)):
        here, there = _rows(one, frame + shift), _rows(other, frame)
        rows[0], rows[1] = rows[0] + len(here), rows[1] + len(there)
        both = overlaps(boxes[0][here], boxes[1][there])
        chosen = linear_sum_assignment(np.where(both >= LEAST, both, 0), maximize=True)
        pairs += [(here[a], there[b], float(both[a, b])) for a, b in zip(*chosen, strict=True) if both[a, b] >= LEAST]
    ones, others, shares = (np.array([pair[column] for pair in pairs]) for column in range(3))
    return Matched(ones.astype(np.int64), others.astype(np.int64), shares.astype(float), (rows[0], rows[1]), shift)


def size_ratio(boxes: tuple[np.ndarray, np.ndarray]) -> float:
    """How many times as far the coordinates of the second reach as those of the first; 1 where there are none."""
    reach = [float(np.nanmax(found[:, 2:], initial=0.0)) if len(found) else 0.0 for found in boxes]
    return reach[1] / reach[0] if min(reach) > 0 else 1.0


def equal_tables(one: Table, other: Table) -> bool:
    """Whether no number differs, and no row's frame."""
    return (
        one.values.shape == other.values.shape
        and np.array_equal(one.frame_offsets, other.frame_offsets)
        and np.array_equal(one.values, other.values, equal_nan=True)
    )


def _rows(table: Table, frame: int) -> range:
    return range(int(table.frame_offsets[frame]), int(table.frame_offsets[frame + 1]))
