"""Frame labels as trainers want them: an npy array for each video, in each one's own words."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.errors import ConfigError


@dataclass(frozen=True)
class Layout:
    """How a trainer stores the labels of a video.

    dtype     of the array
    abnormal  what an abnormal frame is called, 1 or 0; a normal one is the other
    name      of the file, `{}` is the clip; the content is npy whatever it ends in
    splits    of which videos there are labels
    """

    dtype: str
    abnormal: int
    name: str
    splits: tuple[str, ...]


LAYOUTS = {
    # orhir/STG-NF @edb5f32: data/ShanghaiTech/gt/test_frame_mask, and the test files of data/UBnormal/gt.
    "shanghaitech": Layout("uint8", 1, "{}.npy", ("test",)),
    "ubnormal": Layout("float64", 0, "{}_tracks.txt", ("test",)),
    # mininiii/STG-NF-AIHub @38f93f3, gen_gt.py: labels of training and testing together.
    "aihub": Layout("float64", 1, "{}.npy", ("train", "test")),
}


def write_labels(folder: Path, clip: str, labels: np.ndarray, layout: Layout) -> Path:
    """Write the labels of one video, int8 (frames,), 1 abnormal, 0 normal; the file.

    Raises ConfigError where a frame's label is unknown (-1): no layout has a value for it.
    """
    if (labels < 0).any():
        frame = int(np.flatnonzero(labels < 0)[0])
        raise ConfigError(f"{clip}: the label of frame {frame} is unknown, for which the layout has no value")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / layout.name.format(clip)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    with partial.open("wb") as file:
        np.save(file, np.where(labels == 1, layout.abnormal, 1 - layout.abnormal).astype(layout.dtype))
    partial.replace(path)
    return path
