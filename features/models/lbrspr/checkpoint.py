"""LBR-SPR's training state after an epoch: parameters, optimiser moments, counters."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from features.models.checkpoint import below, read_state, write_state

MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass
class Counters:
    """Where training stands. The order of cubes follows from seed and epoch, so there is no generator to keep.

    epochs   whole epochs behind us
    steps    weighted batches behind us: t of the self-paced thresholds
    losses   for each epoch the mean over its batches of raw loss, flow loss, total
    """

    epochs: int = 0
    steps: int = 0
    losses: list[list[float]] = field(default_factory=list)


def save_checkpoint(
    path: Path, identity: str, counters: Counters, network: nn.Module, optimiser: torch.optim.Optimizer
) -> None:
    """Replace the checkpoint at `path` by the present state: whole or not at all.

    `identity` names the training: recipe, block and cubes.
    """
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for name, moment in _moments(network, optimiser):
        tensors[f"optimiser.{name}"] = moment
    write_state(path, identity, tensors, counters=asdict(counters))


def load_checkpoint(path: Path, identity: str, network: nn.Module, optimiser: torch.optim.Optimizer) -> Counters:
    """Bring network and optimiser to the state saved at `path`; fresh counters where nothing was saved.

    Raises FeaturesError where the file is damaged or belongs to another training.
    """
    state = read_state(path, identity)
    if state is None:
        return Counters()
    tensors, facts = state
    network.load_state_dict(below(tensors, "network."))
    _restore(network, optimiser, below(tensors, "optimiser."))
    return Counters(**facts["counters"])


def _moments(network: nn.Module, optimiser: torch.optim.Optimizer) -> Sequence[tuple[str, Tensor]]:
    return [
        (f"{kind}.{name}", optimiser.state[parameter][kind])
        for name, parameter in network.named_parameters()
        for kind in MOMENTS
    ]


def _restore(network: nn.Module, optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    for name, parameter in network.named_parameters():
        state: dict[str, Any] = {}
        for kind in MOMENTS:
            saved = tensors[f"{kind}.{name}"]
            # The fused optimiser walks memory: moments must lie as their parameter does.
            state[kind] = saved.to(parameter.device) if saved.ndim == 0 else torch.empty_like(parameter).copy_(saved)
        optimiser.state[parameter] = state
