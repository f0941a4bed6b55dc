"""What a backend of `boxes` is: consecutive frames in, a table of boxes per frame out."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from features.extract.backend import Backend
from features.extract.feature import VideoInput

COLUMNS = ("x1", "y1", "x2", "y2", "score", "label", "origin")
DETECTOR, MOTION, IMPORTED = 0, 1, 2


class Frames(Protocol):
    """Anything that hands out a video's frames in order."""

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        """uint8 (up to `rows`, height, width, 3)."""
        ...


@dataclass(frozen=True)
class Block:
    """Consecutive frames of one video together with their neighbours.

    first    number of the first frame
    padded   uint8 (n + 2, height, width, 3) RGB: one frame before and one after the n frames; beyond the video's ends
             the end frame itself (the `hard` border of 1.4 in the facts of LBR-SPR)
    """

    video: VideoInput
    first: int
    padded: np.ndarray

    @property
    def frames(self) -> np.ndarray:
        """uint8 (n, height, width, 3) RGB."""
        return self.padded[1:-1]

    @property
    def numbers(self) -> range:
        """The frames' numbers."""
        return range(self.first, self.first + len(self.padded) - 2)


class BoxBackend(Backend):
    """One way to find boxes. A subclass stands in a file of its own and in the registry's group `boxes`."""

    origin: ClassVar[int]

    @abstractmethod
    def boxes(self, block: Block, found: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One table float32 (k, 6) for each frame: x1, y1, x2, y2 in pixels, score, label (without: NaN and -1).

        `found` holds the boxes (k, 4 or more) that are known already in each frame: motion looks elsewhere.
        """


def blocks_with_neighbours(video: Frames, rows: int) -> Iterator[tuple[int, np.ndarray]]:
    """(number of the first frame, frames with one neighbour on either side) over a video, `rows` frames at a time.

    Holds two blocks at most.
    """
    first = 0
    previous: np.ndarray | None = None
    waiting: np.ndarray | None = None
    for block in video.blocks(rows):
        if len(block) == 0:
            continue
        if waiting is not None:
            yield first, _padded(previous, waiting, block[0])
            first += len(waiting)
            previous = waiting[-1]
        waiting = block
    if waiting is not None:
        yield first, _padded(previous, waiting, None)


def _padded(previous: np.ndarray | None, frames: np.ndarray, following: np.ndarray | None) -> np.ndarray:
    before = frames[0] if previous is None else previous
    after = frames[-1] if following is None else following
    return np.concatenate([before[None], frames, after[None]])


def plain_rows(corners: np.ndarray) -> np.ndarray:
    """float32 (k, 6) from corners (k, 4): no score (NaN), no label (-1)."""
    rows = np.full((len(corners), 6), -1, np.float32)
    rows[:, :4] = corners
    rows[:, 4] = np.nan
    return rows
