"""Training state in one safetensors file: tensors, and JSON facts as its metadata."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from features.errors import FeaturesError

ADAM_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def write_state(path: Path, identity: str, tensors: Mapping[str, Tensor], **facts: Any) -> None:
    """Replace the state at `path`: whole or not at all. `identity` names the training that it belongs to."""
    # Copies: parameters may be views of one vector, which safetensors would refuse.
    packed = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    aside = path.with_suffix(".part")
    with aside.open("wb") as file:
        told = {name: json.dumps(value) for name, value in facts.items()}
        file.write(save(packed, {"identity": identity, **told}))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def read_state(path: Path, identity: str) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The tensors and facts at `path`; None where nothing was written.

    Raises FeaturesError where the file is damaged or belongs to another training.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise FeaturesError(f"checkpoint {path} is damaged ({error}); remove it to train from the start") from None
    if metadata["identity"] != identity:
        raise FeaturesError(f"checkpoint {path} belongs to another training; remove it to train from the start")
    return tensors, {name: json.loads(value) for name, value in metadata.items() if name != "identity"}


def below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def moments(network: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What Adam remembers of the steps so far, by moment and parameter: `exp_avg.classifier.weight`."""
    return {
        f"{kind}.{name}": optimiser.state[parameter][kind]
        for name, parameter in network.named_parameters()
        for kind in ADAM_MOMENTS
    }


def restore_moments(network: nn.Module, optimiser: torch.optim.Optimizer, saved: Mapping[str, Tensor]) -> None:
    """Go on from what `moments` gave."""
    for name, parameter in network.named_parameters():
        state: dict[str, Tensor] = {}
        for kind in ADAM_MOMENTS:
            value = saved[f"{kind}.{name}"]
            # The fused optimiser walks memory: moments must lie as their parameter does.
            state[kind] = value.to(parameter.device) if value.ndim == 0 else torch.empty_like(parameter).copy_(value)
        optimiser.state[parameter] = state
