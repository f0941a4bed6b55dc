"""torchvision's R(2+1)D of 18 layers: 512 numbers a clip (Tran et al., CVPR 2018)."""

from typing import ClassVar

import numpy as np

from features.extract.clips.network import NetworkBackend, NetworkRecipe
from features.extract.feature import Machine
from features.store.recipe import Recipe

FEATURES = 512


class R2Plus1dRecipe(NetworkRecipe):
    """The network with torchvision's parameters; its vector is the mean of all positions of the last maps."""

    backend: ClassVar[str] = "r2plus1d"


class R2Plus1d(NetworkBackend):
    """Features of torchvision's r2plus1d_18."""

    parameters: ClassVar[type[NetworkRecipe]] = R2Plus1dRecipe

    @classmethod
    def width(cls, recipe: Recipe, stream: str) -> int:
        """512."""
        return FEATURES

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        # Imported here since torch takes seconds, and planning asks for recipes alone.
        from torch import nn

        from features.extract.clips.fold import fold_norms
        from features.extract.clips.running import Running, channels_last, loaded
        from features.extract.torchvision_shim import torchvision

        super().__init__(recipe, machine)
        assert isinstance(recipe, R2Plus1dRecipe)
        make = torchvision("torchvision.models.video").r2plus1d_18
        network = loaded(make, recipe.weights, recipe.seed, "torchvision's r2plus1d_18")
        network.fc = nn.Identity()
        self._vectors = Running(channels_last(fold_norms(network), machine.device), machine.device)

    def embed(self, stream: str, clips: np.ndarray) -> np.ndarray:
        """float32 (n, 512)."""
        return self._vectors(clips)
