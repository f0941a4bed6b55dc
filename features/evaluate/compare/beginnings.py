"""The flow of the beginnings of videos, for recipes that see it: computed once, gone with the comparison."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from features.extract.clips.cuts import cuts_of
from features.extract.clips.network import NetworkRecipe
from features.extract.clips.recipe import ClipsRecipe
from features.extract.driver import Input
from features.extract.feature import Machine
from features.extract.flow.feature import Flow
from features.extract.flow.recipe import FlowRecipe
from features.plan.job import LOGGER
from features.store.artifact import Artifact
from features.store.digest import artifact_key, digest
from features.store.store import Store
from features.video.sampling import sampled_frames


@dataclass(frozen=True)
class Beginning(Input):
    """A video that ends after so many frames."""

    most: int

    @cached_property
    def numbers(self) -> np.ndarray:
        """int64 (frames,): the first frames of the source that the sampling policy keeps."""
        return sampled_frames(self.index, self.sampled.sampling)[: self.most]

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        """uint8 (up to `rows`, height, width, 3) RGB, of these frames."""
        left = self.frames
        for block in super().blocks(rows):
            yield block[:left]
            left -= len(block)
            if left <= 0:
                return


class Flows:
    """Flow artifacts of beginnings of videos."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        self._store, self._machine = Store(folder, create=True), machine
        self._loaded: dict[str, Flow] = {}

    def of(self, video: Input, recipe: FlowRecipe, frames: int) -> Artifact:
        """The flow of the first `frames` frames of a video, computed where it is not there yet.

        Raises SourceError where the video cannot be decoded.
        """
        key = artifact_key(recipe.digest, [digest("beginning", [video.digest, frames])])
        if not self._store.has("flow", key):
            LOGGER.info("%s: flow by %s of %d frames", video.names[0], recipe.backend, frames)
            beginning = Beginning(video.video, video.index, recipe.frames, {}, None, frames)
            with self._store.create("flow", key, recipe=recipe, inputs={}) as out:
                self._feature(recipe).extract(beginning, out, lambda done: None)
        return self._store.open("flow", key)

    def _feature(self, recipe: FlowRecipe) -> Flow:
        """The flow of a recipe, whose network is loaded once."""
        if recipe.digest not in self._loaded:
            self._loaded[recipe.digest] = Flow(recipe, self._machine)
        return self._loaded[recipe.digest]


def needed(recipe: ClipsRecipe, video: Input, clips: int | None) -> int:
    """Frames that the first clips of a video show, and the one to which the flow of the last leads.

    Raises SourceError where the video is too short for a clip.
    """
    assert isinstance(recipe.source, NetworkRecipe)
    cuts = cuts_of(recipe.source.view, video)
    last = len(cuts) if clips is None else min(clips, len(cuts))
    return min(video.frames, int(cuts.frames(last - 1)[-1]) + 2)


@contextmanager
def flows(machine: Machine) -> Iterator[Flows]:
    """Flow that is kept while the context lasts, in the folder for temporary files."""
    with TemporaryDirectory(prefix="features-flow-") as folder:
        yield Flows(Path(folder), machine)
