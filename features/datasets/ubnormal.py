"""UBnormal (Acsintoae et al., CVPR 2022), from the official archive or from STG-NF's tree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from features.datasets.frame_labels import FrameLabels, MaskFile
from features.datasets.object_masks import (
    AbnormalObject,
    abnormal_at,
    instance_masks,
    is_frame_array,
    picture_size,
    read_instances,
    read_tracks,
)
from features.datasets.options import read_options
from features.datasets.pose_files import TRACKED_PERSON, named, pictures
from features.datasets.posed import Clip, PosedClips, SizedOptions
from features.datasets.published import UBNORMAL, UBNORMAL_SUPERVISED
from features.errors import DatasetError

NAME = r"(?:normal|abnormal)_scene_\d+_scenario[0-9]*(?:_(?!annotations|tracks|alphapose)[A-Za-z0-9]+)+"
BASES = (".", "UBnormal", "data/UBnormal")
Part = Literal["training", "validation", "test"]
PARTS: tuple[Part, ...] = ("training", "validation", "test")
# STG-NF's folders of poses.
POSE_FOLDERS: Mapping[str, Part] = {
    "train": "training",
    "abnormal_train": "training",
    "validation": "validation",
    "test": "test",
}
LIST_FOLDERS = (".", "scripts", "gt")
SOURCE_ARRAYS = "frame arrays of STG-NF"
BEFORE: Mapping[Part, str] = {"training": "train", "validation": "validation", "test": "test"}


class UBnormalOptions(SizedOptions):
    """Options of UBnormal."""

    source: Literal["auto", "tracks", "arrays"] = Field(
        "auto", description="labels by the archive's `tracks` where all scored clips have them, else STG-NF's `arrays`"
    )
    supervised: bool = Field(False, description="the 82 abnormal training videos are training videos, too")
    scored: Literal["test", "validation"] = Field("test", description="the official part that is scored")
    lists: Path | None = Field(None, description="folder of the lists `normal_training_video_names.txt` ...")


@dataclass(frozen=True)
class TrackLabels(FrameLabels):
    """Frames in which any listed object is abnormal, its last frame included; one frame for each instance mask.

    `tracks` is the list, None for a normal video.
    """

    tracks: Path | None
    folder: Path

    @property
    def objects(self) -> list[AbnormalObject]:
        """The listed objects."""
        return [] if self.tracks is None else read_tracks(self.tracks)

    def frames(self) -> int:
        """Number of instance masks."""
        return len(instance_masks(self.folder))

    def read(self) -> np.ndarray:
        """int8 (frames,). Raises DatasetError for an object that is abnormal beyond the last frame."""
        found = np.zeros(self.frames(), np.int8)
        for listed in self.objects:
            if listed.last >= len(found):
                raise DatasetError(
                    f"{self.tracks}: object {listed.number} is abnormal up to frame {listed.last}, but {self.folder} "
                    f"has masks of {len(found)} frames"
                )
            found[listed.first : listed.last + 1] = 1
        return found

    def masks(self) -> Iterator[np.ndarray]:
        """For each frame bool (height, width): pixels of the objects that are abnormal then."""
        objects = self.objects
        for frame, path in enumerate(instance_masks(self.folder)):
            yield np.isin(read_instances(path), abnormal_at(objects, frame))

    def mask_files(self) -> Sequence[Path]:
        """The instance masks, and the list of those that are abnormal."""
        return [*instance_masks(self.folder), *([] if self.tracks is None else [self.tracks])]


@dataclass(frozen=True)
class Scenes:
    """What lies below one base: clip name -> video, folder of instance masks, poses, list or array of frames."""

    videos: Mapping[str, Path] = field(default_factory=dict)
    annotations: Mapping[str, Path] = field(default_factory=dict)
    poses: Mapping[str, Path] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)
    ground_truth: Mapping[str, Path] = field(default_factory=dict)

    def tracks(self, name: str) -> Path | None:
        """The list of a clip's abnormal objects: beside its masks, or in STG-NF's folder; None where there is none."""
        beside = self.annotations.get(name, Path()) / f"{name}_tracks.txt"
        other = self.ground_truth.get(name)
        if beside.is_file() and not is_frame_array(beside):
            return beside
        return other if other is not None and not is_frame_array(other) else None

    def by_tracks(self, name: str) -> FrameLabels | None:
        """Labels of a clip by its list; None without it, or without masks, from which its length is known."""
        folder, tracks = self.annotations.get(name), self.tracks(name)
        if folder is None or (tracks is None and is_abnormal(name)) or not instance_masks(folder):
            return None
        return TrackLabels(tracks if is_abnormal(name) else None, folder)

    def by_array(self, name: str) -> FrameLabels | None:
        """Labels of a clip by STG-NF's array, in which 1 is normal; None without it."""
        path = self.ground_truth.get(name)
        return MaskFile(path, abnormal=0) if path is not None and is_frame_array(path) else None


