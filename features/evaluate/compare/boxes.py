"""Boxes of one video in two artifacts, compared: which are there in both, and how alike they are."""

from collections.abc import Iterator

import numpy as np

from features.evaluate.compare.finding import Difference, Figures, Finding, number
from features.evaluate.compare.tables import Matched, equal_tables, match_tables, size_ratio
from features.store.table import Table
from features.text import count

# Share of boxes that match below which another size of the frames is tried.
FEW = 0.2


def compare_boxes(one: Table, other: Table, noun: str = "box", plural: str = "boxes") -> Difference:
    """What distinguishes two tables, called a and b, whose first columns are x1, y1, x2, y2."""
    shape = shapes(one, other, noun, plural)
    if equal_tables(one, other):
        return Difference(True, (shape, Finding("verdict", "equal: no number differs")))
    found, ratio = matched_boxes(one, other, (one.values[:, :4], other.values[:, :4]))
    findings = (shape, *_rows_of(found, ratio, plural), _verdict(found, ratio, plural))
    return Difference(False, findings, figures(found, ratio))


def matched_boxes(one: Table, other: Table, boxes: tuple[np.ndarray, np.ndarray]) -> tuple[Matched, float]:
    """Rows whose boxes (rows, 4) match, and how many times as large the second's frames are."""
    found = match_tables(one, other, boxes)
    ratio = size_ratio(boxes)
    if found.share >= FEW or abs(ratio - 1) < 0.05:
        return found, 1.0
    scaled = match_tables(one, other, (boxes[0], boxes[1] / ratio))
    return (scaled, ratio) if scaled.share > max(FEW, found.share) else (found, 1.0)


def shapes(one: Table, other: Table, noun: str, plural: str) -> Finding:
    """Frames and rows of both."""
    a, b = (f"{count(len(table), noun, plural)} in {count(table.frames, 'frame')}" for table in (one, other))
    alike = (len(one), one.frames) == (len(other), other.frames)
    return Finding("shape", f"{a} each" if alike else f"{a} and {b}", alike)


def figures(found: Matched, ratio: float) -> Figures:
    """For programs."""
    overlap = float(found.overlap.mean()) if len(found.overlap) else 0.0
    return {"matched_share": found.share, "mean_overlap": overlap, "shift": found.shift, "size_ratio": ratio}


def _rows_of(found: Matched, ratio: float, plural: str) -> Iterator[Finding]:
    yield from time_and_size(found, ratio)
    only = [total - len(found.one) for total in found.rows]
    said = f"{len(found.one):,} {plural} in both, {only[0]:,} in a only, {only[1]:,} in b only"
    yield Finding("rows", said, not any(only))


def time_and_size(found: Matched, ratio: float) -> Iterator[Finding]:
    """Where rows match only a frame or two away, or in frames of another size."""
    if found.shift:
        frames = count(abs(found.shift), "frame")
        yield Finding("time", f"b is {frames} {'early' if found.shift > 0 else 'late'}", False)
    if ratio != 1.0:
        yield Finding("size", f"b's frames are {number(ratio)} times as large as a's", False)


def _verdict(found: Matched, ratio: float, plural: str) -> Finding:
    if not len(found.one):
        return Finding("verdict", f"no {plural} match: another video, or other coordinates", False)
    overlap = f"{number(float(found.overlap.mean()))} on average"
    return Finding("verdict", f"{100 * found.share:.1f} % match; their overlap is {overlap}", False)
