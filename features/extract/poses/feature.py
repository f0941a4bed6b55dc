"""The feature `poses`: the persons of a video, with their joints, into one table."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from features.extract.backend import BackedFeature
from features.extract.feature import Machine, Progress, VideoInput
from features.extract.poses.backend import PoseBackend
from features.extract.poses.recipe import PosesRecipe, backend_of, poses_recipe
from features.extract.poses.table import BOX, COLUMNS, PosesWriter
from features.plan.stages import Context
from features.store.artifact import ArtifactWriter
from features.store.recipe import Recipe

USUAL_PERSONS = 6
SCORES = {"box_score": BOX.index("box_score"), "score": len(BOX)}


class Poses(BackedFeature):
    """Persons of each frame: box, scores, 17 joints."""

    kind = "poses"

    @classmethod
    def recipe(cls, choice: str | Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for a backend, an ONNX file's name, or a mapping with `backend`."""
        return poses_recipe(choice, context)

    @classmethod
    def chosen(cls, recipe: Recipe) -> tuple[type[PoseBackend], Recipe]:
        """The estimator."""
        assert isinstance(recipe, PosesRecipe)
        return backend_of(recipe), recipe.estimator

    @classmethod
    def estimated_bytes(cls, recipe: Recipe, frames: int, height: int, width: int) -> int:
        """Half a dozen rows of 57 numbers per frame, and the offsets."""
        assert isinstance(recipe, PosesRecipe)
        return frames * (USUAL_PERSONS * len(COLUMNS) * np.dtype(backend_of(recipe).dtype).itemsize + 8)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, PosesRecipe)
        self.backend = backend_of(recipe)(recipe.estimator, machine)
        self.identified = self.backend.identified(recipe.estimator)

    def extract(self, video: VideoInput, out: ArtifactWriter, progress: Progress) -> None:
        """One table for the video, as the backend hands out its frames."""
        table = PosesWriter(out, self.backend.dtype, self.identified)
        seen = Seen()
        for frame, (rows, ids) in enumerate(self.backend.poses(video)):
            table.frame(rows, ids)
            seen.add(rows)
            progress(frame + 1)
        table.close()
        out.note(**seen.notes())


class Seen:
    """How many persons went by, and their mean scores."""

    def __init__(self) -> None:
        self.persons = self.frames = 0
        self._sums, self._counts = np.zeros((2, len(SCORES)))

    def add(self, rows: np.ndarray) -> None:
        """The rows of one frame."""
        scores = rows[:, list(SCORES.values())].astype(np.float64)
        self.persons += len(rows)
        self.frames += len(rows) > 0
        self._sums += np.nansum(scores, axis=0)
        self._counts += np.isfinite(scores).sum(axis=0)

    def notes(self) -> dict[str, Any]:
        """For an artifact's statistics; the mean of a score that nobody has is None."""
        means = [float(total / count) if count else None for total, count in zip(self._sums, self._counts, strict=True)]
        return {
            "persons": self.persons,
            "frames_with_persons": self.frames,
            "mean_scores": dict(zip(SCORES, means, strict=True)),
        }