class UBnormal(PosedClips):
    """UBnormal. Ids: `train/normal_scene_3_scenario_1`, `test/abnormal_scene_1_scenario_1_fog`.

    `root` is the folder with `Scene1` to `Scene29`, STG-NF's `data/UBnormal`, or one above. Options: `UBnormalOptions`.
    With `supervised` the abnormal training videos have the files `masks` (a folder) and `tracks`.
    """

    name = "ubnormal"
    title = "UBnormal"
    expected = (
        "videos, as Scene1/normal_scene_1_scenario_1.mp4 with lists such as normal_training_video_names.txt, or poses, "
        f"as pose/train/normal_scene_1_scenario_1{TRACKED_PERSON},"
    )

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self.options: UBnormalOptions = read_options(UBnormalOptions, self.name, options)
        test = self.options.scored == "test"
        self.published = ((UBNORMAL_SUPERVISED if self.options.supervised else UBNORMAL),) if test else ()
        self._source, self._unlisted = "", 0
        self._scenes = Scenes()

    def find(self, root: Path) -> Mapping[str, Clip]:
        """The clips in the first base that holds any: training clips by name, then those that are scored."""
        for base in (root / inside for inside in BASES):
            self._scenes = scenes = scenes_in(base)
            if scenes.videos or scenes.poses:
                parts = self._parts(base)
                train = [name for name in sorted(parts) if parts[name] == "training" and self._wanted(name)]
                scored = [name for name in sorted(parts) if parts[name] == self.options.scored]
                labels = self._labels_of(scored)
                found = {f"{BEFORE['training']}/{name}": self._training_clip(name) for name in train}
                return found | {
                    f"{BEFORE[self.options.scored]}/{name}": Clip(
                        "test", scenes.videos.get(name), scenes.poses.get(name), labels.get(name)
                    )
                    for name in scored
                }
        return {}

    def _wanted(self, name: str) -> bool:
        return self.options.supervised or not is_abnormal(name)

    def _parts(self, base: Path) -> dict[str, Part]:
        """Clip name -> official part, for the clips that are there: as listed, else as STG-NF's folders have it.

        Raises DatasetError where nothing says in which part a video is.
        """
        scenes = self._scenes
        listed = read_lists([self.options.lists] if self.options.lists else [base / name for name in LIST_FOLDERS])
        names = {*scenes.videos, *scenes.poses}
        parts = {name: part for name, part in {**scenes.parts, **listed}.items() if name in names}
        self._unlisted = len(names) - len(parts)
        if not parts:
            raise DatasetError(
                f"dataset {self.name!r}: found {len(names)} videos below {base}, but no list such as "
                "normal_training_video_names.txt says which are training videos; add the six lists of the archive's "
                "scripts, or say where with lists: FOLDER"
            )
        return parts

    def _labels_of(self, names: Sequence[str]) -> dict[str, FrameLabels]:
        """Labels of the scored clips, of one source for all: the first that has all, else the one that has most."""
        sources = {"tracks": self._scenes.by_tracks, "arrays": self._scenes.by_array}
        wanted = [kind for kind in sources if self.options.source in ("auto", kind)]
        best: dict[str, FrameLabels] = {}
        for kind in wanted:
            known = {name: label for name in names if (label := sources[kind](name)) is not None}
            if len(known) > len(best):
                best, self._source = known, kind
            if len(best) == len(names):
                break
        return best

    def _training_clip(self, name: str) -> Clip:
        """A training clip; an abnormal one with its masks and its list. Raises DatasetError where they are missing."""
        scenes = self._scenes
        if not is_abnormal(name):
            return Clip("train", scenes.videos.get(name), scenes.poses.get(name))
        masks, tracks = scenes.annotations.get(name), scenes.tracks(name)
        if masks is None or tracks is None:
            missing = f"instance masks {name}_annotations" if masks is None else f"list {name}_tracks.txt"
            raise DatasetError(
                f"dataset {self.name!r}: {name} is a training video with supervised: true, but its {missing} is not "
                "there; add it, or leave supervised out"
            )
        files = {"masks": masks, "tracks": tracks}
        return Clip("train", scenes.videos.get(name), scenes.poses.get(name), scenes.by_tracks(name), files)

    def recorded_frames(self, clip: Clip) -> int:
        """Frames of the instance masks where an abnormal training clip has them; else as of any clip."""
        return len(instance_masks(clip.files["masks"])) if "masks" in clip.files else super().recorded_frames(clip)

    def picture_size(self, video_id: str) -> tuple[int, int]:
        """That of the instance masks, else what the option `size` says. Raises DatasetError without both."""
        name = video_id.split("/", 1)[1]
        masks = instance_masks(self._scenes.annotations[name]) if name in self._scenes.annotations else []
        if masks:
            return picture_size(masks[0])
        if self.options.size is None:
            raise DatasetError(
                f"dataset {self.name!r}: neither the video nor the instance masks of {name} are there, so its size is "
                "not known; set size: 1280x720"
            )
        return self.options.size[1], self.options.size[0]

    def frame_rate(self) -> float:
        """30 as published, or what the option `fps` says."""
        return self.options.fps

    def notes(self) -> list[str]:
        """Which labels are used, and what is left out."""
        notes = super().notes()
        if self._source and self.options.labels != "none":
            notes.append(f"labels: {'abnormal objects of the archive' if self._source == 'tracks' else SOURCE_ARRAYS}")
        if self._unlisted:
            notes.append(f"{self._unlisted} videos are in none of the lists and are left out")
        return notes


