"""A folder for each video: what AR-Net and LAD2000 read."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from features.datasets.clip_formats.base import ClipFile, ClipFormat, CropAxis, of_array
from features.datasets.clip_formats.npy import by_clip, mapped, write_npy
from features.datasets.clip_formats.views import one_view

FEATURE = "feature.npy"


class ArNet(ClipFormat):
    """`<video>/feature.npy`, float32 (clips, channels) (wanboyang/Anomaly_AR_Net_ICME_2020 @82e18e1)."""

    name = "arnet"
    suffixes = (f"_{FEATURE}",)

    def fits(self, paths: Sequence[Path]) -> bool:
        """Whether it is one file `feature.npy`."""
        return len(paths) == 1 and paths[0].name.lower() == FEATURE

    def load(self, paths: Sequence[Path], video: str, crop_axis: CropAxis = "auto") -> ClipFile:
        """The features of the file."""
        name = f"{paths[0].parent.name}/{paths[0].name}"
        return of_array(name, by_clip(paths[0], mapped(paths[0]), crop_axis))

    def write(self, folder: Path, videos: Iterable[tuple[str, ClipFile]]) -> dict[str, list[Path]]:
        """A folder for each video."""
        return {
            video: [write_npy(folder / video / FEATURE, one_view(video, found, self.name), flat=True)]
            for video, found in videos
        }
