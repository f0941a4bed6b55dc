"""Small lists, annotations and feature files in the layouts of weakly supervised detection."""

import pickle
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from features.datasets.base import Dataset, Split, Video


def features(folder: Path, clips: Mapping[str, int], channels: int = 4) -> None:
    """An npy file (clips, channels) for each video."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, count) in enumerate(clips.items()):
        np.save(folder / f"{name}.npy", np.full((count, channels), number, np.float32))


def lines(path: Path, *listed: str, ends: str = "\n") -> None:
    """A text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(line + ends for line in listed).encode())


def pickled(path: Path, content: object) -> None:
    """A pickle."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content))


def by_id(dataset: Dataset) -> dict[str, Video]:
    """The videos of a data set."""
    return {video.id: video for video in dataset.videos()}


def ids(dataset: Dataset) -> list[str]:
    """The ids of the videos, in their order."""
    return [video.id for video in dataset.videos()]


def of_split(dataset: Dataset, split: Split) -> list[Video]:
    """The videos of one split."""
    return [video for video in dataset.videos() if video.split == split]


def totals(labels: Iterable[np.ndarray | None]) -> tuple[int, int]:
    """Frames, and abnormal ones."""
    found: Sequence[np.ndarray] = [known for known in labels if known is not None]
    return sum(map(len, found)), sum(int((known == 1).sum()) for known in found)
