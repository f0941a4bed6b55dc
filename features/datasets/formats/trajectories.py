"""Trajectory CSV of Morais et al. (CVPR 2019): a folder for each video, a file for each person.

35 columns without a head: frame number, then x and y of 17 joints in COCO's order. A missing joint is 0, 0; a missing
frame inside a track is a row of zeros. There is no confidence.
"""

import os
import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from features.datasets.formats.base import (
    LONGEST,
    PoseFile,
    PoseFormat,
    only,
    refuse_far,
    spot,
    without_boxes,
    without_strangers,
)
from features.datasets.people import People, people
from features.errors import ConfigError, SourceError

COLUMNS = 35
JOINTS = 17


class Trajectories(PoseFormat):
    """A folder of `<person>.csv`. A joint that is there has the score 1, one that is missing 0, 0 and the score 0."""

    name = "trajectories"
    suffixes = ("",)

    def fits(self, path: Path) -> bool:
        """Whether it is a folder with a CSV file in it."""
        return path.is_dir() and bool(csv_files(path))

    def load(self, path: Path, names: Sequence[str] = ()) -> PoseFile:
        """All persons; rows of zeros are left out.

        Raises SourceError for a file that is no table of 35 finite columns, or whose name is no number.
        """
        if not path.is_dir():
            raise SourceError(
                f"{path} is no folder, expected a folder of CSV files, one for each person; check the path"
            )
        tables = {_person(file): file for file in csv_files(path)}
        if len(tables) < len(csv_files(path)):
            raise SourceError(f"{path} has two files of one person (1.csv and 0001.csv?); keep one of them")
        read = [(person, _track(tables[person])) for person in sorted(tables)]
        if not read:
            return PoseFile(People.nobody(), (f"{path.name} holds no CSV file: nobody",))
        rows = np.concatenate([track for _, track in read])
        ids = np.repeat([person for person, _ in read], [len(track) for _, track in read])
        return PoseFile(people(rows[:, 0].astype(np.int64), ids, _keypoints(rows[:, 1:])))

    def write(self, found: People, path: Path, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Write a file for everybody who has an id, float32 as published; gaps are rows of zeros.

        Raises ConfigError where the folder holds tracks already: those of other persons would stay among them.
        """
        if path.is_dir() and csv_files(path):
            raise ConfigError(f"{path} holds tracks already; remove them, or name another folder")
        remarks: list[str] = []
        known = without_strangers(found, remarks)
        without_boxes(known, remarks)
        remarks += _losses(known)
        path.mkdir(parents=True, exist_ok=True)
        for person in sorted(set(known.ids.tolist())):
            track = only(known, known.ids == person)
            partial = path / f".{person:04d}.{os.getpid()}.part"
            np.savetxt(partial, _table(track), fmt="%.18e", delimiter=",")
            partial.replace(path / f"{person:04d}.csv")
        return tuple(remarks)


def csv_files(folder: Path) -> list[Path]:
    """The CSV files that lie directly in a folder, by name; hidden ones are left out."""
    return sorted(file for file in folder.iterdir() if file.suffix.lower() == ".csv" and not file.name.startswith("."))


def _person(file: Path) -> int:
    if not re.fullmatch("[0-9]{1,18}", file.stem):
        raise SourceError(f"{file}: the name is no number of a person; rename it, e.g. 0001.csv")
    return int(file.stem)


def _track(file: Path) -> np.ndarray:
    """float64 (n, 35): a person's rows by frame, without those of zeros."""
    if not file.read_bytes().removeprefix(BOM_UTF8).strip():
        raise SourceError(f"{file} is empty; get it again")
    try:
        rows = np.loadtxt(file, delimiter=",", ndmin=2, comments=None, encoding="utf-8-sig")
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise SourceError(f"{file} is no table of numbers ({reason}); get it again") from None
    if rows.shape[1] != COLUMNS:
        raise SourceError(f"{file} has {rows.shape[1]} columns, expected {COLUMNS}: frame, x and y of {JOINTS} joints")
    if not np.isfinite(rows).all():
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise SourceError(f"{file}: row {row + 1} holds a number that is not finite; get it again")
    frames = rows[:, 0]
    if (frames != np.floor(frames)).any() or frames.min() < 0 or frames.max() >= LONGEST:
        raise SourceError(f"{file}: the first column is no frame number everywhere; get it again")
    if len(np.unique(frames)) < len(frames):
        raise SourceError(f"{file} has a frame twice; keep one of them")
    for row in rows:
        refuse_far(row[1:], f"{file}: {spot(_person(file), int(row[0]))}")
    there = rows[:, 1:].any(axis=1)
    return np.asarray(rows[there])


def _keypoints(coordinates: np.ndarray) -> np.ndarray:
    """float64 (n, 17, 3) from x, y pairs (n, 34)."""
    points = coordinates.reshape(-1, JOINTS, 2)
    there = points.any(axis=-1, keepdims=True)
    return np.concatenate([points, there], axis=-1)


def _table(track: People) -> np.ndarray:
    """float64 (frames, 35), from a person's first frame to the last, all numbers float32."""
    frames = np.arange(track.frames[0], track.frames[-1] + 1)
    table = np.zeros((len(frames), COLUMNS))
    table[:, 0] = frames
    there = track.keypoints[..., 2:] != 0
    table[track.frames - frames[0], 1:] = np.where(there, track.keypoints[..., :2], 0).reshape(len(track), COLUMNS - 1)
    return table.astype(np.float32).astype(np.float64)


def _losses(known: People) -> list[str]:
    points, confidence = known.keypoints[..., :2], known.keypoints[..., 2]
    remarks = []
    if ((confidence != 0) & (confidence != 1)).any():
        remarks.append("scores of joints were left out: a joint is there or missing")
    if np.isfinite(known.scores).any():
        remarks.append("scores of persons were left out, the format has none")
    if (points.astype(np.float32) != points).any():
        remarks.append("coordinates were rounded to float32")
    return remarks
