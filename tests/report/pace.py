"""A model that needs no training: a person is as abnormal as fast. It notes all that a model of persons may note."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from features.evaluate.baselines import body_centres
from features.extract.feature import Machine
from features.extract.poses.table import read_people
from features.models.base import Features, Model
from features.models.scores import ScoresWriter
from features.plan.stages import Context
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact, ArtifactWriter
from features.store.recipe import Recipe


class PaceRecipe(Recipe):
    """No parameters."""

    kind: ClassVar[str] = "model"
    backend: ClassVar[str] = "pace"


class Pace(Model):
    """The distance of a person's centre from where it was in the frame before, from the second frame on."""

    name = "pace"

    @classmethod
    def recipe(cls, choice: Mapping[str, Any], context: Context) -> Recipe:
        return PaceRecipe()

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        return ("poses", "tracks")

    @classmethod
    def trains_on(cls, recipe: Recipe) -> tuple[str, ...]:
        return ("train",)

    @classmethod
    def scores_on(cls, recipe: Recipe) -> tuple[str, ...]:
        return ("test",)

    def __init__(self, recipe: Recipe, machine: Machine) -> None: ...

    def train(
        self, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Callable[[str], None]
    ) -> None:
        out.add(ArraySpec("nothing", "float32", (), 16))
        out.append("nothing", np.zeros(1, np.float32))
        out.note(rule="sound", differences=["every step counts", "gaps end a track"])

    def score(
        self, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Callable[[str], None]
    ) -> None:
        writer = ScoresWriter(out, identified=True)
        for video in videos:
            frames, objects, ids = _paces(video)
            writer.video(video.source, frames, objects, ids)
        writer.close()
        out.note(threshold={"quantile": 0.99, "value": 2.5})


class Empty(Pace):
    """Scores nobody, and reads poses alone."""

    name = "empty"

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        return ("poses",)

    def score(
        self, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Callable[[str], None]
    ) -> None:
        writer = ScoresWriter(out, identified=True)
        for video in videos:
            writer.video(video.source, np.zeros(video.frames))
        writer.close()


def _paces(video: Features) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with video.open("poses") as poses, video.open("tracks") as tracks:
        found = read_people(poses, tracks)
    order = np.lexsort((found.frames, found.ids))
    numbers, ids, centres = found.frames[order], found.ids[order], body_centres(found.keypoints[order])
    follows = (np.diff(ids) == 0) & (np.diff(numbers) == 1) & np.isfinite(np.diff(centres, axis=0)).all(axis=1)
    pace = np.hypot(*np.diff(centres, axis=0).T)[follows]
    later = np.flatnonzero(follows) + 1
    joints = found.keypoints[order][later][..., :2]
    boxes = np.concatenate([joints.min(axis=1), joints.max(axis=1)], axis=1)
    frames = np.zeros(video.frames)
    np.maximum.at(frames, numbers[later], pace)
    by_frame = np.argsort(numbers[later], kind="stable")
    objects = np.column_stack([numbers[later], boxes, pace])
    return frames, objects[by_frame], ids[later][by_frame]
