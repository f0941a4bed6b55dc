"""What a plan knows of a data set: its videos, as listed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Split = Literal["train", "test"]


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
class Video:
    """One video of a data set.

    id         its name in the data set, e.g. `Test/Test001`; any Unicode; `/`-separated, whatever the system
    path       the file, or the folder of images; of a recording, what was published of it
    split      `train` or `test`
    files      what was published beside it, by its role (`poses`, `masks`, ...): a file, or a folder of files
    recording  what is known of the pictures where they are not there
    """

    id: str
    path: Path
    split: Split
    files: Mapping[str, Path] = field(default_factory=dict)
    recording: Recording | None = None


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
