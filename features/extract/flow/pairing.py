"""Which two frames each row of a flow artifact joins."""

import numpy as np

from features.extract.flow.recipe import Pairing


def pairs(pairing: Pairing, frames: int) -> np.ndarray:
    """int64 (rows, 2): the numbers of first and second frame of each row, for a video of `frames` frames.

    forward  row i is (i, i + 1); one row less than frames
    lbrspr   row i is (i, i + 1), but the first is the frame with itself and the last repeats the row before it, as in
             LBR-SPR's calc_optical_flow.py; one row per frame
    hf2vad   row i is (i - 1, i), and the first the frame with itself, as in HF2-VAD; one row per frame

    Second frames never decrease, so that rows can be computed while frames are read.

    >>> pairs("lbrspr", 4).tolist()
    [[0, 0], [1, 2], [2, 3], [2, 3]]
    """
    number = np.arange(frames, dtype=np.int64)
    if pairing == "forward":
        return np.stack([number[:-1], number[1:]], axis=1)
    if pairing == "hf2vad":
        return np.stack([np.maximum(number - 1, 0), number], axis=1)
    first = np.minimum(number, max(frames - 2, 0))
    rows = np.stack([first, np.minimum(first + 1, max(frames - 1, 0))], axis=1)
    rows[:1] = 0
    return rows
