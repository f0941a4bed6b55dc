"""What a flow backend is: pairs of frames in, vectors out."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from features.extract.backend import Backend
from features.extract.flow.recipe import FlowRecipe
from features.plan.stages import Context


class FlowBackend(Backend):
    """One way to compute flow. A subclass stands in a file of its own and in the registry's group `flow`.

    The work is in two steps, so that what belongs to a frame is done once though the frame belongs to two pairs:
    `encode` frames, then `match` pairs of what it returned. Both are pure functions of arrays.
    """

    sees_colour: ClassVar[bool] = True
    """Whether its recipe has a parameter `colour`, `rgb` or `bgr`: the order in which channels are fed to it."""

    min_side: ClassVar[int] = 1
    """Frames with a shorter side are enlarged to it by repeating their border, and the vectors cut out again."""

    multiple: ClassVar[int] = 1
    """Sides are likewise rounded up to a multiple of it."""

    @classmethod
    @abstractmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> FlowRecipe:
        """The recipe for the parameters of a config entry, with what is said of frames, pairs and size."""

    @abstractmethod
    def encode(self, frames: np.ndarray) -> Sequence[Any]:
        """Whatever `match` needs of each of the frames, uint8 (n, height, width, 3) RGB."""

    @abstractmethod
    def match(self, first: Sequence[Any], second: Sequence[Any]) -> np.ndarray:
        """float32 (n, 2, height, width): the vectors (x, y) in pixels that lead from each first frame to its second."""

    def pairs(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """float32 (n, 2, height, width) for two stacks of frames, uint8 (n, height, width, 3) RGB."""
        return self.match(self.encode(first), self.encode(second))
