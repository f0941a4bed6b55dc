"""STG-NF's training state after an epoch: parameters, optimiser moments, losses."""

from pathlib import Path

from torch import Tensor

from features.models.checkpoint import below, read_state, write_state
from features.models.stgnf.network import Flow
from features.models.stgnf.optimiser import FlatAdamax

NETWORK, MOMENTS = "network.", "optimiser."


def save_checkpoint(path: Path, identity: str, losses: list[float], network: Flow, optimiser: FlatAdamax) -> None:
    """Replace the checkpoint at `path` by the present state: whole or not at all.

    `identity` names the training: recipe and poses. `losses` has one entry for each whole epoch behind us; the order
    of windows follows from seed and epoch, so there is no generator to keep.
    """
    tensors: dict[str, Tensor] = {NETWORK + name: value for name, value in network.state_dict().items()}
    tensors |= {MOMENTS + name: value for name, value in optimiser.moments().items()}
    write_state(path, identity, tensors, losses=losses)


def load_checkpoint(path: Path, identity: str, network: Flow, optimiser: FlatAdamax) -> list[float]:
    """Bring network and optimiser to the state saved at `path`; the losses of the epochs behind it, none if not there.

    Raises FeaturesError where the file is damaged or belongs to another training.
    """
    state = read_state(path, identity)
    if state is None:
        return []
    tensors, facts = state
    network.load(below(tensors, NETWORK))
    optimiser.restore(below(tensors, MOMENTS))
    losses: list[float] = facts["losses"]
    return losses
