"""Videos annotated as a whole, by lists: what the data sets of weakly supervised detection share.

A video is there as pictures, as a file of published clip features, or as both. In training it is known whether, and in
some data sets of what kind, something abnormal happens; when it happens is published of test videos.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from features.datasets.base import Dataset, Split, Video
from features.datasets.cache import remembered
from features.datasets.clip_formats import detect
from features.datasets.clips import is_video_name, listing
from features.datasets.folder import find_videos
from features.datasets.options import Options, read_options
from features.datasets.published import Totals
from features.errors import ConfigError, DatasetError, SourceError
from features.plan.listing import Annotation, Recording, numbered_files
from features.plan.published import Published
from features.plan.registry import nearest
from features.store.digest import digest

CLIPS = "clips"
# Where files of features lie below the root, unless the option `clips` says otherwise.
FEATURE_FOLDERS = (CLIPS, "features")
LIST_FOLDERS = (".", "list", "lists", "data", "annotation", "annotations")
# Frames of a clip, where only its features say how long a video is.
CLIP_FRAMES = 16
# Clips of a file that cannot be read.
UNREADABLE = 1


class WeakOptions(Options):
    """Options of every data set with labels of whole videos."""

    labels: Literal["auto", "none"] = Field("auto", description="`none` leaves the labels of test videos alone")
    clips: Path | None = Field(
        None, description="folder of published clip features, if they do not lie in `clips` or `features` below root"
    )
    lists: Path | None = Field(None, description="folder of the lists and annotation files, if not below root")


@dataclass(frozen=True)
class Listed:
    """What lists and annotation files say of one video.

    name        as in the lists; pictures and features are found by it
    annotation  what happens in it; None where no labels are wanted
    frames      how many frames it has, where anybody says
    exact       whether its labels are one for each frame, so that a video of another length is another video
    """

    name: str
    split: Split
    annotation: Annotation | None
    frames: int | None = None
    exact: bool = False

    @property
    def id(self) -> str:
        """`train/01_0014`."""
        return f"{self.split}/{self.name}"


class WeakVideos(Dataset):
    """Videos by published lists, as pictures or as features. A part of them will do: `notes` says what is missing.

    A video whose pictures are not there is a recording, as long as lists or labels say; else of 16 frames a clip.
    Videos come in the order of the lists, which ground truth of this field is joined to; training before testing.

    offers     the data set's options
    title      what the data set is called
    expected   the lists that are looked for, for messages
    published  the totals that are known
    size, fps  height and width in pixels, and frames per second, of recordings
    """

    offers: ClassVar[type[WeakOptions]] = WeakOptions
    title: str
    expected: ClassVar[str]
    published: Totals | None = None
    size: tuple[int, int]
    fps: float
    options: WeakOptions

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self.options = read_options(self.offers, self.name, options)

    @abstractmethod
    def listed(self, places: Sequence[Path]) -> Sequence[Listed]:
        """All videos of the lists in these folders, in their order; empty where there are no lists.

        Raises DatasetError for a list that cannot be read, and for test videos without labels.
        """

    def feature_folders(self, root: Path) -> Sequence[Path]:
        """Where files of features may lie; the first that is there is taken."""
        return [root / inside for inside in FEATURE_FOLDERS]

    def pictures(self, root: Path) -> Mapping[str, Path]:
        """Name -> video file or folder of images, wherever they lie below the root."""
        return pictures_by_name(root)

    @cached_property
    def entries(self) -> dict[str, Listed]:
        """All videos of the lists by id, whether they are there or not.

        Raises DatasetError saying which lists were expected, ConfigError where no root is given.
        """
        root = self._checked_root()
        chosen = self._folder("lists")
        places = [chosen] if chosen else [root / inside for inside in LIST_FOLDERS]
        found = self._by_id(self.listed(places))
        if not found:
            where = chosen or root
            raise DatasetError(
                f"dataset {self.name!r}: expected {self.expected} in {where}; found {listing(where)}; add them, or say "
                "where with lists: FOLDER"
            )
        return found

    def _by_id(self, listed: Sequence[Listed]) -> dict[str, Listed]:
        """The videos by id. Raises DatasetError where lists say two things of one, or have it in both splits."""
        found: dict[str, Listed] = {}
        splits: dict[str, str] = {}
        for entry in listed:
            if found.setdefault(entry.id, entry) != entry:
                raise DatasetError(
                    f"dataset {self.name!r}: lists name {entry.id} twice, and say two things of it; leave one"
                )
            if splits.setdefault(entry.name, entry.split) != entry.split:
                raise DatasetError(
                    f"dataset {self.name!r}: lists have {entry.name} in training and in testing; leave it out of one"
                )
        return found

    def _checked_root(self) -> Path:
        if self.root is None:
            raise ConfigError(f"dataset {self.name!r} needs root, the folder of {self.title}; set root: FOLDER")
        if not self.root.is_dir():
            raise DatasetError(f"dataset {self.name!r}: {self.root} is no folder; check root")
        return self.root

    def _folder(self, option: str) -> Path | None:
        """The folder that an option names. Raises DatasetError where it is none."""
        chosen: Path | None = getattr(self.options, option)
        if chosen is not None and not chosen.is_dir():
            raise DatasetError(f"dataset {self.name!r}: {chosen} is no folder; check the option {option}")
        return chosen

    def videos(self) -> Sequence[Video]:
        """Training videos, then test videos, each in the order of their list.

        Raises DatasetError where none of the listed videos is there.
        """
        return list(self._videos.values())

    @cached_property
    def _videos(self) -> dict[str, Video]:
        root = self._checked_root()
        pictures, features = self.pictures(root), self._features(root)
        in_order = sorted(self.entries.values(), key=lambda entry: entry.split == "test")
        found = {entry.id: self._video(entry, pictures, features) for entry in in_order}
        there = {name: video for name, video in found.items() if video is not None}
        if not there:
            places = " or ".join(str(place.relative_to(root)) for place in self.feature_folders(root))
            raise DatasetError(
                f"dataset {self.name!r}: none of {len(found)} listed videos, the first is {in_order[0].name}, lies "
                f"below {root} as a video, a folder of images, or features in {places}; check root, or say where "
                "features are with clips: FOLDER"
            )
        return there

    def _features(self, root: Path) -> Published | None:
        chosen = self._folder("clips")
        places = [chosen] if chosen else self.feature_folders(root)
        place = next((place for place in places if place.is_dir()), None)
        return None if place is None else Published(CLIPS, place, list(self.entries))

    def _video(self, entry: Listed, pictures: Mapping[str, Path], features: Published | None) -> Video | None:
        """A listed video as it is found; None where it is not there."""
        path = pictures.get(entry.name)
        published = features.of(entry.id) if features else []
        files = numbered_files(CLIPS, published)
        if path is not None:
            return Video(entry.id, path, entry.split, files, annotation=entry.annotation)
        if features is None or not published:
            return None
        if features.holds_many(published[0]):
            raise DatasetError(
                f"dataset {self.name!r}: {published[0]} holds features of many videos, which only pictures tell apart; "
                "put the features of each video into a file of its own"
            )
        frames = entry.frames
        if frames is None:
            frames = CLIP_FRAMES * clips_in(published, entry.name, self.work / "clip_counts")
        recording = Recording(frames, *self.size, self.fps)
        return Video(entry.id, published[0], entry.split, files, recording, entry.annotation)

    def _entry(self, video_id: str) -> Listed:
        if video_id not in self.entries:
            raise DatasetError(
                f"dataset {self.name!r} has no video {video_id!r}{nearest(video_id, self.entries)}; check the id"
            )
        return self.entries[video_id]

    def labels(self, video_id: str) -> np.ndarray | None:
        """int8 (frames,); None where nobody says how long the video is, `labels_for` knows them all the same."""
        entry = self._entry(video_id)
        frames = self._known_frames(entry)
        return None if frames is None else self._labels(entry, frames)

    def labels_for(self, video_id: str, frames: int) -> np.ndarray | None:
        """int8 (frames,) for a video of so many frames."""
        return self._labels(self._entry(video_id), frames)

    def _labels(self, entry: Listed, frames: int) -> np.ndarray | None:
        """int8 (frames,). Raises DatasetError where something abnormal begins more than a clip behind the end."""
        if entry.annotation is None:
            return None
        first = max((first for first, _ in entry.annotation.runs or ()), default=0)
        if first >= frames + CLIP_FRAMES:
            raise DatasetError(
                f"dataset {self.name!r}: {entry.id} has {frames:,} frames, and by its annotation something begins at "
                f"frame {first:,}; is it another video, or cut short? where nobody says how long videos are, their "
                "pictures do, or the frames in the annotation file"
            )
        return entry.annotation.labels(frames)

    def label_frames(self, video_id: str) -> int | None:
        """For how many frames there are labels, where there is one for each; intervals fit any length."""
        entry = self._entry(video_id)
        return entry.frames if entry.exact and entry.annotation else None

    def _known_frames(self, entry: Listed) -> int | None:
        video = self._videos.get(entry.id)
        return video.recording.frames if video and video.recording else entry.frames

    def labels_digest(self, video_ids: Sequence[str]) -> str:
        """sha256 over the names of these videos, their annotations, and the frames these are for."""
        told = []
        for video_id in video_ids:
            entry = self._entry(video_id)
            found = entry.annotation
            told.append([video_id, *([found.category, found.runs, self._known_frames(entry)] if found else [])])
        return digest("annotated videos", told)

    def notes(self) -> list[str]:
        """What part of the listed videos is there, what is known of those without pictures, and what labels sum to."""
        videos = self.videos()
        notes = []
        if len(videos) < len(self.entries):
            missing = [name for name in self.entries if name not in self._videos]
            notes.append(
                f"{self.title}: {len(missing)} of {len(self.entries)} listed videos are not there, the first is "
                f"{missing[0]}; figures must not be compared with published ones"
            )
        recorded = [video for video in videos if video.recording is not None]
        if recorded:
            notes.append(f"{len(recorded)} of {len(videos)} videos are there as published features only")
        nominal = [video for video in recorded if self.entries[video.id].frames is None]
        if nominal:
            notes.append(
                f"of {len(nominal)} videos nobody says how long they are: they count as {CLIP_FRAMES} frames for each "
                "clip or segment of their features"
            )
        return [*notes, *self._total_notes()]

    def _total_notes(self) -> list[str]:
        """How the lists, and the labels of all test videos, differ from what is published."""
        if self.published is None:
            return []
        test = [entry for entry in self.entries.values() if entry.split == "test"]
        sizes, totals = (len(self.entries) - len(test), len(test)), self.published
        if sizes != (totals.train_clips, totals.test_clips):
            return [
                f"{self.title}: the lists name {sizes[0]} training and {sizes[1]} test videos of {totals.train_clips} "
                f"and {totals.test_clips}"
            ]
        labels = [self.labels(entry.id) for entry in test]
        read = [found for found in labels if found is not None]
        frames, abnormal = sum(map(len, read)), sum(int((found == 1).sum()) for found in read)
        if len(read) < len(test) or (frames, abnormal) == (totals.test_frames, totals.abnormal):
            return []
        return [
            f"{self.title}: labels hold {frames} frames, {abnormal} of them abnormal; published are "
            f"{totals.test_frames} and {totals.abnormal}"
        ]


def pictures_by_name(root: Path) -> dict[str, Path]:
    """Name -> video file, else folder of images, of everything below a folder.

    Raises DatasetError where two video files, or two folders, have one name.
    """
    files: dict[str, Path] = {}
    folders: dict[str, Path] = {}
    for below, is_folder in find_videos(root):
        path, found = root / below, folders if is_folder else files
        name = path.name if is_folder or not is_video_name(path.name) else path.name[: path.name.rfind(".")]
        if found.setdefault(name, path) != path:
            raise DatasetError(f"{found[name]} and {path} are both video {name}; remove one")
    return folders | files


def clips_in(paths: Sequence[Path], video: str, memory: Path) -> int:
    """How many clips, or segments, files of features have of a video; of text, which is read whole, remembered.

    Files that cannot be read count as one clip, and are not remembered: so their video is listed, and what is wrong is
    said, of this video alone, where its features are imported.
    """

    def count() -> np.ndarray:
        return np.array([detect(paths).load(paths, video).rows])

    try:
        return int((remembered(memory, paths, count) if paths[0].suffix.lower() == ".txt" else count())[0])
    except (SourceError, OSError):
        return UNREADABLE
