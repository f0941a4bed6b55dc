"""Trajectories of skeletons as Morais et al. (CVPR 2019) publish them: HR-ShanghaiTech and HR-Avenue."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from features.datasets.base import Split
from features.datasets.frame_labels import FrameLabels, MaskFile
from features.datasets.options import read_options
from features.datasets.pose_files import named
from features.datasets.posed import Clip, PosedClips, PosedOptions, both_splits
from features.datasets.published import SHANGHAITECH_HR
from features.datasets.shanghaitech import FPS, HEIGHT, WIDTH
from features.errors import DatasetError

FOLDERS: Mapping[Split, str] = {"train": "training", "test": "testing"}
# Height and width, by which the authors' code divides coordinates; frames per second.
PICTURES = {"shanghaitech": (HEIGHT, WIDTH, FPS), "avenue": (360, 640, 25.0)}
TITLES = {"shanghaitech": "HR-ShanghaiTech", "avenue": "HR-Avenue"}
# No camera: the training videos of all cameras once more, for a model of all of them.
UNION = "00"
# Cameras with test clips, over which the published figures are.
CAMERAS = 12
NAME = r"\d\d_\d{2,4}"
MASKS = ("testing/frame_level_masks", "testing/test_frame_mask")


class TrajectoriesOptions(PosedOptions):
    """Options of trajectories."""

    part: Literal["shanghaitech", "avenue"] = Field("shanghaitech", description="HR-ShanghaiTech or HR-Avenue")
    masks: Path | None = Field(None, description="folder of the frame masks, if they do not lie below root")
    union: bool = Field(
        False, description="training videos from the folder 00, which holds those of all cameras, not from the others"
    )


class Trajectories(PosedClips):
    """HR-ShanghaiTech or HR-Avenue by the option `part`, named `hr-shanghaitech` or `hr-avenue`.

    Ids: `training/01_001`, `testing/01_0014`: camera and video. `root` is the folder with `training` and `testing`, or
    the one above. A video is a folder with a CSV file for each person; there are no pictures. Options:
    `TrajectoriesOptions`.
    """

    expected = "trajectories, as testing/trajectories/01/0014/0001.csv with testing/frame_level_masks/01/01_0014.npy,"

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self.options: TrajectoriesOptions = read_options(TrajectoriesOptions, "trajectories", options)
        self.name = f"hr-{self.options.part}"
        self.title = TITLES[self.options.part]
        self.published = (SHANGHAITECH_HR,) if self.options.part == "shanghaitech" else ()
        self._without: list[str] = []

    def find(self, root: Path) -> Mapping[str, Clip]:
        """The videos in the first base that holds any."""
        for base in (root, root / self.title):
            folders: dict[Split, dict[str, Path]] = {
                "train": dict(_videos(base / "training" / "trajectories", self.options.union)),
                "test": dict(_videos(base / "testing" / "trajectories")),
            }
            if any(folders.values()):
                masks = self._masks(base)
                self._without = sorted(set(masks) - set(folders["test"]))
                labels: dict[str, FrameLabels] = {name: MaskFile(path) for name, path in masks.items()}
                return both_splits(FOLDERS, {"train": {}, "test": {}}, folders, labels)
        return {}

    def _masks(self, base: Path) -> dict[str, Path]:
        """Clip name -> frame mask, in one folder or in one for each camera."""
        chosen = self.options.masks
        if chosen is not None and not chosen.is_dir():
            raise DatasetError(f"dataset {self.name!r}: {chosen} is no folder; check the option masks")
        places = [chosen] if chosen else [base / inside for inside in MASKS]
        return named((folder for place in places for folder in (place, *place.glob("[0-9][0-9]"))), NAME, ".npy")

    def picture_size(self, video_id: str) -> tuple[int, int]:
        """Height and width of the part."""
        return PICTURES[self.options.part][:2]

    def frame_rate(self) -> float:
        """Frames per second of the part."""
        return PICTURES[self.options.part][2]

    def notes(self) -> list[str]:
        """Which cameras are there, and which masks have no trajectories."""
        notes = super().notes()
        cameras = sorted({name.split("/")[1][:2] for name, clip in self.clips.items() if clip.split == "test"})
        if self.options.part == "shanghaitech" and len(cameras) < CAMERAS:
            notes.append(
                f"test clips of the cameras {', '.join(cameras)}; published figures are over {CAMERAS} cameras"
            )
        if self._without:
            notes.append(f"masks without trajectories are left out: {', '.join(self._without)}")
        return notes


def _videos(folder: Path, union: bool = False) -> Iterator[tuple[str, Path]]:
    """(camera and video, folder of its persons): `01/0014` of testing and `01/01_001` of training are `01_...`."""
    for camera in sorted(folder.glob("[0-9][0-9]")):
        if (camera.name == UNION) == union:
            for video in sorted(camera.iterdir()):
                if video.is_dir() and not video.name.startswith("."):
                    yield video.name if "_" in video.name else f"{camera.name}_{video.name}", video
