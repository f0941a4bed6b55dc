"""The feature `cubes`: frames, boxes and flow of a video into one row per box."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from features.extract.boxes.backend import COLUMNS
from features.extract.boxes.feature import USUAL_BOXES, block_rows
from features.extract.boxes.flow import frame_flows, grid_scale
from features.extract.cubes.cut import cut, hold_pixels, windows
from features.extract.cubes.recipe import CubesRecipe, cubes_recipe
from features.extract.feature import Feature, Machine, Progress, VideoInput
from features.plan.stages import Context
from features.store.arrays import ArraySpec
from features.store.artifact import ArtifactWriter
from features.store.recipe import Recipe
from features.store.table import TableWriter

ROWS = 64
NO_FLOW = -32768


class Cubes(Feature):
    """Cubes of RGB, and of flow where the recipe has one, with the table of their boxes."""

    kind = "cubes"

    @classmethod
    def recipe(cls, choice: str | Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for a preset (`lbrspr`, `vec`, `hf2vad`) or a mapping."""
        return cubes_recipe(choice, context)

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """Boxes, and flow where it is cut too."""
        assert isinstance(recipe, CubesRecipe)
        return (*recipe.frames.needed, "boxes", *(["flow"] if recipe.flow is not None else []))

    @classmethod
    def estimated_bytes(cls, recipe: Recipe, frames: int, height: int, width: int) -> int:
        """A dozen cubes per frame; RGB compresses to about half, flow to about a quarter."""
        assert isinstance(recipe, CubesRecipe)
        pixels = recipe.length * recipe.patch**2
        return frames * USUAL_BOXES * pixels * (3 if recipe.flow is not None else 2)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, CubesRecipe)
        self.parameters = recipe

    def extract(self, video: VideoInput, out: ArtifactWriter, progress: Progress) -> None:
        """One row per box that holds a pixel, frame by frame; one window of frames and of flow in memory.

        Flow stays in pixels of the frame; times `flow_grid` of the statistics it is in pixels of its working size, as
        published code has it.
        """
        recipe = self.parameters
        for spec in specs(recipe):
            out.add(spec)
        table = TableWriter(out, "boxes", COLUMNS)
        boxes = video.upstream["boxes"].table("boxes")
        empty = total = 0
        for frame, (images, flows) in enumerate(self._windows(video)):
            found = boxes.frame(frame)
            whole = found[hold_pixels(found, video.height, video.width)]
            out.append("cubes", cut(images, whole, recipe.patch))
            if flows is not None:
                out.append("flow_cubes", np.moveaxis(cut(flows, whole, recipe.patch), -1, 2))
            table.frame(whole)
            empty, total = empty + len(found) - len(whole), total + len(whole)
            progress(frame + 1)
        table.close()
        out.note(cubes=total, boxes_without_pixels=empty, frame_size=[video.height, video.width])
        if recipe.flow is not None:
            x, y = grid_scale(recipe.flow, video.height, video.width).tolist()
            out.note(flow_grid={"x": x, "y": y})

    def _windows(self, video: VideoInput) -> Iterator[tuple[list[np.ndarray], list[np.ndarray] | None]]:
        recipe, frames = self.parameters, video.frames
        rows = block_rows(video.height, video.width, 1)
        images = windows(
            (frame for block in video.blocks(rows) for frame in block), frames, recipe.context, recipe.border
        )
        if recipe.flow is None:
            yield from ((window, None) for window in images)
            return
        fields = windows(
            frame_flows(video.upstream["flow"]["flow"], range(frames)), frames, recipe.context, recipe.border
        )
        yield from zip(images, fields, strict=True)


def specs(recipe: CubesRecipe) -> list[ArraySpec]:
    """The arrays of an artifact of this recipe beside the table of boxes."""
    length, patch = recipe.length, recipe.patch
    found = [ArraySpec("cubes", "uint8", (length, patch, patch, 3), ROWS, ("cube", "frame", "y", "x", "channel"))]
    if recipe.flow is not None:
        found.append(
            ArraySpec(
                "flow_cubes",
                "int16",
                (length, 2, patch, patch),
                ROWS,
                ("cube", "frame", "component", "y", "x"),
                units="pixel",
                scale_factor=1 / recipe.flow.steps_per_pixel,
                fill_value=NO_FLOW,
            )
        )
    return found
