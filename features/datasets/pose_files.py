"""Finding published pose files, and counting the frames that they speak of. Reading them is the formats' task."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from features.datasets.cache import remembered
from features.datasets.clips import is_image_folder, is_video_name
from features.errors import DatasetError

# Only such files are loaded by STG-NF (orhir/STG-NF @edb5f32, dataset.py).
TRACKED_PERSON = "_alphapose_tracked_person.json"


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

    Counted once, then remembered in the folder `memory`.

    Raises DatasetError where it cannot be read.
    """
    sources = sorted(trajectories(path)) if path.is_dir() else [path]
    return int(remembered(memory, sources, lambda: np.array([_count(path, sources)]))[0])


def trajectories(folder: Path) -> list[Path]:
    """The files of the persons of one video, one CSV file each, in any order."""
    return [entry for entry in folder.iterdir() if entry.suffix == ".csv" and not entry.name.startswith(".")]


def _count(path: Path, sources: list[Path]) -> int:
    try:
        numbers = map(_last_row, sources) if path.is_dir() else _frame_numbers(json.loads(path.read_bytes()))
        return max(numbers, default=-1) + 1
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OSError) as error:
        reason = " ".join(str(error).split())
        raise DatasetError(f"{path} is no pose file ({type(error).__name__}: {reason}); get it again") from None


def _last_row(path: Path) -> int:
    """The frame of the last row of a trajectory; rows are in the order of frames."""
    lines = path.read_bytes().split()
    return int(float(lines[-1].split(b",", 1)[0])) if lines else -1


def _frame_numbers(content: Any) -> Iterator[int]:
    """All frame numbers of tracked-person JSON (persons as mappings or as lists) or of NJUST-Anomaly's JSON."""
    if isinstance(content, list):
        yield from (int(entry["image_id"]) for entry in content)
        return
    for person in content.values():
        for frames in person if isinstance(person, list) else [person]:
            yield from map(int, frames)
