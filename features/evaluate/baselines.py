"""Scores that need no training. A model that does not beat them has shown nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.datasets.people import NOBODY
from features.errors import DatasetError
from features.extract.poses.table import read_people
from features.store.table import OFFSETS

FLOW_ROWS = 16

Artifacts = Mapping[str, Any]


@dataclass(frozen=True)
class Baseline:
    """A score for each frame from artifacts of its video, or from the number of frames alone.

    reads        the kinds of artifact it needs
    description  one line for the report, with the rule for frames that have nothing to measure
    compute      (kind -> artifact, frames) to float64 (frames,)
    objects      kind -> artifact to float64 (n, 6), as a model scores objects; None where it scores frames alone
    annotated    stands only where it is published which videos are abnormal
    """

    name: str
    version: int
    reads: tuple[str, ...]
    description: str
    compute: Callable[[Artifacts, int], np.ndarray]
    objects: Callable[[Artifacts], np.ndarray] | None = None
    annotated: bool = False


def widest_box(artifacts: Artifacts, frames: int) -> np.ndarray:
    """Width of the widest box of each frame in pixels; 0 for a frame without boxes."""
    widths = box_widths(artifacts)
    widest = np.zeros(frames)
    np.maximum.at(widest, widths[:, 0].astype(np.int64), widths[:, 5])
    return widest


def box_widths(artifacts: Artifacts) -> np.ndarray:
    """float64 (n, 6): frame, x1, y1, x2, y2 and the width in pixels of each box."""
    table = artifacts["boxes"].table("boxes")
    x1, y1, x2, y2 = (np.asarray(table.column(name), np.float64) for name in ("x1", "y1", "x2", "y2"))
    return np.column_stack([table.frame_numbers(), x1, y1, x2, y2, x2 - x1])


def box_count(artifacts: Artifacts, frames: int) -> np.ndarray:
    """Number of boxes of each frame; 0 for a frame without."""
    return np.asarray(np.diff(artifacts["boxes"].table("boxes").frame_offsets), np.float64)


def body_speed(artifacts: Artifacts, frames: int) -> np.ndarray:
    """Pixels that the fastest body's centre moved since the frame before; 0 where nobody was in both frames."""
    found = read_people(artifacts["poses"], artifacts["tracks"])
    centres = body_centres(found.keypoints)
    known = np.flatnonzero((found.ids != NOBODY) & np.isfinite(centres[:, 0]))
    rows = known[np.lexsort((found.frames[known], found.ids[known]))]
    numbers = found.frames[rows]
    next_one = (np.diff(found.ids[rows]) == 0) & (np.diff(numbers) == 1)
    steps = np.hypot(*np.diff(centres[rows], axis=0).T)
    fastest = np.zeros(frames)
    np.maximum.at(fastest, numbers[1:][next_one], steps[next_one])
    return fastest


def body_centres(keypoints: np.ndarray) -> np.ndarray:
    """float64 (n, 2): mean of the joints that are there (score above 0) of keypoints (n, 17, 3); NaN without any."""
    there = keypoints[..., 2] > 0
    count = there.sum(axis=1)
    total = np.where(there[..., None], keypoints[..., :2], 0).sum(axis=1)
    return np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], np.nan)


def person_count(artifacts: Artifacts, frames: int) -> np.ndarray:
    """Number of persons of each frame of whom any joint is there; 0 for a frame without."""
    found = read_people(artifacts["poses"])
    there = (found.keypoints[..., 2] > 0).any(axis=1)
    return np.bincount(found.frames[there], minlength=frames).astype(np.float64)


