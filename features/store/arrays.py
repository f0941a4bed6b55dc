"""What an array of an artifact is: its type, its chunks, and the numbers that its stored values stand for."""

import re
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from features.errors import StoreError

DTYPES = (
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64"),
)
CODECS = ("default", "portable", "pcodec", "zstd")
CHUNK_BYTES = 16 * 2**20  # a reader of one frame of 4K flow should not have to decode 33 MB at a time

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
# Names that a zarr group or an HDF5 file of ours uses itself.
_TAKEN = ("zarr.json", "metadata.json")

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class ArraySpec:
    """An array that grows along its first axis, row by row.

    name          letters, digits, `_`, `.`, `-`; unique in its artifact
    dtype         as stored, e.g. `int16`, `uint8`, `float32`, `int64`
    row_shape     shape of one row; () for a plain vector
    chunk_rows    rows per chunk: what a reader of one row must decode
    dims          names of all axes, e.g. ("frame", "component", "y", "x")
    units         of the physical values, e.g. `pixel`
    scale_factor  physical = stored * scale_factor + add_offset; None: the stored values are the values
    fill_value    the stored value that means "no number" (NaN), the least or the greatest of its type
    columns       names of the last axis of a table
    codec         of the zarr form: `default` (pcodec for scaled 16 and 32 bit integers, blosc for all else),
                  `portable` (blosc with zstd 5 and byte shuffle, which every zarr v3 reader knows), `pcodec`, `zstd`

    Raises StoreError for a value that cannot be.
    """

    name: str
    dtype: str
    row_shape: tuple[int, ...]
    chunk_rows: int = 1
    dims: tuple[str, ...] = ()
    units: str = ""
    scale_factor: float | None = None
    add_offset: float = 0.0
    fill_value: int | float | None = None
    columns: tuple[str, ...] = ()
    codec: str = "default"

    def __post_init__(self) -> None:
        for wrong, what in self._objections():
            if wrong:
                raise StoreError(f"array {self.name!r}: {what}")

    def _objections(self) -> list[tuple[bool, str]]:
        scaled = self.scale_factor is not None
        integer = self.dtype in DTYPES and np.dtype(self.dtype).kind in "iu"
        ends = (np.iinfo(self.dtype).min, np.iinfo(self.dtype).max) if integer else ()
        return [
            (not _NAME.fullmatch(self.name) or self.name in _TAKEN, "a name has letters, digits and _ . - only"),
            (self.dtype not in DTYPES, f"dtype {self.dtype!r} is not one of {', '.join(DTYPES)}"),
            (any(size < 1 for size in self.row_shape), f"row shape {self.row_shape} holds no value"),
            (self.chunk_rows < 1, f"chunk_rows is {self.chunk_rows}, it must be 1 or more"),
            (len(self.dims) not in (0, 1 + len(self.row_shape)), f"dims {self.dims} must name every axis"),
            (scaled and not integer, "only integers have a scale_factor"),
            (scaled and not self.scale_factor, "scale_factor is 0"),
            (self.fill_value is not None and not scaled, "only a scaled array has a fill_value"),
            (self.fill_value is not None and self.fill_value not in ends, f"fill_value must be one of {ends}"),
            (bool(self.columns) and (len(self.columns),) != self.row_shape[-1:], "one name per column is needed"),
            (self.codec not in CODECS, f"codec {self.codec!r} is not one of {', '.join(CODECS)}"),
            (self.codec == "pcodec" and self.dtype in ("int8", "uint8"), "pcodec has no 8 bit type"),
        ]

    def attributes(self) -> dict[str, Any]:
        """What stands beside the array in a file, by the names of the CF conventions where they have one."""
        found: dict[str, Any] = {"codec": self.codec}
        if self.units:
            found["units"] = self.units
        if self.scale_factor is not None:
            found |= {"scale_factor": float(self.scale_factor), "add_offset": float(self.add_offset)}
        if self.fill_value is not None:
            found["_FillValue"] = int(self.fill_value)
        if self.columns:
            found["columns"] = list(self.columns)
        return found


def spec_from_file(
    name: str, dtype: str, shape: tuple[int, ...], chunk_rows: int, dims: tuple[str, ...], attributes: dict[str, Any]
) -> ArraySpec:
    """The spec of a stored array from what stands in its file; the inverse of `ArraySpec.attributes`."""
    return ArraySpec(
        name=name,
        dtype=dtype,
        row_shape=shape[1:],
        chunk_rows=chunk_rows,
        dims=dims,
        units=attributes.get("units", ""),
        scale_factor=attributes.get("scale_factor"),
        add_offset=attributes.get("add_offset", 0.0),
        fill_value=attributes.get("_FillValue"),
        columns=tuple(attributes.get("columns", ())),
        codec=attributes.get("codec", "default"),
    )


