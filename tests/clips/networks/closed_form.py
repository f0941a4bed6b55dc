"""Weights and inputs by formula, with which the published networks were run: tests/golden/clip_networks/README.md."""

import zlib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn


def uniform(name: str, count: int) -> np.ndarray:
    """float64 (count,) in [0, 1): a hash of each index, different for every name."""
    word = np.uint64(0xFFFFFFFF)
    x = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(zlib.crc32(name.encode()))) & word
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(2246822519)) & word
    x ^= x >> np.uint64(13)
    return x / 2.0**32


def parameter(name: str, shape: tuple[int, ...]) -> Tensor:
    """The value of a tensor of a state_dict."""
    u = uniform(name, int(np.prod(shape))).reshape(shape)
    small = 0.1 if name.endswith((".nl.theta.weight", ".nl.phi.weight", ".bn3.weight", ".nl.bn.weight")) else 1
    last = name.rpartition(".")[2]
    if last == "running_var":
        values = 0.5 + u
    elif last != "running_mean" and len(shape) > 1:
        values = small * (2 * u - 1) * np.sqrt(6 / np.prod(shape[1:]))
    elif last == "weight":
        values = small * (0.5 + u)
    else:
        values = (u - 0.5) * 0.2
    return torch.from_numpy(values.astype(np.float32))


def parameters(network: nn.Module, names: Mapping[str, str] | None = None) -> dict[str, Tensor]:
    """A state_dict of the network; `names` are other names by which its tensors are drawn."""
    return {
        name: value if name.endswith("num_batches_tracked") else parameter((names or {}).get(name, name), value.shape)
        for name, value in network.state_dict().items()
    }


def clip(channels: int, frames: int, height: int, width: int) -> Tensor:
    """The input, (1, channels, frames, height, width)."""
    c, t, h, w = np.ogrid[:channels, :frames, :height, :width]
    slow = 0.6 * np.sin(0.37 * t + 0.05 * h + 0.031 * w + 1.3 * c)
    fast = 0.4 * np.sin(0.11 * h - 0.23 * w + 0.9 * t * (c + 1))
    return torch.from_numpy((slow + fast).astype(np.float32))[None]


def sampled(maps: Tensor, golden: Mapping[str, np.ndarray], layer: str) -> tuple[np.ndarray, np.ndarray]:
    """What a layer gives at the places that were kept, and what the published network gave there.

    Shapes must agree.
    """
    assert list(maps.shape) == golden[f"{layer}/shape"].tolist()
    kept = golden[f"{layer}/sample"]
    return maps.flatten()[:: int(golden[f"{layer}/step"])][: len(kept)].numpy(), kept


def difference(found: np.ndarray | Tensor, expected: np.ndarray | Tensor) -> float:
    """Largest difference, relative to the largest number."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / np.abs(expected).max())
