"""The arrays of a `scores` artifact, written video by video; `features.evaluate.scores` reads them."""

import numpy as np

from features.store.arrays import ArraySpec
from features.store.artifact import ArtifactWriter

SCORES = "scores"
VIDEO_OFFSETS = "video_offsets"
OBJECT_SCORES = "object_scores"
OBJECT_OFFSETS = "object_offsets"
OBJECT_IDS = "object_ids"
SNAPSHOT_SCORES = "snapshot_scores"
OBJECT_COLUMNS = ("frame", "x1", "y1", "x2", "y2", "score")


class ScoresWriter:
    """Writes scores of one video after the other; `close` ends the artifact.

    scores         float32 (frames of all videos)
    object_scores  float32 (objects of all videos, 6): frame in its video, x1, y1, x2, y2 in pixels of the frame, score
    video_offsets, object_offsets   int64 (videos + 1): the rows of each video in the two
    object_ids     int64 (objects of all videos), where objects are `identified`: who each of them is, in its video
    snapshot_scores  float32 (frames of all videos, snapshots), where a model kept `snapshots` of its training; the last
                   is the model itself
    statistics.sources   sha256 of each video, in row order
    """

    def __init__(self, out: ArtifactWriter, identified: bool = False, snapshots: int = 0) -> None:
        self._out = out
        self._identified = identified
        self._snapshots = snapshots
        self._sources: list[str] = []
        self._frames = [0]
        self._objects = [0]
        out.add(ArraySpec(SCORES, "float32", (), 4096, ("frame",)))
        out.add(ArraySpec(OBJECT_SCORES, "float32", (6,), 4096, ("object", "column"), columns=OBJECT_COLUMNS))
        if identified:
            out.add(ArraySpec(OBJECT_IDS, "int64", (), 4096, ("object",)))
        if snapshots:
            out.add(ArraySpec(SNAPSHOT_SCORES, "float32", (snapshots,), 4096, ("frame", "snapshot")))
        out.add(ArraySpec(VIDEO_OFFSETS, "int64", (), 4096, ("video",)))
        out.add(ArraySpec(OBJECT_OFFSETS, "int64", (), 4096, ("video",)))

    def video(
        self,
        source: str,
        scores: np.ndarray,
        objects: np.ndarray | None = None,
        ids: np.ndarray | None = None,
        snapshots: np.ndarray | None = None,
    ) -> None:
        """One video: `scores` (frames,); `objects` (n, 6) where the model scores objects; their `ids` (n,).

        `snapshots` (frames, snapshots) where some were kept.
        """
        found = np.zeros((0, 6), np.float32) if objects is None else objects.astype(np.float32, copy=False)
        self._out.append(SCORES, scores.astype(np.float32, copy=False))
        self._out.append(OBJECT_SCORES, found)
        if self._identified:
            self._out.append(OBJECT_IDS, np.empty(0, np.int64) if ids is None else np.asarray(ids, np.int64))
        if self._snapshots:
            assert snapshots is not None
            self._out.append(SNAPSHOT_SCORES, snapshots.astype(np.float32, copy=False))
        self._sources.append(source)
        self._frames.append(self._frames[-1] + len(scores))
        self._objects.append(self._objects[-1] + len(found))

    def close(self) -> None:
        """Write the offsets and note the sources."""
        self._out.append(VIDEO_OFFSETS, np.array(self._frames, np.int64))
        self._out.append(OBJECT_OFFSETS, np.array(self._objects, np.int64))
        self._out.note(sources=self._sources)
