"""AIHub's CCTV sets: the fork of STG-NF with JSON labels, and the abnormal behaviour set with XML labels."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from features.datasets.aihub_labels import BlockLabels, EventLabels
from features.datasets.base import Split
from features.datasets.folder import natural_id, videos_by_id
from features.datasets.frame_labels import FrameLabels, MaskFile
from features.datasets.options import read_options
from features.datasets.pose_files import TRACKED_PERSON, named
from features.datasets.posed import Clip, PosedClips, SizedOptions
from features.errors import ConfigError, DatasetError

BASES = (".", "AIHub", "data/AIHub")
POSE_FOLDERS: Mapping[Split, str] = {"train": "pose/train", "test": "pose/test"}
LABEL_SUFFIXES = (".json", ".xml", ".npy")
# The first folder below the root, as AIHub packs its sets: `1.Training`, `2.Validation`, `train`, ...
SPLIT_FOLDER = re.compile(r"\W*(?:\d+\W*)?(?:(train)(?:ing)?|test(?:ing)?|val(?:idation)?)\b.*", re.IGNORECASE)


class AihubOptions(SizedOptions):
    """Options of AIHub."""

    label_files: Path | None = Field(None, description="folder of the label files, if they do not lie below root")
    rule: Literal["event", "actions"] = Field("event", description="what is abnormal by an XML file: see below")
    lead: float = Field(0.0, ge=0, description="seconds before an XML file's event that are abnormal, too")


class Aihub(PosedClips):
    """AIHub's CCTV sets.

    `root` is any folder with videos below, the fork's `data/AIHub` with `pose/train` and `pose/test`, or both in one.
    The id of a video is its path below the root without the suffix, in composed Unicode (NFC), that of poses without
    a video `train/C021_...` or `test/C021_...`. Poses and labels are joined with videos by name. Labels may end before
    their video does; the frames after them are unknown. Options: `AihubOptions`.
    """

    name = "aihub"
    title = "AIHub's CCTV set"
    expected = (
        f"videos in any folders with labels of their names, or pose/test/C021_A20_SY15_P01_S01_01DAS{TRACKED_PERSON},"
    )
    open_ended = True

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self.options: AihubOptions = read_options(AihubOptions, self.name, options)
        self._split_notes: list[str] = []

    def find(self, root: Path) -> Mapping[str, Clip]:
        """Videos by id, then poses without a video; training clips before test clips, each in natural order."""
        videos = videos_by_id(root)
        poses = {split: _poses(root, folder) for split, folder in POSE_FOLDERS.items()}
        known: dict[str, tuple[Split, Path]] = {
            name: (split, path) for split, found in poses.items() for name, path in found.items()
        }
        clips = self._with_pictures(videos, known)
        seen = {name.rsplit("/", 1)[-1] for name in videos}
        for name, (split, path) in known.items():
            if name not in seen:
                clips[f"{split}/{name}"] = Clip(split, None, path, self._labels_of(name))
        return dict(sorted(clips.items(), key=lambda item: (item[1].split == "test", natural_id(item[0]))))

    def _with_pictures(self, videos: Mapping[str, Path], poses: Mapping[str, tuple[Split, Path]]) -> dict[str, Clip]:
        """Clips with pictures: their split is that of their poses, else of the first folder, else `test` for all."""
        splits: dict[str, Split | None] = {}
        for name in videos:
            stem = name.rsplit("/", 1)[-1]
            splits[name] = poses[stem][0] if stem in poses else split_of(name)
        if videos and not any(splits.values()):
            self._split_notes.append(f"no split is given: all {len(videos)} videos are test videos")
            splits = dict.fromkeys(videos, "test")
        ignored = [name for name, split in splits.items() if split is None]
        if ignored:
            self._split_notes.append(
                f"{len(ignored)} videos lie outside folders of a split and are left out, e.g. {ignored[0]}"
            )
        clips = {}
        for name, split in splits.items():
            stem = name.rsplit("/", 1)[-1]
            if split is not None:
                clips[name] = Clip(
                    split, videos[name], poses[stem][1] if stem in poses else None, self._labels_of(name)
                )
        return clips

    @cached_property
    def _label_files(self) -> dict[str, dict[str, list[Path]]]:
        """Suffix -> name -> label files, wherever they lie below the root or the option's folder."""
        place = self.options.label_files or self.root
        if place is None or not place.is_dir():
            raise DatasetError(f"dataset {self.name!r}: {place} is no folder; check the option label_files")
        found: dict[str, dict[str, list[Path]]] = {suffix: {} for suffix in LABEL_SUFFIXES}
        for path in sorted(place.rglob("*")):
            if path.suffix in found and not path.name.startswith(".") and not path.name.endswith(TRACKED_PERSON):
                found[path.suffix].setdefault(_nfc(path.stem), []).append(path)
        return found

    def _labels_of(self, video_id: str) -> FrameLabels | None:
        """The labels of a clip: JSON, else XML, else an array; None where there are none.

        Raises DatasetError where two files of a kind may be its labels.
        """
        name = video_id.rsplit("/", 1)[-1]
        for suffix, files in self._label_files.items():
            fitting = files.get(name, [])
            beside = [path for path in fitting if _nfc(path.with_suffix("").as_posix()).endswith(f"/{video_id}")]
            chosen = beside if len(fitting) > 1 and beside else fitting
            if len(chosen) > 1:
                raise DatasetError(f"{chosen[0]} and {chosen[1]} may both be labels of {video_id}; keep one")
            if chosen:
                return self._open_labels(suffix, chosen[0], name)
        return None

    def _open_labels(self, suffix: str, path: Path, name: str) -> FrameLabels:
        if suffix == ".npy":
            return MaskFile(path)
        if suffix == ".xml":
            return EventLabels(path, self.options.rule, self.options.lead)
        fields = name.split("_")
        if len(fields) < 2:
            raise DatasetError(f"{path}: the second field of {name!r} would be its target, as A20 in C021_A20_SY15_...")
        return BlockLabels(path, fields[1])

    def recorded_frames(self, clip: Clip) -> int:
        """Frames of the labels, or up to the last one with a person where that is later."""
        return max(super().recorded_frames(clip), self.posed_frames(clip))

    def picture_size(self, video_id: str) -> tuple[int, int]:
        """What the option `size` says. Raises ConfigError without it."""
        if self.options.size is None:
            raise ConfigError(
                f"dataset {self.name!r}: the video of {video_id} is not there, so its size is not known; "
                "set size: WIDTHxHEIGHT"
            )
        return self.options.size[1], self.options.size[0]

    def frame_rate(self) -> float:
        """What the option `fps` says."""
        return self.options.fps

    def notes(self) -> list[str]:
        """How videos came to their splits, and the rule of XML labels where any are used."""
        notes = super().notes()
        if any(isinstance(clip.labels, EventLabels) for clip in self.clips.values()):
            before = f", from {self.options.lead:g} s before" if self.options.lead else ""
            notes.append(f"XML labels by the rule {self.options.rule!r}{before}")
        return notes + self._split_notes


def split_of(video_id: str) -> Split | None:
    """The split that the first folder of an id names; None where it names none. Validation videos are test videos."""
    match = SPLIT_FOLDER.fullmatch(video_id.split("/", 1)[0]) if "/" in video_id else None
    if match is None:
        return None
    return "train" if match[1] else "test"


def _poses(root: Path, folder: str) -> dict[str, Path]:
    found = next(filter(None, (named([root / base / folder], ".+", TRACKED_PERSON) for base in BASES)), {})
    return {_nfc(name): path for name, path in found.items()}


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)
