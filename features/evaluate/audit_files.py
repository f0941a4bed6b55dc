"""Anyone's scores or labels, as they are handed around: one row for all videos, or an array for each."""

import csv
import json
import math
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from features.datasets.video_lists import MOST_FRAMES, read_lines
from features.errors import DatasetError
from features.evaluate.audit_fit import fit_row

ByVideo = dict[str, np.ndarray]
FORMS = (
    "a folder of .npy, or a file: .npz or .json (video -> values), .csv (video, frame, value), .npy or .txt (one row)"
)
# What stands behind a video's name in lists of features: the extractor, the codec of UCF-Crime, the crop.
BEHIND = re.compile(r"(_i3d|_x264|__\d)$")
ENDINGS = (".npy", ".npz", ".txt", ".mp4", ".avi", ".mkv", ".mat", ".h5")


@dataclass(frozen=True)
class Listed:
    """A line of a list: the name of a video, and how many frames it has, where the list says so."""

    name: str
    frames: int | None


def read_values(path: Path) -> np.ndarray | ByVideo:
    """float64 (frames,) of all videos in one row, or video -> float64 (frames,); NaN where a CSV file has no value.

    Raises DatasetError for what is neither.
    """
    readers = {".npz": _npz, ".json": _json, ".csv": _csv, ".npy": _npy, ".txt": _text}
    if path.is_dir():
        return _folder(path)
    if path.suffix.lower() not in readers:
        raise DatasetError(f"{path}: scores and labels are read from {FORMS}")
    try:
        return readers[path.suffix.lower()](path)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path}: {' '.join(str(error).split())}; expected {FORMS}") from None


def read_list(path: Path) -> list[Listed]:
    """The videos of a list in its order: a path or a name in each line, and maybe the frames as its last field.

    Raises DatasetError where a name stands twice.
    """
    listed = [_listed(line) for line in read_lines(path) if line.strip()]
    if not listed:
        raise DatasetError(f"{path} names no video; a list for an audit has one line for each")
    seen: set[str] = set()
    for video in listed:
        if video.name in seen:
            raise DatasetError(f"{path} names {video.name} twice; a list for an audit has one line for each video")
        seen.add(video.name)
    return listed


def plain(name: str) -> str:
    """The name of a video without folders, file ending, and what extractors put behind it.

    >>> plain("/data/SH_Train_ten_crop_i3d/01_0014_i3d.npy"), plain("Abuse/Abuse028_x264.mp4")
    ('01_0014', 'Abuse028')
    """
    last = PurePosixPath(name).name
    last = next((last[: -len(ending)] for ending in ENDINGS if last.lower().endswith(ending)), last)
    while BEHIND.search(last):
        last = BEHIND.sub("", last)
    return last


def renamed(values: ByVideo, videos: list[str]) -> ByVideo:
    """The values under the names of `videos`: equal ones, else those that are equal once `plain`; others stay.

    Raises DatasetError where two names mean one video.
    """
    count = Counter(map(plain, videos))
    known = {plain(video): video for video in videos if count[plain(video)] == 1}
    exact = set(videos)
    found: ByVideo = {}
    for name, row in values.items():
        video = name if name in exact else known.get(plain(name), name)
        if video in found:
            raise DatasetError(f"{name!r} and another name both mean video {video!r}; keep one of them")
        found[video] = row
    return found


def by_video(row: np.ndarray, frames: Mapping[str, int]) -> ByVideo:
    """One row of all videos, cut into videos of so many frames by the rule under which it has as many values.

    Raises DatasetError where no rule fits.
    """
    fit = fit_row(len(row), frames)
    ends = np.cumsum([fit.count(video, count) for video, count in frames.items()])
    return dict(zip(frames, np.split(row, ends[:-1]), strict=True))


def _listed(line: str) -> Listed:
    comma = [field.strip() for field in line.split(",")]
    fields = comma if len(comma) > 1 else line.strip().rsplit(None, 1)
    frames = int(fields[-1]) if len(fields) > 1 and fields[-1].isdigit() else None
    return Listed(line.strip() if frames is None and len(comma) == 1 else fields[0], frames)


def _row(values: Any, what: str) -> np.ndarray:
    found = np.squeeze(np.asarray(values))
    row = found.reshape(-1) if found.ndim == 0 else found
    if row.ndim != 1 or row.dtype.kind not in "biuf":
        raise ValueError(f"{what} has shape {np.shape(values)} and type {found.dtype}, expected one number per frame")
    return row.astype(np.float64)


def _npy(path: Path) -> np.ndarray:
    return _row(np.load(path, allow_pickle=False), path.name)


def _text(path: Path) -> np.ndarray:
    words = path.read_text(encoding="utf-8-sig").split()
    if not words:
        raise ValueError("it is empty")
    return _row(np.array(words, np.float64), path.name)


def _folder(path: Path) -> ByVideo:
    files = sorted(path.rglob("*.npy"))
    if not files:
        raise DatasetError(f"{path} holds no .npy file; expected {FORMS}")
    try:
        return {file.relative_to(path).with_suffix("").as_posix(): _npy(file) for file in files}
    except ValueError as error:
        raise DatasetError(f"{path}: {error}") from None


def _npz(path: Path) -> ByVideo:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: _row(stored[name], name) for name in stored.files}


def _json(path: Path) -> np.ndarray | ByVideo:
    found = json.loads(path.read_text(encoding="utf-8-sig"))
    if isinstance(found, dict):
        return {str(name): _row(values, str(name)) for name, values in found.items()}
    return _row(found, path.name)


def _csv(path: Path) -> ByVideo:
    """Columns video, frame (from 0) and score or label, or video and score in the order of frames; with a head."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        head = reader.fieldnames or []
        value = next((name for name in ("score", "label", "value") if name in head), "")
        if "video" not in head or not value:
            raise ValueError(f"its head is {', '.join(head) or 'empty'}, expected video, frame, score")
        frames: dict[str, dict[int, float]] = {}
        for line in reader:
            rows = frames.setdefault(line["video"], {})
            number = int(line["frame"]) if "frame" in head else len(rows)
            if number in rows or not 0 <= number < MOST_FRAMES:
                raise ValueError(
                    f"frame {number} of {line['video']} stands twice, lies below 0, or beyond {MOST_FRAMES:,}; frames "
                    "count from 0"
                )
            rows[number] = float(line[value]) if line[value] else math.nan
    return {video: _filled(rows) for video, rows in frames.items()}


def _filled(rows: Mapping[int, float]) -> np.ndarray:
    found = np.full(max(rows) + 1, np.nan)
    found[list(rows)] = list(rows.values())
    return found
