"""The feature `clips`: a video into the features of its clips, and where each lies in time."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from features.errors import SourceError
from features.extract.backend import BackedFeature
from features.extract.clips.backend import ClipBackend
from features.extract.clips.recipe import ClipsRecipe, backend_of, clips_recipe
from features.extract.clips.statistics import Values
from features.extract.clips.table import ClipsWriter
from features.extract.feature import Machine, Progress, VideoInput
from features.plan.job import LOGGER
from features.plan.stages import Context
from features.store.artifact import ArtifactWriter
from features.store.recipe import Recipe

USUAL_CHANNELS = 2048


class ClipFeatures(BackedFeature):
    """A vector, or one per crop, for each stretch of frames."""

    kind = "clips"

    @classmethod
    def recipe(cls, choice: str | Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for a preset, `import`, or a mapping with `preset` or `backend`."""
        return clips_recipe(choice, context)

    @classmethod
    def chosen(cls, recipe: Recipe) -> tuple[type[ClipBackend], Recipe]:
        """The source."""
        assert isinstance(recipe, ClipsRecipe)
        return backend_of(recipe), recipe.source

    @classmethod
    def estimated_bytes(cls, recipe: Recipe, frames: int, height: int, width: int) -> int:
        """float32 of every clip, crop and channel, and three numbers that say where a clip lies."""
        assert isinstance(recipe, ClipsRecipe)
        backend, source = backend_of(recipe), recipe.source
        numbers = (backend.crops(source) or 1) * (backend.channels(source) or USUAL_CHANNELS)
        return backend.usual_clips(source, frames) * (4 * numbers + 24)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, ClipsRecipe)
        self.backend = backend_of(recipe)(recipe.source, machine)
        if self.backend.remarks().get("untrained"):
            LOGGER.warning("clips: no weights are named, so the network is untrained; name them: {weights: FILE}")

    def extract(self, video: VideoInput, out: ArtifactWriter, progress: Progress) -> None:
        """All clips of the video, as the backend hands them out.

        Raises SourceError where there is none, or a number is not finite.
        """
        table: ClipsWriter | None = None
        seen = Values()
        for rows in self.backend.clips(video, progress):
            if not np.isfinite(rows.features).all():
                raise SourceError(
                    f"{video.path}: features from frame {rows.start[0]} on hold numbers that are not finite; check the "
                    "weights, or with imported features their file"
                )
            table = table or ClipsWriter(out, *rows.features.shape[1:])
            table.add(rows)
            seen.add(rows.features)
        if table is None:
            raise SourceError(f"{video.path} has no clip; leave it out, or choose another tail rule")
        out.note(**seen.result().notes(), **self.backend.remarks())
