"""Features as somebody might have published them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from features.datasets.clip_formats.base import ClipFile, of_array
from features.store.artifact import Artifact
from features.video.index import Index


def clips(rows: int, crops: int = 1, channels: int = 6, seed: int = 0) -> np.ndarray:
    """float32 (rows, crops, channels), every number another."""
    return np.random.default_rng([seed, rows, crops, channels]).random((rows, crops, channels), np.float32)


def table(features: np.ndarray) -> ClipFile:
    """Features as a format writes them."""
    return of_array("features", features)


def whole(found: ClipFile) -> np.ndarray:
    """All rows of a file."""
    return np.concatenate([block for _, block in found.blocks()])


@dataclass
class PublishedVideo:
    """A video of which only published files are looked at."""

    files: Mapping[str, Path]
    total: int = 100
    numbers: np.ndarray | None = None
    reader: str = "pyav"
    names: tuple[str, ...] = ("test/01_0014",)
    path: Path = Path("01_0014.avi")
    upstream: Mapping[str, Artifact] = field(default_factory=dict)
    height: int = 48
    width: int = 64

    def __post_init__(self) -> None:
        self.numbers = np.arange(self.total) if self.numbers is None else self.numbers
        self.frames = len(self.numbers)
        self.digest = "0" * 64
        seconds = tuple(np.arange(self.total) / 25)
        self.index = Index(self.digest, self.reader, self.total, self.height, self.width, 0, seconds, (0,))

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        raise AssertionError("pictures were asked for")
