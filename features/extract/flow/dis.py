"""DIS: dense inverse search by OpenCV, on the CPU and without weights.

Kroeger et al., "Fast Optical Flow using Dense Inverse Search" (ECCV 2016); cv2.DISOpticalFlow with its presets.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import cv2
import numpy as np

from features.extract.feature import Machine
from features.extract.flow.backend import PairBackend
from features.extract.flow.recipe import FlowRecipe
from features.extract.parameters import checked
from features.plan.stages import Context
from features.store.recipe import Recipe

PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}


class DisRecipe(FlowRecipe):
    """`quality` is the preset of OpenCV's DISOpticalFlow: `ultrafast`, `fast` or `medium`."""

    backend: ClassVar[str] = "dis"

    quality: Literal["ultrafast", "fast", "medium"] = "medium"


class Dis(PairBackend):
    """Flow of gray frames (ITU-R BT.601 luma, as OpenCV makes it)."""

    sees_colour: ClassVar[bool] = False
    min_side: ClassVar[int] = 32
    """Below this OpenCV's patches (8 px on a pyramid of at least two levels) do not fit."""

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> DisRecipe:
        """The recipe for `quality` and what all backends share."""
        return checked(DisRecipe, "flow backend 'dis'", parameters)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, DisRecipe)
        self.preset = PRESETS[recipe.quality]

    def encode(self, frames: np.ndarray) -> Sequence[np.ndarray]:
        """The frames in gray, uint8 (height, width) each."""
        return [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]

    def match(self, first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
        """float32 (n, 2, height, width)."""
        # A fresh instance: one that is used again starts from what it found last.
        found = [
            cv2.DISOpticalFlow.create(self.preset).calc(one, other, None)
            for one, other in zip(first, second, strict=True)
        ]
        return np.stack([flow.transpose(2, 0, 1) for flow in found])
