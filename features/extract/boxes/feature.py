"""The feature `boxes`: blocks of frames through a detector and motion into one table per video."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from features.extract.boxes.backend import COLUMNS, Block, BoxBackend, blocks_with_neighbours
from features.extract.boxes.presets import pixels
from features.extract.boxes.recipe import BoxesRecipe, Keep, boxes_recipe
from features.extract.boxes.select import large_and_sure, uncovered
from features.extract.feature import Feature, Machine, Progress, VideoInput
from features.plan.registry import find
from features.plan.stages import Context
from features.store.artifact import ArtifactWriter
from features.store.recipe import Recipe
from features.store.table import TableWriter

BLOCK_BYTES = 64 << 20
USUAL_BOXES = 12


class Boxes(Feature):
    """Boxes of each frame, detections first (smallest first), then motion."""

    kind = "boxes"

    @classmethod
    def recipe(cls, choice: str | Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for a preset (`lbrspr`, `vec`, `hf2vad`, `motion`), a backend, or a mapping."""
        return boxes_recipe(choice, context)

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """What its backends read beside the frames: the flow, for flow boxes."""
        assert isinstance(recipe, BoxesRecipe)
        parts = [part for part in (recipe.detector, recipe.motion) if part is not None]
        return (*recipe.frames.needed, *(kind for part in parts for kind in find("boxes", part.backend).reads(part)))

    @classmethod
    def estimated_bytes(cls, recipe: Recipe, frames: int, height: int, width: int) -> int:
        """A dozen rows of seven float32 per frame, and the offsets."""
        return frames * (USUAL_BOXES * len(COLUMNS) * 4 + 8)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, BoxesRecipe)
        self.parameters = recipe
        self.machine = machine
        self.detector = _load(recipe.detector, machine)
        self.motion = _load(recipe.motion, machine)

    def extract(self, video: VideoInput, out: ArtifactWriter, progress: Progress) -> None:
        """One table for the video, a few frames in memory at a time."""
        table = TableWriter(out, "boxes", COLUMNS)
        counts = np.zeros(3, int)
        rows = block_rows(video.height, video.width, self.machine.batch)
        for first, padded in blocks_with_neighbours(video, rows):
            block = Block(video, first, padded)
            for found in self.find(block):
                table.frame(found)
                counts += np.bincount(found[:, 6].astype(int), minlength=3)
            progress(block.numbers.stop)
        table.close()
        out.note(boxes=dict(zip(("detector", "motion", "imported"), counts.tolist(), strict=True)))

    def find(self, block: Block) -> list[np.ndarray]:
        """float32 (k, 7) for each frame of a block, columns as in the table."""
        nothing = [np.empty((0, 7), np.float32)] * len(block.numbers)
        still = nothing
        if self.detector is not None:
            size = block.frames.shape[1:3]
            raw = self.detector.boxes(block, nothing)
            still = [_with_origin(kept(rows, self.parameters.keep, *size), self.detector.origin) for rows in raw]
        if self.motion is None:
            return still
        moving = [_with_origin(rows, self.motion.origin) for rows in self.motion.boxes(block, still)]
        return [np.concatenate(both) for both in zip(still, moving, strict=True)]


def kept(boxes: np.ndarray, keep: Keep | None, height: int, width: int) -> np.ndarray:
    """The rows of detections (k, 6) that pass; all, in their order, where nothing is to be chosen."""
    if keep is None:
        return boxes
    return uncovered(large_and_sure(boxes, keep.score, pixels(keep.min_area, height, width), keep.clip), keep.cover)


def block_rows(height: int, width: int, batch: int) -> int:
    """Frames per block: at least sixteen or a forward pass, as far as 64 MB go, and never none."""
    return max(1, min(max(16, batch), BLOCK_BYTES // (height * width * 3)))


def _load(recipe: Recipe | None, machine: Machine) -> BoxBackend | None:
    if recipe is None:
        return None
    backend: BoxBackend = find("boxes", recipe.backend)(recipe, machine)
    return backend


def _with_origin(boxes: np.ndarray, origin: int) -> np.ndarray:
    return np.concatenate([boxes, np.full((len(boxes), 1), origin, np.float32)], axis=1, dtype=np.float32)
