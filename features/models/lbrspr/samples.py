"""Cubes as the network wants them: one row per cube, channels last, small until a batch is made.

A row of frames is uint8 (32, 32, 15), channel t * 3 + c with the oldest frame first and c = blue, green, red; a row of
flow is int16 (32, 32, 10), channel t * 2 + c with c = x, y. A batch is a gather and a division; what the published
loader does for each sample (transpose, reshape, divide) has been done once for all epochs.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from features.errors import SourceError
from features.models.base import Features
from features.models.lbrspr.network import FLOW_CHANNELS, PATCH, RGB_CHANNELS
from features.models.lbrspr.recipe import LbrsprRecipe
from features.store.artifact import Artifact

NO_FLOW = -32768
# Cubes that take up to this many bytes are kept in memory, more in a temporary file that is mapped.
MEMORY_BYTES = 4 * 2**30
READ_ROWS = 1024


@dataclass(frozen=True)
class Samples:
    """Cubes of one or many videos.

    frames  uint8 (n, 32, 32, 15)
    flow    int16 (n, 32, 32, 10) as stored, or None without flow
    factors float32 (n, 2): x and y from stored numbers to pixels of the flow's working size, in which the published
            flow was left
    blocks  int64 (n, 2): row and column of the block each cube belongs to
    """

    frames: np.ndarray
    flow: np.ndarray | None
    factors: np.ndarray
    blocks: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    def batch(self, rows: np.ndarray, device: torch.device) -> tuple[Tensor, Tensor | None]:
        """Frames float32 (n, 15, 32, 32) in 0..1 and flow float32 (n, 10, 32, 32), channels last in memory."""
        frames = torch.from_numpy(self.frames[rows]).to(device).to(torch.float32).div_(255)
        if self.flow is None:
            return frames.permute(0, 3, 1, 2), None
        flow = torch.from_numpy(self.flow[rows]).to(device).to(torch.float32)
        factors = torch.from_numpy(self.factors[rows]).to(device).repeat(1, FLOW_CHANNELS // 2)
        return frames.permute(0, 3, 1, 2), flow.mul_(factors[:, None, None]).permute(0, 3, 1, 2)

    def rows_of(self, block: tuple[int, int]) -> np.ndarray:
        """int64: the cubes of one block."""
        return np.flatnonzero((self.blocks == block).all(axis=1))


def frame_rows(cubes: np.ndarray) -> np.ndarray:
    """uint8 (n, 5, 32, 32, 3) RGB as uint8 (n, 32, 32, 15)."""
    bgr = cubes[..., ::-1].transpose(0, 2, 3, 1, 4)
    return np.ascontiguousarray(bgr).reshape(len(cubes), PATCH, PATCH, RGB_CHANNELS)


def flow_rows(cubes: np.ndarray) -> np.ndarray:
    """int16 (n, 5, 2, 32, 32) as int16 (n, 32, 32, 10)."""
    last = cubes.transpose(0, 3, 4, 1, 2)
    return np.ascontiguousarray(last).reshape(len(cubes), PATCH, PATCH, FLOW_CHANNELS)


def block_of(boxes: np.ndarray, height: int, width: int, blocks: tuple[int, int]) -> np.ndarray:
    """int64 (n, 2): row and column of the block of each box (n, 4) x1 y1 x2 y2, by its centre.

    yuguangnudt/LBR_SPR @420d334, utils.py: int(cy / (h / rows)), int(cx / (w / columns)). A centre outside the frame
    belongs to the nearest block.
    """
    if len(boxes) == 0:
        return np.zeros((0, 2), np.int64)
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    found = np.stack([y / (height / blocks[0]), x / (width / blocks[1])], axis=1).astype(np.int64)
    return found.clip(0, np.array(blocks) - 1)


def load(videos: Sequence[Features], recipe: LbrsprRecipe, folder: Path, memory: int = MEMORY_BYTES) -> Samples:
    """All cubes of some videos, in memory or in a temporary file below `folder` that vanishes with the samples."""
    total = sum(video.open("cubes")["cubes"].shape[0] for video in videos)
    samples = _allocate(total, recipe, folder, memory)
    start = 0
    for video in videos:
        with video.open("cubes") as cubes:
            for part in read(cubes, recipe, video.source):
                _put(samples, start, part)
                start += len(part)
    assert start == total
    return samples


def read(cubes: Artifact, recipe: LbrsprRecipe, source: str) -> Iterator[Samples]:
    """The cubes of one video, some rows at a time.

    Raises SourceError where flow holds no numbers, or the cubes do not say from what frames they were cut.
    """
    boxes = cubes.table("boxes").values[:, :4]
    blocks = np.zeros((len(boxes), 2), np.int64)
    if recipe.blocks != (1, 1):
        height, width = _fact(cubes, "frame_size", source)
        blocks = block_of(boxes, height, width, recipe.blocks)
    factors = flow_factors(cubes, source) if recipe.use_flow else np.ones(2, np.float32)
    for start in range(0, len(boxes), READ_ROWS):
        rows = slice(start, min(start + READ_ROWS, len(boxes)))
        flow = flow_rows(cubes.raw("flow_cubes")[rows]) if recipe.use_flow else None
        if flow is not None and (flow == NO_FLOW).any():
            raise SourceError(f"video {source[:12]}: its flow cubes hold no numbers in places; compute its flow anew")
        n = rows.stop - rows.start
        yield Samples(frame_rows(cubes.raw("cubes")[rows]), flow, np.tile(factors, (n, 1)), blocks[rows])


def flow_factors(cubes: Artifact, source: str) -> np.ndarray:
    """float32 (2,): x and y from stored flow to pixels of the flow's working size."""
    grid = _fact(cubes, "flow_grid", source)
    return np.array([grid["x"], grid["y"]], np.float32) * np.float32(cubes.raw("flow_cubes").attrs["scale_factor"])


def _fact(cubes: Artifact, name: str, source: str) -> Any:
    if name not in cubes.meta["statistics"]:
        raise SourceError(f"video {source[:12]}: its cubes do not state their {name}; compute them anew")
    return cubes.meta["statistics"][name]


def _allocate(n: int, recipe: LbrsprRecipe, folder: Path, memory: int) -> Samples:
    row = PATCH * PATCH * (RGB_CHANNELS + (2 * FLOW_CHANNELS if recipe.use_flow else 0))
    mapped = folder if n * row > memory else None
    frames = _rows(n, RGB_CHANNELS, np.uint8, mapped)
    flow = _rows(n, FLOW_CHANNELS, np.int16, mapped) if recipe.use_flow else None
    return Samples(frames, flow, np.empty((n, 2), np.float32), np.empty((n, 2), np.int64))


def _rows(n: int, channels: int, dtype: Any, folder: Path | None) -> np.ndarray:
    shape = (n, PATCH, PATCH, channels)
    if folder is None:
        return np.empty(shape, dtype)
    # The file has no name any more once it is mapped: nothing is left behind, however training ends.
    with tempfile.TemporaryFile(dir=folder) as file:
        return np.memmap(file, dtype, "w+", shape=shape)


def _put(samples: Samples, start: int, part: Samples) -> None:
    rows = slice(start, start + len(part))
    samples.frames[rows] = part.frames
    samples.factors[rows] = part.factors
    samples.blocks[rows] = part.blocks
    if samples.flow is not None:
        assert part.flow is not None
        samples.flow[rows] = part.flow
