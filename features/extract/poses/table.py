"""The arrays of `poses` and `tracks` artifacts, and both read together as people.

`poses` holds the table `poses`, a row for each person of a frame: box, the detector's score of it, the person's score,
then x, y and score of each joint; and, where a published file says who is who, `ids`. `tracks` holds `ids` for the
rows of a table, -1 where a row belongs to no track.
"""

from collections.abc import Sequence

import numpy as np

from features.datasets.people import NOBODY, People
from features.datasets.skeleton import COCO17
from features.errors import StoreError
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact, ArtifactWriter
from features.store.table import OFFSETS, TableWriter

POSES, IDS = "poses", "ids"
BOX = ("x1", "y1", "x2", "y2", "box_score")
COLUMNS = (*BOX, "score", *(f"{joint}_{part}" for joint in COCO17 for part in ("x", "y", "score")))
JOINTS = slice(len(BOX) + 1, len(COLUMNS))
_ROWS = 65_536


class PosesWriter:
    """Writes a `poses` artifact, one call per frame. `dtype` is float64 for published files, whose numbers are kept."""

    def __init__(self, out: ArtifactWriter, dtype: str = "float32", identified: bool = False) -> None:
        self._table = TableWriter(out, POSES, COLUMNS, dtype)
        self._out, self._identified = out, identified
        if identified:
            out.add(ArraySpec(IDS, "int64", (), _ROWS, ("row",)))

    def frame(self, rows: np.ndarray, ids: np.ndarray | None = None) -> None:
        """The persons of the next frame: (k, 57) as in `COLUMNS`, and who they are where that is known."""
        self._table.frame(rows)
        if self._identified:
            self._out.append(IDS, np.full(len(rows), NOBODY, np.int64) if ids is None else ids)

    def close(self) -> None:
        """Write the offsets."""
        self._table.close()


class IdsWriter:
    """Writes a `tracks` artifact, one call per frame: `ids` int64 (rows,), `frame_offsets` as of the table."""

    def __init__(self, out: ArtifactWriter) -> None:
        self._out, self._offsets = out, [0]
        out.add(ArraySpec(IDS, "int64", (), _ROWS, ("row",)))
        out.add(ArraySpec(OFFSETS, "int64", (), _ROWS, ("frame",)))

    def frame(self, ids: np.ndarray | Sequence[int]) -> None:
        """The ids of the rows of the next frame, in their order."""
        found = np.asarray(ids, np.int64)
        self._out.append(IDS, found)
        self._offsets.append(self._offsets[-1] + len(found))

    def close(self) -> None:
        """Write the offsets."""
        self._out.append(OFFSETS, np.array(self._offsets, np.int64))


def rows_of(found: People) -> np.ndarray:
    """float64 (n, 57): people as rows of the table."""
    joints = found.keypoints.reshape(-1, 3 * len(COCO17))
    return np.concatenate([found.boxes, found.scores[:, None], joints], axis=1)


def tracks_of(poses: Artifact, tracks: Artifact) -> bool:
    """Whether tracks are those of these poses: not of boxes, nor of other poses."""
    return bool(tracks.meta["inputs"].get(POSES) == poses.key)


def read_people(poses: Artifact, tracks: Artifact | None = None) -> People:
    """All persons of a video; with `tracks`, who they are. Frames count as in the `frames` recipe of the artifact.

    Raises StoreError for tracks that are not of these poses (`tracks_of`): their ids belong to other rows.
    """
    if tracks is not None and not tracks_of(poses, tracks):
        raise StoreError(f"tracks {tracks.key[:12]} are not of poses {poses.key[:12]}; set tracks: {{..., of: poses}}")
    table = poses.table(POSES)
    values = table.values.astype(np.float64)
    named = tracks if tracks is not None else poses if IDS in poses.names else None
    ids = np.full(len(values), NOBODY, np.int64) if named is None else np.asarray(named[IDS][:], np.int64)
    return People(
        table.frame_numbers(),
        ids,
        values[:, JOINTS].reshape(-1, len(COCO17), 3),
        values[:, len(BOX)],
        values[:, : len(BOX)],
    )
