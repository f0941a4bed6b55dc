"""What a plan knows of a data set: its videos, as listed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

Split = Literal["train", "test"]
NORMAL = "normal"
ABNORMAL = "abnormal"


@dataclass(frozen=True)
class Recording:
    """A video whose pictures are not there: what its publisher, or its labels, say of it.

    frames          how many there were
    height, width   pixels of a frame
    fps             frames per second
    """

    frames: int
    height: int
    width: int
    fps: float


@dataclass(frozen=True)
class Annotation:
    """What is published of what happens in a video: for models that are taught, and for figures by class.

    category  `NORMAL`; else what its anomaly is called, e.g. `Fighting`, or `ABNORMAL` where it has no name
    runs      abnormal stretches of frames, (first, one after the last); None where nobody says when
    """

    category: str
    runs: tuple[tuple[int, int], ...] | None = None

    @property
    def abnormal(self) -> bool:
        """Whether anything abnormal happens."""
        return self.category != NORMAL

    def labels(self, frames: int) -> np.ndarray:
        """int8 (frames,): 1 abnormal, 0 normal; all -1 where something abnormal happens and nobody says when."""
        if self.abnormal and self.runs is None:
            return np.full(frames, -1, np.int8)
        found = np.zeros(frames, np.int8)
        for first, after in self.runs or ():
            found[first:after] = 1
        return found


@dataclass(frozen=True)
class Video:
    """One video of a data set.

    id         its name in the data set, e.g. `Test/Test001`; any Unicode; `/`-separated, whatever the system
    path       the file, or the folder of images; of a recording, what was published of it
    split      `train` or `test`
    files      what was published beside it, by its role (`poses`, `masks`, ...): a file, or a folder of files; where
               a role's files are several, the others stand as `clips/1`, `clips/2`, ... (`files_of`)
    recording  what is known of the pictures where they are not there
    annotation  what is published of what happens in it; None where nothing is
    """

    id: str
    path: Path
    split: Split
    files: Mapping[str, Path] = field(default_factory=dict)
    recording: Recording | None = None
    annotation: Annotation | None = None


def files_of(files: Mapping[str, Path], role: str) -> list[Path]:
    """All files of a role, in order; none where there is none."""
    found = [files[role]] if role in files else []
    while (further := f"{role}/{len(found)}") in files:
        found.append(files[further])
    return found


def numbered_files(role: str, paths: Sequence[Path]) -> dict[str, Path]:
    """Files of one role as they stand in `Video.files`: `{"clips": ..., "clips/1": ..., ...}`."""
    return {f"{role}/{number}" if number else role: path for number, path in enumerate(paths)}


class Listing(Protocol):
    """The part of a data set that planning needs; `features.datasets.base.Dataset` is the whole of it."""

    name: str

    def videos(self) -> Sequence[Video]:
        """All videos in the field's order."""
        ...

    def ready(self) -> bool:
        """Whether the videos are there; False only for a data set that makes its own."""
        ...

    def labels_digest(self, video_ids: Sequence[str]) -> str:
        """sha256 over the labels of these videos."""
        ...
