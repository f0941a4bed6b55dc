"""Self-paced weights: cubes that are rebuilt badly count less, the more so the longer training lasts.

Formulas of yuguangnudt/LBR_SPR @420d334, train.py. Over the errors s of one batch, with mean mu, standard deviation
sd (n - 1) and the number t of weighted batches before this one:

    l1 = mu + sd,    l2 = max(mu + (4 - t r) sd, mu + sd)
"""

from collections.abc import Callable

import torch
from torch import Tensor


def thresholds(scores: Tensor, step: int, shrink_rate: float) -> tuple[Tensor, Tensor]:
    """l1 and l2 of a batch, both 0-dimensional; both NaN for a batch of one cube, which has no standard deviation."""
    mean = scores.mean()
    deviation = scores.std() if scores.numel() > 1 else torch.full_like(mean, torch.nan)
    low = mean + deviation
    return low, torch.maximum(mean + (4 - step * shrink_rate) * deviation, low)


def weights(scores: Tensor, step: int, shrink_rate: float, mode: str = "mixture") -> Tensor:
    """float32 (n,) in 0..1: the weight of each cube in the loss, from its error in `scores` (n,).

    A batch of one cube has weight 1: as published, each comparison with NaN fails and leaves the weight alone.
    """
    low, high = thresholds(scores, step, shrink_rate)
    return MODES[mode](scores, low, high)


def mixture(scores: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """1 up to l1, 0 from l2 on (which wins where both meet), l1 (l2 - s) / (s (l2 - l1)) between."""
    between = (scores > low) & (scores < high)
    falling = torch.where(between, low * (high - scores) / (scores * (high - low)), 1.0)
    return torch.where(scores >= high, 0.0, falling)


def hard(scores: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """1 below l2, else 0."""
    return torch.where(scores >= high, 0.0, torch.ones_like(scores))


def linear(scores: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """1 - s / l2 below l2, else 0."""
    return torch.where(scores < high, 1 - scores / high, hard(scores, low, high))


def huber(scores: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """1 below l2, l2 / s from there on."""
    return torch.where(scores >= high, high / scores, torch.ones_like(scores))


MODES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "mixture": mixture,
    "hard": hard,
    "linear": linear,
    "huber": huber,
}
