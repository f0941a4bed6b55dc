"""What a backend of `clips` is: a video in, the features of its clips out."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.extract.backend import Backend
from features.extract.feature import Progress, VideoInput
from features.store.recipe import Recipe

USUAL_STRIDE = 16


@dataclass(frozen=True)
class ClipRows:
    """Some clips of a video, in order.

    features  float32 (k, crops, channels)
    start, stop  int64 (k,): the frames handed out from the clip's first to the one after its last, start < stop
    valid     int64 (k,): how many of the frames that the network saw are the video's own; the others repeat or pad
    """

    features: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    valid: np.ndarray


class ClipBackend(Backend):
    """One way to clip features. A subclass stands in a file of its own and in the registry's group `clips`."""

    @classmethod
    @abstractmethod
    def crops(cls, recipe: Recipe) -> int | None:
        """How many crops of a picture have features of their own; None where only the video's own files tell."""

    @classmethod
    @abstractmethod
    def channels(cls, recipe: Recipe) -> int | None:
        """How many numbers a feature has; None where only the video's own files tell."""

    @classmethod
    def usual_clips(cls, recipe: Recipe, frames: int) -> int:
        """How many clips a video of so many frames has, or would usually have."""
        return frames // USUAL_STRIDE + 1

    @abstractmethod
    def clips(self, video: VideoInput, progress: Progress) -> Iterator[ClipRows]:
        """The clips of a video, in order, in bounded memory; `progress` is told the frames done.

        Raises SourceError where this video cannot be used, or has no clip at all.
        """

    def remarks(self) -> dict[str, object]:
        """What the artifact's statistics say of the backend, e.g. `{"untrained": True}`."""
        return {}
