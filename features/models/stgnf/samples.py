"""Training windows of many videos, normalised once: what the flow is fed with, batch by batch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from features.errors import DatasetError, SourceError
from features.extract.poses.table import read_people
from features.models.base import Features
from features.models.stgnf.persons import Person, persons
from features.models.stgnf.published import Published
from features.models.stgnf.recipe import StgnfRecipe
from features.models.stgnf.sound import Sound
from features.models.stgnf.windows import Rule, Windows, no_windows

# Gradients grow as the square of a window's numbers, their squared norm as the fourth power: beyond this, it leaves
# float32 and no training is possible.
LARGEST = 1e9


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


@contextmanager
def named(video: Features) -> Iterator[None]:
    """What goes wrong inside is said of this video, by the digest that is all a model knows of it."""
    try:
        yield
    except SourceError as error:
        raise SourceError(f"stgnf: video {video.said}: {error}") from None


def read_persons(video: Features) -> list[Person]:
    """The tracked persons of one video.

    Raises SourceError where one is beyond its last frame, or twice in a frame.
    """
    with video.open("poses") as poses, video.open("tracks") as tracks:
        found = persons(read_people(poses, tracks))
    last = max((int(person.frames[-1]) for person in found), default=0)
    if found and last >= video.frames:
        raise SourceError(f"it has {video.frames} frames, its poses reach frame {last}; compute its poses anew")
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
    """The training windows of some videos: all of them as they are, then all of them under the next augmentation.

    Raises SourceError naming a video whose persons cannot be used, DatasetError one whose windows are no numbers.
    """
    rule = rule_of(recipe)
    windows: list[list[np.ndarray]] = [[] for _ in range(recipe.num_transform)]
    labels = []
    for video in videos:
        with named(video), np.errstate(over="ignore", invalid="ignore"):  # said in words by _check
            found = cut_all(read_persons(video), rule, recipe.seg_len, recipe.seg_stride)
            for transform, parts in enumerate(windows):
                parts.append(rule.normalised(rule.augmented(found.joints, transform), video.height))
                _check(parts[-1], video)
        labels.append(_labels(video, found, recipe))
    return Samples(
        np.concatenate([part for parts in windows for part in parts]),
        np.tile(np.concatenate(labels), recipe.num_transform),
    )


def _check(windows: np.ndarray, video: Features) -> None:
    if not (np.abs(windows) <= LARGEST).all():
        raise DatasetError(
            f"stgnf: video {video.said} has windows with values that are no numbers, or beyond {LARGEST:g}; "
            "look at the joints of its poses"
        )


def _labels(video: Features, windows: Windows, recipe: StgnfRecipe) -> np.ndarray:
    if not recipe.supervised:
        return np.ones(len(windows), np.float32)
    return labels_of(windows, abnormal_joints(video), recipe.abnormal_joints)
