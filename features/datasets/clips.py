"""Finding the numbered clips of a benchmark below a folder, in any of its known layouts."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.errors import DatasetError
from features.video.source import is_image_name

VIDEO_SUFFIXES = (
    *(".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts"),
    *(".wmv", ".flv", ".vob", ".3gp", ".ogv", ".mxf"),
)


@dataclass(frozen=True)
class Layout:
    """One way of laying out clips: a folder for each split, and how a clip is called in it.

    The names are regular expressions whose first group is the clip's number; they match whole names, without the
    suffix for files. So `Test001_gt` is no clip, nor is anything because of the name of a folder above it.
    """

    example: str
    train_folder: str
    test_folder: str
    train_name: str
    test_name: str
    files: bool


@dataclass(frozen=True)
class Clips:
    """The clips that were found: number -> file or folder of images; `base` is the folder the layout begins in."""

    base: Path
    layout: Layout
    train: Mapping[int, Path]
    test: Mapping[int, Path]


def find_clips(root: Path, bases: Sequence[str], layouts: Sequence[Layout]) -> Clips | None:
    """The clips below `root`, or below one of the folders `bases` in it: the first layout that matches anything.

    Raises DatasetError where two clips have the same number, or a clip is an empty folder.
    """
    for base in (root / name for name in bases):
        for layout in layouts:
            train = _numbered(base / layout.train_folder, layout.train_name, layout.files)
            test = _numbered(base / layout.test_folder, layout.test_name, layout.files)
            if train or test:
                return Clips(base, layout, train, test)
    return None


def _numbered(folder: Path, name: str, files: bool) -> dict[int, Path]:
    """Number -> path of the entries of a folder that are clips, by number."""
    found: dict[int, Path] = {}
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        match = re.fullmatch(name, entry.stem if files else entry.name)
        if match is None or not (is_video_name(entry.name) if files else entry.is_dir()):
            continue
        number = int(match[1])
        if number in found:
            raise DatasetError(f"{folder}: {found[number].name} and {entry.name} are both clip {number}; remove one")
        if not files and not is_image_folder(entry):
            raise DatasetError(f"{entry}: a clip without frames; unpack it again, or remove the folder")
        found[number] = entry
    return dict(sorted(found.items()))


def is_video_name(name: str) -> bool:
    """Whether a file of this name is taken for a video; hidden files such as `._a.avi` are not."""
    return name.lower().endswith(VIDEO_SUFFIXES) and not name.startswith(".")


def is_image_folder(folder: Path) -> bool:
    """Whether any image lies directly in a folder."""
    with os.scandir(folder) as entries:
        return any(is_image_name(entry.name) for entry in entries)


def listing(folder: Path, most: int = 8) -> str:
    """The first names in a folder, for messages: `Train, Test and 3 more`."""
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "nothing"


def ranges(numbers: Sequence[int]) -> str:
    """Sorted numbers in short: `1-4, 9`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