def is_abnormal(name: str) -> bool:
    """Whether anything abnormal happens in a clip, by its name."""
    return name.startswith("abnormal_")


def scenes_in(base: Path) -> Scenes:
    """What lies below a base: `Scene1/...`, or `videos/Scene1/...`, `pose/...` and `gt/...`."""
    folders = sorted([*base.glob("Scene*"), *base.glob("videos/Scene*")])
    poses, parts = {}, {}
    for folder, part in POSE_FOLDERS.items():
        found = named([base / "pose" / folder], NAME, TRACKED_PERSON)
        poses.update(found)
        parts.update(dict.fromkeys(found, part))
    return Scenes(
        pictures(folders, NAME),
        named(folders, NAME, "_annotations"),
        poses,
        parts,
        named([base / "gt"], NAME, "_tracks.txt"),
    )


def read_lists(folders: Sequence[Path]) -> dict[str, Part]:
    """Clip name -> part, from the lists `normal_training_video_names.txt` ... in the first folder that has any."""
    for folder in folders:
        found: dict[str, Part] = {}
        for part in PARTS:
            for kind in ("normal", "abnormal"):
                path = folder / f"{kind}_{part}_video_names.txt"
                if path.is_file():
                    found.update(dict.fromkeys(path.read_text(encoding="utf-8").split(), part))
        if found:
            return found
    return {}
