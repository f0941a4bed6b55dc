"""One npy file for each video, with all its crops: RTFM, MGFN, the extractor of gowtham, UR-DMU before splitting."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from features.datasets.clip_formats.arnet import FEATURE
from features.datasets.clip_formats.base import ClipFile, ClipFormat, CropAxis, of_array
from features.datasets.clip_formats.crop_files import says_its_crop
from features.datasets.clip_formats.npy import by_clip, mapped, write_npy


class Rtfm(ClipFormat):
    """`<video>_i3d.npy` or `<video>.npy`; written as float32 (clips, crops, channels), tianyu0207/RTFM @cf938f4."""

    name = "rtfm"
    suffixes = ("_i3d.npy", ".npy")

    def fits(self, paths: Sequence[Path]) -> bool:
        """Whether it is one npy file that is called neither by its folder nor by a crop."""
        return (
            len(paths) == 1
            and paths[0].suffix.lower() == ".npy"
            and paths[0].name.lower() != FEATURE
            and not says_its_crop(paths[0])
        )

    def load(self, paths: Sequence[Path], video: str, crop_axis: CropAxis = "auto") -> ClipFile:
        """The features of the file; of two axes for one view, of three with its crops."""
        return of_array(paths[0].name, by_clip(paths[0], mapped(paths[0]), crop_axis))

    def write(self, folder: Path, videos: Iterable[tuple[str, ClipFile]]) -> dict[str, list[Path]]:
        """A file for each video."""
        return {video: [write_npy(folder / f"{video}_i3d.npy", found, flat=False)] for video, found in videos}
