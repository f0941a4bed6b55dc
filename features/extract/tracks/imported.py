"""Tracks that somebody published together with the poses: the ids that an imported table holds."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from features.datasets.people import NOBODY
from features.errors import SourceError
from features.extract.feature import Machine, Progress, VideoInput
from features.extract.parameters import checked
from features.extract.poses.table import IDS
from features.extract.tracks.backend import Rows, TrackBackend, Tracked
from features.plan.stages import Context
from features.store.recipe import Recipe


class ImportRecipe(Recipe):
    """The ids that were published with the poses, unchanged."""

    kind: ClassVar[str] = "tracks"
    backend: ClassVar[str] = "import"


class Imported(TrackBackend):
    """Who is who as the published file says."""

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> ImportRecipe:
        """The recipe; it has no parameters."""
        return checked(ImportRecipe, "tracks backend 'import'", parameters)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        """Nothing to load."""

    def track(self, video: VideoInput, rows: Rows, progress: Progress) -> Tracked:
        """The ids in the poses artifact.

        Raises SourceError where it holds none: estimated poses, and files that name nobody.
        """
        poses = video.upstream.get("poses")
        held = None if poses is None or IDS not in poses.names else np.asarray(poses[IDS][:], np.int64)
        if held is None or (len(held) and (held == NOBODY).all()):
            raise SourceError(
                f"{video.names[0]}: nobody is named in its poses; import poses with ids, or say tracks: bytetrack"
            )
        return Tracked(held)
