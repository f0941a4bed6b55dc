"""Clips that may be there as pictures, as published poses, or as both: what data sets of the pose field share."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from features.datasets.base import Dataset, Split, Video
from features.datasets.clips import listing
from features.datasets.frame_labels import FrameLabels
from features.datasets.options import Options
from features.datasets.pose_files import covered_frames
from features.datasets.published import Totals
from features.errors import ConfigError, DatasetError
from features.plan.listing import Recording
from features.plan.registry import nearest


class PosedOptions(Options):
    """Options of every data set of poses."""

    labels: Literal["auto", "none"] = Field("auto", description="`none` leaves all labels alone")


class SizedOptions(PosedOptions):
    """Options where a picture's size is not the same, or not known, for the whole data set."""

    size: tuple[int, int] | None = Field(
        None, description="width and height in pixels of clips whose pictures are not there, e.g. `1280x720`"
    )
    fps: float = Field(30.0, gt=0, description="frames per second of clips whose pictures are not there")

    @field_validator("size", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return tuple(value.split("x")) if isinstance(value, str) else value


@dataclass(frozen=True)
class Clip:
    """What was found of one clip.

    pictures  the video file or the folder of images, None where they are not there
    poses     the published pose file or folder
    labels    the published labels of its frames
    files     what else was published beside it, by role
    """

    split: Split
    pictures: Path | None = None
    poses: Path | None = None
    labels: FrameLabels | None = None
    files: Mapping[str, Path] = field(default_factory=dict)


class PosedClips(Dataset):
    """Clips with published poses or pictures. A part of them will do: `notes` says what is missing.

    A clip whose pictures are not there is a recording: as long as its labels, or as its poses reach.

    title      what the data set is called
    published  the totals that are known; more than one where data were published in several sizes
    expected   what lies where, for messages
    """

    published: Sequence[Totals] = ()
    title: str
    expected: ClassVar[str]
    options: PosedOptions

    @abstractmethod
    def find(self, root: Path) -> Mapping[str, Clip]:
        """The clips below the root by video id, in the field's order; empty where the layout is another."""

    @abstractmethod
    def picture_size(self, video_id: str) -> tuple[int, int]:
        """Height and width in pixels of a clip whose pictures are not there."""

    @abstractmethod
    def frame_rate(self) -> float:
        """Frames per second of clips whose pictures are not there."""

    @cached_property
    def clips(self) -> dict[str, Clip]:
        """The clips that are there.

        Raises DatasetError saying what was expected and found, ConfigError where no root is given.
        """
        if self.root is None:
            raise ConfigError(f"dataset {self.name!r} needs root, the folder of {self.title}; set root: FOLDER")
        if not self.root.is_dir():
            raise DatasetError(f"dataset {self.name!r}: {self.root} is no folder; check root")
        found = dict(self.find(self.root))
        if not found:
            raise DatasetError(
                f"dataset {self.name!r}: expected {self.expected} below {self.root}; found {listing(self.root)}; "
                "check root"
            )
        self._refuse_more(found)
        return found

    def _refuse_more(self, found: Mapping[str, Clip]) -> None:
        """More clips than were ever published belong to another data set."""
        for split, most in self._most().items():
            count = sum(clip.split == split for clip in found.values())
            if count > most:
                raise DatasetError(
                    f"dataset {self.name!r}: expected at most {most} {split} clips below {self.root}, found {count}; "
                    f"is this {self.title}?"
                )

    def _most(self) -> dict[Split, int]:
        """Most clips that were ever published of each split."""
        if not self.published:
            return {}
        return {
            "train": max(totals.train_clips for totals in self.published),
            "test": max(totals.test_clips for totals in self.published),
        }

    def videos(self) -> Sequence[Video]:
        """Training clips, then test clips; labels are looked for, too, so that mistakes show at once."""
        test = [name for name, clip in self.clips.items() if clip.split == "test"]
        missing = [name for name in test if self.clips[name].labels is None]
        if missing and self.options.labels != "none":
            raise DatasetError(
                f"dataset {self.name!r}: expected labels for {len(test)} test clips below {self.root}, found "
                f"{len(test) - len(missing)} (missing: {_some(missing)}); add them, or set labels: none"
            )
        return list(self._videos.values())

    @cached_property
    def _videos(self) -> dict[str, Video]:
        listed = {}
        for name, clip in self.clips.items():
            files = {**({} if clip.poses is None else {"poses": clip.poses}), **clip.files}
            if clip.pictures is not None:
                listed[name] = Video(name, clip.pictures, clip.split, files)
            elif clip.poses is not None and (frames := self.recorded_frames(clip)):
                recording = Recording(frames, *self.picture_size(name), self.frame_rate())
                listed[name] = Video(name, clip.poses, clip.split, files, recording)
        return listed

    def recorded_frames(self, clip: Clip) -> int:
        """Frames of a clip whose pictures are not there: as many as labels, else up to the last one with a person."""
        if clip.labels is not None and self.options.labels != "none":
            return clip.labels.frames()
        return self.posed_frames(clip)

    def posed_frames(self, clip: Clip) -> int:
        """Frames up to the last one in which the poses of a clip have a person."""
        return 0 if clip.poses is None else covered_frames(clip.poses, self.work / "pose_frames")

    def _clip(self, video_id: str) -> Clip:
        if video_id not in self.clips:
            raise DatasetError(
                f"dataset {self.name!r} has no video {video_id!r}{nearest(video_id, self.clips)}; check the id"
            )
        return self.clips[video_id]

    def labels(self, video_id: str) -> np.ndarray | None:
        """int8 (frames,). Training clips are normal; None for them where their lengths are not known."""
        clip = self._clip(video_id)
        if clip.labels is not None and self.options.labels != "none":
            return clip.labels.read()
        recording = self._videos[video_id].recording if video_id in self._videos else None
        return np.zeros(recording.frames, np.int8) if recording is not None and clip.split == "train" else None

    def masks(self, video_id: str) -> Iterator[np.ndarray] | None:
        """For each frame bool (height, width); None where no pixels are published."""
        labels = self._clip(video_id).labels
        return None if labels is None or self.options.labels == "none" else labels.masks()

    def mask_files(self, video_id: str) -> Sequence[Path]:
        """The files of the published pixels."""
        labels = self._clip(video_id).labels
        return () if labels is None or self.options.labels == "none" else labels.mask_files()

    def notes(self) -> list[str]:
        """What part of the published clips is there, and what is not known of clips without pictures."""
        videos = self.videos()
        notes = self._part_notes()
        recorded = [video for video in videos if video.recording is not None]
        if recorded:
            notes.append(
                f"{len(recorded)} of {len(videos)} clips are there as poses only, at {self.frame_rate():g} frames per "
                "second; a training clip then ends with its last pose"
            )
        nobody = [name for name in self.clips if name not in self._videos]
        if nobody:
            notes.append(f"{len(nobody)} clips have neither pictures nor a person, and are left out: {_some(nobody)}")
        return notes

    def _part_notes(self) -> list[str]:
        """How the clips found, and their labels, differ from all that is published."""
        count = Counter(clip.split for clip in self.clips.values())
        sizes = [(totals.train_clips, totals.test_clips) for totals in self.published]
        if not sizes:
            return []
        notes = []
        if (count["train"], count["test"]) not in sizes:
            there_are = ", or ".join(f"{train} and {test}" for train, test in sizes)
            notes.append(
                f"{self.title}: found {count['train']} training and {count['test']} test clips of {there_are}; "
                "figures must not be compared with published ones"
            )
        same = [totals for totals in self.published if totals.test_clips == count["test"] and totals.test_frames]
        return notes + [note for totals in same for note in self._label_notes(totals)]

    def _label_notes(self, totals: Totals) -> list[str]:
        """Whether the labels of all test clips have the published sums."""
        labels = [self.labels(name) for name, clip in self.clips.items() if clip.split == "test"]
        read = [found for found in labels if found is not None]
        frames, abnormal = sum(map(len, read)), sum(int((found == 1).sum()) for found in read)
        if not read or (frames, abnormal) == (totals.test_frames, totals.abnormal):
            return []
        return [
            f"{self.title}: labels hold {frames} frames, {abnormal} of them abnormal; published are "
            f"{totals.test_frames} and {totals.abnormal}, so figures must not be compared with published ones"
        ]


def both_splits(
    ids: Mapping[Split, str],
    pictures: Mapping[Split, Mapping[str, Path]],
    poses: Mapping[Split, Mapping[str, Path]],
    labels: Mapping[str, FrameLabels],
) -> dict[str, Clip]:
    """Video id -> clip, joined by name: training clips, then test clips, each sorted by name.

    `ids` is what precedes a name in an id, for each split; `labels` are those of test clips.
    """
    found: dict[str, Clip] = {}
    for split, before in ids.items():
        for name in sorted({*pictures[split], *poses[split]}):
            known = labels.get(name) if split == "test" else None
            found[f"{before}/{name}"] = Clip(split, pictures[split].get(name), poses[split].get(name), known)
    return found


def _some(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
