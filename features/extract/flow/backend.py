"""What a flow backend is: a video in, vectors out."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from features.extract.backend import Backend
from features.extract.feature import VideoInput
from features.extract.flow.pairing import pairs
from features.extract.flow.recipe import FlowRecipe
from features.extract.flow.resize import Working, working
from features.plan.stages import Context


class FlowBackend(Backend):
    """One way to have flow. A subclass stands in a file of its own and in the registry's group `flow`."""

    sees_colour: ClassVar[bool] = False
    """Whether its recipe has a parameter `colour`, `rgb` or `bgr`: the order in which channels are fed to it."""

    @classmethod
    @abstractmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> FlowRecipe:
        """The recipe for the parameters of a config entry, with what is said of frames, pairs and size."""

    @abstractmethod
    def rows(self, video: VideoInput, recipe: FlowRecipe, batch: int) -> Iterator[tuple[np.ndarray, int]]:
        """(float32 (k, 2, height, width), frames done) until all rows of the video are there, in bounded memory.

        Vectors (x, y) are in pixels of the frames handed out; `batch` frames are looked at together.

        Raises SourceError where this video cannot be used.
        """


class PairBackend(FlowBackend):
    """Flow that is computed from pairs of frames: blocks, pairs and sizes are done here.

    The work is in two steps, so that what belongs to a frame is done once though the frame belongs to two pairs:
    `encode` frames, then `match` pairs of what it returned. Both are pure functions of arrays.
    """

    sees_colour: ClassVar[bool] = True

    min_side: ClassVar[int] = 1
    """Frames with a shorter side are enlarged to it by repeating their border, and the vectors cut out again."""

    multiple: ClassVar[int] = 1
    """Sides are likewise rounded up to a multiple of it."""

    @abstractmethod
    def encode(self, frames: np.ndarray) -> Sequence[Any]:
        """Whatever `match` needs of each of the frames, uint8 (n, height, width, 3) RGB."""

    @abstractmethod
    def match(self, first: Sequence[Any], second: Sequence[Any]) -> np.ndarray:
        """float32 (n, 2, height, width): the vectors (x, y) in pixels that lead from each first frame to its second."""

    def pairs(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """float32 (n, 2, height, width) for two stacks of frames, uint8 (n, height, width, 3) RGB."""
        return self.match(self.encode(first), self.encode(second))

    def rows(self, video: VideoInput, recipe: FlowRecipe, batch: int) -> Iterator[tuple[np.ndarray, int]]:
        """Frames are read once; in memory are two blocks of them and what `encode` made of these."""
        size = working(video.height, video.width, recipe.seen(video.height, video.width), self.min_side, self.multiple)
        waiting = pairs(recipe.pairing, video.frames)
        known: dict[int, Any] = {}
        done = 0
        for block in video.blocks(batch):
            encoded = self.encode(size.frames(block))
            known = _latest(known) | dict(enumerate(encoded, start=done))
            done += len(block)
            ready = int(np.searchsorted(waiting[:, 1], done))
            if ready:
                yield self._computed(waiting[:ready], known, size), done
            waiting = waiting[ready:]

    def _computed(self, wanted: np.ndarray, known: Mapping[int, Any], size: Working) -> np.ndarray:
        """Vectors of the wanted pairs, each distinct pair computed once."""
        distinct, places = np.unique(wanted, axis=0, return_inverse=True)
        first: Sequence[Any] = [known[number] for number in distinct[:, 0].tolist()]
        second: Sequence[Any] = [known[number] for number in distinct[:, 1].tolist()]
        return size.vectors(self.match(first, second))[places.reshape(-1)]


def _latest(known: Mapping[int, Any]) -> dict[int, Any]:
    """The entry of the last frame: it begins the first pair of the next block."""
    return {number: known[number] for number in list(known)[-1:]}
