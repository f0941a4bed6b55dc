"""Windows: what the flow sees of a person. A rule says which there are, how they look and what their scores mean."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from features.models.stgnf.persons import Person

JOINTS = 18
# A window may lack this many of its frames: orhir/STG-NF @edb5f32, utils/pose_utils.py.
MISSING_FRAMES = 2

# Matrices of the augmentations over pixels (x, y): orhir/STG-NF @edb5f32, dataset.py. Each odd one is the one before it
# and then a flip, which every rule does in its own way.
SHEARS = np.array(
    [[[1, 0], [0, 1]], [[1, 0.1], [0.1, 1]], [[1, 0], [0.1, 1]], [[1, 0.1], [0, 1]]],
    np.float32,
)
TRANSFORMS = 2 * len(SHEARS)


@dataclass(frozen=True)
class Windows:
    """Windows of one or many persons.

    joints  float32 (n, 2, seg_len, 18): x and y in pixels, in OpenPose's order
    starts  int64 (n,): the frame of the first row
    rows    int64 (n,): the row of the poses table that the first row is from
    """

    joints: np.ndarray
    starts: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)


def no_windows(seg_len: int) -> Windows:
    """Windows of nobody."""
    return Windows(np.empty((0, 2, seg_len, JOINTS), np.float32), np.empty(0, np.int64), np.empty(0, np.int64))


def sheared(joints: np.ndarray, transform: int) -> np.ndarray:
    """Windows (n, 2, t, 18) under the shear of an augmentation, without its flip."""
    if transform < 2:
        return joints
    return np.asarray(np.einsum("ij,njtv->nitv", SHEARS[transform // 2], joints))


class Rule(ABC):
    """One way from persons to windows and back from window scores to frames. Pure functions of arrays.

    name         as in the config
    differences  what sets it off from the other rule, for the report
    """

    name: ClassVar[str]
    differences: ClassVar[tuple[str, ...]]

    @abstractmethod
    def cut(self, person: Person, seg_len: int, stride: int) -> Windows:
        """The windows of one person, in order of time; `stride` is 1 where they are scored."""

    @abstractmethod
    def augmented(self, joints: np.ndarray, transform: int) -> np.ndarray:
        """Windows (n, 2, t, 18) in pixels, as augmentation `transform` (0: as they are, 1: flipped) shows them."""

    @abstractmethod
    def normalised(self, joints: np.ndarray, height: int) -> np.ndarray:
        """float32 (n, 2, t, 18): windows in pixels of a picture of this height, as the flow takes them."""

    @abstractmethod
    def on_frames(self, starts: np.ndarray, scores: np.ndarray, seg_len: int) -> tuple[np.ndarray, np.ndarray]:
        """Frames int64 (m,) where one person has a score, and the scores (m,), from those of its windows (n,)."""
