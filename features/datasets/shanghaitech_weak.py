"""ShanghaiTech Campus in the split for weak supervision (Zhong et al., CVPR 2019): anomalies in training, too."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from features.datasets.base import Split
from features.datasets.expand import runs_of
from features.datasets.frame_labels import MaskFile
from features.datasets.pose_files import named
from features.datasets.published import SHANGHAITECH_WEAK
from features.datasets.shanghaitech import BASES, FPS, FRAME_MASKS, HEIGHT, NAME, PICTURES, WIDTH, first_pictures
from features.datasets.video_lists import first_file, frames_said, read_json, read_rows, whole_numbers
from features.datasets.weak import Listed, WeakOptions, WeakVideos
from features.errors import DatasetError
from features.plan.listing import ABNORMAL, NORMAL, Annotation

SPLIT_FILE = "weak_split.json"
# MIST's lists, which also say how long normal test videos are; RTFM's, which hold paths of its files.
LISTS: Mapping[Split, Sequence[str]] = {
    "train": ("SH_Train_new.txt", "SH_Train.txt", "shanghai-i3d-train-10crop.list"),
    "test": ("SH_Test_NEW.txt", "SH_Test.txt", "shanghai-i3d-test-10crop.list"),
}


class ShanghaiTechWeakOptions(WeakOptions):
    """Options of ShanghaiTech's weak split."""

    masks: Path | None = Field(None, description="folder of the frame masks, if they do not lie below root")
    supervised: bool = Field(
        False, description="say of abnormal training videos, too, which frames are abnormal; for models that need it"
    )


class ShanghaiTechWeak(WeakVideos):
    """ShanghaiTech's 238 training and 199 test videos of the weak split. Ids: `train/01_0014`, `test/01_0015`.

    Videos of the original test set, and they alone, have four digits after the camera; each of them is abnormal. So
    what a video is does not hang on its line in a list. Options: `ShanghaiTechWeakOptions`.
    """

    name = "shanghaitech-weak"
    offers = ShanghaiTechWeakOptions
    options: ShanghaiTechWeakOptions
    title = "ShanghaiTech's weak split"
    expected: ClassVar[str] = f"{SPLIT_FILE}, or a pair of lists such as {' and '.join(LISTS[s][0] for s in LISTS)},"
    published = SHANGHAITECH_WEAK
    size, fps = (HEIGHT, WIDTH), FPS

    def listed(self, places: Sequence[Path]) -> Sequence[Listed]:
        """The videos of `weak_split.json`, else of a pair of lists."""
        masks = self._masks()
        return [self._listed(split, name, frames, masks) for split, name, frames in _read_lists(places)]

    def _masks(self) -> Mapping[str, Path]:
        root, chosen = self._checked_root(), self._folder("masks")
        folders = [chosen] if chosen else [root / base / inside for base in BASES for inside in FRAME_MASKS]
        return next(filter(None, (named([folder], NAME, ".npy") for folder in folders)), {})

    def _listed(self, split: Split, name: str, frames: int | None, masks: Mapping[str, Path]) -> Listed:
        if split == "test" and self.options.labels == "none":
            return Listed(name, split, None, frames)
        if not is_abnormal(name):
            return Listed(name, split, Annotation(NORMAL), frames)
        known = MaskFile(masks[name]) if name in masks else None
        told = split == "test" or self.options.supervised
        if known is None and told:
            raise DatasetError(
                f"dataset {self.name!r}: {name} is an abnormal {split} video without a frame mask; add "
                f"test_frame_mask/{name}.npy, say where with masks: FOLDER, or set labels: none"
            )
        runs = runs_of(known.read()) if known and told else None
        if known and runs == ():
            raise DatasetError(
                f"dataset {self.name!r}: no frame is abnormal in {known.path}, the mask of an abnormal video"
            )
        return Listed(name, split, Annotation(ABNORMAL, runs), known.frames() if known else frames, known is not None)

    def pictures(self, root: Path) -> Mapping[str, Path]:
        """Video name -> its file or folder in the official archive, of both of its splits; else in any folder."""
        for base in (root / inside for inside in BASES):
            found = {name: path for places in PICTURES.values() for name, path in first_pictures(base, places).items()}
            if found:
                return found
        return super().pictures(root)

    def notes(self) -> list[str]:
        """That models may be told when training videos are abnormal, where the config says so."""
        told = ["models that need it are told which frames of training videos are abnormal"]
        return [*super().notes(), *(told if self.options.supervised else [])]


def is_abnormal(name: str) -> bool:
    """Whether a video is one of the original test set, all of which are abnormal somewhere."""
    return len(name.split("_")[1]) == 4


def _read_lists(places: Sequence[Path]) -> list[tuple[Split, str, int | None]]:
    """(split, video, frames where the list says) in the order of the lists; [] where there are none."""
    path = first_file(places, [SPLIT_FILE])
    if path is not None:
        return _read_split(path)
    found: list[tuple[Split, str, int | None]] = []
    for split, names in LISTS.items():
        path = first_file(places, names)
        if path is None:
            return []
        for name, cells in read_rows(path, NAME):
            numbers = whole_numbers(cells, f"{path}: {name}")
            found.append((split, name, numbers[1] if len(numbers) > 1 else None))
    return found


def _read_split(path: Path) -> list[tuple[Split, str, int | None]]:
    said = read_json(path)
    splits: tuple[Split, Split] = ("train", "test")
    try:
        found = [(split, str(video["name"]), video.get("frames")) for split in splits for video in said[split]]
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{path} cannot be read ({type(error).__name__}: {error}); expected lists train and test of "
            '{"name": "01_0014", "frames": 265}'
        ) from None
    for _, name, frames in found:
        if not re.fullmatch(NAME, name):
            raise DatasetError(f"{path}: {name!r} is no video of ShanghaiTech, such as 01_0014; get it again")
        frames_said(frames, f"{path}: {name}")
    return found
