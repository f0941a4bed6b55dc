"""UBnormal's instance masks, and its lists of abnormal objects."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from features.errors import DatasetError

_MASK_NAME = re.compile(r".*_(\d+)_gt\.png")
_NUMPY = b"\x93NUMPY"


@dataclass(frozen=True)
class AbnormalObject:
    """One object while it is abnormal: its pixels in the instance masks have the value `number`.

    first, last   frames from 0, the last one included
    """

    number: int
    first: int
    last: int


def is_frame_array(path: Path) -> bool:
    """Whether a file called `_tracks.txt` is a NumPy file of frame labels, as those of STG-NF's test clips are."""
    with path.open("rb") as file:
        return file.read(len(_NUMPY)) == _NUMPY


def read_tracks(path: Path) -> list[AbnormalObject]:
    """The abnormal objects of a text file: lines `object_id,start,end`, integers or floats, any line ends.

    Raises DatasetError naming the line that is wrong.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            identity, first, last = (int(float(cell)) for cell in line.split(","))
        except (ValueError, OverflowError):
            raise DatasetError(f"{path} line {number}: expected object_id,start,end, found {line[:80]!r}") from None
        if not 0 <= first <= last:
            raise DatasetError(f"{path} line {number}: object {identity} is abnormal from {first} to {last}")
        found.append(AbnormalObject(identity, first, last))
    return found


def instance_masks(folder: Path) -> list[Path]:
    """The instance masks of a video, one for each frame, in order; empty where there are none.

    Raises DatasetError for a gap in their numbers.
    """
    matches = [_MASK_NAME.fullmatch(path.name) for path in folder.iterdir()] if folder.is_dir() else []
    numbered = {int(match[1]): folder / match[0] for match in matches if match and not match[0].startswith(".")}
    order = sorted(numbered)
    if order and order[-1] - order[0] + 1 != len(order):
        missing = min(set(range(order[0], order[-1])) - set(order))
        raise DatasetError(f"{folder}: masks {order[0]} to {order[-1]}, but {missing} is missing; unpack it again")
    return [numbered[number] for number in order]


def read_instances(path: Path) -> np.ndarray:
    """uint8 (height, width): the number of the object that each pixel belongs to, 0 for none.

    Raises DatasetError where it is no picture.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("L"))
    except (OSError, SyntaxError, ValueError) as error:
        raise DatasetError(f"{path} is no mask ({' '.join(str(error).split())}); get it again") from None


def picture_size(path: Path) -> tuple[int, int]:
    """Height and width of a mask, from its header. Raises DatasetError where it is no picture."""
    try:
        with Image.open(path) as image:
            return image.height, image.width
    except (OSError, SyntaxError, ValueError) as error:
        raise DatasetError(f"{path} is no mask ({' '.join(str(error).split())}); get it again") from None


def abnormal_at(objects: list[AbnormalObject], frame: int, last_included: bool = True) -> list[int]:
    """Numbers of the objects that are abnormal in a frame; STG-NF leaves the last frame of each out."""
    return [found.number for found in objects if found.first <= frame < found.last + last_included]
