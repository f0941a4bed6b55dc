"""Which frames each clip of a video shows, and where it lies among the frames handed out."""

from dataclasses import dataclass, replace

import numpy as np

from features.errors import SourceError
from features.extract.clips.view import View
from features.extract.feature import VideoInput
from features.video.sampling import Sampling, sampled_frames
from features.video.windows import Windows, windows

# One clip of more frames than this fits no memory; the rule `whole` is for clips of some seconds.
LONGEST = 2000


@dataclass(frozen=True)
class Cuts:
    """The clips of a video.

    picks    int64 (picks,): the frames handed out that the network's rate keeps, never decreasing
    windows  of the picks
    """

    picks: np.ndarray
    windows: Windows

    def __len__(self) -> int:
        """How many clips there are."""
        return len(self.windows)

    def frames(self, clip: int) -> np.ndarray:
        """int64 (length,): the frames handed out that a clip shows, in order."""
        return np.asarray(self.picks[self.windows.frames(clip)])

    def length(self, clip: int) -> int:
        """How many frames the network sees of a clip."""
        return self.windows.length or int(self.windows.valid[clip])

    def shown(self, frames: int) -> np.ndarray:
        """bool (frames,): the frames handed out that any clip shows."""
        steps = np.zeros(len(self.picks) + 1, np.int64)
        np.add.at(steps, self.windows.start, 1)
        np.add.at(steps, self.windows.stop, -1)
        found = np.zeros(frames, bool)
        found[self.picks[np.cumsum(steps[:-1]) > 0]] = True
        return found

    def place(self, clip: int, first: int, count: int | None) -> tuple[int, int, int]:
        """(start, stop, valid) in frames handed out of `count` picks of a clip from its `first` on, or of all of it."""
        start = int(self.windows.start[clip]) + first
        stop = int(self.windows.stop[clip])
        stop = stop if count is None else min(start + count, stop)
        return int(self.picks[start]), int(self.picks[stop - 1]) + 1, stop - start


def cuts_of(view: View, video: VideoInput) -> Cuts:
    """The clips that a view asks of a video.

    Raises SourceError where the video is too short for one, or too long for a single one.
    """
    picks = picked(view.fps, video)
    found = windows(len(picks), view.length, view.stride, view.tail)
    if not len(found):
        raise SourceError(
            f"{video.path}: {len(picks)} frames are too few for a clip of {view.length} (tail rule {view.tail!r}); "
            "leave the video out, or choose tail: repeat"
        )
    if view.length is None and found.valid.max() > LONGEST:
        raise SourceError(
            f"{video.path}: {len(picks)} frames are too many for one clip (at most {LONGEST}); choose a length"
        )
    return Cuts(picks, found)


def picked(fps: float | None, video: VideoInput) -> np.ndarray:
    """int64 (picks,): numbers among the frames handed out, at a constant rate by the frames' own timestamps."""
    if fps is None:
        return np.arange(video.frames, dtype=np.int64)
    seconds = tuple(np.asarray(video.index.seconds, np.float64)[video.numbers].tolist())
    handed_out = replace(video.index, frames=len(seconds), seconds=seconds)
    return sampled_frames(handed_out, Sampling("fps", fps=fps))
