"""Which detections are kept: by score, area and cover. Steps 1 and 2 of LBR-SPR (fore_det/obj_det_with_motion.py)."""

import numpy as np


def areas(boxes: np.ndarray) -> np.ndarray:
    """Areas (k,) of boxes (k, 4 or more): both border pixels count, as in the published code."""
    return np.asarray((boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1))


def large_and_sure(boxes: np.ndarray, score: float, min_area: float, clip: bool = True) -> np.ndarray:
    """The rows of boxes (k, 6: x1, y1, x2, y2, score, label) above a score and of at least an area.

    `clip` sets negative corners to 0 (LBR-SPR; VEC leaves them). The right and lower side are never clipped.
    """
    kept = boxes[(boxes[:, 4] > score) & (areas(boxes) >= min_area)]
    if clip:
        kept[:, :4] = np.maximum(kept[:, :4], 0)
    return kept


def uncovered(boxes: np.ndarray, threshold: float) -> np.ndarray:
    """The rows of boxes (k, 4 or more) that no larger box covers, smallest first.

    A box goes if a box later in the order of areas covers more than `threshold` of its area.
    """
    area = areas(boxes)
    order = np.argsort(area)
    boxes, area = boxes[order], area[order]
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:4], boxes[None, :, 2:4])
    sides = np.maximum(0, high - low + 1)
    cover = sides[..., 0] * sides[..., 1] / area[:, None]
    larger = np.triu(np.ones(cover.shape, bool), k=1)
    kept: np.ndarray = boxes[~((cover > threshold) & larger).any(axis=1)]
    return kept
