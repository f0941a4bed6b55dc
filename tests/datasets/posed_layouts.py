"""Small pose files, masks and lists in the layouts of the pose field."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

ENDING = "_alphapose_tracked_person.json"
POSE = {"keypoints": [1.0, 2.0, 0.9] * 17, "scores": 2.0}


def tracked(folder: Path, clips: Mapping[str, Sequence[int]]) -> None:
    """Tracked-person JSON: clip -> frames in which its only person is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for clip, frames in clips.items():
        persons = {"1": {f"{frame:04d}": POSE for frame in frames}} if frames else {}
        (folder / f"{clip}{ENDING}").write_text(json.dumps(persons))


def frame_masks(folder: Path, clips: Mapping[str, Sequence[int]]) -> None:
    """NumPy files: clip -> labels."""
    folder.mkdir(parents=True, exist_ok=True)
    for clip, labels in clips.items():
        np.save(folder / f"{clip}.npy", np.array(labels, np.uint8))


def njust_poses(path: Path, frames: Sequence[int]) -> None:
    """A list of persons with `image_id`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = [{"image_id": frame, "track_id": 1, "score": 0.9, "keypoints": POSE["keypoints"]} for frame in frames]
    path.write_text(json.dumps(entries))


def persons(folder: Path, *tracks: tuple[int, int]) -> None:
    """A trajectory (first frame, frames) for each person, as `0001.csv` ..."""
    folder.mkdir(parents=True)
    for number, (first, count) in enumerate(tracks, 1):
        rows = np.column_stack([np.arange(first, first + count), np.ones((count, 34))])
        np.savetxt(folder / f"{number:04d}.csv", rows, fmt="%.18e", delimiter=",")


def instances(folder: Path, name: str, frames: int, number: int, size: tuple[int, int] = (6, 8)) -> None:
    """Instance masks: the left half belongs to an object."""
    folder.mkdir(parents=True)
    mask = np.zeros(size, np.uint8)
    mask[:, : size[1] // 2] = number
    for frame in range(frames):
        Image.fromarray(mask).save(folder / f"{name}_{frame:04d}_gt.png")


def array_as_text(path: Path, labels: Sequence[float]) -> None:
    """A NumPy file under the name of a text file, as STG-NF keeps UBnormal's test labels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.save(file, np.array(labels, np.float64))
