"""The window rule without the traps of the published one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from features.datasets.skeleton import MIRRORED, OPENPOSE18, openpose18
from features.models.stgnf.persons import Person, every_frame, filled
from features.models.stgnf.windows import MISSING_FRAMES, Rule, Windows, no_windows, sheared

# A body smaller than this share of the picture's height is mostly noise of its joints: it is not enlarged further.
LEAST_SIZE = 0.01


def _mirrored18() -> np.ndarray:
    """int64 (18,): for each joint in OpenPose's order its counterpart; nose and neck are their own."""
    counterpart = (*MIRRORED, len(MIRRORED))
    return np.array([OPENPOSE18.index(counterpart[joint]) for joint in OPENPOSE18])


@dataclass(frozen=True)
class Sound(Rule):
    """The sound rule."""

    name: ClassVar[str] = "sound"
    differences: ClassVar[tuple[str, ...]] = (
        "every window is made, the last one and that of a person of just its length, too",
        "rows are one frame apart: up to 2 missing frames are drawn between their neighbours, no longer gap is",
        "missing joints are filled before windows are cut",
        "x and y are divided by one number, the size of the body, whatever the picture",
        "a flip swaps left and right joints",
        "a frame of a person has the mean score of all windows that hold it",
    )

    def cut(self, person: Person, seg_len: int, stride: int) -> Windows:
        """Every window of `seg_len` frames that follow each other, the last one too, of which at most 2 are missing.

        Missing joints are filled and missing frames drawn between their neighbours, so rows are one frame apart. A
        window begins and ends in a frame where the person was found, so nothing is drawn across a long gap.
        """
        person = filled(person)
        if len(person) == 0 or person.frames[-1] - person.frames[0] + 1 < seg_len:
            return no_windows(seg_len)
        frames, joints, found = every_frame(person)
        missing = sliding_window_view(~found, seg_len).sum(axis=1)
        whole = found[: len(missing)] & found[seg_len - 1 :]
        firsts = np.flatnonzero(whole & (missing <= MISSING_FRAMES))[::stride]
        windows = sliding_window_view(openpose18(joints).astype(np.float32), seg_len, axis=0)[firsts]
        starts = frames[firsts]
        rows = person.rows[np.searchsorted(person.frames, starts)]
        return Windows(windows.transpose(0, 2, 3, 1), starts, rows)

    def augmented(self, joints: np.ndarray, transform: int) -> np.ndarray:
        """A flip mirrors the body and gives each joint the name of its counterpart: a left hand becomes a right one."""
        joints = sheared(joints, transform)
        if transform % 2 == 0:
            return joints
        return np.asarray(joints[..., _mirrored18()] * np.array([-1, 1], np.float32)[:, None, None])

    def normalised(self, joints: np.ndarray, height: int) -> np.ndarray:
        """Centred, x and y divided by one number: the size of the body, whatever the picture and the motion.

        The size is the root mean square distance of the joints from the middle of their frame, per axis; what a
        person covers within the window, and how it stands or lies, stays as it is, in sizes of its body.
        """
        points = joints.astype(np.float64)
        body = points - points.mean(axis=3, keepdims=True)
        size = np.sqrt((body**2).mean(axis=(1, 2, 3)))
        centred = points - points.mean(axis=(2, 3), keepdims=True)
        return np.asarray(centred / np.maximum(size, LEAST_SIZE * height)[:, None, None, None], np.float32)

    def on_frames(self, starts: np.ndarray, scores: np.ndarray, seg_len: int) -> tuple[np.ndarray, np.ndarray]:
        """Every frame of a person has the mean score of the windows that hold it."""
        frames, window, count = np.unique(starts[:, None] + np.arange(seg_len), return_inverse=True, return_counts=True)
        return frames, np.bincount(window.ravel(), np.repeat(scores, seg_len), len(frames)) / count
