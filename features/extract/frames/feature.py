"""The feature `frames`: decoded frames, stored for those that read them more than once."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from features.extract.feature import Feature, Machine, Progress, VideoInput
from features.extract.frames import jpeg
from features.extract.frames.recipe import FramesRecipe, frames_recipe
from features.extract.frames.stored import StoredFrames
from features.plan.stages import Context
from features.store.arrays import ArraySpec
from features.store.artifact import ArtifactWriter
from features.store.recipe import Recipe
from features.video.sampling import sampled_frames

__all__ = ["Frames", "FramesRecipe", "StoredFrames"]

BLOCK_BYTES = 64 * 2**20  # decoded frames in memory at a time
DATA_ROWS = 2**20  # bytes of JPEG files per chunk
TABLE_ROWS = 4096


class Frames(Feature):
    """Frames as the recipe samples them. With codec `none` there is no artifact: readers decode the video."""

    kind: ClassVar[str] = "frames"

    @classmethod
    def recipe(cls, choice: str | Mapping[str, Any], context: Context) -> FramesRecipe:
        """The recipe for a config entry; see `frames_recipe`."""
        return frames_recipe(choice)

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """Nothing but the video."""
        return ()

    @classmethod
    def stored(cls, recipe: Recipe) -> bool:
        """Whether there is an artifact: for every codec but `none`."""
        assert isinstance(recipe, FramesRecipe)
        return recipe.codec != "none"

    @classmethod
    def estimated_bytes(cls, recipe: Recipe, frames: int, height: int, width: int) -> int:
        """From camera video: zstd leaves about half of each pixel's 3 bytes, JPEG at 95 about 0.4 bytes."""
        assert isinstance(recipe, FramesRecipe)
        per_pixel = {"none": 0.0, "lossless": 1.5, "jpeg": 0.4}[recipe.codec]
        return int(frames * height * width * per_pixel)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, FramesRecipe)
        self.parameters = recipe

    def extract(self, video: VideoInput, out: ArtifactWriter, progress: Progress) -> None:
        """Write `frames` (n, h, w, 3), or for JPEG `data` and `offsets`; with them `frame_numbers` and `seconds`."""
        numbers = sampled_frames(video.index, self.parameters.sampling)
        out.add(ArraySpec("frame_numbers", "int64", (), TABLE_ROWS, ("frame",)))
        out.append("frame_numbers", numbers)
        out.add(ArraySpec("seconds", "float64", (), TABLE_ROWS, ("frame",), "s"))
        out.append("seconds", np.asarray(video.index.seconds, np.float64)[numbers])
        blocks = _reported(video.blocks(max(1, BLOCK_BYTES // (video.height * video.width * 3))), progress)
        if self.parameters.quality is None:
            write_lossless(blocks, (video.height, video.width), out)
        else:
            write_jpeg(blocks, self.parameters.quality, out)


def write_lossless(blocks: Iterable[np.ndarray], size: tuple[int, int], out: ArtifactWriter) -> None:
    """Frames as they are, one per chunk; `size` is their height and width."""
    out.add(ArraySpec("frames", "uint8", (*size, 3), 1, ("frame", "y", "x", "channel"), codec="zstd"))
    for block in blocks:
        out.append("frames", block)


def write_jpeg(blocks: Iterable[np.ndarray], quality: int, out: ArtifactWriter) -> None:
    """Frames as JPEG files one after the other; file i is `data[offsets[i] : offsets[i + 1]]`."""
    out.add(ArraySpec("data", "uint8", (), DATA_ROWS, ("byte",)))
    out.add(ArraySpec("offsets", "int64", (), TABLE_ROWS, ("frame",)))
    ends = np.zeros(1, np.int64)
    out.append("offsets", ends)
    for block in blocks:
        files = [jpeg.encode(frame, quality) for frame in block]
        ends = ends[-1] + np.cumsum([len(file) for file in files], dtype=np.int64)
        out.append("data", np.concatenate(files))
        out.append("offsets", ends)


def _reported(blocks: Iterable[np.ndarray], progress: Progress) -> Iterator[np.ndarray]:
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        progress(done)
