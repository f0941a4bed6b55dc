"""The rows that are tracked, read from a stored table of poses or of boxes."""

import numpy as np

from features.datasets.skeleton import COCO17
from features.extract.poses.table import BOX, JOINTS, POSES
from features.extract.tracks.backend import Rows
from features.store.artifact import Artifact
from features.store.table import Table

BOXES = "boxes"


def rows_of(artifact: Artifact) -> Rows:
    """The rows of a `poses` or a `boxes` artifact."""
    if artifact.kind == POSES:
        return _of_poses(artifact.table(POSES))
    table = artifact.table(BOXES)
    corners = np.asarray(table.values[:, :4], np.float64)
    return Rows(corners, np.asarray(table.column("score"), np.float64), table.frame_offsets)


def _of_poses(table: Table) -> Rows:
    values = np.asarray(table.values, np.float64)
    boxes, scores = values[:, :4], values[:, BOX.index("box_score")]
    made = joint_boxes(values[:, JOINTS].reshape(-1, len(COCO17), 3))
    without = np.isnan(boxes).any(axis=1, keepdims=True)
    return Rows(np.where(without, made, boxes), scores, table.frame_offsets)


def joint_boxes(keypoints: np.ndarray) -> np.ndarray:
    """float64 (n, 4): the smallest boxes around the joints (n, 17, 3) with a score above 0; NaN without any."""
    seen = keypoints[..., 2:] > 0
    points = np.where(seen, keypoints[..., :2], np.nan)
    return np.concatenate([np.fmin.reduce(points, axis=1), np.fmax.reduce(points, axis=1)], axis=1)