def chunk_shape(spec: ArraySpec) -> tuple[int, ...]:
    """Shape of a chunk: `chunk_rows` whole rows, fewer where they exceed 16 MB, and parts of a row where one does.

    A row is split along its axis `y`, or its longest where no axis has that name, into parts of nearly equal size.
    """
    row_bytes = prod(spec.row_shape) * np.dtype(spec.dtype).itemsize
    if row_bytes <= CHUNK_BYTES:
        return (min(spec.chunk_rows, max(1, CHUNK_BYTES // row_bytes)), *spec.row_shape)
    axis = spec.dims.index("y") - 1 if "y" in spec.dims[1:] else int(np.argmax(spec.row_shape))
    parts = min(-(-row_bytes // CHUNK_BYTES), spec.row_shape[axis])
    row = list(spec.row_shape)
    row[axis] = -(-row[axis] // parts)
    return (1, *row)


@dataclass
class Quality:
    """What happened to the values of an array on their way into the file.

    clipped     values beyond the range of the stored type, stored as its nearest value
    non_finite  NaN and infinities; in a scaled array stored as `fill_value`
    low, high   least and greatest finite physical value; None before the first
    """

    clipped: int = 0
    non_finite: int = 0
    low: float | None = None
    high: float | None = None

    def content(self) -> dict[str, Any]:
        """As JSON, for the metadata."""
        return {"clipped": self.clipped, "non_finite": self.non_finite, "min": self.low, "max": self.high}

    def see(self, spec: ArraySpec, stored: Array) -> None:
        """Count the non-finite values of float rows and widen the range by what is stored."""
        values = stored if spec.fill_value is None else stored[stored != spec.fill_value]
        if values.dtype.kind == "f":
            finite = np.isfinite(values)
            self.non_finite += values.size - int(np.count_nonzero(finite))
            values = values[finite]
        if values.size:
            ends = [_physical_number(spec, values.min()), _physical_number(spec, values.max())]
            self.low = min(ends if self.low is None else [self.low, *ends])
            self.high = max(ends if self.high is None else [self.high, *ends])


def _physical_number(spec: ArraySpec, stored: Any) -> float:
    number = stored.item()
    return number if spec.scale_factor is None else number * spec.scale_factor + spec.add_offset  # type: ignore[no-any-return]


def as_stored(spec: ArraySpec, rows: Array, quality: Quality) -> Array:
    """Rows (n, *row_shape) as they go into the file: C order, of the stored type.

    Float rows of a scaled array are physical: they are clipped to the type's range less `fill_value`, rounded to the
    nearest step, and counted in `quality`. Rows of the stored type are taken as they are.
    Raises StoreError for another shape, for a type that would lose values, and for NaN where there is no fill value.
    """
    if rows.shape[1:] != spec.row_shape or rows.ndim != 1 + len(spec.row_shape):
        raise StoreError(f"array {spec.name!r}: rows of shape {rows.shape} given, (n, *{spec.row_shape}) expected")
    dtype = np.dtype(spec.dtype)
    if rows.dtype == dtype:
        stored = rows
    elif spec.scale_factor is not None and rows.dtype.kind == "f":
        stored = _quantised(spec, rows, quality)
    else:
        stored = _cast(spec, rows, dtype)
    quality.see(spec, stored)
    return np.ascontiguousarray(stored, dtype.newbyteorder("<"))


def _quantised(spec: ArraySpec, rows: Array, quality: Quality) -> Array:
    """Nearest step, in float64, so that the largest error is half a step for every scale.

    Clipping comes first: a cast wraps around (600 px would become -424 px), and a clipped value must not become the
    fill value.
    """
    assert spec.scale_factor is not None
    limits = np.iinfo(spec.dtype)
    low, high = limits.min + (spec.fill_value == limits.min), limits.max - (spec.fill_value == limits.max)
    steps = np.rint((rows.astype(np.float64) - spec.add_offset) / spec.scale_factor)
    holes = ~np.isfinite(steps)
    if holes.any():
        if spec.fill_value is None:
            raise StoreError(f"array {spec.name!r}: NaN or infinity given, and no fill_value to store it as")
        quality.non_finite += int(np.count_nonzero(holes))
        steps[holes] = 0
    outside = (steps < low) | (steps > high)
    quality.clipped += int(np.count_nonzero(outside))
    stored = np.clip(steps, low, high).astype(spec.dtype)
    if holes.any():
        stored[holes] = spec.fill_value
    return stored


def _cast(spec: ArraySpec, rows: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind in "iu" and rows.dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if rows.size and (int(rows.min()) < limits.min or int(rows.max()) > limits.max):
            raise StoreError(f"array {spec.name!r}: values from {rows.min()} to {rows.max()} do not fit in {dtype}")
    elif not np.can_cast(rows.dtype, dtype, "same_kind"):
        raise StoreError(f"array {spec.name!r}: {rows.dtype} given, {dtype} expected; convert it where it is made")
    with np.errstate(over="ignore"):  # a float that becomes infinite is counted as non-finite
        return rows.astype(dtype)


def as_physical(spec: ArraySpec, stored: Array) -> Array:
    """Stored values as float32 physical values, NaN for the fill value; the stored values where there is no scale."""
    if spec.scale_factor is None:
        return stored
    values = np.multiply(stored, np.float32(spec.scale_factor), dtype=np.float32)
    if spec.add_offset:
        values += np.float32(spec.add_offset)
    if spec.fill_value is not None:
        holes = np.asarray(stored) == spec.fill_value
        if holes.any():
            values = np.where(holes, np.float32(np.nan), values)
    return np.asarray(values)
