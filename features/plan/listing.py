"""What a plan knows of a data set: its videos, as listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Split = Literal["train", "test"]


@dataclass(frozen=True)
class Video:
    """One video of a data set.

    id      its name in the data set, e.g. `Test/Test001`; any Unicode; `/`-separated, whatever the system
    path    the file, or the folder of images
    split   `train` or `test`
    """

    id: str
    path: Path
    split: Split


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
