"""Ragged tables: for each frame any number of rows of named columns (boxes, poses, tracks)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.errors import StoreError
from features.store.arrays import Array, ArraySpec

if TYPE_CHECKING:
    from features.store.artifact import ArtifactWriter

OFFSETS = "frame_offsets"
_ROWS = 65_536


@dataclass(frozen=True)
class Table:
    """A ragged table in memory.

    values         float32 (n, columns); float64 where a published file's numbers are kept
    columns        their names
    frame_offsets  int64 (frames + 1,): the rows of frame i are `frame_offsets[i]` up to `frame_offsets[i + 1]`
    """

    values: Array
    columns: tuple[str, ...]
    frame_offsets: Array

    @property
    def frames(self) -> int:
        """How many frames it covers, those without rows too."""
        return len(self.frame_offsets) - 1

    def __len__(self) -> int:
        return len(self.values)

    def frame(self, i: int) -> Array:
        """float32 (k, columns): the rows of frame `i`. Raises IndexError beyond the last."""
        i = range(self.frames)[i]
        return self.values[self.frame_offsets[i] : self.frame_offsets[i + 1]]

    def column(self, name: str) -> Array:
        """float32 (n,): one column. Raises KeyError for a name it does not have."""
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; there are: {', '.join(self.columns)}")
        return self.values[:, self.columns.index(name)]

    def frame_numbers(self) -> Array:
        """int64 (n,): the frame of each row."""
        return np.repeat(np.arange(self.frames), np.diff(self.frame_offsets))


class TableWriter:
    """Writes a ragged table into an artifact, one call per frame. An artifact holds one such table."""

    def __init__(self, out: "ArtifactWriter", name: str, columns: Sequence[str], dtype: str = "float32") -> None:
        self._out, self._name, self._dtype = out, name, dtype
        self._rows = 0
        self._width = len(columns)
        dims = ("row", "column")
        out.add(ArraySpec(name, dtype, (len(columns),), _ROWS, dims, columns=tuple(columns)))
        out.add(ArraySpec(OFFSETS, "int64", (), _ROWS, ("frame",)))
        self._offsets: list[int] = [0]

    def frame(self, rows: Array) -> None:
        """The rows (k, columns) of the next frame; k may be 0. Raises StoreError for another shape."""
        rows = np.asarray(rows, self._dtype)
        if rows.ndim != 2 or rows.shape[1] != self._width:
            raise StoreError(f"table {self._name!r}: rows of shape {rows.shape} given, (k, {self._width}) expected")
        self._out.append(self._name, rows)
        self._rows += len(rows)
        self._offsets.append(self._rows)

    def close(self) -> None:
        """Write the offsets."""
        self._out.append(OFFSETS, np.array(self._offsets, np.int64))
