"""torchvision's S3D: 1024 numbers a clip (Xie et al., ECCV 2018)."""

from typing import ClassVar

import numpy as np

from features.errors import SourceError
from features.extract.clips.network import NetworkBackend, NetworkRecipe
from features.extract.feature import Machine
from features.store.recipe import Recipe

FEATURES = 1024


class S3dRecipe(NetworkRecipe):
    """The network with torchvision's parameters.

    Its vector is the average of 2 x 7 x 7 positions, then the mean over time, as in v-iashin/video_features @a2f61b7.
    """

    backend: ClassVar[str] = "s3d"


class S3d(NetworkBackend):
    """Features of torchvision's s3d."""

    parameters: ClassVar[type[NetworkRecipe]] = S3dRecipe

    @classmethod
    def width(cls, recipe: Recipe, stream: str) -> int:
        """1024."""
        return FEATURES

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        # Imported here since torch takes seconds, and planning asks for recipes alone.
        from features.extract.clips.fold import fold_norms
        from features.extract.clips.inception import pooled
        from features.extract.clips.running import Running, channels_last, loaded
        from features.extract.torchvision_shim import torchvision

        super().__init__(recipe, machine)
        assert isinstance(recipe, S3dRecipe)
        make = torchvision("torchvision.models.video").s3d
        network = loaded(make, recipe.weights, recipe.seed, "torchvision's s3d")
        maps = channels_last(fold_norms(network.features), machine.device)
        self._vectors = Running(lambda clips: pooled(maps(clips), "window").mean(1), machine.device)

    def embed(self, stream: str, clips: np.ndarray) -> np.ndarray:
        """float32 (n, 1024).

        Raises SourceError for pictures of a size that the network does not take, and for clips that are too short.
        """
        try:
            return self._vectors(clips)
        except ValueError as error:
            length, height, width = clips.shape[2:]
            raise SourceError(
                f"clips of {length} frames of {height} x {width} {error}; show 16 frames or more of 224 x 224"
            ) from None
