"""Inputs, parameters and persons of the golden files of STG-NF, by their closed forms."""

import numpy as np
import torch
from torch import Tensor, nn

NORMS = (".tcn.0.weight", ".tcn.3.weight", ".residual.1.weight")


def windows(count: int, seg_len: int, phase: float = 0.0) -> Tensor:
    i = np.arange(count * 2 * seg_len * 18, dtype=np.float64)
    values = np.sin(0.37 * i + phase) + 0.5 * np.cos(0.011 * i * 1.7)
    return torch.from_numpy(values.astype(np.float32).reshape(count, 2, seg_len, 18))


def fill(module: nn.Module) -> list[str]:
    """Set every parameter by its place; the names in the order in which they were set."""
    filled = []
    for name, tensor in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            tensor.zero_()
            continue
        values = entry(name, len(filled), np.arange(tensor.numel()))
        tensor.copy_(torch.from_numpy(values.astype(np.float32)).reshape(tensor.shape))
        filled.append(name)
    return filled


def entry(name: str, n: int, k: np.ndarray) -> np.ndarray:
    if name.endswith("running_var"):
        return 1 + 0.3 * np.sin(0.5 * k + 0.2 * n) ** 2
    if name.endswith("running_mean"):
        return 0.1 * np.cos(0.9 * k + 0.4 * n)
    if any(norm in name for norm in NORMS):
        return 1 + 0.2 * np.sin(1.1 * k + 0.3 * n)
    return 0.2 * np.sin(0.7 * k + 0.3 * n + 0.1)


TEMPLATE = np.array(
    [
        *((0, -60), (4, -64), (-4, -64), (8, -62), (-8, -62), (14, -45), (-14, -45), (20, -25), (-20, -25)),
        *((22, -5), (-22, -5), (9, 0), (-9, 0), (10, 30), (-10, 30), (11, 60), (-11, 60)),
    ]
)


def walking(person: int, frames: np.ndarray, scene: int = 1) -> np.ndarray:
    """float64 (n, 17, 3): a person of the golden scenes, unrounded, every joint seen with score 0.9."""
    j, f, p, c = np.arange(17), np.asarray(frames)[:, None], person, scene
    size = 1 + 0.2 * p
    sway = 6 * np.sin(2 * np.pi * f / (14 + 2 * p) + 0.4 * j), 4 * np.cos(2 * np.pi * f / (11 + p) + 0.3 * j)
    x = 100 + 120 * p + 40 * c + (1.5 + 0.5 * p) * f + size * (TEMPLATE[:, 0] + sway[0])
    y = 200 + 15 * p + 10 * np.sin(2 * np.pi * f / 30 + c) + size * (TEMPLATE[:, 1] + sway[1])
    return np.stack([x, y, np.full(x.shape, 0.9)], axis=-1)
