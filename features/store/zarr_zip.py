"""The form `.zarr.zip`: a zarr v3 hierarchy in a zip of stored entries.

Chunks stand in the order in which they were written, then each array's `zarr.json`, and last the group's, whose
attributes are the artifact's metadata. Every chunk is written, so a missing entry is damage and never a fill value.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import Damaged
from features.store.arrays import Array, ArraySpec, chunk_shape, spec_from_file
from features.store.codecs import Codecs, Decode, Encode, codecs_for, decoder, encoder
from features.store.ranges import merged, open_ranges
from features.store.zipped import ZipReader, ZipWriter

_GROUP = "zarr.json"
# A whole array is read in pieces of this size, so that memory stays bounded.
_MOST_AT_ONCE = 16 * 2**20

Region = tuple[slice, ...]


class ZarrSink:
    """Writes the form. Takes blocks of rows; the caller cuts them to whole chunks."""

    def __init__(self, file: Any) -> None:
        self._zip = ZipWriter(file)
        self._specs: dict[str, ArraySpec] = {}
        self._encoders: dict[str, Encode] = {}

    def add(self, spec: ArraySpec) -> None:
        """Begin an array."""
        self._specs[spec.name] = spec
        self._encoders[spec.name] = encoder(codecs_for(spec))

    def write(self, name: str, first: int, rows: Array) -> None:
        """Write one chunk's rows, from row `first`; fewer than a chunk only at the end."""
        spec = self._specs[name]
        shape = chunk_shape(spec)
        for place in _parts(shape, spec.row_shape):
            cut = tuple(slice(i * size, (i + 1) * size) for i, size in zip(place, shape[1:], strict=True))
            chunk = _padded(rows[(slice(None), *cut)], shape, _fill(spec))
            self._zip.add(_chunk_name(name, (first // shape[0], *place)), self._encoders[name](chunk))

    def close(self, metadata: Mapping[str, Any], rows: Mapping[str, int]) -> None:
        """Write the documents of the arrays, `rows` long each, then the metadata, directory and seal."""
        for name, spec in self._specs.items():
            self._zip.add(f"{name}/zarr.json", _json(_array_document(spec, rows[name])))
        self._zip.add(_GROUP, _json({"zarr_format": 3, "node_type": "group", "attributes": metadata}))
        self._zip.close()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1).encode()


def _array_document(spec: ArraySpec, rows: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [rows, *spec.row_shape],
        "data_type": spec.dtype,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk_shape(spec))}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": _fill(spec),
        "codecs": codecs_for(spec),
        "attributes": spec.attributes(),
    }
    return document | ({"dimension_names": list(spec.dims)} if spec.dims else {})


def _fill(spec: ArraySpec) -> int | float:
    if np.dtype(spec.dtype).kind == "f":
        return 0.0
    return 0 if spec.fill_value is None else int(spec.fill_value)


def _chunk_name(array: str, place: Sequence[int]) -> str:
    return f"{array}/c/{'/'.join(map(str, place))}"


