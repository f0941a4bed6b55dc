"""Reading a `scores` artifact back, video by video; `features.models.scores` writes it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.datasets.people import People
from features.errors import Damaged, NotStored
from features.models.scores import OBJECT_IDS, OBJECT_OFFSETS, OBJECT_SCORES, SCORES, SNAPSHOT_SCORES, VIDEO_OFFSETS
from features.store.artifact import Artifact


@dataclass(frozen=True)
class Threshold:
    """A score above which a model calls a frame abnormal: `quantile` of its scores of normal training data."""

    quantile: float
    value: float


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

    @property
    def has_snapshots(self) -> bool:
        """Whether the model was also scored with snapshots of its training."""
        return SNAPSHOT_SCORES in self._artifact.names

    def snapshots(self, source: str) -> np.ndarray:
        """float32 (frames, snapshots): the scores of each snapshot of the training, in its order.

        Raises NotStored where this video was not scored, or no snapshots were kept.
        """
        if not self.has_snapshots:
            raise NotStored(f"scores {self._artifact.key[:12]} hold no snapshots; train with `snapshots` above 0")
        row = self._find(source)
        return np.asarray(self._artifact[SNAPSHOT_SCORES][int(self._frames[row]) : int(self._frames[row + 1])])

    def objects(self, source: str) -> np.ndarray:
        """float32 (n, 6): frame, x1, y1, x2, y2, score of each object of a video; empty where none are scored."""
        return np.asarray(self._artifact[OBJECT_SCORES][self._rows(source)])

    @property
    def identified(self) -> bool:
        """Whether objects are persons whose scores can be followed over the frames."""
        return OBJECT_IDS in self._artifact.names

    def ids(self, source: str) -> np.ndarray:
        """int64 (n,): who each object of a video is, in the order of `objects`.

        Raises NotStored where this video was not scored, or nobody is told apart.
        """
        if not self.identified:
            raise NotStored(f"scores {self._artifact.key[:12]} do not say who is who; only models of persons do")
        return np.asarray(self._artifact[OBJECT_IDS][self._rows(source)])

    def object_scores(self) -> np.ndarray:
        """float32 (n,): the score of every object of all videos."""
        return np.asarray(self._artifact[OBJECT_SCORES][:])[:, 5]

    @property
    def objects_in_all(self) -> int:
        """How many objects all videos have together."""
        return int(self._objects[-1])

    @property
    def threshold(self) -> Threshold | None:
        """What the model itself calls abnormal, where it noted that."""
        noted = self._artifact.meta["statistics"].get("threshold")
        return Threshold(float(noted["quantile"]), float(noted["value"])) if noted else None

    def by_video(self, sources: Mapping[str, str]) -> dict[str, np.ndarray]:
        """Video id -> frame scores, from video id -> sha256; videos that were not scored are left out."""
        return {video: self.frames(source) for video, source in sources.items() if source in self._row}

    def snapshots_by_video(self, sources: Mapping[str, str]) -> dict[str, np.ndarray]:
        """Video id -> scores (frames, snapshots), as `by_video`; empty where no snapshots were kept."""
        kept = sources.items() if self.has_snapshots else ()
        return {video: self.snapshots(source) for video, source in kept if source in self._row}

    def _rows(self, source: str) -> slice:
        row = self._find(source)
        return slice(int(self._objects[row]), int(self._objects[row + 1]))

    def _find(self, source: str) -> int:
        if source not in self._row:
            raise NotStored(
                f"scores {self._artifact.key[:12]} hold no video {source[:12]}; score it, or look at its id"
            )
        return self._row[source]


def person_scores(found: People, objects: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """float64 (n,): the score of each of n people, from objects (m, 6) and who they are (m,); NaN where unscored.

    The highest counts where a person was scored more than once in a frame.
    """
    scored: dict[tuple[int, int], float] = {}
    who = zip(objects[:, 0].astype(np.int64).tolist(), ids.tolist(), strict=True)
    for place, score in zip(who, objects[:, 5].tolist(), strict=True):
        scored[place] = max(score, scored.get(place, -np.inf))
    places = zip(found.frames.tolist(), found.ids.tolist(), strict=True)
    return np.array([scored.get(place, np.nan) for place in places], np.float64)
