"""ShanghaiTech Campus (Luo et al., ICCV 2017), and its part HR without the anomalies that are no persons."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from features.datasets.base import Split
from features.datasets.frame_labels import FrameLabels, MaskFile, PixelMaskFile
from features.datasets.options import read_options
from features.datasets.pose_files import TRACKED_PERSON, named, pictures
from features.datasets.posed import Clip, PosedClips, PosedOptions, both_splits
from features.datasets.published import SHANGHAITECH, SHANGHAITECH_HR
from features.errors import DatasetError

HEIGHT, WIDTH, FPS = 480, 856, 24.0
NAME = r"\d\d_\d{3,4}"
BASES = (".", "shanghaitech", "ShanghaiTech", "data/ShanghaiTech")
# The official archive; LBR-SPR's frames; frames of both splits alike. The first that holds a clip is taken.
PICTURES: Mapping[Split, Sequence[Sequence[str]]] = {
    "train": (("training/videos",), ("training/videosFrame",), ("training/frames",)),
    "test": (
        ("testing/frames",),
        ("Testing/frames_part1", "Testing/frames_part2"),
        ("testing/frames_part1", "testing/frames_part2"),
        ("testing/videos",),
    ),
}
# STG-NF's tree; that of GEPC and PoseLift.
POSES: Mapping[Split, Sequence[str]] = {
    "train": ("pose/train", "pose/training/tracked_person"),
    "test": ("pose/test", "pose/testing/tracked_person"),
}
FRAME_MASKS = (
    *("testing/test_frame_mask", "Testing/test_frame_mask", "gt/test_frame_mask", "test_frame_mask"),
    "testing/frame_level_masks",
)
PIXEL_MASKS = ("testing/test_pixel_mask", "Testing/test_pixel_mask", "test_pixel_mask")
# Test clips whose anomalies are no persons, or not to be seen (Morais et al., CVPR 2019).
NOT_HUMAN = frozenset(("01_0130", "01_0135", "01_0136", "06_0144", "06_0145", "12_0152"))


class ShanghaiTechOptions(PosedOptions):
    """Options of ShanghaiTech."""

    masks: Path | None = Field(None, description="folder of the frame masks, if they do not lie below root")


class ShanghaiTech(PosedClips):
    """ShanghaiTech Campus. Ids: `training/01_001`, `testing/01_0014`.

    `root` is the folder with `training` and `testing`, STG-NF's `data/ShanghaiTech`, or one above. Where poses lie
    beside the pictures they are the files of the role `poses`; without pictures the clips are recordings of 856x480
    pixels at 24 frames per second. Options: `ShanghaiTechOptions`.
    """

    name = "shanghaitech"
    title = "ShanghaiTech Campus"
    expected = (
        "330 training and 107 test clips, as training/videos/01_001.avi and testing/frames/01_0014/*.jpg, or poses, "
        f"as pose/train/01_001{TRACKED_PERSON},"
    )
    published = (SHANGHAITECH,)
    left_out: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self.options: ShanghaiTechOptions = read_options(ShanghaiTechOptions, self.name, options)

    def find(self, root: Path) -> Mapping[str, Clip]:
        """The clips in the first base that holds any."""
        for base in (root / inside for inside in BASES):
            seen = {split: first_pictures(base, places) for split, places in PICTURES.items()}
            poses = {split: _first_poses(base, places) for split, places in POSES.items()}
            if any((*seen.values(), *poses.values())):
                labels = self._labels_in((base, root))
                found = both_splits({"train": "training", "test": "testing"}, seen, poses, labels)
                return {name: clip for name, clip in found.items() if name.split("/")[1] not in self.left_out}
        return {}

    def _labels_in(self, places: Iterable[Path]) -> dict[str, FrameLabels]:
        """Clip name -> its labels: frame masks, with pixels where there are pixel masks, too; or pixel masks alone."""
        chosen = self.options.masks
        if chosen is not None and not chosen.is_dir():
            raise DatasetError(f"dataset {self.name!r}: {chosen} is no folder; check the option masks")
        bases = list(dict.fromkeys(places))
        frames = _first_masks([chosen] if chosen else [base / inside for base in bases for inside in FRAME_MASKS])
        pixels = _first_masks([base / inside for base in bases for inside in PIXEL_MASKS])
        memory = self.work / "labels" / self.name
        by_pixels: dict[str, FrameLabels] = {name: PixelMaskFile(path, memory) for name, path in pixels.items()}
        return by_pixels | {name: MaskFile(path, pixels=pixels.get(name)) for name, path in frames.items()}

    def picture_size(self, video_id: str) -> tuple[int, int]:
        """Height and width of all clips."""
        return HEIGHT, WIDTH

    def frame_rate(self) -> float:
        """Frames per second of all clips."""
        return FPS


class ShanghaiTechHr(ShanghaiTech):
    """ShanghaiTech Campus without the six test clips whose anomalies are no persons, or not to be seen.

    Some copies of the HR masks hold 12_0152, too, with all its labels blanked; it is left out as well.
    """

    name = "shanghaitech-hr"
    published = (SHANGHAITECH_HR,)
    left_out = NOT_HUMAN

    def notes(self) -> list[str]:
        """Which clips are left out."""
        return [*super().notes(), f"HR leaves out the test clips {', '.join(sorted(self.left_out))}"]


def first_pictures(base: Path, places: Sequence[Sequence[str]]) -> dict[str, Path]:
    """Clip name -> pictures, from the first of some groups of folders below a base that has any."""
    return next(filter(None, (pictures([base / inside for inside in folders], NAME) for folders in places)), {})


def _first_poses(base: Path, places: Sequence[str]) -> dict[str, Path]:
    return next(filter(None, (named([base / inside], NAME, TRACKED_PERSON) for inside in places)), {})


def _first_masks(folders: Iterable[Path]) -> dict[str, Path]:
    """Clip name -> mask in the first folder that has any; they may lie in a folder for each camera."""
    cameras = ([folder, *sorted(folder.glob("[0-9][0-9]"))] for folder in folders)
    return next(filter(None, (named(inside, NAME, ".npy") for inside in cameras)), {})
