"""One HDF5 file for all videos: what MIST reads."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from features.datasets.clip_formats.base import ClipFile, ClipFormat, CropAxis
from features.datasets.clip_formats.views import one_view
from features.errors import PackageMissing, SourceError

if TYPE_CHECKING:
    import h5py

FILE = "features.h5"


class Mist(ClipFormat):
    """`<video>.npy` in an HDF5 file, (clips, channels) or (clips, crops, channels) (fjchange/MIST_VAD @d720cab)."""

    name = "mist"
    suffixes = (".h5", ".hdf5")
    holds_many = True

    def fits(self, paths: Sequence[Path]) -> bool:
        """Whether it is one HDF5 file."""
        return len(paths) == 1 and paths[0].suffix.lower() in self.suffixes

    @staticmethod
    def videos(path: Path) -> list[str]:
        """The names of the videos whose features a file holds.

        Raises SourceError where it is no HDF5 file.
        """
        with _opened(path) as file:
            return [entry.removesuffix(".npy") for entry in file]

    def load(self, paths: Sequence[Path], video: str, crop_axis: CropAxis = "auto") -> ClipFile:
        """The features of one of the videos of the file; it is opened anew for each block.

        Raises SourceError where it holds none of that name, or something else under it.
        """
        path = paths[0]
        with _opened(path) as file:
            entry = _entry(file, path, video)
            shape, kind = file[entry].shape, file[entry].dtype.kind
        if kind != "f" or len(shape) not in (2, 3) or 0 in shape:
            raise SourceError(
                f"{path.name}: {entry} has shape {shape}, expected floating-point (clips, channels); get it again"
            )
        crops, channels = (1, *shape[1:])[-2:]

        def block(first: int, after: int) -> np.ndarray:
            with _opened(path) as file:
                found: np.ndarray = file[entry][first:after]
            return found.reshape(len(found), crops, channels)

        return ClipFile(f"{path.name}: {entry}", shape[0], crops, channels, block)

    def write(self, folder: Path, videos: Iterable[tuple[str, ClipFile]]) -> dict[str, list[Path]]:
        """All videos into `features.h5`, whole or not at all."""
        import h5py

        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        written: dict[str, list[Path]] = {}
        with h5py.File(partial, "w") as file:
            for video, found in videos:
                one_view(video, found, self.name)
                table = file.create_dataset(f"{video}.npy", (found.rows, found.channels), "f4")
                for first, block in found.blocks():
                    table[first : first + len(block)] = block[:, 0]
                written[video] = [path]
        partial.replace(path)
        return written


def _entry(file: "h5py.File", path: Path, video: str) -> str:
    """The name under which a file holds a video's features."""
    import h5py

    found = next((name for name in (f"{video}.npy", video) if isinstance(file.get(name), h5py.Dataset)), None)
    if found is None:
        some = ", ".join(list(file)[:3])
        raise SourceError(f"{path.name} has no {video}.npy; it has {len(file)} entries: {some}, ...")
    return found


def _opened(path: Path) -> "h5py.File":
    try:
        import h5py
    except ImportError:
        raise PackageMissing(f"reading {path} needs h5py; pip install h5py") from None
    if not path.exists():
        raise SourceError(f"{path}: no such file; check the path")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        reason = " ".join(str(error).split())[:120]
        raise SourceError(f"{path} is no HDF5 file, or cut short ({reason}); get it again") from None
