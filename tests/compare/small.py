"""A small network in the registry, presets that use it, its weights in a file, and videos."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from PIL import Image

from features.errors import WeightsError
from features.extract.clips import presets
from features.extract.clips.network import ROLES, NetworkBackend, NetworkRecipe
from features.extract.clips.presets import Preset
from features.extract.feature import Machine
from features.extract.weights import load_torch
from features.store.recipe import Recipe, Weights
from tests.compare.made import CHANNELS, Network, Way, film

PLANES = {"rgb": 3, "flow": 2}
VIEW = {"length": 16, "stride": 16, "tail": "drop", "resize": {"rule": "none"}, "crops": "torchvision", "side": 20}
PRESETS = {
    "ours": Preset("small", "here", "", VIEW | {"mean": (114.75,) * 3, "std": (57.375,) * 3}),
    "theirs": Preset("small", "there", "", VIEW | {"crops": "gowtham", "tail": "repeat"}),
    "one-view": Preset("small", "there", "", VIEW | {"crops": "centre"}),
    "wide": Preset("wide", "there", "", VIEW),
    "lost": Preset("small", "nowhere", "", missing="needs a network that nobody has"),
}


MOVING = Preset(
    "moving",
    "there",
    "",
    VIEW | {"crops": "centre", "tail": "drop-last", "flow": {"at": "source", "bound": 4}},
    vectors={"backend": "dis"},
)


class SmallRecipe(NetworkRecipe):
    backend: ClassVar[str] = "small"


class Small(NetworkBackend):
    """`made.Network` with the weights of a file."""

    parameters = SmallRecipe
    eps = 1e-3

    @classmethod
    def width(cls, recipe: Recipe, stream: str) -> int:
        return CHANNELS

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        super().__init__(recipe, machine)
        self.network = Network(Way(eps=self.eps))
        if self.settings.weights is not None:
            self.network.load_state_dict(load_torch(self.settings.weights))

    def embed(self, stream: str, clips: np.ndarray) -> np.ndarray:
        found: np.ndarray = self.network(torch.from_numpy(clips)).numpy()
        return found


class MovingRecipe(NetworkRecipe):
    backend: ClassVar[str] = "moving"


class Moving(Small):
    """A network for each of pictures and flow."""

    parameters = MovingRecipe
    streams = ("rgb", "flow")

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        NetworkBackend.__init__(self, recipe, machine)
        self.networks = {stream: self._network(stream) for stream in self.settings.view.streams}

    def _network(self, stream: str) -> Network:
        weights: Weights = getattr(self.settings, ROLES[stream])
        network = Network(Way(), PLANES[stream])
        try:
            network.load_state_dict(load_torch(weights))
        except RuntimeError:
            raise WeightsError(f"{weights.name} is of the other stream") from None
        return network

    def embed(self, stream: str, clips: np.ndarray) -> np.ndarray:
        found: np.ndarray = self.networks[stream](torch.from_numpy(clips)).numpy()
        return found


class WideRecipe(NetworkRecipe):
    backend: ClassVar[str] = "wide"


class Wide(Small):
    """A network of another width."""

    parameters = WideRecipe

    @classmethod
    def width(cls, recipe: Recipe, stream: str) -> int:
        return 300


def known_presets() -> dict[str, Preset]:
    """What stands in the place of the published presets."""
    assert presets.PRESETS.keys().isdisjoint(PRESETS)
    return PRESETS


def write_weights(path: Path, checkpoint: int = 0, stream: str = "rgb") -> Path:
    torch.save(Network(Way(checkpoint=checkpoint), PLANES[stream]).state_dict(), path)
    return path


def write_film(folder: Path, seed: int, frames: int) -> Path:
    """A film as a folder of PNG files."""
    folder.mkdir(parents=True)
    for number, picture in enumerate(film(seed, frames)):
        Image.fromarray(picture).save(folder / f"{number:04}.png")
    return folder
