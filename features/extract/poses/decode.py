"""From what a network puts out to joints in pixels of its input. Pure functions of arrays.

As in open-mmlab/mmpose 1.3.2 (codecs/utils/post_processing.py, refinement.py, gaussian_heatmap.py): SimCC (Li et al.,
ECCV 2022), heat maps with a quarter pixel's shift (`MSRAHeatmap`, after Xiao et al., ECCV 2018), and DARK (Zhang et
al., CVPR 2020).
"""

from typing import Literal

import cv2
import numpy as np

# Where a joint lies that no positive value speaks for.
NOWHERE = -1.0
SHIFT = 0.25
FLOOR = 1e-10


def simcc(x: np.ndarray, y: np.ndarray, split: float, score: Literal["min", "mean"]) -> np.ndarray:
    """float32 (n, joints, 3): x, y, score from one row of values per axis, (n, joints, bins), `split` bins per pixel.

    The score is the lesser of both maxima, as in mmpose, or their mean, as in rtmlib 0.0.16.
    """
    places = np.stack([x.argmax(axis=2), y.argmax(axis=2)], axis=2).astype(np.float32)
    tops = np.stack([x.max(axis=2), y.max(axis=2)], axis=2)
    scores = tops.min(axis=2) if score == "min" else tops.mean(axis=2)
    places[scores <= 0] = NOWHERE
    return np.concatenate([places / split, scores[..., None]], axis=2, dtype=np.float32)


def shifted(maps: np.ndarray, stride: tuple[float, float]) -> np.ndarray:
    """float32 (n, joints, 3) from heat maps (n, joints, h, w): the highest cell, a quarter to its higher neighbour.

    `stride` is pixels of the input per cell, across and down; the score is the highest value.
    """
    cells, scores = peaks(maps)
    around = _Around(maps, cells)
    # Each axis has its own rule at the border, as published.
    across = np.where((around.x > 1) & (around.x < around.width - 1) & (around.y > 0), around(1, 0) - around(-1, 0), 0)
    down = np.where((around.y > 1) & (around.y < around.height - 1) & (around.x > 0), around(0, 1) - around(0, -1), 0)
    return _placed(cells + SHIFT * np.sign(np.stack([across, down], axis=2)), scores, stride)


def dark(maps: np.ndarray, stride: tuple[float, float], blur: int) -> np.ndarray:
    """float32 (n, joints, 3) from heat maps (n, joints, h, w): the top of a Gaussian through the highest cell.

    One Newton step on the logarithm of the maps, smoothed by a kernel of `blur` cells (11 for maps that were trained
    with a sigma of 2 cells, 17 for 3). The score is the highest value of the map as it was.
    """
    cells, scores = peaks(maps)
    around = _Around(np.log(np.maximum(smoothed(maps, blur), FLOOR)), cells)
    slope = np.stack([around(1, 0) - around(-1, 0), around(0, 1) - around(0, -1)], axis=2) / 2
    here = 2 * around(0, 0)
    xx = (around(2, 0) - here + around(-2, 0)) / 4
    yy = (around(0, 2) - here + around(0, -2)) / 4
    xy = (around(1, 1) - around(-1, 1) - around(1, -1) + around(-1, -1)) / 4
    curvature = xx * yy - xy**2
    inner = (around.x > 1) & (around.x < around.width - 2) & (around.y > 1) & (around.y < around.height - 2)
    usable = inner & (curvature != 0)
    solved = np.stack([yy * slope[..., 0] - xy * slope[..., 1], xx * slope[..., 1] - xy * slope[..., 0]], axis=2)
    step = np.divide(-solved, curvature[..., None], out=np.zeros_like(solved), where=usable[..., None])
    return _placed(cells + step, scores, stride)


def peaks(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 (n, joints, 2) column and row of the highest cell, and its value (n, joints); (-1, -1) if none is > 0."""
    flat = maps.reshape(*maps.shape[:2], -1)
    rows, columns = np.divmod(flat.argmax(axis=2), maps.shape[3])
    scores = flat.max(axis=2)
    cells = np.stack([columns, rows], axis=2).astype(np.float32)
    cells[scores <= 0] = NOWHERE
    return cells, scores


def smoothed(maps: np.ndarray, kernel: int) -> np.ndarray:
    """The maps after a Gaussian of a kernel's size (zero beyond the border), each scaled to its old maximum."""
    soft = np.stack(
        [
            [cv2.GaussianBlur(one, (kernel, kernel), 0, borderType=cv2.BORDER_CONSTANT) for one in person]
            for person in maps.astype(np.float32)
        ]
    )
    tops = np.maximum(soft.max(axis=(2, 3), keepdims=True), np.finfo(np.float32).tiny)
    return np.asarray(soft * (maps.max(axis=(2, 3), keepdims=True) / tops))


class _Around:
    """Values of maps (n, joints, h, w) some cells right of and below cells (n, joints, 2); clipped at the border."""

    def __init__(self, maps: np.ndarray, cells: np.ndarray) -> None:
        self.height, self.width = maps.shape[2:]
        self.x, self.y = np.moveaxis(cells.astype(int), 2, 0)
        self._maps = maps
        self._map, self._joint = np.indices(self.x.shape)

    def __call__(self, right: int, below: int) -> np.ndarray:
        rows = (self.y + below).clip(0, self.height - 1)
        columns = (self.x + right).clip(0, self.width - 1)
        found: np.ndarray = self._maps[self._map, self._joint, rows, columns]
        return found


def _placed(cells: np.ndarray, scores: np.ndarray, stride: tuple[float, float]) -> np.ndarray:
    return np.concatenate([cells * np.array(stride, np.float32), scores[..., None]], axis=2, dtype=np.float32)
