"""What a backend of `tracks` is: the rows of a table in, an id for each of them out."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from features.extract.backend import Backend
from features.extract.feature import Progress, VideoInput
from features.store.recipe import Recipe


@dataclass(frozen=True)
class Rows:
    """What is tracked in one video: the rows of its table of poses, or of its table of boxes.

    boxes    float64 (n, 4): x1, y1, x2, y2 in pixels of the frame, NaN where a row has no box
    scores   float64 (n,): the detector's, NaN where there is none
    offsets  int64 (frames + 1,): the rows of frame i are `offsets[i]` up to `offsets[i + 1]`
    """

    boxes: np.ndarray
    scores: np.ndarray
    offsets: np.ndarray

    @property
    def frames(self) -> np.ndarray:
        """int64 (n,): the frame of each row."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


@dataclass(frozen=True)
class Tracked:
    """Who is who in one video: `ids` int64 (n,), -1 where a row belongs to no track; `notes` for the statistics."""

    ids: np.ndarray
    notes: Mapping[str, Any] = field(default_factory=dict)


class TrackBackend(Backend):
    """One way to tell who is who. A subclass stands in a file of its own and in the registry's group `tracks`."""

    @classmethod
    def decodes(cls, recipe: Recipe) -> bool:
        """Few do: boxes tell enough."""
        return False

    @abstractmethod
    def track(self, video: VideoInput, rows: Rows, progress: Progress) -> Tracked:
        """The ids of all rows of a video, whatever was tracked before; unique within a frame.

        Raises SourceError where this video cannot be tracked.
        """
