"""The image encoder of CLIP, by open_clip: pictures one by one (Radford et al., ICML 2021)."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from features.errors import PackageMissing, WeightsError
from features.extract.clips.network import NetworkBackend, NetworkRecipe
from features.extract.feature import Machine
from features.store.recipe import Recipe, Weights

if TYPE_CHECKING:
    from torch import Tensor

Model = Literal[
    "ViT-B-32-quickgelu", "ViT-B-16-quickgelu", "ViT-L-14-quickgelu", "ViT-B-32", "ViT-B-16", "ViT-L-14"
]  # fmt: skip
WIDTHS: dict[Model, int] = {
    "ViT-B-32-quickgelu": 512,
    "ViT-B-16-quickgelu": 512,
    "ViT-L-14-quickgelu": 768,
    "ViT-B-32": 512,
    "ViT-B-16": 512,
    "ViT-L-14": 768,
}


class ImageTextRecipe(NetworkRecipe):
    """The encoder.

    model  open_clip's name of the network; OpenAI's weights belong to those that end in `quickgelu`
    """

    backend: ClassVar[str] = "clip"

    model: Model = "ViT-B-32-quickgelu"


class ImageText(NetworkBackend):
    """CLIP's features of pictures; of a clip of several, their mean."""

    parameters: ClassVar[type[NetworkRecipe]] = ImageTextRecipe

    @classmethod
    def width(cls, recipe: Recipe, stream: str) -> int:
        """512, or 768 for the large model."""
        assert isinstance(recipe, ImageTextRecipe)
        return WIDTHS[recipe.model]

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        # Imported here since torch takes seconds, and planning asks for recipes alone.
        from features.extract.clips.running import Running, loaded

        super().__init__(recipe, machine)
        assert isinstance(recipe, ImageTextRecipe)
        what = f"CLIP's {recipe.model}"
        encoder = loaded(lambda: _encoder(recipe.model), recipe.weights, recipe.seed, what, _visual).to(machine.device)

        def embed(clips: "Tensor") -> "Tensor":
            pictures = clips.transpose(1, 2).flatten(0, 1)
            vectors: Tensor = encoder(pictures).unflatten(0, (len(clips), -1)).mean(1)
            return vectors

        self._vectors = Running(embed, machine.device)

    def embed(self, stream: str, clips: np.ndarray) -> np.ndarray:
        """float32 (n, width), not normalised."""
        return self._vectors(clips)


def _encoder(model: str) -> Any:
    """open_clip's image encoder with random parameters.

    Raises PackageMissing if open_clip is not installed.
    """
    if find_spec("open_clip") is None:
        raise PackageMissing("open_clip is not installed; install it: pip install open-clip-torch")
    from features.extract.torchvision_shim import torchvision

    torchvision()  # open_clip imports it, which by itself fails where its extension does not load
    open_clip: Any = import_module("open_clip")
    return open_clip.CLIP(**open_clip.get_model_config(model)).visual


def _visual(weights: Weights) -> "dict[str, Tensor]":
    """The image encoder's parameters among those of OpenAI's or open_clip's whole network."""
    from features.extract.weights import load_torch

    prefix = "visual."
    visual = {
        name.removeprefix(prefix): value for name, value in load_torch(weights).items() if name.startswith(prefix)
    }
    if not visual:
        raise WeightsError(f"{weights.name} has no image encoder (visual.*); export the whole network's state_dict")
    return {name: value.float() for name, value in visual.items()}
