"""Small data sets in the official layouts, made in a temporary folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

LITTER = (".DS_Store", "._001.tif", "Thumbs.db")


def images(folder: Path, count: int, suffix: str = ".tif", first: int = 1, size: tuple[int, int] = (24, 36)) -> None:
    """A folder of numbered grey images, with the litter that other systems leave."""
    folder.mkdir(parents=True)
    for number in range(first, first + count):
        Image.fromarray(np.full(size, number % 256, np.uint8)).save(folder / f"{number:03d}{suffix}")
    for name in LITTER:
        (folder / name).write_bytes(b"litter")


def bmp_masks(folder: Path, abnormal: Sequence[int], size: tuple[int, int], prefix: str = "") -> None:
    """8-bit palette BMP masks, 0 and 255, as UCSD has them; one pixel is set where a frame is abnormal."""
    folder.mkdir(parents=True)
    for number, value in enumerate(abnormal, 1):
        mask = np.zeros(size, np.uint8)
        mask[size[0] // 2, 3] = 255 * value
        Image.fromarray(mask).convert("P").save(folder / f"{prefix}{number:03d}.bmp")
    (folder / "._001.bmp").write_bytes(b"litter")


def ucsd(base: Path, train: Mapping[int, int], test: Mapping[int, int], suffix: str = ".tif") -> None:
    """The archive's layout: clip number -> frames."""
    for split, clips in (("Train", train), ("Test", test)):
        for number, frames in clips.items():
            images(base / split / f"{split}{number:03d}", frames, suffix)


def intervals(path: Path, listed: Sequence[str]) -> None:
    """UCSD's MATLAB script."""
    lines = ["TestVideoFile = {};", *(f"TestVideoFile{{end+1}}.gt_frame = [{entry}];" for entry in listed)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def interval_cells(path: Path, listed: Sequence[Sequence[tuple[int, int]]]) -> None:
    """`gt` of ped2.mat and avenue.mat: a cell for each clip, first frames above last frames."""
    cells = np.empty((1, len(listed)), object)
    for number, entry in enumerate(listed):
        cells[0, number] = np.array(entry, np.uint16).reshape(-1, 2).T
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"gt": cells})


def vol_label(path: Path, abnormal: Sequence[int], size: tuple[int, int] = (360, 640)) -> None:
    """Avenue's mask file of one clip."""
    cells = np.empty((1, len(abnormal)), object)
    for number, value in enumerate(abnormal):
        cells[0, number] = np.zeros(size, np.uint8)
        cells[0, number][5, 7] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"volLabel": cells}, do_compression=True)


def files(folder: Path, *names: str) -> None:
    """Empty files; nothing is decoded where videos are only listed."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
