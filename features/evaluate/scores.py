"""Reading a `scores` artifact back, video by video; `features.models.scores` writes it."""

from collections.abc import Mapping

import numpy as np

from features.errors import Damaged, NotStored
from features.models.scores import OBJECT_OFFSETS, OBJECT_SCORES, SCORES, VIDEO_OFFSETS
from features.store.artifact import Artifact


class Scores:
    """The scores of many videos, found by the sha256 of the video, never by position.

    Raises Damaged where offsets and sources do not fit each other.
    """

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        self.sources: tuple[str, ...] = tuple(artifact.meta["statistics"]["sources"])
        self._frames = np.asarray(artifact[VIDEO_OFFSETS][:])
        self._objects = np.asarray(artifact[OBJECT_OFFSETS][:])
        self._row = {source: row for row, source in enumerate(self.sources)}
        wanted = len(self.sources) + 1
        if not len(self._frames) == len(self._objects) == wanted:
            raise Damaged(f"scores {artifact.key[:12]}: {len(self.sources)} videos and {len(self._frames) - 1} offsets")

    def frames(self, source: str) -> np.ndarray:
        """float32 (frames,): the score of each frame of a video; higher is more abnormal.

        Raises NotStored where this video was not scored.
        """
        row = self._find(source)
        return np.asarray(self._artifact[SCORES][int(self._frames[row]) : int(self._frames[row + 1])])

    def objects(self, source: str) -> np.ndarray:
        """float32 (n, 6): frame, x1, y1, x2, y2, score of each object of a video; empty where none are scored."""
        row = self._find(source)
        return np.asarray(self._artifact[OBJECT_SCORES][int(self._objects[row]) : int(self._objects[row + 1])])

    def by_video(self, sources: Mapping[str, str]) -> dict[str, np.ndarray]:
        """Video id -> frame scores, from video id -> sha256; videos that were not scored are left out."""
        return {video: self.frames(source) for video, source in sources.items() if source in self._row}

    def _find(self, source: str) -> int:
        if source not in self._row:
            raise NotStored(
                f"scores {self._artifact.key[:12]} hold no video {source[:12]}; score it, or look at its id"
            )
        return self._row[source]