def _parts(shape: tuple[int, ...], row_shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The places of the chunks of one row of chunks, less the first coordinate."""
    return product(*(range(-(-whole // size)) for whole, size in zip(row_shape, shape[1:], strict=True)))


def _padded(rows: Array, shape: tuple[int, ...], fill: int | float) -> Array:
    if rows.shape == shape:
        return np.ascontiguousarray(rows)
    whole = np.full(shape, fill, rows.dtype)
    whole[tuple(slice(size) for size in rows.shape)] = rows
    return whole


@dataclass(frozen=True)
class _Stored:
    spec: ArraySpec
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    codecs: Codecs
    decode: Decode


class ZarrSource:
    """Reads the form, from a path or an fsspec address: central directory, ranges, CRC-32, decoding."""

    def __init__(self, address: str | Path) -> None:
        self._where = str(address)
        self._ranges = open_ranges(address)
        try:
            self._zip = ZipReader(self._ranges, self._where)
            self.metadata: dict[str, Any] = self._document(_GROUP)["attributes"]
        except BaseException:
            self._ranges.close()
            raise
        self._arrays: dict[str, _Stored] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._ranges.close()

    def names(self) -> tuple[str, ...]:
        """The arrays that have a document, in the order of the file."""
        return tuple(name.removesuffix("/zarr.json") for name in self._zip.entries if name.endswith("/zarr.json"))

    def spec(self, name: str) -> ArraySpec:
        """What an array is."""
        return self._array(name).spec

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of an array, rows first."""
        return self._array(name).shape

    def missing(self, name: str) -> list[str]:
        """The chunks of an array that are not in the file."""
        array = self._array(name)
        places = product(*(range(-(-whole // size)) for whole, size in zip(array.shape, array.chunk, strict=True)))
        return [chunk for place in places if (chunk := _chunk_name(name, place)) not in self._zip.entries]

    def strangers(self) -> list[str]:
        """Entries that belong to no array of the artifact."""
        known = tuple(f"{name}/" for name in self.names())
        return [name for name in self._zip.entries if name != _GROUP and not name.startswith(known)]

    def read(self, name: str, region: Region) -> Array:
        """The stored values of a dense region, one (start, stop) slice per axis; decodes the chunks it touches."""
        array = self._array(name)
        found = np.empty(tuple(cut.stop - cut.start for cut in region), array.spec.dtype)
        touched = (
            range(cut.start // size, -(-cut.stop // size)) for cut, size in zip(region, array.chunk, strict=True)
        )
        places = {_chunk_name(name, place): place for place in product(*touched)} if found.size else {}
        for chunk, data in self._contents(list(places)):
            into, source = _overlap(places[chunk], array.chunk, region)
            found[into] = array.decode(bytes(data))[source]
        return found

    def _contents(self, names: Sequence[str]) -> Iterator[tuple[str, bytes | memoryview]]:
        """(name, content) of entries in the order of the file; neighbours come with one read."""
        spans = {name: self._zip.span(name) for name in names}
        waiting = sorted(names, key=spans.__getitem__)
        for group in _groups(waiting, spans):
            pieces = merged([spans[name] for name in group])
            read = {start: memoryview(self._zip.bytes_between(start, stop)) for start, stop in pieces}
            for name in group:
                start, stop = spans[name]
                piece = next(begin for begin, end in pieces if begin <= start and stop <= end)
                yield name, self._zip.content(name, read[piece][start - piece : stop - piece])

    def _array(self, name: str) -> _Stored:
        if name not in self._arrays:
            document = self._document(f"{name}/zarr.json")
            shape, chunk = tuple(document["shape"]), tuple(document["chunk_grid"]["configuration"]["chunk_shape"])
            codecs, dtype = document["codecs"], document["data_type"]
            dims, attributes = tuple(document.get("dimension_names", ())), document["attributes"]
            spec = spec_from_file(name, dtype, shape, chunk[0], dims, attributes)
            self._arrays[name] = _Stored(spec, shape, chunk, codecs, decoder(codecs, name, dtype, chunk))
        return self._arrays[name]

    def _document(self, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._zip.read(name))
        except ValueError as error:
            raise Damaged(f"{self._where}: {name} is no JSON ({error}); see features verify") from error
        return found


def _groups(names: Sequence[str], spans: Mapping[str, tuple[int, int]]) -> Iterator[list[str]]:
    """Names in runs of at most 16 MB of file, one entry at least."""
    group: list[str] = []
    for name in names:
        if group and spans[name][1] - spans[group[0]][0] > _MOST_AT_ONCE:
            yield group
            group = []
        group.append(name)
    if group:
        yield group


def _overlap(place: Sequence[int], chunk: Sequence[int], region: Region) -> tuple[Region, Region]:
    """Where a chunk meets a region: as slices of the region, and as slices of the chunk."""
    into, source = [], []
    for i, size, cut in zip(place, chunk, region, strict=True):
        start, stop = max(cut.start, i * size), min(cut.stop, (i + 1) * size)
        into.append(slice(start - cut.start, stop - cut.start))
        source.append(slice(start - i * size, stop - i * size))
    return tuple(into), tuple(source)
