"""What a format of clip files is, and what all of them share: rows that are read block by block and checked."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from features.errors import SourceError

CropAxis = Literal["auto", "first", "second"]
# Numbers that are in memory at a time: 16 MiB of float32.
BLOCK = 4_194_304


@dataclass(frozen=True)
class ClipFile:
    """The features of one video, as its files hold them.

    name      of the file, for messages
    rows, crops, channels   how many there are
    block     rows `first` to `after` (excluded), floats (after - first, crops, channels)
    segments  whether the format says that rows are segments, each a mean over neighbouring clips
    """

    name: str
    rows: int
    crops: int
    channels: int
    block: Callable[[int, int], np.ndarray]
    segments: bool = False

    def read(self, first: int, after: int) -> np.ndarray:
        """float32 (after - first, crops, channels).

        Raises SourceError where a number is not finite.
        """
        with np.errstate(over="ignore"):
            found = np.asarray(self.block(first, after), np.float32)
        if not np.isfinite(found).all():
            row, crop, channel = np.argwhere(~np.isfinite(found))[0].tolist()
            raise SourceError(
                f"{self.name}: row {first + row}, crop {crop}, channel {channel} is not a finite number; get the file "
                "again"
            )
        return found

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """(first row, float32 (k, crops, channels)), in order, a few megabytes at a time."""
        step = max(1, BLOCK // (self.crops * self.channels))
        for first in range(0, self.rows, step):
            yield first, self.read(first, min(first + step, self.rows))

    def crop(self, number: int) -> "ClipFile":
        """One of the crops alone."""

        def block(first: int, after: int) -> np.ndarray:
            return self.block(first, after)[:, number : number + 1]

        return replace(self, crops=1, block=block)


def of_array(name: str, features: np.ndarray, segments: bool = False) -> ClipFile:
    """A table of rows (rows, crops, channels) that is in memory, or mapped into it.

    Raises SourceError where it has no row, or no channel.
    """
    rows, crops, channels = features.shape
    if not features.size:
        raise SourceError(f"{name} holds no features (shape {features.shape}); get the file again")
    return ClipFile(name, rows, crops, channels, lambda first, after: features[first:after], segments)


class ClipFormat(ABC):
    """One format of clip files. A subclass stands in a file of its own and in the registry's group `clip-format`.

    name        as in the registry
    suffixes    endings of a video's file after its name, the usual one first; a file called like an ending without its
                `_` is named like its folder
    holds_many  whether a file holds many videos; then `videos(path)` says which
    """

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    holds_many: ClassVar[bool] = False

    @abstractmethod
    def fits(self, paths: Sequence[Path]) -> bool:
        """Whether a video's files are named like those of this format."""

    @abstractmethod
    def load(self, paths: Sequence[Path], video: str, crop_axis: CropAxis = "auto") -> ClipFile:
        """The features of a video from its files, in the order of the crops; numbers are read when they are asked for.

        `video` is the last part of its id, `crop_axis` says which axis of an array of three is that of the crops.

        Raises SourceError saying what is wrong, and OSError where a file cannot be read.
        """

    @abstractmethod
    def write(self, folder: Path, videos: Iterable[tuple[str, ClipFile]]) -> dict[str, list[Path]]:
        """Write the features of videos below a folder; the files of each, in the order of the crops.

        Raises ConfigError where a video has crops, and the format holds one view.
        """
