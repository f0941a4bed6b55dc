"""What scans found, on disk: one JSON line for each source, in one segment per writing process.

    <store>/sources/<host>-<pid>-<random>.jsonl   segments, only ever appended to
    <store>/sources/snapshot.npz                  the numbers of all lines as columns, and where each line begins

The snapshot is derived from the segments and may be deleted; without the segments, videos are scanned again. A line
that was torn by a crash is left out. Of several lines with one signature the latest holds.
"""

import errno
import json
import os
import secrets
import socket
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import StoreError
from features.video.signature import halves

# Lines worth more than this go into the snapshot, so that the next process need not parse them: about 10 000 lines.
COMPACT_BYTES = 4 << 20

ROW = np.dtype(
    [
        ("signature", np.uint64, (2,)),
        ("digest", "V32"),
        ("frames", np.int64),
        ("height", np.int32),
        ("width", np.int32),
        ("failed", np.bool_),
        ("settled", np.bool_),
        ("time", np.float64),
        ("segment", np.int32),
        ("offset", np.int64),
        ("length", np.int32),
    ]
)


@dataclass(frozen=True)
class Table:
    """The numbers of all lines.

    segments    name -> bytes of it that the rows cover; the column `segment` counts them in this order
    signatures  uint64 (n, 2), sorted; each once
    rows        ROW (n,)
    """

    segments: Mapping[str, int]
    signatures: np.ndarray
    rows: np.ndarray

    def find(self, signatures: np.ndarray) -> np.ndarray:
        """int64 (n,): the row of each signature (uint64 (n, 2)), -1 where there is none."""
        if not len(self.rows):
            return np.full(len(signatures), -1, np.int64)
        # Two halves of one signature: the first finds the row, the second confirms it. Should two signatures ever
        # agree in the first (once in 10^7 stores of a million), one of them is scanned at every run.
        order = np.argsort(signatures[:, 0])
        found = np.empty(len(signatures), np.int64)
        places = np.searchsorted(self.signatures[:, 0], signatures[order, 0])
        found[order] = np.minimum(places, len(self.rows) - 1)
        return np.where((self.signatures[found] == signatures).all(axis=1), found, -1)


EMPTY = Table({}, np.empty((0, 2), np.uint64), np.empty(0, ROW))


class ScanLog:
    """The segments and the snapshot of one folder; one segment of its own once something is appended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._segment = ""

    def append(self, line: Mapping[str, Any]) -> None:
        """Add one line to the segment of this process.

        Raises StoreError where the folder cannot be written.
        """
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        mine = f"{socket.gethostname()}-{os.getpid()}-"
        if not self._segment.startswith(mine):  # the first line, here or in a fork
            self._segment = f"{mine}{secrets.token_hex(4)}.jsonl"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / self._segment).open("ab", buffering=0) as file:
                if file.write(data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._segment = ""  # what was torn stays the last line of its segment
            raise StoreError(f"{self.folder} cannot be written ({error.strerror}); check its disk and rights") from None

    def load(self) -> Table:
        """All lines; keeps a snapshot of them where many were not in the last one."""
        sizes = {path.name: path.stat().st_size for path in self.folder.glob("*.jsonl")}
        table = self._snapshot(sizes)
        young = {name: size - table.segments.get(name, 0) for name, size in sizes.items()}
        if not any(young.values()):
            return table
        table = merged(table, sizes, self._parsed(table, sizes))
        if sum(young.values()) > COMPACT_BYTES:
            with suppress(OSError):  # a store that cannot be written is read without
                self._keep(table)
        return table

    def line(self, table: Table, row: int) -> dict[str, Any]:
        """The line behind a row; empty where its segment has been deleted meanwhile."""
        place = table.rows[row]
        name = list(table.segments)[place["segment"]]
        with suppress(OSError, ValueError), (self.folder / name).open("rb") as file:
            file.seek(place["offset"])
            return dict(json.loads(file.read(place["length"])))
        return {}

    def _parsed(self, table: Table, sizes: Mapping[str, int]) -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
        """The whole lines of each segment that the table does not cover, with their offsets."""
        for name in sizes:
            begin = table.segments.get(name, 0)
            with (self.folder / name).open("rb") as file:
                file.seek(begin)
                data = file.read(sizes[name] - begin)
            lines = []
            for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
                lines.append((begin, line))
                begin += len(line)
            yield name, lines

    def _snapshot(self, sizes: Mapping[str, int]) -> Table:
        """The last snapshot; nothing where there is none, or where it knows of segments that are gone."""
        try:
            with (self.folder / "snapshot.npz").open("rb") as file, np.load(file, allow_pickle=False) as kept:
                segments = {
                    str(name): int(covered) for name, covered in zip(kept["names"], kept["covered"], strict=True)
                }
                rows = kept["rows"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return EMPTY
        if rows.dtype != ROW or any(sizes.get(name, -1) < covered for name, covered in segments.items()):
            return EMPTY
        return Table(segments, np.ascontiguousarray(rows["signature"]), rows)

    def _keep(self, table: Table) -> None:
        temporary = self.folder / f".snapshot.{os.getpid()}.{secrets.token_hex(4)}.tmp"
        try:
            with temporary.open("xb") as file:
                names = np.array(list(table.segments), np.str_)
                covered = np.array(list(table.segments.values()), np.int64)
                np.savez(file, names=names, covered=covered, rows=table.rows)
            temporary.replace(self.folder / "snapshot.npz")
        finally:
            temporary.unlink(missing_ok=True)


def merged(table: Table, sizes: Mapping[str, int], young: Iterator[tuple[str, list[tuple[int, bytes]]]]) -> Table:
    """A table with the lines of `young` beside its own."""
    covered = dict(table.segments)
    places = {name: number for number, name in enumerate([*covered, *(name for name in sizes if name not in covered)])}
    added = []
    for name, lines in young:
        covered[name] = lines[-1][0] + len(lines[-1][1]) if lines else covered.get(name, 0)
        added += [row for begin, line in lines if (row := as_row(line, places[name], begin))]
    rows = np.concatenate([table.rows, np.array(added, ROW)])
    signatures = np.ascontiguousarray(rows["signature"])
    order = np.lexsort((rows["time"], signatures[:, 1], signatures[:, 0]))
    last = np.append((signatures[order[1:]] != signatures[order[:-1]]).any(axis=1), True)[: len(order)]
    kept = order[last]
    return Table({name: covered[name] for name in places}, signatures[kept], rows[kept])


def as_row(line: bytes, segment: int, offset: int) -> tuple[Any, ...] | None:
    """The numbers of a line as a ROW; None for a torn one."""
    try:
        value = json.loads(line)
        index = value.get("index") or {"frames": 0, "height": 0, "width": 0}
        return (
            halves(bytes.fromhex(value["signature"]))[0],
            bytes.fromhex(value["digest"]),
            index["frames"],
            index["height"],
            index["width"],
            "problem" in value,
            value["settled"],
            value["time"],
            segment,
            offset,
            len(line),
        )
    except (ValueError, KeyError, IndexError, TypeError):
        return None
