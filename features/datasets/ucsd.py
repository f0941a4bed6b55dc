"""UCSD Ped1 and Ped2 (Mahadevan et al., CVPR 2010), from the archive UCSD_Anomaly_Dataset.v1p2 or re-encoded."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from features.datasets.base import Split
from features.datasets.benchmark import Benchmark, BenchmarkOptions
from features.datasets.clips import Layout, is_image_folder
from features.datasets.intervals import Intervals, read_matlab_intervals, read_matlab_script
from features.datasets.labels import (
    ClipLabels,
    MaskFolders,
    PackedMasks,
    array_names,
    mask_archives,
)
from features.datasets.options import read_options
from features.datasets.published import PED1, PED2


class UcsdOptions(BenchmarkOptions):
    """Options of UCSD."""

    part: Literal["ped1", "ped2"] = Field("ped2", description="which of the two walkways")


class Ucsd(Benchmark):
    """UCSD Ped1 or Ped2 by the option `part`, named `ucsdped1` or `ucsdped2`. Ids: `Train/Train001`, `Test/Test001`.

    `root` is the archive's folder, its `UCSDped2`, or the folder above it. Options: `UcsdOptions`.

    Ped1 has two label sets in use: the masks completed later for all 36 clips, and the intervals of the archive, which
    differ in 19 clips. The archive has masks for 10 of Ped1's clips only; with these, `auto` takes the intervals.
    """

    options: UcsdOptions
    layouts = (
        Layout("Train/Train001/*.tif", "Train", "Test", r"Train(\d{3})", r"Test(\d{3})", files=False),
        Layout("training/frames/01/*.jpg", "training/frames", "testing/frames", r"(\d+)", r"(\d+)", files=False),
        Layout("Train001.mkv", ".", ".", r"Train(\d{3})", r"Test(\d{3})", files=True),
    )

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self.options = read_options(UcsdOptions, "ucsd", options)
        part = self.options.part
        self.name = f"ucsd{part}"
        self.published = PED1 if part == "ped1" else PED2
        inside = (f"UCSD{part}", part)
        self.bases = (".", *inside, *(f"UCSD_Anomaly_Dataset.v1p2/{name}" for name in inside), "clips")

    def video_id(self, split: Split, number: int) -> str:
        """`Train/Train001`, `Test/Test001`, whatever the layout."""
        return f"{split.title()}/{split.title()}{number:03d}"

    def label_places(self) -> Sequence[Path]:
        """Beside the test clips, in the folder above, in the root."""
        base = self.clips.base
        return [base / self.clips.layout.test_folder, base / "Test", base, self.root or base]

    def masks_in(self, place: Path) -> ClipLabels | None:
        """Folders `Test001_gt`, or an npz file `masks*.npz` with arrays `Test001` of packed bits."""
        size = self.published.height, self.published.width
        folders = _mask_folders(place) if place.is_dir() else {}
        if folders:
            return MaskFolders(folders, size)
        for path in mask_archives(place):
            names = array_names(path, r"Test(\d{3})")
            if names:
                return PackedMasks(path, names, size)
        return None

    def intervals_in(self, place: Path) -> ClipLabels | None:
        """`UCSDped2.m` or `UCSDped2.mat`, `ped2.mat`; older versions such as `UCSDped2.m~` are left alone."""
        part = self.options.part
        for name in (f"UCSD{part}.m", f"UCSD{part}.mat", f"{part}.mat"):
            path = place / name
            if path.is_file():
                read = read_matlab_script if path.suffix == ".m" else read_matlab_intervals
                return Intervals(path, read(path), self.published.test_lengths)
        return None

    def notes(self) -> list[str]:
        """What part is there, which labels are used; for Ped1 that there are two label sets."""
        notes = super().notes()
        if self.options.part == "ped1" and self.label_source is not None:
            counts = ", ".join(f"{count} by the {kind}" for kind, count in self.published.abnormal.items())
            notes.append(f"UCSD Ped1 has two label sets in use that differ in 19 clips (abnormal frames: {counts})")
        return notes


def _mask_folders(place: Path) -> dict[int, Path]:
    """Clip number -> folder of masks; empty folders, which were never filled, are none."""
    found = {}
    for folder in sorted(place.iterdir()):
        match = re.fullmatch(r"Test(\d{3})_gt", folder.name)
        if match and folder.is_dir() and is_image_folder(folder):
            found[int(match[1])] = folder
    return found
