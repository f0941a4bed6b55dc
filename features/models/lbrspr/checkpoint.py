"""LBR-SPR's training state after an epoch: parameters, optimiser moments, counters."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn

from features.models.checkpoint import below, moments, read_state, restore_moments, write_state


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
    tensors |= {f"optimiser.{name}": moment for name, moment in moments(network, optimiser).items()}
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
    restore_moments(network, optimiser, below(tensors, "optimiser."))
    return Counters(**facts["counters"])
