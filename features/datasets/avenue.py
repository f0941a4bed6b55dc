"""CUHK Avenue (Lu et al., ICCV 2013), from the official videos or from frames."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from features.datasets.base import Split
from features.datasets.benchmark import Benchmark, BenchmarkOptions
from features.datasets.clips import Layout
from features.datasets.intervals import Intervals, read_matlab_intervals
from features.datasets.labels import (
    ClipLabels,
    SparseMasks,
    VolLabels,
    array_names,
    mask_archives,
)
from features.datasets.options import read_options
from features.datasets.published import AVENUE

MASK_FOLDERS = ("ground_truth_demo/testing_label_mask", "testing_label_mask", ".")


class Avenue(Benchmark):
    """CUHK Avenue. Ids: `training/01`, `testing/21`.

    `root` is the folder with `training_videos` and `testing_videos`, or the one above it; the masks lie beside them in
    `ground_truth_demo/testing_label_mask`. Options: `BenchmarkOptions`.
    """

    name = "avenue"
    layouts = (
        Layout("training_videos/01.avi", "training_videos", "testing_videos", r"(\d+)", r"(\d+)", files=True),
        Layout("training/frames/01/*.jpg", "training/frames", "testing/frames", r"(\d+)", r"(\d+)", files=False),
        Layout("videos/training_01.avi", "videos", "videos", r"training_(\d+)", r"testing_(\d+)", files=True),
    )
    bases = (".", "Avenue Dataset", "Avenue_Dataset", "Avenue", "avenue")
    published = AVENUE

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self.options = read_options(BenchmarkOptions, self.name, options)

    def video_id(self, split: Split, number: int) -> str:
        """`training/01`, `testing/01`, whatever the layout."""
        return f"{split}ing/{number:02d}"

    def label_places(self) -> Sequence[Path]:
        """`ground_truth_demo/testing_label_mask` beside the clips or in the root; or right there."""
        bases = (self.clips.base, self.root or self.clips.base)
        return [base / folder for base in bases for folder in MASK_FOLDERS]

    def masks_in(self, place: Path) -> ClipLabels | None:
        """The files `1_label.mat` ..., or `masks*.npz` with the arrays `01_length`, `01_frames`, `01_packed`."""
        size = self.published.height, self.published.width
        files = _label_files(place) if place.is_dir() else {}
        if files:
            return VolLabels(files, size)
        for path in mask_archives(place):
            names = array_names(path, r"(\d+)_packed")
            if names:
                return SparseMasks(path, {number: name.removesuffix("_packed") for number, name in names.items()}, size)
        return None

    def intervals_in(self, place: Path) -> ClipLabels | None:
        """`avenue.mat` of the frame-prediction releases."""
        path = place / "avenue.mat"
        return Intervals(path, read_matlab_intervals(path), self.published.test_lengths) if path.is_file() else None


def _label_files(place: Path) -> dict[int, Path]:
    """Clip number -> `N_label.mat`."""
    found = {}
    for path in sorted(place.iterdir()):
        match = re.fullmatch(r"(\d+)_label\.mat", path.name)
        if match:
            found[int(match[1])] = path
    return found
