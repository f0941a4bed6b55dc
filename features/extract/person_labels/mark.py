"""Joints on the pixels of abnormal objects."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from features.datasets.object_masks import picture_size, read_instances
from features.datasets.skeleton import openpose18


class InstanceMasks:
    """The instance masks of a video, one for each of its frames, cut to the smallest height and width among them.

    orhir/STG-NF @edb5f32, utils/pose_utils.py. Raises DatasetError where one is no picture.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = paths
        sizes = [picture_size(path) for path in paths]
        self.height, self.width = min(height for height, _ in sizes), min(width for _, width in sizes)

    def __len__(self) -> int:
        return len(self.paths)

    def of(self, frame: int) -> np.ndarray:
        """uint8 (height, width): the number of the object that each pixel belongs to."""
        return read_instances(self.paths[frame])[: self.height, : self.width]


def joints_on(keypoints: np.ndarray, instances: np.ndarray, abnormal: Sequence[int]) -> np.ndarray:
    """int16 (persons,): how many of 18 joints (OpenPose's order, with the neck) lie on abnormal objects.

    keypoints  (persons, 17, 2 or more): x, y in pixels of the mask; floored, and moved to the mask's nearest pixel
    instances  uint8 (height, width): the number of the object that each pixel belongs to
    abnormal   numbers of the objects that are abnormal
    """
    height, width = instances.shape
    points = np.floor(openpose18(keypoints)[..., :2]).clip(0, (width - 1, height - 1)).astype(np.intp)
    joints: np.ndarray = np.isin(instances[points[..., 1], points[..., 0]], abnormal).sum(axis=-1)
    return joints.astype(np.int16)
