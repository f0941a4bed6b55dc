"""What `features view` shows of a video: its artifacts turned into pictures, one frame at a time."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from features.report.view import ORIGIN_NAMES, contact_sheet, draw_boxes, flow_wheel, wheel_limit, with_legend
from features.store.artifact import Artifact

LIMIT_ROWS = 16


def box_label(box: np.ndarray) -> str:
    """What stands beside a row of a boxes table: its score, where it has one, else where it comes from."""
    return f"{box[4]:.2f}" if np.isfinite(box[4]) else ORIGIN_NAMES[int(box[6])]


def overlays(
    frames: Iterable[np.ndarray], numbers: Sequence[int], boxes: Artifact | None, flow: Artifact | None
) -> Iterator[np.ndarray]:
    """uint8 (h, w or 2w, 3) RGB: each frame with its boxes, and its flow beside it where there is one.

    `numbers` are the frames' numbers in the artifacts, one for each frame. All flow stands on one scale.
    """
    table = boxes.table("boxes") if boxes is not None else None
    limit = clip_limit(flow) if flow is not None else 0.0
    for frame, number in zip(frames, numbers, strict=True):
        rows = table.frame(number) if table is not None else np.empty((0, 7))
        picture = draw_boxes(frame, rows, [box_label(row) for row in rows])
        if flow is not None:
            picture = np.concatenate([picture, flow_picture(flow, number, limit)], axis=1)
        yield picture


def flow_picture(flow: Artifact, number: int, limit: float) -> np.ndarray:
    """uint8 (h, w, 3): the flow of a frame (of the last pair, where the last frame begins none), with its legend."""
    rows = flow["flow"]
    if rows.shape[0] == 0:
        return np.full((*rows.shape[2:], 3), 255, np.uint8)
    vectors = np.moveaxis(rows[min(number, rows.shape[0] - 1)], 0, -1)
    return with_legend(flow_wheel(vectors, limit), limit)


def clip_limit(flow: Artifact) -> float:
    """The largest of the scales of some rows spread over a flow artifact."""
    rows = flow["flow"]
    spread = np.unique(np.linspace(0, rows.shape[0] - 1, min(LIMIT_ROWS, rows.shape[0])).astype(int))
    return max((wheel_limit(np.moveaxis(rows[row], 0, -1)) for row in spread.tolist()), default=0.5)


def cubes_picture(cubes: Artifact, count: int) -> np.ndarray:
    """The contact sheet of `count` cubes spread over a video, captioned with frame and number of the box in it."""
    table = cubes.table("boxes")
    total = len(table.values)
    chosen = np.unique(np.linspace(0, total - 1, min(count, total)).astype(int)).tolist()
    frames = np.searchsorted(table.frame_offsets, chosen, side="right") - 1
    captions = [
        f"frame {frame}, box {row - int(table.frame_offsets[frame])}" for frame, row in zip(frames, chosen, strict=True)
    ]
    if not chosen:
        return contact_sheet(cubes["cubes"][0:0])
    images = np.stack([cubes["cubes"][row] for row in chosen])
    flow = np.stack([cubes["flow_cubes"][row] for row in chosen]) if "flow_cubes" in cubes.names else None
    return contact_sheet(images, flow, captions)
