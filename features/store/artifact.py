"""Artifacts: arrays with metadata in one file, written once row by row, then read lazily by anyone.

writer = open_writer(file, "zarr", key, "flow", header)
writer.add(ArraySpec("flow", "int16", (2, h, w), scale_factor=1 / 64, fill_value=-32768))
writer.append("flow", rows)
writer.close()

with read_artifact(path) as artifact:
    window = artifact["flow"][10:15]
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from features.errors import Damaged, StoreError
from features.store.arrays import Array, ArraySpec, Quality, as_stored, chunk_shape
from features.store.layout import SUFFIXES
from features.store.lazy import LazyArray
from features.store.leaves import LeafHasher, artifact_digest
from features.store.table import Table

__all__ = ["Artifact", "ArtifactWriter", "LazyArray", "open_writer", "read_artifact"]

FORMAT_VERSION = 1


class Sink(Protocol):
    """What writes a format; see ZarrSink and Hdf5Sink."""

    def add(self, spec: ArraySpec) -> None: ...
    def write(self, name: str, first: int, rows: Array) -> None: ...
    def close(self, metadata: Mapping[str, Any], rows: Mapping[str, int]) -> None: ...


class Source(Protocol):
    """What reads a format; see ZarrSource and Hdf5Source."""

    metadata: dict[str, Any]

    def close(self) -> None: ...
    def names(self) -> tuple[str, ...]: ...
    def spec(self, name: str) -> ArraySpec: ...
    def shape(self, name: str) -> tuple[int, ...]: ...
    def missing(self, name: str) -> list[str]: ...
    def strangers(self) -> list[str]: ...
    def read(self, name: str, region: tuple[slice, ...]) -> Array: ...


class _Growing:
    """An array that is being written: the rows that do not fill a chunk yet, its leaves, its statistics."""

    def __init__(self, spec: ArraySpec) -> None:
        self.spec = spec
        self.quality = Quality()
        self.leaves = LeafHasher(spec)
        self._chunk_rows = chunk_shape(spec)[0]
        self._held: list[Array] = []
        self._held_rows = 0
        self._written = 0

    def take(self, rows: Array, sink: Sink) -> None:
        """Take rows; whole chunks go on to the sink."""
        stored = as_stored(self.spec, rows, self.quality)
        self.leaves.update(stored)
        while len(stored):
            part = stored[: self._chunk_rows - self._held_rows]
            stored = stored[len(part) :]
            # What waits is copied: the caller may use its array again.
            self._held.append(part if len(part) == self._chunk_rows else part.copy())
            self._held_rows += len(part)
            if self._held_rows == self._chunk_rows:
                self.flush(sink)

    def flush(self, sink: Sink) -> None:
        """Hand on what is held."""
        if self._held_rows:
            sink.write(
                self.spec.name, self._written, self._held[0] if len(self._held) == 1 else np.concatenate(self._held)
            )
            self._written += self._held_rows
            self._held, self._held_rows = [], 0


class ArtifactWriter:
    """Streams rows into a new artifact; one chunk of each array in memory. Made by `Store.create`."""

    def __init__(self, sink: Sink, key: str, kind: str, header: Mapping[str, Any]) -> None:
        self.key, self.kind = key, kind
        self._sink = sink
        self._header = dict(header)
        self._arrays: dict[str, _Growing] = {}
        self._facts: dict[str, Any] = {}

    def add(self, spec: ArraySpec) -> None:
        """Begin an array. Rows of several arrays may come in any order.

        Raises StoreError where its name is taken.
        """
        if spec.name in self._arrays:
            raise StoreError(f"array {spec.name!r} was added twice to one {self.kind}")
        self._arrays[spec.name] = _Growing(spec)
        self._sink.add(spec)

    def append(self, name: str, rows: Array) -> None:
        """Append rows (n, *row_shape), n may be 0.

        Float rows of a scaled array are physical values: clipped, counted, rounded to the nearest step. Rows of the
        stored type are taken as stored. Raises StoreError for another shape or type.
        """
        if name not in self._arrays:
            raise StoreError(f"array {name!r} was not added; there are: {', '.join(self._arrays) or 'none'}")
        self._arrays[name].take(np.asarray(rows), self._sink)

    def note(self, **facts: Any) -> None:
        """JSON facts for the metadata's `statistics`; numpy numbers and arrays become plain ones.

        Raises StoreError for what JSON does not have, such as NaN.
        """
        if "arrays" in facts:
            raise StoreError("the fact 'arrays' is the store's own; choose another name")
        try:
            text = json.dumps(facts, default=_plain, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise StoreError(f"the facts {', '.join(facts)} cannot be kept as JSON ({error})") from error
        self._facts |= json.loads(text)

    def close(self, **late: Any) -> None:
        """Write what is held, then the metadata with the facts that are known only now (`seconds`), then the seal."""
        self._flush()
        leaves = {name: array.leaves.content() for name, array in self._arrays.items()}
        quality = {name: array.quality.content() for name, array in self._arrays.items()}
        self._end(
            {
                "format_version": FORMAT_VERSION,
                "key": self.key,
                "kind": self.kind,
                **self._header,
                **late,
                "statistics": {**self._facts, "arrays": quality},
                "leaves": leaves,
                "digest": artifact_digest(leaves),
            }
        )

    def close_as(self, metadata: Mapping[str, Any]) -> None:
        """Close a copy with the metadata of its original.

        Raises Damaged where the content is not the original's.
        """
        self._flush()
        leaves = {name: array.leaves.content() for name, array in self._arrays.items()}
        if artifact_digest(leaves) != metadata["digest"]:
            raise Damaged(f"the copy of {self.kind} {self.key[:12]} differs from its original; see features verify")
        self._end(metadata)

    def _flush(self) -> None:
        for array in self._arrays.values():
            array.flush(self._sink)

    def _end(self, metadata: Mapping[str, Any]) -> None:
        self._sink.close(metadata, {name: array.leaves.total for name, array in self._arrays.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not JSON")


def open_writer(
    file: Any,
    format: str,  # noqa: A002
    key: str,
    kind: str,
    header: Mapping[str, Any],
) -> ArtifactWriter:
    """A writer into a new empty file that is open for writing (for `hdf5` also for reading and seeking).

    `format` is `zarr` or `hdf5`; `header` holds what is known at the start: recipe, recipe_digest, inputs, names,
    software, device. `close` leaves the file open, sealed; syncing and naming it is the caller's part.
    """
    if format == "zarr":
        from features.store.zarr_zip import ZarrSink

        return ArtifactWriter(ZarrSink(file), key, kind, header)
    if format == "hdf5":
        from features.store.hdf5 import Hdf5Sink

        return ArtifactWriter(Hdf5Sink(file), key, kind, header)
    raise StoreError(f"format {format!r} is not known; there are: {', '.join(SUFFIXES)}")


def open_source(address: str | Path) -> Source:
    """The reader of the format that a file's name says."""
    name = str(address)
    if name.endswith(SUFFIXES["zarr"]):
        from features.store.zarr_zip import ZarrSource

        return ZarrSource(address)
    if name.endswith(SUFFIXES["hdf5"]):
        from features.store.hdf5 import Hdf5Source

        return Hdf5Source(address)
    raise StoreError(f"{name} is no artifact; their names end in {' or '.join(SUFFIXES.values())}")


