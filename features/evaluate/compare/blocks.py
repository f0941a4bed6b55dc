"""How sure a figure of neighbouring clips is: clips are no independent samples, so that blocks of them are left out."""

from dataclasses import dataclass

import numpy as np

BLOCKS = 16
# Standard errors above zero from which a difference is said to be one.
SURE = 2.0


@dataclass(frozen=True)
class Estimate:
    """A figure, and its standard error; infinite where there are too few clips to know."""

    value: float
    error: float

    @property
    def clear(self) -> bool:
        """Whether it lies above zero, beyond its uncertainty."""
        return self.value > 1e-9 and self.value > SURE * self.error


def left_out(count: int, blocks: int = BLOCKS) -> list[np.ndarray]:
    """bool (count,) for each block: the clips that are kept when it is left out."""
    parts = np.array_split(np.arange(count), min(blocks, count))
    return [np.isin(np.arange(count), part, invert=True) for part in parts]


def jackknife(whole: float, parts: np.ndarray) -> Estimate:
    """A figure with the standard error that its values without one block each (blocks,) tell.

    The jackknife of Quenouille and Tukey: sqrt((m - 1) / m * sum of squared distances from their mean).
    """
    count = len(parts)
    if count < 3:
        return Estimate(whole, float("inf"))
    away = parts - parts.mean()
    return Estimate(whole, float(np.sqrt((count - 1) / count * (away @ away))))


def estimate(values: np.ndarray) -> Estimate:
    """The mean of a value of each clip (clips,), with its standard error."""
    kept = left_out(len(values))
    return jackknife(float(values.mean()), np.array([values[keep].mean() for keep in kept if keep.any()]))
