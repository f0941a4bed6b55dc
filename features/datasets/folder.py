"""Any folder of videos, with a split and labels where there are some."""

import csv
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from features.datasets.base import Dataset, Split, Video
from features.datasets.clips import is_video_name, listing
from features.datasets.folder_labels import FolderLabels
from features.datasets.options import Options, read_options
from features.errors import ConfigError, DatasetError
from features.video.source import is_image_name

SPLIT_FOLDERS: dict[str, Split] = {"train": "train", "training": "train", "test": "test", "testing": "test"}
SPLIT_FILES = ("split.csv", "split.txt")
LABELS = "labels"
DIGITS = re.compile("([0-9]+)")


class FolderOptions(Options):
    """Options of `folder`."""

    split: Path | None = Field(
        None, description="file with a line `id,split` for each video; by default root/split.csv"
    )
    labels: Literal["auto", "none"] = Field("auto", description="`none` leaves the labels in root/labels alone")


class Folder(Dataset):
    """All videos below `root`. Options: `FolderOptions`.

    A video is a file, or a folder with images but no videos and no folders. Its id is its path below the root without
    the suffix, in Unicode's composed form (NFC): `train/été/clip 1`; with the suffix where two files would share an id.

    The split is what the split file says; else that of the folder `train` or `test` (`training`, `testing`, in any
    case) a video lies in; without either all videos are test videos. Labels: `features.datasets.folder_labels`.
    """

    name = "folder"

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self.options = read_options(FolderOptions, self.name, options)
        self._notes: list[str] = []

    def videos(self) -> Sequence[Video]:
        """Training videos, then test videos, each in natural order: `clip 9` before `clip 10`.

        Raises DatasetError where there are none, or the split file does not fit.
        """
        return self._videos

    @cached_property
    def _videos(self) -> list[Video]:
        root = self._checked_root()
        found = videos_by_id(root)
        if not found:
            raise DatasetError(f"dataset 'folder': expected videos below {root}, found {listing(root)}; check root")
        splits = self._splits(root, found)
        kept = [Video(name, path, splits[name]) for name, path in found.items() if name in splits]
        return sorted(kept, key=lambda video: (video.split == "test", natural_id(video.id)))

    def _checked_root(self) -> Path:
        if self.root is None:
            raise ConfigError("dataset 'folder' needs root, the folder with the videos; set root: FOLDER")
        if not self.root.is_dir():
            raise DatasetError(f"dataset 'folder': {self.root} is no folder; check root")
        return self.root

    def _splits(self, root: Path, found: dict[str, Path]) -> dict[str, Split]:
        file = self.options.split or next((root / name for name in SPLIT_FILES if (root / name).is_file()), None)
        if file is not None:
            return self._from_file(file, found)
        inside = {name: SPLIT_FOLDERS.get(name.split("/", 1)[0].lower()) if "/" in name else None for name in found}
        splits: dict[str, Split] = {name: split for name, split in inside.items() if split is not None}
        if not splits:
            self._notes.append(f"no split is given: all {len(found)} videos are test videos")
            return dict.fromkeys(found, "test")
        self._note_ignored([name for name in found if name not in splits], "lie outside train/ and test/")
        return splits

    def _from_file(self, file: Path, found: dict[str, Path]) -> dict[str, Split]:
        said = read_split(file)
        by_name = {name: name for name in found} | {_with_suffix(name, path): name for name, path in found.items()}
        unknown = [name for name in said if name not in by_name]
        if unknown:
            raise DatasetError(
                f"{file} names {len(said)} videos, of which {len(unknown)} are not below {self.root}: "
                f"{', '.join(unknown[:3])}; correct the ids or the root"
            )
        splits = {by_name[name]: split for name, split in said.items()}
        self._note_ignored([name for name in found if name not in splits], f"are not named in {file.name}")
        return splits

    def _note_ignored(self, ignored: list[str], why: str) -> None:
        if ignored:
            self._notes.append(f"{len(ignored)} videos {why} and are left out, e.g. {ignored[0]}")

    @cached_property
    def _labels(self) -> FolderLabels | None:
        place = self._checked_root() / LABELS
        if self.options.labels == "none" or not place.is_dir():
            return None
        return FolderLabels(place, [video.id for video in self.videos()])

    def labels(self, video_id: str) -> np.ndarray | None:
        """int8 (frames,) as found in `labels/`; None for a video without a file there."""
        return None if self._labels is None else self._labels.labels(video_id)

    def label_frames(self, video_id: str) -> int | None:
        """For how many frames there are labels."""
        return None if self._labels is None else self._labels.frames(video_id)

    def masks(self, video_id: str) -> Iterator[np.ndarray] | None:
        """For each frame bool (height, width), where the labels of a video are masks."""
        return None if self._labels is None else self._labels.masks(video_id)

    def mask_files(self, video_id: str) -> Sequence[Path]:
        """The file of the labels of a video, where they are masks."""
        return () if self._labels is None else self._labels.mask_files(video_id)

    def notes(self) -> list[str]:
        """Which videos were left out and why, and how many have labels."""
        videos = self.videos()
        notes = list(self._notes)
        if self._labels is not None:
            labelled = len(self._labels.labelled)
            notes.append(f"labels of {labelled} of {len(videos)} videos in {LABELS}/")
        return notes


