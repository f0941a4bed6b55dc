"""The arrays of a `clips` artifact, written block by block and read back."""

from dataclasses import dataclass

import numpy as np

from features.extract.clips.backend import ClipRows
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact, ArtifactWriter
from features.store.lazy import LazyArray

FEATURES, START, STOP, VALID = "features", "start", "stop", "valid"
_CHUNK_NUMBERS = 262_144
_CLIPS = 4096


class ClipsWriter:
    """Writes a `clips` artifact.

    features            float32 (clips, crops, channels)
    start, stop, valid  int64 (clips,): see `ClipRows`
    """

    def __init__(self, out: ArtifactWriter, crops: int, channels: int) -> None:
        self._out = out
        rows = max(1, _CHUNK_NUMBERS // (crops * channels))
        out.add(ArraySpec(FEATURES, "float32", (crops, channels), rows, ("clip", "crop", "channel")))
        for name in (START, STOP, VALID):
            out.add(ArraySpec(name, "int64", (), _CLIPS, ("clip",)))

    def add(self, rows: ClipRows) -> None:
        """The next clips."""
        self._out.append(FEATURES, rows.features.astype(np.float32, copy=False))
        for name, values in ((START, rows.start), (STOP, rows.stop), (VALID, rows.valid)):
            self._out.append(name, np.asarray(values, np.int64))


@dataclass(frozen=True)
class Clips:
    """The clips of a video, as stored; `features` is read where it is sliced."""

    features: LazyArray
    start: np.ndarray
    stop: np.ndarray
    valid: np.ndarray

    def __len__(self) -> int:
        """How many clips there are."""
        return len(self.start)


def read_clips(artifact: Artifact) -> Clips:
    """The clips of an artifact of kind `clips`."""
    start, stop, valid = (np.asarray(artifact[name][:], np.int64) for name in (START, STOP, VALID))
    return Clips(artifact[FEATURES], start, stop, valid)
