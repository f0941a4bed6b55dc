"""How a row of frames is cut into clips, and what becomes of the frames after the last whole clip."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Tail = Literal["drop", "repeat", "repeat-extra", "drop-last", "one-more", "whole"]


@dataclass(frozen=True)
class Windows:
    """Clips of a row of frames.

    start  int64 (clips,): the first frame of each
    stop   int64 (clips,): the frame after its last, never beyond the video
    valid  int64 (clips,): stop - start; a clip of fewer frames than `length` repeats its last one
    length   frames that a clip is made of
    """

    start: np.ndarray
    length: int
    stop: np.ndarray

    @property
    def valid(self) -> np.ndarray:
        """int64 (clips,): frames of each clip that are the video's own."""
        return self.stop - self.start

    def __len__(self) -> int:
        """How many clips there are."""
        return len(self.start)

    def frames(self, clip: int) -> np.ndarray:
        """int64 (length,): the frames of one clip, the last one repeated where the video ends."""
        return np.minimum(np.arange(self.start[clip], self.start[clip] + self.length), self.stop[clip] - 1)


def windows(frames: int, length: int, stride: int, tail: Tail) -> Windows:
    """The clips of a video of so many frames.

    drop          only whole clips: floor((n - length) / stride) + 1 (gowtham, mist, deepmil)
    repeat        the last frame is repeated until the last clip is whole: ceil(n / stride) for length = stride (urdmu)
    repeat-extra  one clip after the last whole one, always: floor(n / stride) + 1 (observed in RTFM's features)
    drop-last     as `drop`, without the last frame: floor((n - 1) / length) clips (AR-Net's lists, XD-Violence)
    one-more      as `drop`, but a clip needs one frame after its last (video_features, whose flow needs it)
    whole         one clip of all frames (Kinetics I3D, piergiaj)

    A clip that starts after the video's end repeats the last frame alone.
    """
    if tail == "whole":
        return Windows(np.zeros(min(frames, 1), np.int64), frames, np.full(min(frames, 1), frames, np.int64))
    count = clip_count(frames, length, stride, tail)
    start = np.arange(count, dtype=np.int64) * stride
    usable = frames - 1 if tail == "drop-last" else frames
    # A clip wholly beyond the end (`repeat-extra` of a whole number of clips) still shows the last frame.
    start = np.minimum(start, max(usable - 1, 0))
    return Windows(start, length, np.minimum(start + length, usable))


def clip_count(frames: int, length: int, stride: int, tail: Tail) -> int:
    """How many clips `windows` cuts; 0 where the video is too short for one."""
    if tail == "whole":
        return min(frames, 1)
    if tail == "repeat":
        return -(-max(frames - length, 0) // stride) + 1 if frames > 0 else 0
    if tail == "repeat-extra":
        return frames // stride + 1 if frames > 0 else 0
    spare = {"drop": 0, "drop-last": 1, "one-more": 1}[tail]
    return max(0, (frames - spare - length) // stride + 1)
