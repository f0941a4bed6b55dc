"""Inception I3D, for pictures and for flow: 1024 numbers a clip."""

from typing import ClassVar, Literal

import numpy as np

from features.errors import SourceError
from features.extract.clips.network import ROLES, NetworkBackend, NetworkRecipe
from features.extract.feature import Machine
from features.store.recipe import Recipe

FEATURES = 1024
CLASSES = 400  # Kinetics'


class I3dRecipe(NetworkRecipe):
    """The network and where its vector is taken.

    variant  which port: `slash` (piergiaj), `port_head` (hassony2) or `port_old` (hassony2 before 2020-09, and its
             copies in video_features, UR-DMU and the AR-Net extractor); they differ in padding and BatchNorm's epsilon
    layer    `features` (1024, after the average pool) or `logits`
    pooling  window  average of 2 x 7 x 7 as published, then the mean over time: of one window for 16 frames, of seven
                     for 64; for pictures of 224 x 224
             mean    mean of all positions, for pictures of any size
             steps   as `window`, without the mean over time: a vector every 8 frames
    """

    backend: ClassVar[str] = "i3d"

    variant: Literal["slash", "port_head", "port_old"] = "slash"
    layer: Literal["features", "logits"] = "features"
    pooling: Literal["window", "mean", "steps"] = "window"


class I3d(NetworkBackend):
    """Features of an Inception I3D network for each stream."""

    parameters: ClassVar[type[NetworkRecipe]] = I3dRecipe
    streams: ClassVar[tuple[str, ...]] = ("rgb", "flow")
    # Four clips of 16 on a CPU share the matrix products of its last blocks, whose maps are small.
    shared: ClassVar[int] = 16

    @classmethod
    def width(cls, recipe: Recipe, stream: str) -> int:
        """1024, or one for each of Kinetics' 400 classes."""
        assert isinstance(recipe, I3dRecipe)
        return CLASSES if recipe.layer == "logits" else FEATURES

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        # Imported here since torch takes seconds, and planning asks for recipes alone.
        from features.extract.clips.inception_vectors import vectors

        super().__init__(recipe, machine)
        assert isinstance(recipe, I3dRecipe)
        self._vectors = {
            stream: vectors(recipe, stream, getattr(recipe, ROLES[stream]), machine.device)
            for stream in recipe.view.streams
        }

    def embed(self, stream: str, clips: np.ndarray) -> np.ndarray:
        """float32 (n, width), or (n, steps, width) with pooling `steps`.

        Raises SourceError for pictures of a size that the pooling does not take, and for clips that are too short.
        """
        try:
            return self._vectors[stream](clips)
        except ValueError as error:
            length, height, width = clips.shape[2:]
            raise SourceError(
                f"clips of {length} frames of {height} x {width} {error}; show 16 frames of 224 x 224, or set pooling: "
                "mean, which takes other sizes, too"
            ) from None
