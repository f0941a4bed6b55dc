"""Minimal filtering: m results of a filter of r taps by m + r - 1 products where the definition has m r.

Winograd; Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks" (CVPR 2016).
"""

from functools import cache

import torch
from torch import Tensor

# Interpolation points by how many products an axis takes; the last point is always infinity. Found by minimising the
# rounding error sqrt(sum((A |G| |B|)^2)) over sets of points +-p, and 0 where their number is odd. Integers, usual in
# the literature, lose up to ten times as much.
_POINTS: dict[int, tuple[float, ...]] = {
    1: (),
    3: (1, -1),
    4: (0, 1, -1),
    5: (0.39, -0.39, 1.27, -1.27),
    6: (0, 0.5**0.5, -(0.5**0.5), 2**0.5, -(2**0.5)),
    7: (0.285, -0.285, 0.848, -0.848, 1.78, -1.78),
    10: (0, 0.42, -0.42, 0.81, -0.81, 1.24, -1.24, 2.4, -2.4),
    11: (0.2, -0.2, 0.57, -0.57, 0.914, -0.914, 1.35, -1.35, 2.58, -2.58),
}


@cache
def matrices(results: int, taps: int) -> tuple[Tensor, Tensor, Tensor]:
    """(A^T (m, k), G (k, r), B^T (k, k)), float64, k = m + r - 1, with which y = A^T [(G g) * (B^T d)].

    By Toom and Cook: y are the `results` values of the data d (k) under the filter g (`taps`), polynomials multiplied
    at k points.
    """
    size = results + taps - 1
    points = torch.tensor(_POINTS[size], dtype=torch.float64)
    infinity = torch.eye(size, dtype=torch.float64)[-1:]
    powers = torch.cat([points[:, None] ** torch.arange(size), infinity])
    gaps = points[:, None] - points + torch.eye(size - 1, dtype=torch.float64)
    norm = torch.cat([gaps.prod(1), torch.ones(1, dtype=torch.float64)])[:, None]
    output, kernel = powers[:, :results].clone(), powers[:, :taps].clone()
    output[-1, -1] = kernel[-1, -1] = 1  # infinity sees the highest power alone
    return output.T.contiguous(), (kernel / norm).contiguous(), (torch.linalg.inv(powers).T * norm).contiguous()
