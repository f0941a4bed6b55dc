"""The feature `flow`: what a backend gives, written as it comes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from features.extract.backend import BackedFeature
from features.extract.feature import Machine, Progress, VideoInput
from features.extract.flow.backend import FlowBackend
from features.extract.flow.recipe import FlowRecipe, flow_recipe
from features.plan.registry import find
from features.plan.stages import Context
from features.store.arrays import ArraySpec
from features.store.artifact import ArtifactWriter
from features.store.recipe import Recipe

FILL = -32768  # stored where a backend found no number


class Flow(BackedFeature):
    """Optical flow, stored as int16 in steps of the recipe; component 0 is x, 1 is y, in pixels of the frame."""

    kind: ClassVar[str] = "flow"

    @classmethod
    def recipe(cls, choice: str | Mapping[str, Any], context: Context) -> FlowRecipe:
        """The recipe for a config entry; see `flow_recipe`."""
        return flow_recipe(choice, context)

    @classmethod
    def chosen(cls, recipe: Recipe) -> tuple[type[FlowBackend], Recipe]:
        """The backend, whose recipe is the feature's."""
        return find("flow", recipe.backend), recipe

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

        Memory: that of the backend, whatever the video's length.
        """
        out.add(flow_array(video.height, video.width, self.parameters.steps_per_pixel))
        for rows, frames in self.backend.rows(video, self.parameters, self.machine.batch):
            out.append("flow", rows)
            progress(frames)


def flow_array(height: int, width: int, steps_per_pixel: int) -> ArraySpec:
    """The array of an artifact: int16 (rows, 2, height, width) that stand for whole steps."""
    return ArraySpec(
        "flow",
        "int16",
        (2, height, width),
        dims=("frame", "component", "y", "x"),
        units="px",
        scale_factor=1 / steps_per_pixel,
        fill_value=FILL,
    )
