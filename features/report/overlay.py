"""What `features view` shows of a video: its artifacts turned into pictures, one frame at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from features.datasets.people import People
from features.report.scales import far_out
from features.report.skeletons import JOINT_SCORE, draw_ids, draw_scores, heat_legend, people_at
from features.report.view import ORIGIN_NAMES, contact_sheet, draw_boxes, flow_wheel, wheel_limit, with_legend
from features.store.artifact import Artifact

LIMIT_ROWS = 16

# From a picture uint8 (h, w, 3) RGB and the number of its frame to the picture with more on it, or beside it.
Layer = Callable[[np.ndarray, int], np.ndarray]


def overlays(frames: Iterable[np.ndarray], numbers: Sequence[int], layers: Sequence[Layer]) -> Iterator[np.ndarray]:
    """uint8 (h, w or more, 3) RGB: each frame with its layers. `numbers` are the frames' numbers in the artifacts."""
    for frame, number in zip(frames, numbers, strict=True):
        picture = frame
        for layer in layers:
            picture = layer(picture, number)
        yield picture


def boxes_layer(boxes: Artifact) -> Layer:
    """Boxes with their scores, or where they come from."""
    table = boxes.table("boxes")

    def draw(picture: np.ndarray, number: int) -> np.ndarray:
        rows = table.frame(number)
        return draw_boxes(picture, rows, [box_label(row) for row in rows])

    return draw


def box_label(box: np.ndarray) -> str:
    """What stands beside a row of a boxes table: its score, where it has one, else where it comes from."""
    return f"{box[4]:.2f}" if np.isfinite(box[4]) else ORIGIN_NAMES[int(box[6])]


def people_layer(found: People, limit: float = JOINT_SCORE) -> Layer:
    """Skeletons with ids; joints below the limit are left out."""
    return lambda picture, number: draw_ids(picture, people_at(found, number), limit)


def scores_layer(found: People, scores: np.ndarray, scale: tuple[float, float], limit: float = JOINT_SCORE) -> Layer:
    """Skeletons coloured by the scores (n,) of n people, with the scale in a corner."""

    def draw(picture: np.ndarray, number: int) -> np.ndarray:
        there = slice(*np.searchsorted(found.frames, (number, number + 1)).tolist())
        drawn = draw_scores(picture, people_at(found, number), scores[there], *scale, limit)
        return heat_legend(drawn, *scale)

    return draw


def score_scale(scores: np.ndarray) -> tuple[float, float]:
    """Where colours begin and end: the 1st percentile of finite scores, and the 99th or what is far out, if lower."""
    known = scores[np.isfinite(scores)]
    if len(known) == 0:
        return 0.0, 1.0
    low, high = np.percentile(known, (1, 99)).tolist()
    return low, min(high, far_out(known))


def flow_layer(flow: Artifact) -> Layer:
    """The flow beside the picture, all of it on one scale."""
    limit = clip_limit(flow)
    return lambda picture, number: np.concatenate([picture, flow_picture(flow, number, limit)], axis=1)


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
