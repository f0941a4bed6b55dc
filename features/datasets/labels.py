"""Published labels of numbered test clips as pixel masks, in several forms."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from PIL import Image

from features.errors import DatasetError
from features.video.source import is_image_name


class ClipLabels(ABC):
    """Labels of some test clips, by number. `text` says in a few words what they are and where they lie."""

    text: str
    clips: frozenset[int]

    @abstractmethod
    def frames(self, clip: int) -> int:
        """For how many frames there are labels, found cheaply."""

    @abstractmethod
    def labels(self, clip: int) -> np.ndarray:
        """int8 (frames,): 1 abnormal, 0 normal."""

    def masks(self, clip: int) -> Iterator[np.ndarray] | None:
        """For each frame bool (height, width); None for labels without pixels."""
        return None


class MaskLabels(ClipLabels):
    """Pixel masks: a frame is abnormal if any of its pixels is."""

    @abstractmethod
    def sources(self, clip: int) -> list[Path]:
        """The files that the masks are read from."""

    @abstractmethod
    def masks(self, clip: int) -> Iterator[np.ndarray]:
        """For each frame bool (height, width)."""

    def labels(self, clip: int) -> np.ndarray:
        """int8 (frames,): 1 where any pixel is abnormal."""
        return np.array([mask.any() for mask in self.masks(clip)], np.int8)


class MaskFolders(MaskLabels):
    """One folder for each clip, one image for each frame: UCSD's `Test001_gt/001.bmp` or `frame001.bmp`.

    The images are put in order by the number at the end of their names; the numbers must have no gap.
    """

    def __init__(self, folders: Mapping[int, Path], size: tuple[int, int]) -> None:
        self.folders, self.size = folders, size
        self.clips = frozenset(folders)
        self.text = f"masks in {next(iter(folders.values())).parent.name}/*_gt"

    def frames(self, clip: int) -> int:
        """Number of mask images."""
        return len(self.sources(clip))

    def masks(self, clip: int) -> Iterator[np.ndarray]:
        """For each frame bool (height, width): pixels that are not 0.

        Raises DatasetError for an image of another size.
        """
        for path in self.sources(clip):
            with Image.open(path) as image:
                mask = np.asarray(image.convert("L")) > 0
            if mask.shape != self.size:
                raise DatasetError(
                    f"{path}: a mask of {_size(mask.shape)}, expected {_size(self.size)}; is it another part?"
                )
            yield mask

    def sources(self, clip: int) -> list[Path]:
        """The mask images in order.

        Raises DatasetError for a gap in their numbers, or two with the same number.
        """
        folder = self.folders[clip]
        numbered: dict[int, Path] = {}
        for path in folder.iterdir():
            digits = re.search(r"(\d+)$", path.stem) if is_image_name(path.name) else None
            if digits and numbered.setdefault(int(digits[1]), path) != path:
                raise DatasetError(
                    f"{folder}: {numbered[int(digits[1])].name} and {path.name} are the same frame; remove one"
                )
        numbers = sorted(numbered)
        missing = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers)) if numbers else []
        if missing:
            raise DatasetError(
                f"{folder}: masks {numbers[0]} to {numbers[-1]}, but {missing[0]} is missing; unpack it again"
            )
        return [numbered[number] for number in numbers]


class NpzMasks(MaskLabels):
    """Masks in one npz file: `names` says what a clip is called there, `size` is (height, width)."""

    def __init__(self, path: Path, names: Mapping[int, str], size: tuple[int, int]) -> None:
        self.path, self.names, self.size = path, names, size
        self.clips = frozenset(names)
        self.text = f"masks in {path.name}"

    def sources(self, clip: int) -> list[Path]:
        """The npz file."""
        return [self.path]


class PackedMasks(NpzMasks):
    """All masks of a clip in one array of an npz file, eight pixels of a row in a byte (`np.packbits`)."""

    def frames(self, clip: int) -> int:
        """Length of the array."""
        return len(self._packed(clip))

    def masks(self, clip: int) -> Iterator[np.ndarray]:
        """For each frame bool (height, width)."""
        return (np.unpackbits(row, axis=-1, count=self.size[1]).astype(bool) for row in self._packed(clip))

    def labels(self, clip: int) -> np.ndarray:
        """int8 (frames,): 1 where any pixel is abnormal."""
        return np.array([row.any() for row in self._packed(clip)], np.int8)

    def _packed(self, clip: int) -> np.ndarray:
        with np.load(self.path, allow_pickle=False) as archive:
            packed: np.ndarray = archive[self.names[clip]]
        expected = (self.size[0], (self.size[1] + 7) // 8)
        if packed.shape[1:] != expected:
            raise DatasetError(
                f"{self.path}: masks of clip {clip} are packed as {packed.shape[1:]}, expected {expected}"
            )
        return packed


class SparseMasks(NpzMasks):
    """Masks of the abnormal frames alone, in an npz file: `NN_length`, `NN_frames` (from 0), `NN_packed`."""

    def frames(self, clip: int) -> int:
        """The stored length."""
        return int(self._read(clip, "length"))

    def masks(self, clip: int) -> Iterator[np.ndarray]:
        """For each frame bool (height, width)."""
        rows = dict(zip(self._read(clip, "frames").tolist(), self._read(clip, "packed"), strict=True))
        empty = np.zeros((self.size[0], (self.size[1] + 7) // 8), np.uint8)
        for frame in range(self.frames(clip)):
            yield np.unpackbits(rows.get(frame, empty), axis=-1, count=self.size[1]).astype(bool)

    def labels(self, clip: int) -> np.ndarray:
        """int8 (frames,): 1 where any pixel is abnormal."""
        found = np.zeros(self.frames(clip), np.int8)
        found[self._read(clip, "frames")] = self._read(clip, "packed").any(axis=(1, 2))
        return found

    def _read(self, clip: int, what: str) -> np.ndarray:
        with np.load(self.path, allow_pickle=False) as archive:
            array: np.ndarray = archive[f"{self.names[clip]}_{what}"]
        return array


class VolLabels(MaskLabels):
    """Avenue's `N_label.mat`: a cell array `volLabel` (1, frames) of uint8 (height, width), MATLAB v5."""

    def __init__(self, files: Mapping[int, Path], size: tuple[int, int]) -> None:
        self.files, self.size = files, size
        self.clips = frozenset(files)
        self.text = f"masks in {next(iter(files.values())).parent.name}/*_label.mat"

    def sources(self, clip: int) -> list[Path]:
        """The clip's file."""
        return [self.files[clip]]

    def frames(self, clip: int) -> int:
        """Length of the cell array, from the file's header."""
        from scipy.io import whosmat

        shapes = {name: shape for name, shape, _ in read_matlab(self.files[clip], whosmat)}
        if "volLabel" not in shapes:
            raise DatasetError(f"{self.files[clip]} has no variable volLabel, only {', '.join(shapes) or 'nothing'}")
        return int(np.prod(shapes["volLabel"]))

    def masks(self, clip: int) -> Iterator[np.ndarray]:
        """For each frame bool (height, width); the file of this clip is read as a whole."""
        from scipy.io import loadmat

        path = self.files[clip]
        for cell in read_matlab(path, lambda name: loadmat(name, variable_names=["volLabel"]))["volLabel"].ravel():
            mask = np.asarray(cell) > 0
            if mask.shape != self.size:
                raise DatasetError(f"{path}: a mask of {_size(mask.shape)}, expected {_size(self.size)}")
            yield mask


def mask_archives(place: Path) -> list[Path]:
    """The files `masks*.npz` of a folder; or the file itself."""
    return sorted(place.glob("masks*.npz")) if place.is_dir() else [place]


def array_names(path: Path, pattern: str) -> dict[int, str]:
    """The arrays of an npz file whose names match: number (the pattern's first group) -> name.

    Raises DatasetError where it is no npz file.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            matches = [re.fullmatch(pattern, name) for name in archive.files]
    except (ValueError, OSError, AttributeError, BadZipFile) as error:
        raise DatasetError(f"{path} is no npz file of masks ({error}); get it again") from None
    return {int(match[1]): match[0] for match in matches if match}


def read_matlab(path: Path, read: Callable[[str], Any]) -> Any:
    """What SciPy's `read` makes of a MATLAB file. Raises DatasetError where it is none, or newer than v5."""
    try:
        return read(str(path))
    except (ValueError, TypeError, NotImplementedError, OSError) as error:
        reason = " ".join(str(error).split())
        raise DatasetError(f"{path} is no MATLAB v5 file ({reason}); get it again") from None


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(str(length) for length in reversed(shape))