def videos_by_id(root: Path) -> dict[str, Path]:
    """Id -> path of everything below a folder that is a video; an id has its suffix where two would be the same."""
    paths = list(find_videos(root))
    plain = [_id_of(path, with_suffix=folder) for path, folder in paths]
    shared = {name for name, count in Counter(plain).items() if count > 1}
    return {
        _id_of(path, with_suffix=True) if name in shared else name: root / path
        for name, (path, _) in zip(plain, paths, strict=True)
    }


def find_videos(root: Path) -> Iterator[tuple[str, bool]]:
    """Everything below a folder that is a video: path below the root, and whether it is a folder of images.

    Hidden files and folders are passed over; links are followed, but no folder is entered twice.
    """
    waiting, entered = [""], set()
    while waiting:
        below = waiting.pop()
        folder = root / below
        status = folder.stat()
        if (status.st_dev, status.st_ino) in entered:
            continue
        entered.add((status.st_dev, status.st_ino))
        files, folders, images = [], [], False
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or (not below and entry.name == LABELS):
                    continue
                if entry.is_dir():
                    folders.append(f"{below}{entry.name}/")
                elif is_video_name(entry.name):
                    files.append(f"{below}{entry.name}")
                else:
                    images = images or is_image_name(entry.name)
        yield from ((path, False) for path in files)
        if images and below and not files and not folders:
            yield below.removesuffix("/"), True
        waiting += folders


def read_split(file: Path) -> dict[str, Split]:
    """Video id -> split, from lines `id,split`: CSV in UTF-8; a header, empty lines and `#` comments are passed over.

    Raises DatasetError naming the line that is wrong, or a video that is named twice.
    """
    found: dict[str, Split] = {}
    try:
        lines = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines(), skipinitialspace=True))
    except FileNotFoundError:
        raise DatasetError(f"{file} is not there; check the option split") from None
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise DatasetError(f"{file} is no CSV file in UTF-8 ({error}); expected lines id,split") from None
    for number, cells in enumerate(lines, 1):
        if (
            not cells
            or cells[0].startswith("#")
            or (not found and [c.strip().lower() for c in cells] == ["id", "split"])
        ):
            continue
        split = SPLIT_FOLDERS.get(cells[-1].strip().lower())
        if len(cells) != 2 or split is None:
            raise DatasetError(f"{file} line {number}: expected id,train or id,test, found {','.join(cells)!r}")
        name = unicodedata.normalize("NFC", cells[0].strip())
        if found.setdefault(name, split) != split:
            raise DatasetError(f"{file} line {number}: {name} is both train and test; keep one")
    return found


def natural_id(video_id: str) -> tuple[list[str | int], str]:
    """A sort key that compares runs of digits in an id as numbers; equal ones (`1`, `01`) by the whole id."""
    parts: list[str | int] = list(DIGITS.split(video_id))
    parts[1::2] = [int(number) for number in parts[1::2]]
    return parts, video_id


def _id_of(path: str, with_suffix: bool) -> str:
    name = path if with_suffix else path[: path.rfind(".")]
    # Names that are no valid Unicode are shown by their bytes: an id can be printed and stored everywhere.
    if not name.isascii():
        name = os.fsencode(name).decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", name)


def _with_suffix(video_id: str, path: Path) -> str:
    suffix = path.suffix if is_video_name(path.name) else ""
    return video_id if video_id.endswith(suffix) else video_id + suffix
