"""The tree of wanboyang/anomaly_detection_LAD2000 @ca51f97: clip features, two lists of videos, labels in pickles.

    features_video/<extractor>/<modality>/<video>/feature.npy
    train_split.txt, test_split.txt
    GT/frame_label_IET.pickle, GT/video_label_IET.pickle    (LAD2000; AR-Net: frame_label.pickle, video_label.pickle)

The same tree holds LAD2000 (Wan et al., 2021), ShanghaiTech, UCF-Crime, Avenue, UCSD Ped2 and LV. Frame labels may be
there of training videos, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from features.datasets.base import Split
from features.datasets.expand import runs_of
from features.datasets.formats.unpickle import read_plain
from features.datasets.ucf_crime import CLASSES as UCF_CLASSES
from features.datasets.ucf_crime import category_of
from features.datasets.video_lists import first_file, read_lines
from features.datasets.weak import Listed, WeakOptions, WeakVideos
from features.errors import DatasetError, SourceError
from features.plan.listing import ABNORMAL, NORMAL, Annotation

# By their index in video_label_IET.pickle.
CLASSES = (
    *("Crash", "Crowd", "Destroy", "Drop", "FallIntoWater", "Falling", "Fighting", "Fire", "Hurt", "Loitering"),
    *("Panic", "Thiefing", "Trampled", "Violence"),
)
Part = Literal["LAD2000", "shanghaitech", "UCF_Crime", "Avenue", "UCSDPed2", "LV"]
NAMES: Mapping[Part, str] = {
    "LAD2000": "lad2000",
    "shanghaitech": "lad2000-shanghaitech",
    "UCF_Crime": "lad2000-ucf_crime",
    "Avenue": "lad2000-avenue",
    "UCSDPed2": "lad2000-ucsdped2",
    "LV": "lad2000-lv",
}
# Height, width and frames per second; the videos of LAD2000 and LV have many sizes, of which none matters to features.
PICTURES: Mapping[Part, tuple[int, int, float]] = {
    "LAD2000": (240, 320, 25.0),
    "shanghaitech": (480, 856, 24.0),
    "UCF_Crime": (240, 320, 30.0),
    "Avenue": (360, 640, 25.0),
    "UCSDPed2": (240, 360, 10.0),
    "LV": (240, 320, 25.0),
}
SPLITS: Mapping[Split, str] = {"train": "train_split.txt", "test": "test_split.txt"}
FRAME_LABELS = ("frame_label_IET.pickle", "frame_label.pickle")
VIDEO_LABELS = ("video_label_IET.pickle", "video_label.pickle")


class Lad2000Options(WeakOptions):
    """Options of the tree of LAD2000."""

    part: Part = Field("LAD2000", description="`LAD2000`, `shanghaitech`, `UCF_Crime`, `Avenue`, `UCSDPed2` or `LV`")
    extractor: str = Field("i3d", description="folder of features: `i3d`, `c3d`, `c3d_ucf`")
    layer: str = Field("pool5", description="folder in that of C3D: `pool5`, `fc6`, `fc7`")
    modality: Literal["rgb", "flow", "combine"] = Field("combine", description="`combine` is rgb and flow side by side")


@dataclass(frozen=True)
class Labels:
    """What the pickles say.

    frames  video -> int8 (frames,): 1 abnormal, 0 normal
    videos  video -> the index of its class; in AR-Net's, 1 abnormal, 0 normal
    """

    frames: Mapping[str, np.ndarray]
    videos: Mapping[str, float]


class Lad2000(WeakVideos):
    """One of the data sets in the tree of LAD2000's code, named `lad2000` or e.g. `lad2000-avenue`.

    `root` is the folder with the lists, or the one above. Ids: `train/<name>`, `test/<name>`. A video is abnormal if
    any of its frames is: normal videos of LAD2000 lie in the folders of classes and have an index that is not theirs.
    Options: `Lad2000Options`.
    """

    name = "lad2000"
    offers = Lad2000Options
    options: Lad2000Options
    expected: ClassVar[str] = f"{SPLITS['train']} and {SPLITS['test']}"

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        part = self.options.part
        if root is not None and (root / part).is_dir():
            self.root = root / part
        self.name, self.title = NAMES[part], part
        self.classes = {"LAD2000": CLASSES, "UCF_Crime": UCF_CLASSES}.get(part, ())
        height, width, self.fps = PICTURES[part]
        self.size = height, width

    def feature_folders(self, root: Path) -> Sequence[Path]:
        """The folder of the features that the options name."""
        extractor, inside = self.options.extractor, self.options.modality
        layer = self.options.layer if extractor.startswith("c3d") else ""
        return [root / "features_video" / extractor / layer / inside]

    def listed(self, places: Sequence[Path]) -> Sequence[Listed]:
        """Training videos, then test videos, as listed, with what the pickles say of them."""
        found = []
        for split, file in SPLITS.items():
            path = first_file(places, [file])
            if path is None:
                return []
            found += [(split, line.strip()) for line in read_lines(path)]
        labels = self._read_labels()
        return [self._listed(split, name, labels) for split, name in found if name]

    def _read_labels(self) -> Labels:
        places = [self._checked_root() / "GT"]
        frames, videos = first_file(places, FRAME_LABELS), first_file(places, VIDEO_LABELS)
        return Labels(
            {} if frames is None else {name: _frame_labels(found, frames, name) for name, found in _read(frames)},
            {} if videos is None else {name: _video_label(found, videos, name) for name, found in _read(videos)},
        )

    def _listed(self, split: Split, listed: str, labels: Labels) -> Listed:
        """A video of a list. The code writes `ped` for `Ped` wherever it opens a file."""
        name = listed.replace("Ped", "ped")
        known = next((labels.frames[key] for key in (listed, name) if key in labels.frames), None)
        video = next((labels.videos[key] for key in (listed, name) if key in labels.videos), None)
        if split == "test" and self.options.labels == "none":
            return Listed(name, split, None, None if known is None else len(known))
        if known is None and (split == "test" or video is None):
            raise DatasetError(
                f"dataset {self.name!r}: {listed} is a {split} video without labels; get GT/{FRAME_LABELS[0]} or "
                f"GT/{FRAME_LABELS[1]} of this data set"
            )
        if known is None:
            normal = is_normal(name) if self.options.part == "LAD2000" else video == 0
            return Listed(name, split, Annotation(NORMAL if normal else self._category(name, video)))
        if not known.any():
            return Listed(name, split, Annotation(NORMAL), len(known))
        return Listed(name, split, Annotation(self._category(name, video), runs_of(known)), len(known), exact=True)

    def _category(self, name: str, label: float | None) -> str:
        """What an abnormal video's anomaly is called. Raises DatasetError for a class that LAD2000 does not have."""
        if self.options.part == "UCF_Crime":
            return category_of(name, "GT")
        if self.options.part != "LAD2000" or label is None:
            return ABNORMAL
        if label not in range(len(CLASSES)):
            raise DatasetError(f"GT/{VIDEO_LABELS[0]}: {name} is of class {label:g}; expected 0 to {len(CLASSES) - 1}")
        return CLASSES[int(label)]

    def notes(self) -> list[str]:
        """Which features are read, and labels of abnormal training videos that say nothing of when."""
        notes = [*super().notes(), f"features: {self.options.extractor}, {self.options.modality}"]
        told = [
            (entry.annotation.runs, entry.frames)
            for entry in self.entries.values()
            if entry.split == "train" and entry.annotation and entry.annotation.abnormal
        ]
        throughout = sum(runs == ((0, frames),) for runs, frames in told)
        if throughout:
            notes.append(f"{throughout} of {len(told)} abnormal training videos are labelled so throughout")
        return notes


