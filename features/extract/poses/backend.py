"""What a backend of `poses` is: a video in, the persons of each of its frames out."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from features.datasets.skeleton import COCO17
from features.extract.backend import Backend
from features.extract.feature import VideoInput
from features.store.recipe import Recipe

# Rows of one frame as in `features.extract.poses.table.COLUMNS`, and who they are where that is known.
FramePoses = tuple[np.ndarray, np.ndarray | None]


class PoseBackend(Backend):
    """One way to poses. A subclass stands in a file of its own and in the registry's group `poses`.

    dtype   of the table: float64 where a published file's numbers are kept
    """

    dtype: ClassVar[str] = "float32"

    @classmethod
    def identified(cls, recipe: Recipe) -> bool:
        """Whether it says who is who."""
        return False

    @abstractmethod
    def poses(self, video: VideoInput) -> Iterator[FramePoses]:
        """(k, 57) rows and int64 (k,) ids or None for each frame handed out, in order, in bounded memory.

        Raises SourceError where this video cannot be used.
        """


def estimated_rows(boxes: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """float32 (k, 57): rows of the table from boxes (k, 5) with scores and joints (k, 17, 3) in pixels of the frame.

    The score of a person is the mean of the joints' scores; the box's score stands beside it. A joint without a
    positive score was not found: its place means nothing, so that x = y = score = 0, as for missing joints everywhere.
    """
    found = np.where(joints[:, :, 2:] > 0, joints, 0)
    scores = found[:, :, 2].mean(axis=1, keepdims=True)
    flat = found.reshape(len(found), 3 * len(COCO17))
    return np.concatenate([boxes, scores, flat], axis=1, dtype=np.float32)
