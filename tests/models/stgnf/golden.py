"""The golden files: tracked-person JSON and labels in zip files, arrays in npz files."""

import json
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from features.datasets.people import People, people

HERE = Path(__file__).parents[2] / "golden" / "stgnf"


def arrays(name: str, folder: Path = HERE) -> dict[str, np.ndarray]:
    with np.load(folder / name, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def clips(archive: str, below: str, folder: Path = HERE) -> dict[str, People]:
    """File name -> persons, of every pose file whose path in the archive has `below` in it."""
    with ZipFile(folder / archive) as file:
        names = sorted(name for name in file.namelist() if below in name and name.endswith(".json"))
        return {Path(name).name: read(json.loads(file.read(name))) for name in names}


def read(content: dict) -> People:
    rows = [
        (int(frame), int(person), entry["keypoints"])
        for person, track in content.items()
        for part in (track if isinstance(track, list) else [track])
        for frame, entry in part.items()
    ]
    frames, ids, keypoints = zip(*rows, strict=True)
    return people(np.array(frames), np.array(ids), np.array(keypoints))