def is_normal(name: str) -> bool:
    """Whether a video of LAD2000 is a normal one: `n` is the third field from the end of its name."""
    return name.split("_")[-3:-2] == ["n"]


def _read(path: Path) -> Sequence[tuple[str, Any]]:
    """The entries of a pickle. Raises DatasetError where it holds anything but a dict by name."""
    try:
        found = read_plain(path)
    except SourceError as error:
        raise DatasetError(str(error)) from None
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise DatasetError(f"{path} holds {type(found).__name__}, expected a dict by the names of videos; get it again")
    return list(found.items())


def _frame_labels(found: Any, path: Path, name: str) -> np.ndarray:
    """int8 (frames,) from an array (frames,) or (1, frames)."""
    labels = np.asarray(found)
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.ravel()
    if labels.ndim != 1 or labels.dtype.kind not in "biuf" or not np.isin(labels, (0, 1)).all():
        raise DatasetError(f"{path}: {name} has labels {labels.dtype} {labels.shape}; expected one 0 or 1 for a frame")
    return labels.astype(np.int8)


def _video_label(found: Any, path: Path, name: str) -> float:
    """A class index, or 1.0 and 0.0."""
    label = np.asarray(found)
    if label.size != 1 or label.dtype.kind not in "biuf":
        raise DatasetError(f"{path}: {name} has the label {found!r}; expected a number")
    return float(label.ravel()[0])