class Artifact:
    """An artifact to read from; a context manager.

    Opens its file at first use in each process, never through a fork: forked workers open their own. Pickles as its
    address. Opening raises Damaged for a file that is not what was committed, OSError where there is none.
    """

    def __init__(self, address: str | Path) -> None:
        self.address = address
        self._source: Source | None = None
        self._pid = -1
        self._closed = False

    def __reduce__(self) -> Any:
        return type(self), (self.address,)

    def __repr__(self) -> str:
        return f"Artifact({str(self.address)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; arrays read from it afterwards raise StoreError."""
        self._closed = True
        self._let_go()

    @property
    def source(self) -> Source:
        """The format's reader, opened by this process."""
        if self._closed:
            raise StoreError(f"{self.address} was closed; read from it inside its with block")
        if self._source is None or self._pid != os.getpid():
            self._let_go()
            self._source, self._pid = open_source(self.address), os.getpid()
            self._check()
        return self._source

    @property
    def meta(self) -> dict[str, Any]:
        """The metadata: key, kind, recipe, inputs, names, software, statistics, leaves, digest."""
        return self.source.metadata

    @property
    def key(self) -> str:
        """The key, 64 hex digits."""
        return str(self.meta["key"])

    @property
    def kind(self) -> str:
        """The kind, e.g. `flow`."""
        return str(self.meta["kind"])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the arrays, in the order in which they were added."""
        return tuple(self.meta["leaves"])

    def __getitem__(self, name: str) -> LazyArray:
        """An array in physical units: float32 and NaN where it is scaled, else as stored."""
        return self._lazy(name, raw=False)

    def raw(self, name: str) -> LazyArray:
        """An array's stored numbers."""
        return self._lazy(name, raw=True)

    def table(self, name: str) -> Table:
        """A ragged table, read whole."""
        spec = self._lazy(name, raw=True).spec
        return Table(self[name][:], spec.columns, self["frame_offsets"][:])

    def _lazy(self, name: str, raw: bool) -> LazyArray:
        if name not in self.names:
            raise KeyError(f"{self.kind} has no array {name!r}; there are: {', '.join(self.names)}")
        return LazyArray(self, name, raw)

    def _let_go(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def _check(self) -> None:
        """Refuse a file of a later format, and one that holds another artifact than its name says."""
        assert self._source is not None
        meta = self._source.metadata
        version, found = meta.get("format_version"), (str(meta.get("key")), str(meta.get("kind")))
        if isinstance(version, int) and version > FORMAT_VERSION:
            self._let_go()
            raise StoreError(
                f"{self.address} has format version {version}, {FORMAT_VERSION} is known; update vad-features"
            )
        said = name_says(self.address)
        if said is not None and said != found:
            self._let_go()
            raise Damaged(
                f"{self.address} holds {found[1]} {found[0][:12]}, not what its name says; see features verify"
            )


def name_says(address: str | Path) -> tuple[str, str] | None:
    """(key, kind) by a file's name `<key>.<kind>.<format>`; None for a name of another form."""
    name = str(address).rsplit("/", 1)[-1]
    for suffix in SUFFIXES.values():
        key, _, kind = name.removesuffix(suffix).partition(".")
        if name.endswith(suffix) and len(key) == 64 and set(key) <= set("0123456789abcdef"):
            return key, kind
    return None


def read_artifact(address: str | Path) -> Artifact:
    """The artifact at a path or an fsspec address; its format is inferred from the name.

    Raises Damaged for a file that is not what was committed, OSError where there is none.
    """
    artifact = Artifact(address)
    artifact.source  # noqa: B018  what is wrong with the file shall show now
    return artifact
