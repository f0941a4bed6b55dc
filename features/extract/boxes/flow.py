"""The flow artifact, as features see it that ask for the flow of a frame."""

from collections.abc import Iterable, Iterator

import numpy as np

from features.extract.flow.recipe import FlowRecipe
from features.store.lazy import LazyArray


def frame_flows(flow: LazyArray, frames: Iterable[int]) -> Iterator[np.ndarray]:
    """float32 (height, width, 2), x and y in pixels of the frame, for each of these frames, read as they are asked for.

    Forward pairs leave the last frame without a row of its own: it has that of the pair it ends, as in LBR-SPR. The
    flow of a video of one frame is zero.
    """
    rows, _, height, width = flow.shape
    for frame in frames:
        if rows == 0:
            yield np.zeros((height, width, 2), np.float32)
        else:
            yield np.ascontiguousarray(np.moveaxis(flow[min(frame, rows - 1)], 0, -1))


def grid_scale(recipe: FlowRecipe, height: int, width: int) -> np.ndarray:
    """float32 (2,): what turns x and y vectors in pixels of the frame into pixels of the flow's working size.

    Published code measures flow in these: LBR-SPR never rescales the vectors of its 512 x 384 network.
    """
    columns, rows = recipe.seen(height, width)
    return np.array([columns / width, rows / height], np.float32)
