"""Parameters of ResNet-50 I3D in the authors' Caffe2 files, a pickle of arrays, under the names used here.

A pure renaming, as in Tushar-N/pytorch-resnet3d @8d3e1da (utils/convert_weights.py). What Caffe2 calls `riv` is the
running variance.
"""

import re
from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from features.datasets.formats.unpickle import read_plain
from features.errors import SourceError, WeightsError
from features.extract.weights import load_torch, weights_path
from features.store.recipe import Weights

Entry = TypeVar("Entry")

# What a training run keeps beside the parameters.
_OTHERS = re.compile(r".*momentum.*|lr|model_iter|.*_LR|optimizer_iteration.*")
_PARTS = {"s": "weight", "b": "bias", "rm": "running_mean", "riv": "running_var", "w": "weight"}
_BRANCHES = {"2a": "1", "2b": "2", "2c": "3"}
_BLOCK = re.compile(r"res(\d)_(\d+)_branch(1|2[abc])(_bn)?_([a-z]+)")
_NON_LOCAL = re.compile(r"nonlocal_conv(\d)_(\d+)_(theta|phi|g|out|bn)_([a-z]+)")
_HEAD = re.compile(r"(conv1|res_conv1_bn|pred)_([a-z]+)")
_HEADS = {"conv1": "conv1", "res_conv1_bn": "bn1", "pred": "fc"}


def read_parameters(weights: Weights) -> dict[str, Tensor]:
    """The parameters of a `.pkl` of Caffe2, or of a file of torch's, by name.

    Raises WeightsError for a file that holds anything but arrays by name.
    """
    if not weights.name.endswith(".pkl"):
        return load_torch(weights)
    try:
        content = read_plain(weights_path(weights))
    except SourceError as error:
        raise WeightsError(str(error)) from None
    blobs = content.get("blobs", content) if isinstance(content, dict) else None
    if not isinstance(blobs, dict):
        raise WeightsError(f"{weights.name} does not hold arrays by name; get i3d_baseline_32x2_IN_pretrain_400k.pkl")
    named = torch_names(blobs)
    if not all(isinstance(entry, np.ndarray) and entry.dtype == np.float32 for entry in named.values()):
        raise WeightsError(f"{weights.name} holds other things than float32 arrays among its parameters; get it anew")
    return {name: torch.from_numpy(entry) for name, entry in named.items()}


def torch_names(blobs: Mapping[str, Entry]) -> dict[str, Entry]:
    """The parameters among the entries, renamed; a name that is not known stays, so that a strict loader refuses it."""
    return {_renamed(name): entry for name, entry in blobs.items() if not _OTHERS.fullmatch(name)}


def _renamed(name: str) -> str:
    if found := _BLOCK.fullmatch(name):
        layer, block, branch, norm, part = found.groups()
        place = f"layer{int(layer) - 1}.{block}"
        if branch == "1":
            return f"{place}.downsample.{1 if norm else 0}.{_PARTS.get(part, part)}"
        return f"{place}.{'bn' if norm else 'conv'}{_BRANCHES[branch]}.{_PARTS.get(part, part)}"
    if found := _NON_LOCAL.fullmatch(name):
        layer, block, module, part = found.groups()
        return f"layer{int(layer) - 1}.{block}.nl.{module}.{_PARTS.get(part, part)}"
    if found := _HEAD.fullmatch(name):
        return f"{_HEADS[found[1]]}.{_PARTS.get(found[2], found[2])}"
    return name
