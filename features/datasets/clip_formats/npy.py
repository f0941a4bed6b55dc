"""Features in npy files: mapped, never loaded as a whole; written block by block, whole or not at all."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from features.datasets.clip_formats.base import ClipFile, CropAxis
from features.errors import SourceError

# How many crops published files have: one view, four corners and the centre, and these with their mirror images.
CROPS = (1, 5, 10)


def mapped(path: Path) -> np.ndarray:
    """The array of an npy file, of floating-point numbers, read where it is sliced.

    Raises SourceError where it is no such file, or cut short; OSError where it cannot be read.
    """
    try:
        found = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, TypeError, OverflowError, EOFError) as error:
        reason = " ".join(str(error).split())[:120]
        raise SourceError(f"{path} is no npy file of plain numbers, or cut short ({reason}); get it again") from None
    if found.dtype.kind != "f":
        raise SourceError(f"{path} holds {found.dtype}, expected floating-point features; is it another file?")
    return found


def by_clip(path: Path, found: np.ndarray, crop_axis: CropAxis = "auto") -> np.ndarray:
    """(clips, crops, channels) of an array as published.

    (clips, channels); (clips, 1, 1, channels), as piergiaj's I3D writes; (clips, crops, channels), as RTFM's files;
    (crops, clips, channels), as UR-DMU's before they are split.

    Raises SourceError for another shape, and for one of three axes whose crops may be either of the first two.
    """
    if found.ndim == 2 or (found.ndim == 4 and found.shape[1:3] == (1, 1)):
        return found.reshape(len(found), 1, found.shape[-1])
    if found.ndim != 3:
        raise SourceError(
            f"{path} has shape {found.shape}, expected (clips, channels), (clips, crops, channels) or (crops, clips, "
            "channels); is it another file?"
        )
    return found.swapaxes(0, 1) if _crops_first(path, found.shape, crop_axis) else found


def _crops_first(path: Path, shape: tuple[int, ...], crop_axis: CropAxis) -> bool:
    if crop_axis != "auto":
        return crop_axis == "first"
    # One crop never stands first: such files would be (clips, channels).
    first, second = shape[0] in CROPS[1:], shape[1] in CROPS
    if first == second:
        why = "either may be the crops" if first else f"neither axis has {', '.join(map(str, CROPS))} crops"
        raise SourceError(f"{path} has shape {shape}, and {why}; say crop_axis: first or crop_axis: second")
    return first


def write_npy(path: Path, found: ClipFile, flat: bool) -> Path:
    """Write features as float32 (rows, crops, channels); `flat`: of one crop as (rows, channels)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    shape = (found.rows, found.channels) if flat else (found.rows, found.crops, found.channels)
    with partial.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for block in _little_endian(found):
            file.write(block.tobytes())
    partial.replace(path)
    return path


def _little_endian(found: ClipFile) -> Iterator[np.ndarray]:
    return (block.astype("<f4", copy=False) for _, block in found.blocks())
