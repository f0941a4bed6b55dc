"""NJUST-Anomaly (Yang et al.), videos with poses of CenterNet, DeepSORT and PPNet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.datasets.base import Split
from features.datasets.clips import ranges
from features.datasets.frame_labels import MaskFile
from features.datasets.options import read_options
from features.datasets.pose_files import named, pictures
from features.datasets.posed import Clip, PosedClips, SizedOptions
from features.datasets.published import NJUST
from features.errors import ConfigError, DatasetError

NUMBER = r"\d+"
SPLITS: tuple[Split, ...] = ("train", "test")


class Njust(PosedClips):
    """NJUST-Anomaly. Ids: `train/1`, `test/15`, by number.

    `root` is the folder with `train` and `test`. Options: `SizedOptions`; neither size nor frame rate are published,
    so that poses without their videos need the option `size`.
    """

    name = "njust"
    title = "NJUST-Anomaly"
    expected = "130 training and 15 test clips, as train/videos/1.mp4 with train/pose/1.json and test/mask/1.npy,"
    published = NJUST

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self.options: SizedOptions = read_options(SizedOptions, self.name, options)

    def find(self, root: Path) -> Mapping[str, Clip]:
        """The clips of both splits. Raises DatasetError where videos, poses and masks are of other clips."""
        found = {}
        for split in SPLITS:
            videos = _by_number(pictures([root / split / "videos"], NUMBER))
            poses = _by_number(named([root / split / "pose"], NUMBER, ".json"))
            masks = _by_number(named([root / split / "mask"], NUMBER, ".npy")) if split == "test" else {}
            self._cross_check(split, {"videos": videos, "pose": poses, "mask": masks})
            for number in sorted({*videos, *poses}):
                labels = MaskFile(masks[number]) if number in masks else None
                found[f"{split}/{number}"] = Clip(split, videos.get(number), poses.get(number), labels)
        return found

    def _cross_check(self, split: Split, folders: Mapping[str, Mapping[int, Path]]) -> None:
        """All folders that hold anything are about the same clips."""
        numbers = set().union(*folders.values())
        for folder, found in folders.items():
            if found and numbers - set(found):
                raise DatasetError(
                    f"dataset {self.name!r}: {split}/{folder} holds {len(found)} of the {len(numbers)} clips of "
                    f"{split} (missing: {ranges(sorted(numbers - set(found)))}); add them, or remove the others"
                )

    def picture_size(self, video_id: str) -> tuple[int, int]:
        """What the option `size` says. Raises ConfigError without it."""
        if self.options.size is None:
            raise ConfigError(
                f"dataset {self.name!r}: the video of {video_id} is not there and no size is published; "
                "set size: WIDTHxHEIGHT"
            )
        return self.options.size[1], self.options.size[0]

    def frame_rate(self) -> float:
        """What the option `fps` says."""
        return self.options.fps


def _by_number(found: Mapping[str, Path]) -> dict[int, Path]:
    return {int(name): path for name, path in found.items()}
