"""Lazy arrays: indexing reads the chunks that it needs, and no others."""

from collections.abc import Iterator
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from features.store.arrays import Array, ArraySpec, as_physical

if TYPE_CHECKING:
    from features.store.artifact import Artifact


class LazyArray:
    """An array of an artifact, indexed like numpy's: integers, slices, `...`, and one list or mask of rows.

    Everything read is a new array. Pickles with its artifact.
    """

    def __init__(self, artifact: "Artifact", name: str, raw: bool) -> None:
        self._artifact, self.name, self._raw = artifact, name, raw

    def __reduce__(self) -> Any:
        return type(self), (self._artifact, self.name, self._raw)

    def __repr__(self) -> str:
        return f"<{self.name} {self.shape} {self.dtype}{', ' + self.units if self.units else ''}>"

    @cached_property
    def spec(self) -> ArraySpec:
        """What the array is, as stored."""
        return self._artifact.source.spec(self.name)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Its shape, rows first."""
        return self._artifact.source.shape(self.name)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 for the physical view of a scaled array, else the stored type."""
        scaled = self.spec.scale_factor is not None and not self._raw
        return np.dtype(np.float32 if scaled else self.spec.dtype)

    @property
    def ndim(self) -> int:
        """Its number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Its number of values."""
        return prod(self.shape)

    @property
    def attrs(self) -> dict[str, Any]:
        """scale_factor, add_offset, _FillValue, units, columns, codec: what stands beside it in the file."""
        return self.spec.attributes()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the last axis of a table."""
        return self.spec.columns

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the axes."""
        return self.spec.dims

    @property
    def units(self) -> str:
        """Units of the physical values."""
        return self.spec.units

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Array]:
        return (self[row] for row in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[...], dtype)

    def __getitem__(self, index: Any) -> Array:
        """The values under an index. Raises IndexError where it does not fit."""
        first, *others = _full_index(index, self.shape)
        boxes, rests = (
            zip(*(_box(entry, size) for entry, size in zip(others, self.shape[1:], strict=True)), strict=True)
            if others
            else ((), ())
        )
        stored, rest = self._rows(first, tuple(boxes))
        found = stored[(rest, *rests)]
        # A scalar or a view of what was read, as numpy would give it; the physical view makes a new one anyway.
        return found if self._raw else as_physical(self.spec, found)

    def _rows(self, index: Any, boxes: tuple[slice, ...]) -> tuple[Array, Any]:
        """Rows that hold those asked for, and the index of these among them."""
        if isinstance(index, int | slice):
            box, rest = _box(index, self.shape[0])
            return self._artifact.source.read(self.name, (box, *boxes)), rest
        rows = _row_numbers(index, self.shape[0])
        runs = _runs(rows, self.spec.chunk_rows)
        parts = [self._artifact.source.read(self.name, (run, *boxes)) for run in runs]
        starts = np.array([run.start for run in runs], np.int64)
        before = np.cumsum([0] + [run.stop - run.start for run in runs[:-1]])
        which = np.searchsorted(starts, rows, side="right") - 1
        return np.concatenate(parts), rows - starts[which] + before[which]


def _full_index(index: Any, shape: tuple[int, ...]) -> list[Any]:
    """One entry per axis: what is not said is a whole axis."""
    entries = list(index) if isinstance(index, tuple) else [index]
    dots = [at for at, entry in enumerate(entries) if entry is Ellipsis]
    if len(dots) > 1 or len(entries) - len(dots) > len(shape):
        raise IndexError(f"index {index!r} has more than the {len(shape)} axes there are")
    at = dots[0] if dots else len(entries)
    return entries[:at] + [slice(None)] * (len(shape) - len(entries) + len(dots)) + entries[at + 1 :]


def _box(entry: Any, size: int) -> tuple[slice, Any]:
    """(dense slice of the axis that holds what is asked for, index within that slice)."""
    if isinstance(entry, slice):
        rows = range(size)[entry]
        if not rows:
            return slice(0, 0), slice(0, 0)
        low, high = min(rows[0], rows[-1]), max(rows[0], rows[-1])
        return slice(low, high + 1), slice(None, None, rows.step)
    try:
        at = range(size)[entry]
    except (IndexError, TypeError):
        raise IndexError(f"index {entry!r} does not fit an axis of {size}; lists are for the first axis only") from None
    return slice(at, at + 1), 0


def _row_numbers(index: Any, size: int) -> Array:
    """int64 row numbers of a list or a mask of rows."""
    rows = np.asarray(index)
    if rows.dtype == bool and rows.shape == (size,):
        return np.flatnonzero(rows)
    if rows.size == 0 and rows.ndim == 1:
        return np.empty(0, np.int64)
    if rows.ndim == 0 and rows.dtype.kind in "iu":
        rows = rows[None]
    if rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise IndexError(f"rows are asked for by whole numbers in one list, or by a mask of {size}")
    rows = np.where(rows < 0, rows + size, rows).astype(np.int64)
    if rows.min() < 0 or rows.max() >= size:
        raise IndexError(f"row {rows.min() if rows.min() < 0 else rows.max()} of {size}")
    return rows


def _runs(rows: Array, chunk_rows: int) -> list[slice]:
    """Dense slices that hold all rows; rows whose chunks touch share one."""
    wanted = np.unique(rows)
    if not wanted.size:
        return [slice(0, 0)]
    breaks = np.flatnonzero(np.diff(wanted // chunk_rows) > 1) + 1
    return [slice(int(part[0]), int(part[-1]) + 1) for part in np.split(wanted, breaks)]
