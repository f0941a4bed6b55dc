"""TV-L1: total variation with an L1 data term, by OpenCV's contributed modules, on the CPU and without weights.

Zach, Pock, Bischof, "A Duality Based Approach for Realtime TV-L1 Optical Flow" (DAGM 2007), as implemented by Sánchez,
Meinhardt-Llopis, Facciolo (IPOL 2013). Flow networks of the Kinetics family were trained on it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import cv2
import numpy as np

from features.errors import PackageMissing
from features.extract.feature import Machine
from features.extract.flow.backend import PairBackend
from features.extract.flow.recipe import FlowRecipe
from features.extract.parameters import checked
from features.plan.stages import Context
from features.store.recipe import Recipe

PACKAGE = "opencv-contrib-python-headless"


class Tvl1Recipe(FlowRecipe):
    """All parameters are OpenCV's defaults: tau 0.25, lambda 0.15, theta 0.3, 5 scales, 5 warps, epsilon 0.01."""

    backend: ClassVar[str] = "tvl1"


class Tvl1(PairBackend):
    """Flow of gray frames (ITU-R BT.601 luma, as OpenCV makes it)."""

    sees_colour: ClassVar[bool] = False
    min_side: ClassVar[int] = 16

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> Tvl1Recipe:
        """The recipe for what all backends share.

        Raises PackageMissing where OpenCV came without its contributed modules.
        """
        recipe = checked(Tvl1Recipe, "flow backend 'tvl1'", parameters)
        if not hasattr(cv2, "optflow"):
            raise PackageMissing(f"flow backend 'tvl1' needs OpenCV's contributed modules; pip install {PACKAGE}")
        return recipe

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, Tvl1Recipe)

    def encode(self, frames: np.ndarray) -> Sequence[np.ndarray]:
        """The frames in gray, uint8 (height, width) each."""
        return [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]

    def match(self, first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
        """float32 (n, 2, height, width)."""
        # A fresh instance: one that is used again may keep what it found last.
        found = [
            cv2.optflow.DualTVL1OpticalFlow.create().calc(one, other, None)
            for one, other in zip(first, second, strict=True)
        ]
        return np.stack([flow.transpose(2, 0, 1) for flow in found])
