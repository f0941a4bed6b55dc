"""RAFT, small and large, with torchvision's or the authors' weights."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from features.errors import WeightsError
from features.extract.devices import exact
from features.extract.feature import Machine
from features.extract.flow.backend import PairBackend
from features.extract.flow.checkpoint import torchvision_names
from features.extract.flow.network import MIN_SIDE, STRIDE, Encoded, correlation_bytes
from features.extract.flow.network import Raft as Network
from features.extract.flow.recipe import FlowRecipe
from features.extract.parameters import checked
from features.extract.weights import find_weights, load_torch
from features.plan.stages import Context
from features.store.recipe import Recipe, Weights

# The files that are looked for where the config names none: the authors' small network, torchvision's large one.
DEFAULT_WEIGHTS = {"small": "raft-small.pth", "large": "raft_large_C_T_SKHT_V2-ff5fadd5.pth"}

# Correlations of the pairs that are computed together; a single pair of large frames may take more.
CORRELATION_BYTES = 512 * 2**20


class RaftRecipe(FlowRecipe):
    """A RAFT network.

    model       `large` (5.3 M parameters) or `small` (1.0 M)
    iterations  updates of the flow; 12 as in the published default and in torchvision (the authors' demo: 20)
    colour      order in which the channels of a frame are fed: `rgb` as it was trained, `bgr` as published systems do
    """

    backend: ClassVar[str] = "raft"

    model: Literal["small", "large"] = "large"
    iterations: int = Field(12, ge=1, le=100)
    colour: Literal["rgb", "bgr"] = "rgb"
    weights: Weights


class Raft(PairBackend):
    """Flow of a RAFT network; features of a frame are computed once."""

    min_side: ClassVar[int] = MIN_SIDE
    multiple: ClassVar[int] = STRIDE

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> RaftRecipe:
        """The recipe for `model`, `weights` (a file's name), `iterations`, `colour` and what all backends share."""
        wished = dict(parameters)
        name = wished.pop("weights", None) or DEFAULT_WEIGHTS.get(str(wished.get("model", "large")))
        # Where the model is none of the two there is no file to look for; the check below says what is wrong.
        weights = find_weights(name, context.weights) if name else Weights(name="", sha256="")
        return checked(RaftRecipe, "flow backend 'raft'", wished | {"weights": weights})

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, RaftRecipe)
        self.parameters = recipe
        self.device = torch.device(machine.device)
        self.network = Network(recipe.model)
        try:
            self.network.load(torchvision_names(load_torch(recipe.weights)))
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(f"{recipe.weights.name} is not a RAFT {recipe.model} network: {reason}") from None
        self.network.to(self.device)
        if self.device.type == "cpu":
            self.network.accelerate()

    def encode(self, frames: np.ndarray) -> Sequence[Encoded]:
        """The network's maps of each frame."""
        channels = frames[..., ::-1] if self.parameters.colour == "bgr" else frames
        images = torch.from_numpy(np.ascontiguousarray(channels)).to(self.device).permute(0, 3, 1, 2)
        with torch.inference_mode(), exact():
            encoded = self.network.encode(images.float() / 127.5 - 1)
        return encoded.split()

    def match(self, first: Sequence[Encoded], second: Sequence[Encoded]) -> np.ndarray:
        """float32 (n, 2, height, width)."""
        _, _, h, w = second[0].features.shape
        at_a_time = max(1, CORRELATION_BYTES // correlation_bytes(h, w))
        flows = []
        for start in range(0, len(first), at_a_time):
            some = slice(start, start + at_a_time)
            with torch.inference_mode(), exact():
                features = torch.cat([frame.features for frame in second[some]])
                flow = self.network(Encoded.join(first[some]), features, self.parameters.iterations)
            flows.append(flow.cpu().numpy())
        return np.concatenate(flows)
