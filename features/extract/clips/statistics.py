"""The values of clip features in a few numbers: enough to tell input scaling, network and normalisation apart."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ValueStatistics:
    """Of all features of a video; a feature is the vector of one crop of one clip.

    mean, std, smallest, largest  of its numbers
    zeros                         share of numbers that are exactly 0: what a rectifier leaves, and resampling does not
    norms                         smallest, mean and largest L2 norm of a feature
    crop_means                    mean of the numbers of each crop
    """

    clips: int
    mean: float
    std: float
    smallest: float
    largest: float
    zeros: float
    norms: tuple[float, float, float]
    crop_means: tuple[float, ...]

    def notes(self) -> dict[str, Any]:
        """For an artifact's statistics."""
        return {
            "clips": self.clips,
            "values": {
                "mean": self.mean,
                "std": self.std,
                "min": self.smallest,
                "max": self.largest,
                "zeros": self.zeros,
            },
            "norms": dict(zip(("min", "mean", "max"), self.norms, strict=True)),
            "crop_means": list(self.crop_means),
        }


class Values:
    """Statistics of features that come piece by piece."""

    def __init__(self) -> None:
        self._clips = self._zeros = 0
        self._sum = self._squares = 0.0
        self._smallest = self._shortest = np.inf
        self._largest = self._longest = -np.inf
        self._norms = 0.0
        self._crops: np.ndarray | None = None
        self._channels = 0

    def add(self, features: np.ndarray) -> None:
        """Some more: (clips, crops, channels)."""
        if not len(features):
            return
        values = np.asarray(features, np.float64)
        norms = np.linalg.norm(values, axis=2)
        crops = values.sum(axis=(0, 2))
        self._clips += len(values)
        self._channels = values.shape[2]
        self._zeros += int((values == 0).sum())
        self._sum += float(crops.sum())
        self._squares += float(np.square(values).sum())
        self._crops = crops if self._crops is None else self._crops + crops
        self._smallest = min(self._smallest, float(values.min()))
        self._largest = max(self._largest, float(values.max()))
        self._norms += float(norms.sum())
        self._shortest = min(self._shortest, float(norms.min()))
        self._longest = max(self._longest, float(norms.max()))

    def result(self) -> ValueStatistics:
        """What was seen.

        Raises ValueError where nothing was.
        """
        if self._crops is None:
            raise ValueError("no features were seen")
        features = self._clips * len(self._crops)
        count = features * self._channels
        mean = self._sum / count
        return ValueStatistics(
            clips=self._clips,
            mean=mean,
            std=float(np.sqrt(max(self._squares / count - mean**2, 0.0))),
            smallest=self._smallest,
            largest=self._largest,
            zeros=self._zeros / count,
            norms=(self._shortest, self._norms / features, self._longest),
            crop_means=tuple((self._crops / (self._clips * self._channels)).tolist()),
        )


def statistics(features: np.ndarray) -> ValueStatistics:
    """Of features at hand, (clips, crops, channels)."""
    seen = Values()
    seen.add(features)
    return seen.result()
