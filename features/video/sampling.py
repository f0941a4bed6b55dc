"""Which frames of a video are used, and how large."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.video.index import Index

# Timestamps are rounded by containers (1/1000 s in Matroska); a frame this much after a tick is still on it.
TICK_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Sampling:
    """Temporal and spatial sampling; part of a recipe.

    policy    `native`: every frame; `every`: frames 0, n, 2n, ...; `fps`: a constant rate by true timestamps
    every     n of the policy `every`
    fps       frames per second of the policy `fps`
    max_side  frames whose longer side has more pixels are scaled down to it; None: never
    """

    policy: Literal["native", "every", "fps"] = "native"
    every: int = 1
    fps: float | None = None
    max_side: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where the parameters say nothing."""
        if self.policy not in ("native", "every", "fps"):
            raise ValueError(f"sampling policy {self.policy!r} is not known; there are: native, every, fps")
        if self.every < 1:
            raise ValueError(f"sampling every {self.every} frames; expected 1 or more")
        if self.policy == "fps" and not (self.fps and 0 < self.fps <= 1000):
            raise ValueError(f"sampling to {self.fps} frames per second; expected a number above 0, at most 1000")
        if self.max_side is not None and self.max_side < 16:
            raise ValueError(f"frames of at most {self.max_side} pixels; expected 16 or more")


def sampled_frames(index: Index, sampling: Sampling) -> np.ndarray:
    """int64 (n,): the native number of each frame that is handed out, never decreasing.

    `fps`: output frame k stands for the moment k / fps and is the last frame shown at or before it, for all moments
    up to the last timestamp. So where the source is slower (a hole, a low rate), a frame is handed out again.
    """
    if sampling.policy == "native":
        return np.arange(index.frames, dtype=np.int64)
    if sampling.policy == "every":
        return np.arange(0, index.frames, sampling.every, dtype=np.int64)
    assert sampling.fps is not None
    seconds = np.asarray(index.seconds, dtype=np.float64)
    moments = np.arange(int((seconds[-1] + TICK_TOLERANCE) * sampling.fps) + 1) / sampling.fps
    return (np.searchsorted(seconds, moments + TICK_TOLERANCE, side="right") - 1).astype(np.int64)


def frame_size(index: Index, sampling: Sampling) -> tuple[int, int, float]:
    """(height, width, scale) of the frames handed out; a sampled pixel times `scale` is a pixel of the source.

    The longer side becomes `max_side` exactly; the other side is rounded to whole pixels, so that its own scale
    differs from `scale` by less than half a sampled pixel over the whole side.
    """
    longer = max(index.height, index.width)
    if sampling.max_side is None or longer <= sampling.max_side:
        return index.height, index.width, 1.0
    scale = longer / sampling.max_side
    return max(1, int(index.height / scale + 0.5)), max(1, int(index.width / scale + 0.5)), scale
