"""HR-ShanghaiTech's tree of CSV files from archives with one array for each column.

    python examples/trajectories_from_npz.py ARCHIVES HR-ShanghaiTech

reads `testing_01.npz`, `training_01.npz`, ... and `test_frame_mask/*.npy` in ARCHIVES and writes
`testing/trajectories/01/0014/0001.csv`, `training/trajectories/01/01_006/0001.csv` and
`testing/frame_level_masks/01/01_0014.npy`. Then `dataset=trajectories root=HR-ShanghaiTech` is a data set.

An archive holds `frame`, `video` and `person` (rows,) and `xy` float32 (34, rows): x and y of the 17 joints of COCO.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np


def write_tree(archives: Path, tree: Path) -> int:
    """Write the tree of all archives in a folder, with the masks of the test videos; how many persons there are."""
    persons = 0
    for archive in sorted(archives.glob("*.npz")):
        match = re.fullmatch(r"(training|testing)_(\d\d)", archive.stem)
        if match is None:
            continue
        split, camera = match.groups()
        folder = tree / split / "trajectories" / camera
        for video, person, rows in trajectories(archive):
            name = f"{video:04d}" if split == "testing" else f"{camera}_{video:03d}"
            (folder / name).mkdir(parents=True, exist_ok=True)
            np.savetxt(folder / name / f"{person:04d}.csv", rows, fmt="%.18e", delimiter=",")
            persons += 1
    copy_masks(archives / "test_frame_mask", tree / "testing")
    return persons


def trajectories(archive: Path) -> Iterator[tuple[int, int, np.ndarray]]:
    """(video, person, float64 (frames, 35)) of each person: the frame, then x and y of each joint."""
    with np.load(archive, allow_pickle=False) as file:
        video, person, frame, xy = (file[name] for name in ("video", "person", "frame", "xy"))
    table = np.concatenate([frame[None], xy.astype(np.float64)]).T
    borders = np.flatnonzero((np.diff(video) != 0) | (np.diff(person) != 0)) + 1
    for rows in np.split(np.arange(len(table)), borders):
        if len(rows):
            yield int(video[rows[0]]), int(person[rows[0]]), table[rows]


def copy_masks(masks: Path, testing: Path) -> None:
    """Masks of the test videos that have trajectories, into a folder for each camera."""
    for mask in sorted(masks.glob("*.npy")):
        camera, video = mask.stem.split("_")
        if (testing / "trajectories" / camera / video).is_dir():
            folder = testing / "frame_level_masks" / camera
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(mask, folder / mask.name)


if __name__ == "__main__":
    print(f"{write_tree(Path(sys.argv[1]), Path(sys.argv[2]))} persons written below {sys.argv[2]}")
