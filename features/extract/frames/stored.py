"""Stored frames, read back."""

from collections.abc import Iterator

import numpy as np

from features.extract.frames import jpeg
from features.store.artifact import Artifact


class StoredFrames:
    """The frames of a `frames` artifact, whichever codec they are stored with.

    >>> StoredFrames(artifact)[10].shape  # doctest: +SKIP
    (240, 360, 3)
    """

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        self._offsets = np.asarray(artifact["offsets"][:]) if "data" in artifact.names else None

    def __len__(self) -> int:
        """The number of frames."""
        return int(self._artifact["frame_numbers"].shape[0])

    def __getitem__(self, number: int) -> np.ndarray:
        """uint8 (h, w, 3) RGB of one frame, counted from 0 or, below 0, from the end."""
        at = range(len(self))[number]
        return np.asarray(self._rows(at, at + 1)[0])

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        """uint8 (up to `rows`, h, w, 3) RGB, in order, from the first frame to the last."""
        for start in range(0, len(self), rows):
            yield self._rows(start, min(start + rows, len(self)))

    def _rows(self, start: int, stop: int) -> np.ndarray:
        if self._offsets is None:
            return np.asarray(self._artifact["frames"][start:stop])
        ends = self._offsets[start : stop + 1]
        data = np.asarray(self._artifact["data"][int(ends[0]) : int(ends[-1])])
        files = np.split(data, ends[1:-1] - ends[0])
        return np.stack([jpeg.decode(file) for file in files])
