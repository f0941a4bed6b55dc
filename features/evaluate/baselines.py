"""Scores that need no training. A model that does not beat them has shown nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.errors import DatasetError

FLOW_ROWS = 16


@dataclass(frozen=True)
class Baseline:
    """A score for each frame from an artifact, or from the number of frames alone.

    reads        the kind of artifact it needs, or "" for none
    description  one line for the report, with the rule for frames that have nothing to measure
    compute      (artifact or None, frames) to float64 (frames,)
    """

    name: str
    version: int
    reads: str
    description: str
    compute: Callable[[Any, int], np.ndarray]


def widest_box(boxes: Any, frames: int) -> np.ndarray:
    """Width of the widest box of each frame in pixels; 0 for a frame without boxes."""
    table = boxes.table("boxes")
    widest = np.zeros(frames)
    np.maximum.at(widest, table.frame_numbers(), table.column("x2") - table.column("x1"))
    return widest


def box_count(boxes: Any, frames: int) -> np.ndarray:
    """Number of boxes of each frame; 0 for a frame without."""
    return np.asarray(np.diff(boxes.table("boxes").frame_offsets), np.float64)


def mean_flow(flow: Any, frames: int) -> np.ndarray:
    """Mean length of each frame's flow vectors in pixels, of those that are numbers; 0 where none is.

    Flow to the next frame has no row for the last one, which takes the value of the frame before it.
    """
    fields = flow["flow"]
    means = []
    for start in range(0, fields.shape[0], FLOW_ROWS):
        block = np.asarray(fields[start : min(start + FLOW_ROWS, fields.shape[0])], np.float32)
        length = np.hypot(block[:, 0], block[:, 1]).reshape(len(block), -1)
        known = np.isfinite(length)
        total = np.where(known, length, 0).sum(axis=1, dtype=np.float64)
        means.append(total / np.maximum(known.sum(axis=1), 1))
    found = np.concatenate([np.zeros(0), *means])
    return np.pad(found, (0, frames - len(found)), mode="edge") if len(found) else np.zeros(frames)


def frame_number(nothing: None, frames: int) -> np.ndarray:
    """0, 1, 2, ...: what is late counts as abnormal."""
    return np.arange(frames, dtype=np.float64)


def video_length(nothing: None, frames: int) -> np.ndarray:
    """The number of frames of the video, for each of them."""
    return np.full(frames, frames, np.float64)


BASELINES: dict[str, Baseline] = {
    baseline.name: baseline
    for baseline in (
        Baseline("widest box", 1, "boxes", "width of the widest box, 0 without boxes", widest_box),
        Baseline("number of boxes", 1, "boxes", "number of boxes", box_count),
        Baseline("mean flow", 1, "flow", "mean length of the flow vectors, 0 without numbers", mean_flow),
        Baseline("frame number", 1, "", "number of the frame in its video", frame_number),
        Baseline("video length", 1, "", "number of frames of the video", video_length),
    )
}


def available(kinds: Iterable[str]) -> tuple[Baseline, ...]:
    """The baselines that these kinds of artifact allow."""
    there = {"", *kinds}
    return tuple(baseline for baseline in BASELINES.values() if baseline.reads in there)


def baseline_scores(
    baseline: Baseline, frames: Mapping[str, int], read: Callable[[str, str], Any]
) -> dict[str, np.ndarray]:
    """Video id -> scores (frames,), from video id -> frames; `read(video id, kind)` gives the artifact.

    Raises DatasetError naming the video and the numbers where an artifact has another number of frames.
    """
    found = {}
    for video, count in frames.items():
        artifact = read(video, baseline.reads) if baseline.reads else None
        if artifact is not None:
            _check_frames(artifact, baseline.reads, video, count)
        found[video] = baseline.compute(artifact, count)
    return found


def _check_frames(artifact: Any, kind: str, video: str, frames: int) -> None:
    there = artifact.table("boxes").frames if kind == "boxes" else artifact[kind].shape[0]
    if there != frames and (kind != "flow" or there != frames - 1):
        raise DatasetError(f"video {video!r} has {frames} frames and {kind} of {there}; compute its {kind} anew")
