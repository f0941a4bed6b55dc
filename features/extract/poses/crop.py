"""A person cut out for a network that looks at one person, and what it saw put back into the frame.

Conventions of top-down estimators (open-mmlab/mmpose 1.3.2: GetBBoxCenterScale, TopdownAffine): the box grown about its
centre, widened to the network's aspect, scaled without turning. The centre of a pixel lies at whole coordinates, beyond
the frame all is black.
"""

import cv2
import numpy as np


def regions(boxes: np.ndarray, aspect: float, padding: float) -> np.ndarray:
    """float64 (k, 4): left, top, width, height of what is cut for boxes (k, 4 or more: x1, y1, x2, y2).

    Sides are grown to `padding` times theirs, then the shorter one until width is `aspect` times height.
    """
    corners = boxes[:, :4].astype(np.float64)
    centres = (corners[:, :2] + corners[:, 2:]) / 2
    width, height = ((corners[:, 2:] - corners[:, :2]) * padding).T
    sides = np.stack([np.maximum(width, height * aspect), np.maximum(height, width / aspect)], axis=1)
    return np.concatenate([centres - sides / 2, sides], axis=1)


def cut(frame: np.ndarray, region: np.ndarray, height: int, width: int) -> np.ndarray:
    """uint8 (height, width, 3): a region (4,) of a frame (h, w, 3), bilinear."""
    left, top, wide, tall = region
    across, down = width / wide, height / tall
    matrix = np.array([[across, 0, -left * across], [0, down, -top * down]])
    return np.asarray(cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_LINEAR))


def put_back(joints: np.ndarray, found_in: np.ndarray, height: int, width: int) -> np.ndarray:
    """float64 (k, joints, 3): joints in pixels of the network's input, in pixels of the frame; scores as they are."""
    placed = joints.astype(np.float64)
    placed[:, :, :2] = placed[:, :, :2] / (width, height) * found_in[:, None, 2:] + found_in[:, None, :2]
    return placed
