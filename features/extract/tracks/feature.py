"""The feature `tracks`: who is who among the rows of a stored table, frame after frame."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from features.datasets.people import NOBODY
from features.extract.boxes.feature import USUAL_BOXES
from features.extract.feature import Feature, Machine, Progress, VideoInput
from features.extract.poses.table import IdsWriter
from features.extract.tracks.backend import TrackBackend
from features.extract.tracks.recipe import TracksRecipe, tracks_recipe
from features.extract.tracks.rows import rows_of
from features.plan.registry import find
from features.plan.stages import Context
from features.store.artifact import ArtifactWriter
from features.store.recipe import Recipe


class Tracks(Feature):
    """An id for each row of a table of poses or boxes; the table itself stays as it is."""

    kind: ClassVar[str] = "tracks"

    @classmethod
    def recipe(cls, choice: str | Mapping[str, Any], context: Context) -> TracksRecipe:
        """The recipe for a backend (`bytetrack`, `ocsort`, `botsort`, `import`) or a mapping."""
        return tracks_recipe(choice, context)

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """The table, and what the backend reads beside it."""
        assert isinstance(recipe, TracksRecipe)
        backend: type[TrackBackend] = find("tracks", recipe.tracker.backend)
        return (*backend.reads(recipe.tracker), recipe.rows.kind)

    @classmethod
    def decodes(cls, recipe: Recipe) -> bool:
        """Whether its backend looks at pictures, which few do."""
        assert isinstance(recipe, TracksRecipe)
        backend: type[TrackBackend] = find("tracks", recipe.tracker.backend)
        return backend.decodes(recipe.tracker)

    @classmethod
    def estimated_bytes(cls, recipe: Recipe, frames: int, height: int, width: int) -> int:
        """A dozen ids of eight bytes per frame, and the offsets; both compress to about a quarter."""
        return frames * (USUAL_BOXES + 1) * 2

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, TracksRecipe)
        self.parameters = recipe
        self.backend: TrackBackend = find("tracks", recipe.tracker.backend)(recipe.tracker, machine)

    def extract(self, video: VideoInput, out: ArtifactWriter, progress: Progress) -> None:
        """Write `ids` (rows,) and `frame_offsets`; in memory are the table's boxes and ids, and a block of frames."""
        rows = rows_of(video.upstream[self.parameters.rows.kind])
        tracked = self.backend.track(video, rows, progress)
        writer = IdsWriter(out)
        for ids in np.split(tracked.ids, rows.offsets[1:-1]) if len(rows.offsets) > 1 else []:
            writer.frame(ids)
        writer.close()
        nobody = tracked.ids == NOBODY
        out.note(tracks=len(np.unique(tracked.ids[~nobody])), rows_without_track=int(nobody.sum()), **tracked.notes)
        progress(video.frames)
