"""Parameters and features of the golden files of clip models, by the closed forms of their README."""

import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

HERE = Path(__file__).parents[1] / "golden" / "clip_models"
MASK = 0xFFFFFFFF


def golden(name: str) -> dict[str, np.ndarray]:
    with np.load(HERE / name, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def uniform(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """float64 in 0..1: a hash of the name and the flat index."""
    x = (np.arange(np.prod(shape, dtype=np.int64), dtype=np.uint64) * 2654435761 + zlib.crc32(name.encode())) & MASK
    x ^= x >> 15
    x = (x * 2246822519) & MASK
    x ^= x >> 13
    return (x / 2**32).reshape(shape)


def features(name: str, shape: tuple[int, ...]) -> Tensor:
    return torch.from_numpy((uniform(name, shape) ** 2).astype(np.float32))


def values(name: str, shape: tuple[int, ...]) -> np.ndarray:
    u, last = uniform(name, shape), name.rpartition(".")[2]
    if last == "running_mean":
        return (u - 0.5) * 0.2
    if last == "running_var":
        return 0.5 + u
    if len(shape) >= 2:
        return (2 * u - 1) * np.sqrt(6 / np.prod(shape[1:]))
    return 0.5 + u if last == "weight" else (u - 0.5) * 0.2


def fill(network: nn.Module) -> None:
    """Set every parameter by its name and shape."""
    for name, tensor in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(torch.from_numpy(values(name, tuple(tensor.shape)).astype(np.float32)))


def gradients(network: nn.Module, loss: Tensor) -> dict[str, np.ndarray]:
    """L2 norm, sum and largest absolute value of the gradient of every parameter."""
    network.zero_grad()
    loss.backward()
    found = {}
    for name, parameter in network.named_parameters():
        gradient = parameter.grad.double()
        found[name] = np.array([gradient.norm().item(), gradient.sum().item(), gradient.abs().max().item()])
    return found