def mean_flow(artifacts: Artifacts, frames: int) -> np.ndarray:
    """Mean length of each frame's flow vectors in pixels, of those that are numbers; 0 where none is.

    Flow to the next frame has no row for the last one, which takes the value of the frame before it.
    """
    fields = artifacts["flow"]["flow"]
    means = []
    for start in range(0, fields.shape[0], FLOW_ROWS):
        block = np.asarray(fields[start : min(start + FLOW_ROWS, fields.shape[0])], np.float32)
        length = np.hypot(block[:, 0], block[:, 1]).reshape(len(block), -1)
        known = np.isfinite(length)
        total = np.where(known, length, 0).sum(axis=1, dtype=np.float64)
        means.append(total / np.maximum(known.sum(axis=1), 1))
    found = np.concatenate([np.zeros(0), *means])
    return np.pad(found, (0, frames - len(found)), mode="edge") if len(found) else np.zeros(frames)


def frame_number(nothing: Artifacts, frames: int) -> np.ndarray:
    """0, 1, 2, ...: what is late counts as abnormal."""
    return np.arange(frames, dtype=np.float64)


def video_length(nothing: Artifacts, frames: int) -> np.ndarray:
    """The number of frames of the video, for each of them."""
    return np.full(frames, frames, np.float64)


def minus_video_length(nothing: Artifacts, frames: int) -> np.ndarray:
    """The number of frames of the video, negative: untrimmed normal videos are often the longer ones."""
    return -video_length(nothing, frames)


def middle_of_video(nothing: Artifacts, frames: int) -> np.ndarray:
    """1 - |t / n - 1/2| at frame t of n: what lies in the middle counts as abnormal."""
    return np.asarray(1 - np.abs(np.arange(frames) / max(frames, 1) - 0.5))


BASELINES: dict[str, Baseline] = {
    baseline.name: baseline
    for baseline in (
        Baseline("widest box", 1, ("boxes",), "width of the widest box, 0 without boxes", widest_box, box_widths),
        Baseline("number of boxes", 1, ("boxes",), "number of boxes", box_count),
        Baseline(
            "speed of the body's centre",
            1,
            ("poses", "tracks"),
            "distance in pixels that the fastest body's centre moved since the frame before, 0 without anybody",
            body_speed,
        ),
        Baseline("number of persons", 1, ("poses",), "number of persons of whom any joint is there", person_count),
        Baseline("mean flow", 1, ("flow",), "mean length of the flow vectors, 0 without numbers", mean_flow),
        Baseline("frame number", 1, (), "number of the frame in its video", frame_number),
        Baseline("video length", 1, (), "number of frames of the video", video_length),
        Baseline(
            "minus video length", 1, (), "number of frames of the video, negative", minus_video_length, annotated=True
        ),
        Baseline(
            "middle of the video",
            1,
            (),
            "1 in the middle of the video, 0.5 at its ends",
            middle_of_video,
            annotated=True,
        ),
    )
}


def available(kinds: Iterable[str], annotated: bool = False) -> tuple[Baseline, ...]:
    """The baselines that these kinds of artifact allow; `annotated`: it is published which videos are abnormal."""
    there = set(kinds)
    return tuple(
        baseline
        for baseline in BASELINES.values()
        if there.issuperset(baseline.reads) and (annotated or not baseline.annotated)
    )


def baseline_scores(
    baseline: Baseline, frames: Mapping[str, int], read: Callable[[str, str], Any]
) -> dict[str, np.ndarray]:
    """Video id -> scores (frames,), from video id -> frames; `read(video id, kind)` gives the artifact.

    Raises DatasetError naming the video and the numbers where an artifact has another number of frames.
    """
    found = {}
    for video, count in frames.items():
        artifacts = {kind: read(video, kind) for kind in baseline.reads}
        for kind, artifact in artifacts.items():
            _check_frames(artifact, kind, video, count)
        found[video] = baseline.compute(artifacts, count)
    return found


def _check_frames(artifact: Any, kind: str, video: str, frames: int) -> None:
    there = _frames(artifact, kind)
    if there != frames and (kind != "flow" or there != frames - 1):
        raise DatasetError(f"video {video!r} has {frames} frames and {kind} of {there}; compute its {kind} anew")


def _frames(artifact: Any, kind: str) -> int:
    if kind == "flow":
        return int(artifact[kind].shape[0])
    if kind == "tracks":
        return int(artifact[OFFSETS].shape[0]) - 1
    return int(artifact.table(kind).frames)
