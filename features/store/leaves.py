"""Digests of logical content: the same for both file formats, and after any recompression.

leaf      sha256 of the C-order little-endian stored values of one block of rows
array     sha256 of `array\\0` and the JSON of its type, shape, meaning, block rows and leaves
artifact  sha256 of `artifact\\0` and the JSON of {array name: array digest}

JSON here: keys sorted, no spaces, ASCII, real numbers as hexadecimal text (`float.hex`), so that any language can
write the same bytes. Leaves stand in an artifact's metadata and tell where a damaged file is damaged.
"""

import hashlib
import json
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from features.store.arrays import Array, ArraySpec, chunk_shape

# 100,000 frames then have some 2,000 leaves: 140 kB of metadata, and a damaged place is named to within a few frames.
_BLOCK_BYTES = 16 * 2**20


def block_rows(spec: ArraySpec) -> int:
    """Rows under one leaf: whole chunks, as many as fit in 16 MB."""
    rows = chunk_shape(spec)[0]
    chunk_bytes = rows * prod(spec.row_shape) * np.dtype(spec.dtype).itemsize
    return rows * max(1, _BLOCK_BYTES // chunk_bytes)


class LeafHasher:
    """Takes the stored rows of one array in order, in pieces of any size, and makes its leaves."""

    def __init__(self, spec: ArraySpec) -> None:
        self._spec = spec
        self._rows = block_rows(spec)
        self._digest = hashlib.sha256()
        self._filled = 0
        self._leaves: list[str] = []
        self.total = 0

    def update(self, rows: Array) -> None:
        """Take the next rows (n, *row_shape), of the stored type."""
        self.total += len(rows)
        while len(rows):
            part = rows[: self._rows - self._filled]
            self._digest.update(little_endian(part))
            self._filled += len(part)
            rows = rows[len(part) :]
            if self._filled == self._rows:
                self._end_leaf()

    def content(self) -> dict[str, Any]:
        """The entry of the array in the metadata's `leaves`, once all rows were taken."""
        if self._filled:
            self._end_leaf()
        entry = {
            "dtype": self._spec.dtype,
            "shape": [self.total, *self._spec.row_shape],
            "block_rows": self._rows,
            "sha256": self._leaves,
        }
        return {**entry, "digest": array_digest(self._spec, entry)}

    def _end_leaf(self) -> None:
        self._leaves.append(self._digest.hexdigest())
        self._digest, self._filled = hashlib.sha256(), 0


def little_endian(rows: Array) -> memoryview:
    """The bytes of stored rows, in C order, little-endian."""
    return np.ascontiguousarray(rows, rows.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data


def leaf(rows: Array) -> str:
    """sha256 (64 hex digits) of one block of stored rows."""
    return hashlib.sha256(little_endian(rows)).hexdigest()


def array_digest(spec: ArraySpec, entry: Mapping[str, Any]) -> str:
    """Digest of an array from its entry in `leaves` and from what its values mean."""
    return _digest(
        "array",
        {
            "add_offset": float(spec.add_offset).hex() if spec.scale_factor is not None else None,
            "block_rows": entry["block_rows"],
            "columns": list(spec.columns),
            "dims": list(spec.dims),
            "dtype": entry["dtype"],
            "fill_value": None if spec.fill_value is None else int(spec.fill_value),
            "leaves": list(entry["sha256"]),
            "scale_factor": None if spec.scale_factor is None else float(spec.scale_factor).hex(),
            "shape": list(entry["shape"]),
            "units": spec.units,
        },
    )


def artifact_digest(leaves: Mapping[str, Mapping[str, Any]]) -> str:
    """Digest of an artifact's content from its metadata's `leaves`."""
    return _digest("artifact", {name: entry["digest"] for name, entry in leaves.items()})


def blocks(entry: Mapping[str, Any]) -> list[tuple[int, int, str]]:
    """(first row, end row, leaf) of each block of an array's entry in `leaves`."""
    rows, total = entry["block_rows"], entry["shape"][0]
    starts = range(0, total, rows)
    return [(start, min(start + rows, total), sha) for start, sha in zip(starts, entry["sha256"], strict=True)]


def _digest(what: str, value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(what.encode() + b"\0" + text.encode()).hexdigest()
