"""The clips of one video, computed without a store: to compare with what others published."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from features.errors import ConfigError
from features.extract.clips.backend import ClipRows
from features.extract.clips.recipe import ClipsRecipe, backend_of
from features.extract.driver import Input
from features.extract.feature import Machine
from features.plan.listing import Video
from features.video.reading import make_index


def computer(recipe: ClipsRecipe, machine: Machine) -> Callable[[Path], ClipRows]:
    """What turns a video file, or a folder of images, into all of its clips; its network is loaded once.

    Raises ConfigError for a recipe that reads other artifacts, which only a store has.
    """
    kind = backend_of(recipe)
    above = (*recipe.frames.needed, *kind.reads(recipe.source), *kind.files(recipe.source))
    if above:
        raise ConfigError(f"clips of backend {recipe.source.backend!r} stand on {', '.join(above)}; run the pipeline")
    backend = kind(recipe.source, machine)

    def compute(path: Path) -> ClipRows:
        video = Input(Video(path.name, path, "test"), make_index(path), recipe.frames, {}, None)
        return joined(list(backend.clips(video, lambda frames: None)))

    return compute


def joined(rows: list[ClipRows]) -> ClipRows:
    """Some clips, then more of them, as one."""
    parts = ([getattr(some, name) for some in rows] for name in ("features", "start", "stop", "valid"))
    return ClipRows(*(np.concatenate(part) for part in parts))
