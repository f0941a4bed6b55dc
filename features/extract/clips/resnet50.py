"""ResNet-50 I3D: 2048 numbers a clip, with the authors' Caffe2 weights or torch's."""

from typing import ClassVar

import numpy as np

from features.extract.clips.network import NetworkBackend, NetworkRecipe
from features.extract.feature import Machine
from features.store.recipe import Recipe

FEATURES = 2048


class ResNet50Recipe(NetworkRecipe):
    """The network; its vector is the mean of all positions of the last maps, for pictures of any size.

    non_local  with the five non-local blocks (`i3d_nonlocal_32x2_IN_pretrain_400k.pkl`) or without
               (`i3d_baseline_32x2_IN_pretrain_400k.pkl`)
    """

    backend: ClassVar[str] = "resnet50-i3d"

    non_local: bool = False


class ResNet50(NetworkBackend):
    """Features of a ResNet-50 inflated to clips."""

    parameters: ClassVar[type[NetworkRecipe]] = ResNet50Recipe
    # Four clips of 16 on a CPU share the matrix products of its last blocks, whose maps are small.
    shared: ClassVar[int] = 16

    @classmethod
    def width(cls, recipe: Recipe, stream: str) -> int:
        """2048."""
        return FEATURES

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        # Imported here since torch takes seconds, and planning asks for recipes alone.
        from features.extract.clips.caffe2 import read_parameters
        from features.extract.clips.fold import fold_norms
        from features.extract.clips.resnet3d import ResNet3d
        from features.extract.clips.resnet_fast import FastResNet
        from features.extract.clips.running import Divided, Running, channels_last, loaded

        super().__init__(recipe, machine)
        assert isinstance(recipe, ResNet50Recipe)
        non_local = recipe.non_local
        what = f"a ResNet-50 I3D network {'with' if non_local else 'without'} non-local blocks"
        network = loaded(lambda: ResNet3d(non_local), recipe.weights, recipe.seed, what, read_parameters)
        on_cpu = machine.device == "cpu"
        maps = Divided(FastResNet(network)) if on_cpu else channels_last(fold_norms(network), machine.device)
        self._vectors = Running(lambda clips: maps(clips).mean((2, 3, 4)), machine.device)

    def embed(self, stream: str, clips: np.ndarray) -> np.ndarray:
        """float32 (n, 2048)."""
        return self._vectors(clips)
