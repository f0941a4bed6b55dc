"""Trackers that see a video once, frame after frame: those of the library `trackers`.

The library gives an id to a track once it is confirmed, a few frames after its first box, and hides it again in some
trackers after a gap. Here the boxes that each track was made of are followed, so every row of a confirmed track has
its id from the first to the last, and rows of tracks that were never confirmed have none.
"""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

from features.datasets.people import NOBODY
from features.errors import PackageMissing
from features.extract.feature import Progress, VideoInput
from features.extract.tracks.backend import Rows, TrackBackend, Tracked

# What a row without a score counts as: the library takes detections without confidence as sure, too.
SURE = 1.0
# No picture is as large, in pixels; squares, areas and their filters stay finite within it.
FARTHEST = 1e7


class OnlineTracker(TrackBackend):
    """A tracker of the library, made anew for each video: nothing is carried over from one to the next."""

    @abstractmethod
    def tracker(self, fps: float) -> Any:
        """The library's tracker for a video of so many frames per second, with a `watched` state estimator."""

    def pictures(self, video: VideoInput) -> Iterator[np.ndarray | None]:
        """What the tracker sees of each frame beside the boxes: nothing, so that no frame is decoded."""
        return iter([None] * video.frames)

    def notes(self, tracker: Any) -> dict[str, Any]:
        """What is worth saying after a video."""
        return {}

    def track(self, video: VideoInput, rows: Rows, progress: Progress) -> Tracked:
        """Ids from 0 in the order of first appearance; of rows that appear in one frame the leftmost box is first.

        Rows whose box is NaN, absurdly far away or without area belong to no track. The order of rows within a frame
        changes nothing.
        """
        ids = np.full(len(rows.boxes), NOBODY, np.int64)
        if video.frames == 0:
            return Tracked(ids)
        tracker = self.tracker(frame_rate(video))
        order = left_to_right(rows)
        usable = has_area(rows.boxes)
        for frame, picture in enumerate(self.pictures(video)):
            here = order[rows.offsets[frame] : rows.offsets[frame + 1]]
            step(tracker, rows, here[usable[here]], picture, ids)
            progress(frame + 1)
        return Tracked(numbered(ids, order), {"rows_without_box": int((~usable).sum()), **self.notes(tracker)})


def frame_rate(video: VideoInput) -> float:
    """Frames per second as they are handed out: the source's, times the share of its frames that is kept."""
    return video.index.fps * video.frames / video.index.frames


def has_area(boxes: np.ndarray) -> np.ndarray:
    """bool (n,): which boxes lie within `FARTHEST` pixels, NaN does not, and have an area above 0."""
    within = (np.abs(boxes) <= FARTHEST).all(axis=1)
    sides = np.where(within[:, None], boxes[:, 2:] - boxes[:, :2], 0.0)
    return np.asarray((sides > 0).all(axis=1) & (sides.prod(axis=1) > 0))


def left_to_right(rows: Rows) -> np.ndarray:
    """int64 (n,): row numbers by frame, then by corners, the surest of equal boxes first.

    The assignment of boxes to tracks has several best solutions at times; sorted rows make the choice, and the names
    of tracks, the same in whatever order a detector lists them.
    """
    x1, y1, x2, y2 = rows.boxes.T
    return np.lexsort([-rows.scores, y2, x2, y1, x1, rows.frames])


def step(tracker: Any, rows: Rows, here: np.ndarray, picture: np.ndarray | None, ids: np.ndarray) -> None:
    """Take the rows `here` of one frame, none at times, into the tracker; write the ids that it is sure of now."""
    import supervision

    boxes, scores = rows.boxes[here], rows.scores[here]
    sure = np.where(np.isnan(scores), SURE, scores)
    tracker.update(supervision.Detections(xyxy=boxes, confidence=sure), picture)
    listed: dict[tuple[float, ...], list[int]] = {}
    for row, box in zip(here[::-1].tolist(), boxes[::-1].tolist(), strict=True):
        listed.setdefault(tuple(box), []).append(row)
    for track in tracker.tracks:
        if track.time_since_update > 0:
            continue
        estimator = track.state_estimator
        estimator.rows.append(listed[estimator.seen].pop())
        if track.tracker_id != NOBODY:
            ids[estimator.rows] = track.tracker_id
            estimator.rows.clear()


def watched(estimator: Any) -> Any:
    """A state estimator of the library that remembers which box it saw last, `seen`, and has room for its `rows`."""

    class Watched(estimator):  # type: ignore[misc]
        def __init__(self, box: np.ndarray) -> None:
            super().__init__(box)
            self.seen = tuple(box.tolist())
            self.rows: list[int] = []

        def update(self, box: np.ndarray) -> None:
            super().update(box)
            self.seen = tuple(box.tolist())

    return Watched


def numbered(ids: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The ids counted from 0 by their first row in `order`; those below 0 stay -1."""
    found: np.ndarray = np.full(len(ids), NOBODY, np.int64)
    listed = order[ids[order] >= 0]
    _, first, who = np.unique(ids[listed], return_index=True, return_inverse=True)
    found[listed] = np.argsort(np.argsort(first))[who.reshape(-1)]
    return found


def require(name: str) -> Any:
    """The library, loaded when it is used. Raises PackageMissing."""
    try:
        import trackers
    except ImportError:
        raise PackageMissing(f"tracks backend {name!r} needs trackers: pip install trackers") from None
    return trackers
