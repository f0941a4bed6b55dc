"""Training windows of many videos, normalised once: what the flow is fed with, batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.errors import SourceError
from features.extract.poses.table import read_people
from features.models.base import Features
from features.models.stgnf.persons import Person, persons
from features.models.stgnf.published import Published
from features.models.stgnf.recipe import StgnfRecipe
from features.models.stgnf.sound import Sound
from features.models.stgnf.windows import Rule, Windows, no_windows


@dataclass(frozen=True)
class Samples:
    """Windows of training, every augmentation of each.

    windows  float32 (n, 2, seg_len, 18), normalised
    labels   float32 (n,): 1 normal, -1 abnormal
    """

    windows: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def rule_of(recipe: StgnfRecipe) -> Rule:
    """The window rule of a recipe."""
    return Sound() if recipe.windows == "sound" else Published(recipe.fill, recipe.frame_order)


def read_persons(video: Features) -> list[Person]:
    """The tracked persons of one video.

    Raises SourceError where one is beyond its last frame.
    """
    with video.open("poses") as poses, video.open("tracks") as tracks:
        found = persons(read_people(poses, tracks))
    last = max((int(person.frames[-1]) for person in found), default=0)
    if found and last >= video.frames:
        raise SourceError(f"video {video.source[:12]} has {video.frames} frames, its poses reach frame {last}")
    return found


def abnormal_joints(video: Features) -> np.ndarray:
    """int64 (rows of the poses table,): how many joints of each pose lie on objects marked abnormal."""
    with video.open("person_labels") as labels:
        return np.asarray(labels["abnormal_joints"][:], np.int64)


def cut_all(found: Sequence[Person], rule: Rule, seg_len: int, stride: int) -> Windows:
    """The windows of some persons, one person after the other."""
    parts = [no_windows(seg_len), *(rule.cut(person, seg_len, stride) for person in found)]
    return Windows(
        np.concatenate([part.joints for part in parts]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.rows for part in parts]),
    )


def labels_of(windows: Windows, joints: np.ndarray, more_than: int) -> np.ndarray:
    """float32 (n,): -1 where more than so many joints of a window's first pose are abnormal, else 1.

    orhir/STG-NF @edb5f32, utils/pose_utils.py, get_ab_labels, less its defect: it takes the persons of a frame from
    rows of other videos, so it forgets some abnormal ones.
    """
    return np.where(joints[windows.rows] > more_than, -1, 1).astype(np.float32)


def load(videos: Sequence[Features], recipe: StgnfRecipe) -> Samples:
    """The training windows of some videos: all of them as they are, then all of them under the next augmentation."""
    rule = rule_of(recipe)
    windows: list[list[np.ndarray]] = [[] for _ in range(recipe.num_transform)]
    labels = []
    for video in videos:
        found = cut_all(read_persons(video), rule, recipe.seg_len, recipe.seg_stride)
        labels.append(_labels(video, found, recipe))
        for transform, parts in enumerate(windows):
            parts.append(rule.normalised(rule.augmented(found.joints, transform), video.height))
    return Samples(
        np.concatenate([part for parts in windows for part in parts]),
        np.tile(np.concatenate(labels), recipe.num_transform),
    )


def _labels(video: Features, windows: Windows, recipe: StgnfRecipe) -> np.ndarray:
    if not recipe.supervised:
        return np.ones(len(windows), np.float32)
    return labels_of(windows, abnormal_joints(video), recipe.abnormal_joints)
