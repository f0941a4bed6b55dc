"""Parameters and inputs of golden/lbrspr/network.npz by the closed forms of its README."""

import numpy as np
import torch
from torch import Tensor

from features.models.lbrspr.network import AutoEncoders

MASK = 0xFFFFFFFF


def noise(entry: int, size: int) -> np.ndarray:
    """float64 (size,) in -0.5..0.5: a hash of the entry's number and the flat index."""
    h = (np.arange(size, dtype=np.uint64) * 2654435761 + (entry + 1) * 2246822519) & MASK
    h ^= h >> 15
    h = (h * 2246822519) & MASK
    h ^= h >> 13
    return h / 2**32 - 0.5


def entry_values(number: int, name: str, shape: tuple[int, ...]) -> np.ndarray:
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    u = noise(number, int(np.prod(shape)))
    if name.endswith("running_mean"):
        values = 0.1 * u
    elif name.endswith("running_var"):
        values = 1 + 0.4 * u
    elif len(shape) == 1:
        values = 1 + 0.2 * u if name.endswith(".weight") else 0.1 * u
    else:
        fan = shape[0] * 9 / 4 if ".up." in name else np.prod(shape) / shape[0]
        values = u * np.sqrt(24 / fan)
    return values.reshape(shape).astype(np.float32)


def network(use_flow: bool) -> AutoEncoders:
    built = AutoEncoders(use_flow)
    state = built.state_dict()
    filled = {
        name: torch.from_numpy(entry_values(number, name, tuple(value.shape)))
        for number, (name, value) in enumerate(state.items())
    }
    built.load_state_dict(filled)
    return built


def frames() -> Tensor:
    n, c, y, x = np.ogrid[0:6, 0:15, 0:32, 0:32]
    values = 0.5 + 0.5 * np.sin(0.11 * (n + 1) * x + 0.07 * (c + 1) * y + 0.3 * n + 0.2 * c)
    return torch.from_numpy(values.astype(np.float32))


def flow() -> Tensor:
    n, c, y, x = np.ogrid[0:6, 0:10, 0:32, 0:32]
    values = 2 * np.cos(0.05 * (n + 2) * x - 0.09 * (c + 1) * y + 0.4 * c)
    return torch.from_numpy(values.astype(np.float32))
