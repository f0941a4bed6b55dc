"""Frames to draw on: decoded again, or plain ones of the recorded size where the pictures are not there."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from features.video.index import Index
from features.video.reading import read_blocks
from features.video.sampling import Sampling, frame_size

ROWS = 16
PLAIN = (232, 234, 237)


def frames_at(path: Path, index: Index, sampling: Sampling, numbers: range) -> Iterator[np.ndarray]:
    """uint8 (h, w, 3) RGB of these sampled frames, rising; decoded from the start, since seeking is not always right.

    A recording, whose index has the reader `none`, gives plain frames.
    """
    if index.reader == "none":
        height, width, _ = frame_size(index, sampling)
        yield from (np.full((height, width, 3), PLAIN, np.uint8) for _ in numbers)
        return
    blocks = read_blocks(path, index, sampling, ROWS)
    for number, frame in enumerate(frame for block in blocks for frame in block):
        if number in numbers:
            yield frame
        if number >= numbers[-1]:
            return
