"""The scan cache: what earlier scans know of paths, so that a video is hashed and decoded once.

A path is known by its signature (path, size, times, inode, device). That is trusted if the file was at least two
seconds old when it was hashed; a younger one is hashed again when it is next asked for, and then trusted.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import SourceError, StoreError
from features.video.index import Index
from features.video.isolation import Limits
from features.video.reading import LIMITS, make_index
from features.video.scan_log import ScanLog, Table
from features.video.signature import Signature, halves, sign, sign_all
from features.video.source import source_digest


@dataclass(frozen=True)
class Scan:
    """What is known of many paths; a row for each.

    known           bool (n,): scanned before and not changed since, whether decodable or not
    digests         64 hex digits of the source, "" where not known
    problems        why the source cannot be used, "" where it can or is not known
    frames          int64 (n,): 0 where not known or not usable
    heights, widths int32 (n,): pixels of a frame as it is seen; 0 as above
    """

    known: np.ndarray
    digests: Sequence[str]
    problems: Sequence[str]
    frames: np.ndarray
    heights: np.ndarray
    widths: np.ndarray


class ScanCache:
    """The scan cache in one folder, as it was when it was first asked, and what this object has added since."""

    def __init__(self, folder: Path) -> None:
        self._log = ScanLog(folder)
        self._added: dict[bytes, dict[str, Any]] = {}

    def lookup(self, paths: Sequence[Path], recheck: float = 0.0) -> Scan:
        """What is known of these paths, without reading them; a million in about ten seconds.

        `recheck` is the share of known sources (0 to 1) that are hashed again all the same, taken at random; one whose
        bytes have changed behind the file system's back counts as not known.
        """
        self._refresh()
        signatures, there = sign_all(paths)
        rows = self._table.find(signatures)
        rows[~there] = -1
        rows = self._checked(paths, rows, recheck)
        known = rows >= 0
        found = (
            self._table.rows[np.maximum(rows, 0)]
            if len(self._table.rows)
            else np.zeros(len(rows), self._table.rows.dtype)
        )
        return Scan(
            known,
            _hex_digests(found["digest"], known),
            self._problems(rows),
            np.where(known, found["frames"], 0),
            np.where(known, found["height"], np.int32(0)),
            np.where(known, found["width"], np.int32(0)),
        )

    def index(self, path: Path) -> Index | None:
        """The index of a source; None where it is not known, has changed, or cannot be used."""
        value = self._line(path).get("index")
        return Index.from_json(value) if value else None

    def problem(self, path: Path) -> str:
        """Why a source cannot be used; "" where it can, or is not known."""
        return str(self._line(path).get("problem", ""))

    def refused(self) -> set[str]:
        """Digests of all sources that were found not to be usable, wherever they lie."""
        self._refresh()
        digests, failed = self._table.rows["digest"], self._table.rows["failed"]
        known = np.ones(len(failed), bool)
        return set(_hex_digests(digests[failed], known[failed])) - set(_hex_digests(digests[~failed], known[~failed]))

    def make(self, path: Path, limits: Limits = LIMITS) -> Index:
        """Index a source and remember what was found, also that it cannot be used.

        Raises SourceError where it cannot be used, or changes while it is read (which is not remembered).
        """
        before, moment = sign(path), time.time_ns()
        problem = ""
        try:
            index = make_index(path, limits)
        except SourceError as error:
            problem = str(error)
        if sign(path) != before:
            raise SourceError(f"{path}: changed while it was read; run again when it is complete")
        if problem:
            self.add_failure(path, problem, moment)
            raise SourceError(problem)
        self.add(path, index, moment)
        return index

    def add(self, path: Path, index: Index, moment: int | None = None) -> None:
        """Remember an index that was made at `moment` (nanoseconds; now)."""
        self._remember(sign(path), index.digest, moment, index=index.to_json())

    def add_failure(self, path: Path, reason: str, moment: int | None = None) -> None:
        """Remember that a source cannot be used. One that is not there, or may not be read, is not remembered."""
        try:
            digest = source_digest(path)
        except SourceError:
            return
        self._remember(sign(path), digest, moment, problem=reason)

    def digest(self, path: Path) -> str:
        """The digest of a file or folder that is known; "" where it is not, or has changed."""
        return str(self._line(path).get("digest", ""))

    def note(self, path: Path) -> str:
        """The digest of a published file, or of a folder of files, hashed and remembered; it is not decoded.

        Raises SourceError where it cannot be read, or changes while it is read.
        """
        before, moment = sign(path), time.time_ns()
        digest = source_digest(path)
        if sign(path) != before:
            raise SourceError(f"{path}: changed while it was read; run again when it is complete")
        self._remember(before, digest, moment)
        return digest

    def _remember(self, signature: Signature | None, digest: str, moment: int | None, **found: Any) -> None:
        if signature is None:
            return
        settled = signature.settled(time.time_ns() if moment is None else moment)
        facts = {"signature": signature.value.hex(), "digest": digest, "time": time.time(), "settled": settled}
        self._log.append({**facts, **found})
        self._added[signature.value] = {**facts, **found}

    @cached_property
    def _table(self) -> Table:
        return self._log.load()

    def _refresh(self) -> None:
        """Look again at what other processes, and this one, have added."""
        vars(self).pop("_table", None)
        self._added.clear()

    def _line(self, path: Path) -> dict[str, Any]:
        """What is known of one path; nothing where it was not scanned or has changed."""
        signature = sign(path)
        if signature is None:
            return {}
        line = self._added.get(signature.value)
        if line is None:
            row = int(self._table.find(halves(signature.value))[0])
            line = self._log.line(self._table, row) if row >= 0 else {}
        if not line or line["settled"]:
            return line
        return line if self._same(path, line["digest"], line) else {}

    def _same(self, path: Path, digest: str, line: dict[str, Any]) -> bool:
        """Whether a source still has this digest; what is found old enough now is trusted from now on."""
        signature, moment = sign(path), time.time_ns()
        try:
            same = source_digest(path) == digest and sign(path) == signature
        except SourceError:
            return False
        if same and not line["settled"] and signature is not None and signature.settled(moment):
            found = {name: line[name] for name in ("index", "problem") if name in line}
            try:
                self._remember(signature, digest, moment, **found)
            except StoreError:
                return True  # a store that cannot be written is asked again next time
        return same

    def _checked(self, paths: Sequence[Path], rows: np.ndarray, recheck: float) -> np.ndarray:
        """The rows, -1 for those whose source was hashed again and differs."""
        known = np.flatnonzero(rows >= 0)
        doubtful = known[~self._table.rows["settled"][rows[known]]] if len(known) else known
        chosen = random.sample(known.tolist(), round(recheck * len(known)))
        for position in {*doubtful.tolist(), *chosen}:
            line = self._log.line(self._table, int(rows[position]))
            if not line or not self._same(paths[position], line["digest"], line):
                rows[position] = -1
        return rows

    def _problems(self, rows: np.ndarray) -> list[str]:
        problems = [""] * len(rows)
        if len(self._table.rows):
            for position in np.flatnonzero((rows >= 0) & self._table.rows["failed"][np.maximum(rows, 0)]):
                problems[position] = str(self._log.line(self._table, int(rows[position])).get("problem", ""))
        return problems


def _hex_digests(digests: np.ndarray, known: np.ndarray) -> list[str]:
    """64 hex digits of each digest (V32), "" where not known."""
    text = np.ascontiguousarray(digests).tobytes().hex()
    return [
        text[begin : begin + 64] if one else ""
        for begin, one in zip(range(0, len(text), 64), known.tolist(), strict=True)
    ]
