"""Published checkpoints of STG-NF, read without running any code that a file may hold."""

import argparse
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from features.errors import WeightsError
from features.extract.weights import torch_content, weights_path
from features.models.stgnf.network import Flow
from features.models.stgnf.recipe import StgnfRecipe

PRIOR = "prior_h"
# Far beyond any window in use; a file that asks for more asks for memory.
LONGEST = 1024


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds.

    parameters  the network's state_dict, on the CPU
    settings    of `seg_len`, `K`, `R` those that the file tells
    """

    parameters: dict[str, Tensor]
    settings: dict[str, float]


def load_weights(recipe: StgnfRecipe) -> Checkpoint:
    """The checkpoint that a recipe names.

    Raises WeightsError, in one line, where the file is no checkpoint of STG-NF, or one of other settings.
    """
    assert recipe.weights is not None
    checkpoint = read_checkpoint(weights_path(recipe.weights))
    for name, value in checkpoint.settings.items():
        if value != getattr(recipe, name):
            told = ", ".join(f"{key}: {found:g}" for key, found in checkpoint.settings.items())
            raise WeightsError(
                f"weights {recipe.weights.name!r} have {name} {value:g}, the config asks for "
                f"{getattr(recipe, name):g}; set {told} in the model's entry"
            )
    return checkpoint


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint at `path`: the published `.tar`, its state_dict saved by torch, or as `.npz`.

    Raises WeightsError, in one line, where the file is none of them.
    """
    state = _arrays(path) if path.suffix == ".npz" else _torch_file(path)
    settings = _settings(state)
    parameters = {name: value for name, value in state.items() if not name.startswith(PRIOR)}
    return Checkpoint(_fitting(path, parameters, settings), settings)


def _torch_file(path: Path) -> dict[str, Tensor]:
    # The published files hold the command line beside the tensors, as a Namespace: nothing else is let in.
    content = torch_content(path, [argparse.Namespace])
    state = content.get("state_dict", content) if isinstance(content, dict) else content
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"{path} does not hold tensors by name; export the network's state_dict")
    return {str(name): value for name, value in state.items()}


def _arrays(path: Path) -> dict[str, Tensor]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: torch.from_numpy(np.asarray(file[name])) for name in file.files}
    except (ValueError, TypeError, OSError, EOFError, KeyError, zipfile.BadZipFile):
        raise WeightsError(f"{path} is not an npz file of numbers alone, or is damaged; get it anew") from None


def _settings(state: Mapping[str, Tensor]) -> dict[str, float]:
    """Length of a window and steps from the shapes of the parameters, R from the prior where the file has it."""
    kernel = state.get("flow.layers.0.block.0.tcn.2.weight")
    steps = {name.split(".")[2] for name in state if name.startswith("flow.layers.")}
    settings: dict[str, float] = {"K": len(steps)}
    if kernel is not None and kernel.ndim == 4:
        settings["seg_len"] = 2 * (kernel.shape[2] - 1)
    prior = state.get(f"{PRIOR}_normal")
    if prior is not None and prior.ndim == 3 and prior.numel():
        settings["R"] = float(prior[0, 0, 0])
    return settings


def _fitting(path: Path, parameters: Mapping[str, Tensor], settings: Mapping[str, float]) -> dict[str, Tensor]:
    """The parameters in the network's types.

    Raises WeightsError unless names and shapes are those of the network, and every number is one.
    """
    if not 4 <= settings.get("seg_len", 0) <= LONGEST:
        raise WeightsError(
            f"{path} holds no parameters of STG-NF; the published names begin with flow.layers.0.actnorm"
        )
    wanted = Flow(int(settings["seg_len"]), int(settings["K"])).state_dict()
    odd = sorted(wanted.keys() ^ parameters.keys())
    if odd:
        raise WeightsError(f"{path} is of another network: {odd[0]} and {len(odd) - 1} more names do not match")
    for name, value in wanted.items():
        if parameters[name].shape != value.shape:
            raise WeightsError(f"{path}: {name} has shape {tuple(parameters[name].shape)}, not {tuple(value.shape)}")
        if not torch.isfinite(parameters[name]).all():
            raise WeightsError(f"{path}: {name} holds values that are no numbers")
    return {name: parameters[name].to(value.dtype) for name, value in wanted.items()}
