"""Finding published pose files, and counting the frames that they speak of."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from features.datasets.cache import remembered
from features.datasets.clips import is_image_folder, is_video_name
from features.datasets.formats import detect
from features.datasets.formats.trajectories import csv_files
from features.errors import DatasetError, SourceError

# Only such files are loaded by STG-NF (orhir/STG-NF @edb5f32, dataset.py).
TRACKED_PERSON = "_alphapose_tracked_person.json"
# Frames of a clip whose poses cannot be read: the shortest video.
UNREADABLE = 1


def named(folders: Iterable[Path], name: str, ending: str) -> dict[str, Path]:
    """Clip name -> file or folder of the entries called `name` (a regular expression) and `ending`, sorted by name.

    Raises DatasetError where a clip is there twice.
    """
    return _unique((entry.name.removesuffix(ending), entry) for entry in _entries(folders, name + re.escape(ending)))


def pictures(folders: Iterable[Path], name: str) -> dict[str, Path]:
    """Clip name -> video file, or folder of images; a video's suffix is no part of the name, a folder's neither.

    Raises DatasetError where a clip is there twice, or is a folder without images.
    """
    found = []
    for entry in _entries(folders, name + r"(\.\w+)?"):
        video = is_video_name(entry.name)
        if entry.is_dir() and not is_image_folder(entry):
            raise DatasetError(f"{entry}: a clip without frames; unpack it again, or remove the folder")
        if entry.is_dir() or video:
            found.append((entry.name[: entry.name.rfind(".")] if video else entry.name, entry))
    return _unique(iter(found))


def _entries(folders: Iterable[Path], name: str) -> list[Path]:
    pattern = re.compile(name)
    inside = (entry for folder in folders if folder.is_dir() for entry in folder.iterdir())
    return sorted((entry for entry in inside if pattern.fullmatch(entry.name)), key=lambda entry: entry.name)


def _unique(pairs: Iterator[tuple[str, Path]]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for name, path in pairs:
        if name in found:
            raise DatasetError(f"{found[name]} and {path} are both clip {name}; remove one")
        found[name] = path
    return found


def covered_frames(path: Path, memory: Path) -> int:
    """Frames up to the last one in which a pose file, or a folder of trajectories, has a person; 0 without persons.

    Counted once, then remembered in the folder `memory`. A file that cannot be read counts as one frame, and is not
    remembered: so its clip is listed, and what is wrong is said, of this clip alone, where its poses are imported.
    """
    try:
        sources = csv_files(path) if path.is_dir() else [path]
        return int(remembered(memory, sources, lambda: np.array([_count(path)]))[0])
    except (SourceError, OSError):
        return UNREADABLE


def _count(path: Path) -> int:
    return int(detect(path).read(path).frames.max(initial=-1)) + 1
