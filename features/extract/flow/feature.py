"""The feature `flow`: frames are read once, in blocks; pairs are made, computed and written as they come."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from features.extract.feature import Feature, Machine, Progress, VideoInput
from features.extract.flow.backend import FlowBackend
from features.extract.flow.pairing import pairs
from features.extract.flow.recipe import FlowRecipe, flow_recipe
from features.extract.flow.resize import Working, working
from features.plan.registry import find
from features.plan.stages import Context
from features.store.arrays import ArraySpec
from features.store.artifact import ArtifactWriter
from features.store.recipe import Recipe

FILL = -32768  # stored where a backend found no number


class Flow(Feature):
    """Optical flow, stored as int16 in steps of the recipe; component 0 is x, 1 is y, in pixels of the frame."""

    kind: ClassVar[str] = "flow"

    @classmethod
    def recipe(cls, choice: str | Mapping[str, Any], context: Context) -> FlowRecipe:
        """The recipe for a config entry; see `flow_recipe`."""
        return flow_recipe(choice, context)

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """Nothing but the frames, and these only where the video itself does not give them."""
        assert isinstance(recipe, FlowRecipe)
        return recipe.frames.needed

    @classmethod
    def estimated_bytes(cls, recipe: Recipe, frames: int, height: int, width: int) -> int:
        """A fifteenth of float32; measured 1/16 to 1/28 on gray and colour video of people (`bench/flow_bytes.py`)."""
        return frames * 2 * height * width * 4 // 15

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, FlowRecipe)
        self.parameters = recipe
        self.machine = machine
        self.backend: FlowBackend = find("flow", recipe.backend)(recipe, machine)

    def extract(self, video: VideoInput, out: ArtifactWriter, progress: Progress) -> None:
        """Write `flow` (rows, 2, height, width); the recipe's pairing says how many rows.

        Memory: two blocks of frames and what the backend keeps of them, whatever the video's length.
        """
        shape = (2, video.height, video.width)
        dims = ("frame", "component", "y", "x")
        step = 1 / self.parameters.steps_per_pixel
        out.add(ArraySpec("flow", "int16", shape, 1, dims, "px", scale_factor=step, fill_value=FILL))
        for rows, frames in self.rows(video):
            out.append("flow", rows)
            progress(frames)

    def rows(self, video: VideoInput) -> Iterator[tuple[np.ndarray, int]]:
        """(float32 (k, 2, height, width), frames read so far) until all rows of the video are there."""
        backend = self.backend
        size = working(video.height, video.width, self.parameters.size, backend.min_side, backend.multiple)
        waiting = pairs(self.parameters.pairing, video.frames)
        known: dict[int, Any] = {}
        done = 0
        for block in video.blocks(self.machine.batch):
            encoded = backend.encode(size.frames(block))
            known = _latest(known) | dict(enumerate(encoded, start=done))
            done += len(block)
            ready = int(np.searchsorted(waiting[:, 1], done))
            if ready:
                yield self._computed(waiting[:ready], known, size), done
            waiting = waiting[ready:]

    def _computed(self, wanted: np.ndarray, known: Mapping[int, Any], size: Working) -> np.ndarray:
        """Vectors of the wanted pairs, each distinct pair computed once."""
        distinct, places = np.unique(wanted, axis=0, return_inverse=True)
        first: Sequence[Any] = [known[number] for number in distinct[:, 0].tolist()]
        second: Sequence[Any] = [known[number] for number in distinct[:, 1].tolist()]
        return size.vectors(self.backend.match(first, second))[places.reshape(-1)]


def _latest(known: Mapping[int, Any]) -> dict[int, Any]:
    """The entry of the last frame: it begins the first pair of the next block."""
    return {number: known[number] for number in list(known)[-1:]}
