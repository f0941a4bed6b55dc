"""Training state after an epoch in one safetensors file: parameters, optimiser moments; losses as its metadata."""

import json
import os
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from features.errors import FeaturesError
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
    # Parameters are views of one vector, which safetensors would refuse.
    packed = {name: value.detach().cpu().clone() for name, value in tensors.items()}
    aside = path.with_suffix(".part")
    with aside.open("wb") as file:
        file.write(save(packed, {"identity": identity, "losses": json.dumps(losses)}))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def load_checkpoint(path: Path, identity: str, network: Flow, optimiser: FlatAdamax) -> list[float]:
    """Bring network and optimiser to the state saved at `path`; the losses of the epochs behind it, none if not there.

    Raises FeaturesError where the file is damaged or belongs to another training.
    """
    if not path.exists():
        return []
    try:
        with safe_open(path, "pt") as file:
            metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise FeaturesError(f"checkpoint {path} is damaged ({error}); remove it to train from the start") from None
    if metadata["identity"] != identity:
        raise FeaturesError(f"checkpoint {path} belongs to another training; remove it to train from the start")
    network.load(_below(tensors, NETWORK))
    optimiser.restore(_below(tensors, MOMENTS))
    losses: list[float] = json.loads(metadata["losses"])
    return losses


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
