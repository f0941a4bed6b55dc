"""Persons in the frames of one video, as plain arrays: what every pose file is read into and written from."""

from dataclasses import dataclass

import numpy as np

NOBODY = -1


@dataclass(frozen=True)
class People:
    """One row for each person and frame, by frame, then in the order of the file.

    frames     int64 (n,): number of the frame, from 0
    ids        int64 (n,): who it is, -1 where nobody said
    keypoints  float64 (n, 17, 3): x, y in pixels of the source and score, in COCO's order; a joint that the source
               says is missing has x = y = score = 0
    scores     float64 (n,): the person's score by the source's own convention, NaN where there is none
    boxes      float64 (n, 5): x1, y1, x2, y2 in pixels and the detector's score, NaN where there is none
    """

    frames: np.ndarray
    ids: np.ndarray
    keypoints: np.ndarray
    scores: np.ndarray
    boxes: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    @classmethod
    def nobody(cls) -> "People":
        """A video without any person."""
        return people(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 17, 3)))


def people(
    frames: np.ndarray,
    ids: np.ndarray,
    keypoints: np.ndarray,
    scores: np.ndarray | None = None,
    boxes: np.ndarray | None = None,
) -> People:
    """Rows in any order, sorted by frame; rows of one frame keep their order. What is left out is NaN."""
    count = len(frames)
    order = np.argsort(frames, kind="stable")
    return People(
        np.asarray(frames, np.int64)[order],
        np.asarray(ids, np.int64)[order],
        np.asarray(keypoints, np.float64).reshape(count, 17, 3)[order],
        np.full(count, np.nan) if scores is None else np.asarray(scores, np.float64)[order],
        np.full((count, 5), np.nan) if boxes is None else np.asarray(boxes, np.float64)[order],
    )
