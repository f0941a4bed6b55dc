"""Optical flow of one video in two artifacts: how far apart vectors are, and how one follows from the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from features.evaluate.compare.finding import Difference, Figures, Finding, number
from features.text import count

# Frames by which one flow may be late.
SHIFTS = (0, -1, 1)
# How near the linear map between two flows is to a named one: share of its length.
NEAR = 0.15
# Share of the second flow's square that a map has to explain before it is named.
EXPLAINED = 0.5
# Vectors are stored in steps of 1/64 px.
TOLERANCE = 1 / 64
_ROWS = 8

NAMED = {
    "": np.eye(2),
    "x and y are swapped": np.array([[0.0, 1.0], [1.0, 0.0]]),
    "x stands in place of y": np.array([[1.0, 0.0], [1.0, 0.0]]),
    "y stands in place of x": np.array([[0.0, 1.0], [0.0, 1.0]]),
    "vectors point the other way": -np.eye(2),
    "x is turned round, as in a mirrored picture": np.diag([-1.0, 1.0]),
    "y is turned round": np.diag([1.0, -1.0]),
}


class Vectors(Protocol):
    """What flow is read from: (rows, 2, height, width) pixels per frame, x and y, NaN where there is none."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, 2, height, width)."""
        ...

    def __getitem__(self, index: slice) -> np.ndarray:
        """Some of the rows."""
        ...


@dataclass
class Moments:
    """Sums over pixels of two flows: of squares and products of their components, and of how far they are apart.

    pixels  that have a vector in both;  alone  that have one in either alone
    """

    pixels: int = 0
    alone: int = 0
    apart: float = 0.0
    largest: float = 0.0
    first: np.ndarray = field(default_factory=lambda: np.zeros((2, 2)))
    cross: np.ndarray = field(default_factory=lambda: np.zeros((2, 2)))
    second: float = 0.0

    def add(self, one: np.ndarray, other: np.ndarray) -> None:
        """Rows of both (rows, 2, height, width); only pixels that have a vector in both are summed."""
        first, second = (np.isfinite(flow).all(axis=1) for flow in (one, other))
        known = first & second
        self.alone += int((first != second).sum())
        a, b = (np.moveaxis(np.asarray(flow, np.float64), 1, -1)[known] for flow in (one, other))
        distance = np.hypot(*(b - a).T)
        self.pixels += len(a)
        self.apart += float(distance.sum())
        self.largest = max(self.largest, float(distance.max(initial=0.0)))
        self.first += a.T @ a
        self.cross += b.T @ a
        self.second += float((b**2).sum())

    @property
    def linear(self) -> np.ndarray:
        """(2, 2): the matrix that makes the second flow of the first with the least squared error."""
        return np.asarray(self.cross @ np.linalg.pinv(self.first))

    @property
    def explained(self) -> float:
        """The share of the second flow's square that this matrix leaves no error in, 0 to 1."""
        if not self.second:
            return 0.0
        return float(np.clip(np.trace(self.linear @ self.cross.T) / self.second, 0, 1))


def compare_flow(one: Vectors, other: Vectors) -> Difference:
    """What distinguishes two flows, called a and b."""
    shape = Finding("shape", _shapes(one, other), one.shape == other.shape)
    if one.shape[2:] != other.shape[2:]:
        said = "frames of two sizes: vectors cannot be compared pixel by pixel; compute one at the other's size"
        return Difference(False, (shape, Finding("verdict", said, False)))
    found = {shift: moments(one, other, shift) for shift in SHIFTS}
    best = max(SHIFTS, key=lambda shift: (found[shift].explained, shift == 0))
    plain, kept = found[0], found[best]
    if not plain.pixels:
        return Difference(False, (shape, Finding("verdict", "no pixel has a vector in both", False)))
    figures: Figures = {
        "mean_distance": plain.apart / plain.pixels,
        "largest_distance": plain.largest,
        "explained": kept.explained,
        "shift": best,
    }
    same = one.shape == other.shape and plain.largest <= TOLERANCE
    equal = same and not plain.alone
    said = f"vectors are {number(plain.apart / plain.pixels)} px apart on average, {number(plain.largest)} at most"
    if plain.alone:
        said += f"; {count(plain.alone, 'pixel')} of {plain.pixels + plain.alone:,} have a vector in one alone"
    findings = (shape, Finding("values", said, equal), *_follows(kept, best, same))
    return Difference(equal, findings, figures)


def moments(one: Vectors, other: Vectors, shift: int) -> Moments:
    """Sums over all rows t of the second flow for which there is a row t + shift of the first."""
    found = Moments()
    first, after = max(0, -shift), min(other.shape[0], one.shape[0] - shift)
    for start in range(first, after, _ROWS):
        stop = min(start + _ROWS, after)
        found.add(one[start + shift : stop + shift], other[start:stop])
    return found


def _shapes(one: Vectors, other: Vectors) -> str:
    a, b = (f"{count(flow.shape[0], 'row')} of {flow.shape[3]}x{flow.shape[2]} px" for flow in (one, other))
    return f"{a} each" if a == b else f"{a} and {b}"


def _follows(found: Moments, shift: int, equal: bool) -> Iterator[Finding]:
    if equal:
        alone = ", where both have a vector" if found.alone else ""
        yield Finding("verdict", f"equal within 1/64 px, the step of what is stored{alone}", not found.alone)
        return
    if shift:
        yield Finding(
            "time", f"b is a frame {'early' if shift > 0 else 'late'}: its row t is a's row t {shift:+d}", False
        )
    if found.explained < EXPLAINED:
        said = f"what b shows follows from a by {100 * found.explained:.0f} % only: another video, or no flow at all"
        yield Finding("verdict", said, False)
        return
    name, scale = named(found.linear)
    if name is None:
        listed = ", ".join(f"{value:.2f}" for value in found.linear.ravel())
        yield Finding("verdict", f"b is about a times the matrix ({listed}), which is no known mistake", False)
        return
    longer = "" if 0.9 <= scale <= 1.1 else f"vectors of b are {number(scale)} times as long"
    said = "; ".join(part for part in (name and f"in b {name}", longer) if part)
    yield Finding("verdict", said or f"the same motion by another method or size ({found.explained:.3f} of it)", False)


def named(linear: np.ndarray) -> tuple[str | None, float]:
    """The name of `NAMED` that a matrix (2, 2) is nearest, and the scale beside it; None where none is near."""
    fits: dict[str, tuple[float, float]] = {}
    for name, pattern in NAMED.items():
        scale = float((linear * pattern).sum() / (pattern**2).sum())
        fits[name] = (float(np.linalg.norm(linear - scale * pattern)), scale)
    nearest = min(fits, key=lambda name: fits[name][0] if fits[name][1] > 0 else np.inf)
    apart, scale = fits[nearest]
    return (nearest, scale) if scale > 0 and apart <= NEAR * float(np.linalg.norm(linear)) else (None, 1.0)
