"""One npy file for each crop of a video: DeepMIL, XD-Violence, VadCLIP (`<video>__3.npy`), UR-DMU (`<video>_3.npy`)."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from features.datasets.clip_formats.base import ClipFile, ClipFormat, CropAxis, of_array
from features.datasets.clip_formats.npy import by_clip, mapped, write_npy
from features.errors import SourceError

_CROP = re.compile(r".+?__?(?P<number>[0-9])\.npy", re.IGNORECASE)


class CropFiles(ClipFormat):
    """`<video>__<crop>.npy`, (clips, channels) each; the first may be called `<video>.npy` (Roc-Ng/DeepMIL issue 7).

    separator  what stands between a video's name and the number of the crop on writing
    """

    name = "crop-files"
    suffixes = (".npy",)

    def __init__(self, separator: str = "__") -> None:
        self.separator = separator

    def fits(self, paths: Sequence[Path]) -> bool:
        """Whether there are several npy files, or one that says its crop."""
        npy = all(path.suffix.lower() == ".npy" for path in paths)
        return npy and (len(paths) > 1 or says_its_crop(paths[0]))

    def load(self, paths: Sequence[Path], video: str, crop_axis: CropAxis = "auto") -> ClipFile:
        """The features of all crops.

        Raises SourceError where a crop is missing, or is not as long as the others.
        """
        numbers = [crop_number(path) for path in paths]
        missing = set(range(max(numbers) + 1)) - set(numbers)
        if missing:
            raise SourceError(f"{video} has crops {numbers}, but not {min(missing)}; get that file, too")
        crops = [_one_view(path) for path in paths]
        for path, crop in zip(paths, crops, strict=True):
            if crop.shape != crops[0].shape:
                raise SourceError(
                    f"{path.name} has shape {crop.shape}, {paths[0].name} {crops[0].shape}; all crops of a video are "
                    "alike; get them again"
                )
        rows, channels = crops[0].shape
        whole = of_array(paths[0].name, crops[0][:, None])
        return ClipFile(
            whole.name, rows, len(crops), channels, lambda first, after: np.stack([c[first:after] for c in crops], 1)
        )

    def write(self, folder: Path, videos: Iterable[tuple[str, ClipFile]]) -> dict[str, list[Path]]:
        """A file for each crop of each video."""
        return {
            video: [
                write_npy(folder / f"{video}{self.separator}{number}.npy", found.crop(number), flat=True)
                for number in range(found.crops)
            ]
            for video, found in videos
        }


def says_its_crop(path: Path) -> bool:
    """Whether a file is called by its crop beyond doubt: `<video>__3.npy`; `01_3.npy` may be a video's own name."""
    return re.fullmatch(r".+__[0-9]\.npy", path.name, re.IGNORECASE) is not None


def crop_number(path: Path) -> int:
    """The crop that a file is of; 0 where its name has no number."""
    found = _CROP.fullmatch(path.name)
    return int(found["number"]) if found else 0


def _one_view(path: Path) -> np.ndarray:
    found = by_clip(path, mapped(path))
    if found.shape[1] != 1:
        raise SourceError(f"{path.name} has {found.shape[1]} crops, expected one in each file; name another format")
    return found[:, 0]
