"""Labels beside a folder of videos, in `labels/`, joined with the videos by id.

For the video `test/a b` one of

    labels/test/a b.npy          (frames,) of 1, 0, -1; or masks (frames, height, width), read frame by frame
    labels/test/a b.txt, .csv    one label in a line

or, for many videos at once, `labels/intervals.json`, which says how it counts:

    {"first_frame": 1, "last_included": true, "videos": {"test/a b": {"frames": 180, "abnormal": [[61, 180]]}}}
"""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import DatasetError

SUFFIXES = (".npy", ".txt", ".csv")
INTERVALS = "intervals.json"
EXPECTED = (
    '{"first_frame": 0 or 1, "last_included": true or false, "videos": {ID: {"frames": N, "abnormal": [[A, B]]}}}'
)


class FolderLabels:
    """The labels in a folder, for the videos with the given ids.

    Raises DatasetError for labels of videos that are not there, or a video with two label files.
    """

    def __init__(self, place: Path, ids: Sequence[str]) -> None:
        self.place = place
        self.files = _label_files(place)
        self.intervals = _read_intervals(place / INTERVALS) if (place / INTERVALS).is_file() else {}
        known = set(ids)
        strange = [name for name in [*self.files, *self.intervals] if name not in known]
        if strange:
            raise DatasetError(
                f"{place} has labels of {len(strange)} videos that are not there, e.g. {strange[0]}; "
                f"labels lie at labels/ID.npy, where ID is as `features ls` shows it"
            )

    @property
    def labelled(self) -> set[str]:
        """Ids of the videos that have labels."""
        return {*self.files, *self.intervals}

    def labels(self, video_id: str) -> np.ndarray | None:
        """int8 (frames,); None for a video without labels. Raises DatasetError for other values than 1, 0, -1."""
        if video_id in self.intervals:
            return self.intervals[video_id]
        path = self.files.get(video_id)
        if path is None:
            return None
        if path.suffix != ".npy":
            return _read_lines(path)
        array = _open_array(path)
        if array.ndim == 1:
            return _checked(np.asarray(array), path)
        return np.array([bool(frame.any()) for frame in array], np.int8)

    def frames(self, video_id: str) -> int | None:
        """For how many frames there are labels; None for a video without labels.

        Masks are counted without being read; labels are read, so that wrong ones are found with the first count.
        """
        path = self.files.get(video_id)
        if path is not None and path.suffix == ".npy" and (array := _open_array(path)).ndim == 3:
            return len(array)
        labels = self.labels(video_id)
        return None if labels is None else len(labels)

    def masks(self, video_id: str) -> Iterator[np.ndarray] | None:
        """For each frame bool (height, width); None where the labels are no masks."""
        path = self.files.get(video_id)
        if path is None or path.suffix != ".npy":
            return None
        array = _open_array(path)
        return (np.asarray(frame) != 0 for frame in array) if array.ndim == 3 else None

    def mask_files(self, video_id: str) -> Sequence[Path]:
        """The file of the labels, where they are masks."""
        return () if self.masks(video_id) is None else (self.files[video_id],)


def _label_files(place: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(place.rglob("*")):
        if path.suffix not in SUFFIXES or path.name.startswith("."):
            continue
        name = unicodedata.normalize("NFC", path.relative_to(place).with_suffix("").as_posix())
        if name in found:
            raise DatasetError(f"{path} and {found[name].name} are labels of the same video; remove one")
        found[name] = path
    return found


def _open_array(path: Path) -> np.ndarray:
    """An array on disk, read where it is looked at."""
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise DatasetError(f"{path} is no array of labels ({error}); expected (frames,) or (frames, h, w)") from None
    if array.ndim not in (1, 3):
        raise DatasetError(f"{path} is an array {array.shape}; expected (frames,) or masks (frames, height, width)")
    return array


def _read_lines(path: Path) -> np.ndarray:
    lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    lines = [line for line in lines if line]
    if lines and lines[0].lower() in ("label", "labels"):
        lines = lines[1:]
    for number, line in enumerate(lines, 1):
        if line not in ("1", "0", "-1"):
            raise DatasetError(
                f"{path}: label {number} is {line!r}; expected one in a line: 1 abnormal, 0 normal, -1 unknown"
            )
    return np.array([int(line) for line in lines], np.int8)


def _checked(values: np.ndarray, path: Path) -> np.ndarray:
    wrong = values[~np.isin(values, (1, 0, -1))]
    if wrong.size:
        raise DatasetError(f"{path} has the label {wrong[0]}; expected 1 abnormal, 0 normal, -1 unknown")
    return values.astype(np.int8)


def _read_intervals(path: Path) -> dict[str, np.ndarray]:
    """Video id -> int8 (frames,)."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        first, included = int(said["first_frame"]), bool(said["last_included"])
        return {
            unicodedata.normalize("NFC", name): _inside(entry, first, included, f"{path}: {name}")
            for name, entry in said["videos"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path} cannot be read ({type(error).__name__}: {error}); expected {EXPECTED}") from None


def _inside(entry: dict[str, Any], first_frame: int, last_included: bool, where: str) -> np.ndarray:
    labels = np.zeros(int(entry["frames"]), np.int8)
    for first, last in entry["abnormal"]:
        begin, end = int(first) - first_frame, int(last) - first_frame + last_included
        if not 0 <= begin < end <= len(labels):
            raise DatasetError(f"{where}: [{first}, {last}] lies outside its {len(labels)} frames; check how it counts")
        labels[begin:end] = 1
    return labels
