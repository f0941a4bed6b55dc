"""How a row of frames is cut into clips, and what becomes of the frames after the last whole clip."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Tail = Literal["drop", "repeat", "repeat-extra", "drop-last", "one-more", "whole", "long"]

# piergiaj/pytorch-i3d @05783d1, extract_features.py: the longest clip; further ones see some frames before and after.
LONG, BEFORE, AFTER = 1600, 48, 56


@dataclass(frozen=True)
class Windows:
    """Clips of a row of frames.

    start   int64 (clips,): the first frame of each
    stop    int64 (clips,): the frame after its last, never beyond the video
    length  frames that a clip is made of: it repeats its last one where the video has fewer; None: each has its own
    """

    start: np.ndarray
    stop: np.ndarray
    length: int | None

    @property
    def valid(self) -> np.ndarray:
        """int64 (clips,): frames of each clip that are the video's own."""
        return np.asarray(self.stop - self.start)

    def __len__(self) -> int:
        """How many clips there are."""
        return len(self.start)

    def frames(self, clip: int) -> np.ndarray:
        """int64 (length,): the frames of one clip, the last one repeated where the video ends."""
        start, stop = int(self.start[clip]), int(self.stop[clip])
        return np.minimum(np.arange(start, start + (self.length or stop - start)), stop - 1)


def windows(frames: int, length: int | None, stride: int | None, tail: Tail) -> Windows:
    """The clips of a video of so many frames; `whole` and `long` take no length and no stride.

    drop          only whole clips: floor((n - length) / stride) + 1 (gowtham, mist)
    repeat        the last frame is repeated until the last clip is whole: ceil(n / stride) for length = stride (urdmu)
    repeat-extra  one clip after the last whole one, always: floor(n / stride) + 1 (observed in RTFM's features)
    drop-last     as `drop`, without the last frame: floor((n - 1) / length) (AR-Net's lists, DeepMIL, XD-Violence)
    one-more      as `drop`, but a clip needs one frame after its last (video_features, whose flow needs it)
    whole         one clip of all frames (Kinetics I3D)
    long          one clip of all frames, up to 1600; of more, clips of 1600 with 48 frames before and 56 after, and
                  without the first and the last frame (piergiaj)

    A clip that starts after the video's end repeats the last frame alone.
    """
    if tail == "long" and frames > LONG:
        return _long(frames)
    if tail in ("whole", "long"):
        some = min(frames, 1)
        return Windows(np.zeros(some, np.int64), np.full(some, frames, np.int64), None)
    count = clip_count(frames, length, stride, tail)
    assert length is not None and stride is not None
    usable = frames - 1 if tail == "drop-last" else frames
    # A clip wholly beyond the end (`repeat-extra` of a whole number of clips) still shows the last frame.
    start = np.minimum(np.arange(count, dtype=np.int64) * stride, max(usable - 1, 0))
    return Windows(start, np.minimum(start + length, usable), length)


def clip_count(frames: int, length: int | None, stride: int | None, tail: Tail) -> int:
    """How many clips `windows` cuts; 0 where the video is too short for one."""
    if tail == "long" and frames > LONG:
        return len(_long(frames))
    if tail in ("whole", "long"):
        return min(frames, 1)
    assert length is not None and stride is not None
    if tail == "repeat":
        return -(-max(frames - length, 0) // stride) + 1 if frames > 0 else 0
    if tail == "repeat-extra":
        return frames // stride + 1 if frames > 0 else 0
    spare = {"drop": 0, "drop-last": 1, "one-more": 1}[tail]
    return max(0, (frames - spare - length) // stride + 1)


def _long(frames: int) -> Windows:
    begin = np.arange(1, frames - AFTER, LONG, dtype=np.int64)
    return Windows(np.maximum(begin - BEFORE, 1), np.minimum(begin + LONG + AFTER, frames - 1), None)
