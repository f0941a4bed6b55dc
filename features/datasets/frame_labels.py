"""Labels of one clip, as the files beside its poses hold them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.datasets.cache import remembered
from features.errors import DatasetError


class FrameLabels(ABC):
    """The published labels of one clip."""

    @abstractmethod
    def read(self) -> np.ndarray:
        """int8 (frames,): 1 abnormal, 0 normal. Raises DatasetError naming the file that is not what it should be."""

    def frames(self) -> int:
        """For how many frames there are labels."""
        return len(self.read())

    def masks(self) -> Iterator[np.ndarray] | None:
        """For each frame bool (height, width); None for labels without pixels."""
        return None

    def mask_files(self) -> Sequence[Path]:
        """The files that the masks are read from."""
        return ()


@dataclass(frozen=True)
class MaskFile(FrameLabels):
    """A NumPy file (frames,) of zeros and ones, whatever its suffix; `abnormal` is the value of abnormal frames.

    `pixels` is a file (frames, height, width) of the same clip, where there is one.
    """

    path: Path
    abnormal: int = 1
    pixels: Path | None = None

    def read(self) -> np.ndarray:
        """int8 (frames,)."""
        found = open_mask(self.path, 1)
        strange = found[~np.isin(found, (0, 1))]
        if strange.size:
            raise DatasetError(f"{self.path} holds {strange[0]}; expected 0 and 1, one for each frame")
        labels: np.ndarray = (found == self.abnormal).astype(np.int8)
        return labels

    def masks(self) -> Iterator[np.ndarray] | None:
        """For each frame bool (height, width). Raises DatasetError where there are not as many as labels."""
        if self.pixels is None:
            return None
        found = open_mask(self.pixels, 3)
        if len(found) != self.frames():
            raise DatasetError(f"{self.pixels} has {len(found)} masks but {self.path} has {self.frames()} labels")
        return each_mask(found)

    def mask_files(self) -> Sequence[Path]:
        """The file of pixels, where there is one."""
        return () if self.pixels is None else (self.pixels,)


@dataclass(frozen=True)
class PixelMaskFile(FrameLabels):
    """A NumPy file (frames, height, width), not 0 where a pixel is abnormal; frames with such a pixel are abnormal.

    Reading all pixels takes long, so that the labels are remembered in `memory`.
    """

    path: Path
    memory: Path

    def read(self) -> np.ndarray:
        """int8 (frames,)."""
        return remembered(self.memory, [self.path], lambda: np.array([mask.any() for mask in self.masks()], np.int8))

    def frames(self) -> int:
        """Length of the array, from the file's header."""
        return len(open_mask(self.path, 3))

    def masks(self) -> Iterator[np.ndarray]:
        """For each frame bool (height, width), read one by one."""
        return each_mask(open_mask(self.path, 3))

    def mask_files(self) -> Sequence[Path]:
        """The file itself."""
        return (self.path,)


def each_mask(found: np.ndarray) -> Iterator[np.ndarray]:
    """For each frame bool (height, width), read one by one."""
    return (np.asarray(mask) != 0 for mask in found)


def open_mask(path: Path, dimensions: int) -> np.ndarray:
    """The array of a NumPy file, read where it is looked at.

    Raises DatasetError where it is none, or has other dimensions.
    """
    try:
        found: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise DatasetError(f"{path} is no NumPy file of labels ({error}); get it again") from None
    if found.ndim != dimensions:
        expected = "(frames,)" if dimensions == 1 else "(frames, height, width)"
        raise DatasetError(f"{path} is an array {found.shape}; expected {expected}")
    return found
