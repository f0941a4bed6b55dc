"""Boxes as files write them, x, y, width, height, and as rows of people hold them, corner to corner."""

from typing import Any

import numpy as np

from features.datasets.formats.base import numbers
from features.datasets.people import People


def corners(box: Any, where: str) -> np.ndarray | None:
    """x1, y1, x2, y2 and no score, from x, y, width, height; None for None. Raises SourceError for anything else."""
    if box is None:
        return None
    x, y, width, height = numbers(box, 4, where, "box (x, y, width, height)").tolist()
    return np.array([x, y, x + width, y + height, np.nan])


def xywh(box: np.ndarray) -> list[float]:
    """x, y, width, height of a row x1, y1, x2, y2, ..."""
    x1, y1, x2, y2 = box[:4].tolist()
    return [x1, y1, x2 - x1, y2 - y1]


def around(keypoints: np.ndarray) -> np.ndarray:
    """float64 (4,): x1, y1, x2, y2 around the joints (17, 3) that are there; zeros where none is."""
    there = keypoints[keypoints[:, 2] > 0, :2]
    return np.concatenate([there.min(axis=0), there.max(axis=0)]) if len(there) else np.zeros(4)


def boxed(boxes: np.ndarray) -> np.ndarray:
    """bool (n,): which rows of boxes (n, 5) hold one."""
    found: np.ndarray = np.isfinite(boxes[:, :4]).all(axis=1)
    return found


def all_boxed(found: People, remarks: list[str]) -> np.ndarray:
    """float64 (n, 4): everybody's box, for formats that need one; that of the joints where there is none, remarked."""
    has_box = boxed(found.boxes)
    if not has_box.all():
        remarks.append(f"{int((~has_box).sum())} of {len(found)} poses have no box and were given that of their joints")
    rows = [
        row[:4] if has else around(joints)
        for row, has, joints in zip(found.boxes, has_box, found.keypoints, strict=True)
    ]
    return np.reshape(rows, (-1, 4))


def without_box_scores(boxes: np.ndarray, remarks: list[str]) -> None:
    """Remark that a format does not hold the detector's scores, where there are any."""
    if np.isfinite(boxes[:, 4]).any():
        remarks.append("the detector's scores of the boxes were left out, the format has none")
