"""The numbers of clip features: how those of one set follow from those of another, and what they were divided by."""

from dataclasses import dataclass

import numpy as np

from features.evaluate.compare.vectors import centred, cosines
from features.extract.clips.segments import unit_length

# Norms of 1 are read from files of six decimals, or of float16.
UNIT = 2e-3


@dataclass(frozen=True)
class Agreement:
    """How the numbers of one set (clips, crops, channels) follow from those of another of the same shape.

    cosine    mean and least cosine of a feature with the other's
    centred   the mean cosine of directions when what all clips share is taken away, -1 to 1
    factor    by which the first is nearest the second
    ratios    of the norms, second to first: the 5th, 50th and 95th of a hundred
    apart     length of the difference, as a share of the second's length
    scaled    the same after the factor
    largest   the largest difference of two numbers
    """

    cosine: tuple[float, float]
    centred: float
    factor: float
    ratios: tuple[float, float, float]
    apart: float
    scaled: float
    largest: float


def agreement(one: np.ndarray, other: np.ndarray) -> Agreement:
    """How the numbers of `other` follow from those of `one`."""
    first, second = (np.asarray(entry, np.float64).reshape(-1) for entry in (one, other))
    inner, square, length = first @ second, first @ first, np.linalg.norm(second)
    factor = float(inner / square) if square else 0.0
    alike = cosines(one, other)
    apart = [float(np.linalg.norm(second - scale * first) / length) if length else 0.0 for scale in (1.0, factor)]
    return Agreement(
        (float(alike.mean(dtype=np.float64)), float(alike.min())),
        centred_cosine(one, other),
        factor,
        _ratios(one, other),
        apart[0],
        apart[1],
        float(np.abs(second - first).max(initial=0.0)),
    )


def centred_cosine(one: np.ndarray, other: np.ndarray) -> float:
    """The mean over crops and clips of the cosine of what is left of directions less a crop's mean over the clips."""
    pairs = zip(np.moveaxis(unit_length(one), 1, 0), np.moveaxis(unit_length(other), 1, 0), strict=True)
    return float(np.mean([(centred(first) * centred(second)).sum(axis=-1).mean() for first, second in pairs]))


def unit_rows(features: np.ndarray) -> bool:
    """Whether each feature (clips, crops, channels) has L2 norm 1."""
    norms = np.linalg.norm(features, axis=-1)
    return bool(np.abs(norms - 1).max() <= UNIT)


def unit_blocks(features: np.ndarray) -> list[int]:
    """The first clips of blocks of which each, of each crop, has L2 norm 1 as a whole; [] where there are none.

    A program that divides what it computed at once by the norm of all of it makes such features: they depend on its
    batch size. Blocks of single clips are no blocks: see `unit_rows`.
    """
    squares = (features.astype(np.float64) ** 2).sum(axis=-1)
    filled = np.cumsum(squares, axis=0)
    whole = np.round(filled[:, 0])
    ends = np.flatnonzero(np.abs(filled - whole[:, None]).max(axis=1) <= UNIT * np.maximum(whole, 1))
    ends = ends[whole[ends] >= 1]
    counted = whole[ends].tolist() == list(range(1, len(ends) + 1))
    if not counted or not len(ends) or ends[-1] != len(features) - 1 or len(ends) == len(features):
        return []
    return [0, *(ends[:-1] + 1).tolist()]


def _ratios(one: np.ndarray, other: np.ndarray) -> tuple[float, float, float]:
    norms, others = (np.linalg.norm(features, axis=-1).reshape(-1) for features in (one, other))
    both = (norms > 0) & (others > 0)
    if not both.any():
        return (0.0, 0.0, 0.0)
    low, middle, high = np.percentile(others[both] / norms[both], [5, 50, 95]).tolist()
    return (low, middle, high)
