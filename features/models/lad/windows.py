"""Windows of clips: which clips a window holds, which frames a clip's scores stand for."""

from typing import Literal

import numpy as np

from features.models.lad.network import CLIP_SCORES

WindowRule = Literal["ordered", "published"]


def window_clips(clips: int, length: int, rule: WindowRule) -> np.ndarray:
    """int64 (windows, length): the clips of each window of a scored video; its last clip is repeated to fill windows.

    The number of clips is made a multiple of `length`, and a window begins at each of them that leaves room for it.
    `published` mixes the clips of different windows as the released test.py does: it lays the windows one after the
    other and reads the row as if it were one clip of every window, then the next of every window.
    """
    filled = -(-clips // length) * length
    found: np.ndarray = np.arange(filled - length + 1)[:, None] + np.arange(length)
    if rule == "published":
        found = found.reshape(length, -1).T
    return found.clip(max=clips - 1)


def highest(scores: np.ndarray, clips: int) -> np.ndarray:
    """(clips, 16): of each clip's scores the highest that a window gave them; scores are (windows, length, 16)."""
    windows, length = scores.shape[:2]
    found = np.zeros((windows + length - 1, *scores.shape[2:]), scores.dtype)
    for place in range(length):
        part = found[place : place + windows]
        np.maximum(part, scores[:, place], out=part)
    return found[:clips]


def frames_of(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int64 (clips, 16) twice: the frames that each score of a clip stands for, first and one after the last.

    One frame each for 16 frames, none for the last scores of a clip of fewer, evenly divided for one of more.
    """
    length, steps = np.maximum(stop - start, CLIP_SCORES)[:, None], np.arange(CLIP_SCORES + 1)
    edges = np.minimum(start[:, None] + -(-length * steps // CLIP_SCORES), stop[:, None])
    return edges[:, :-1], edges[:, 1:]


def clip_labels(labels: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """(clips, 16) from labels (frames,): that of the first frame each score of a clip stands for, the last for none."""
    first, _ = frames_of(start, stop)
    found: np.ndarray = labels[np.minimum(first, stop[:, None] - 1)]
    return found
