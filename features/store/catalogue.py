"""What a store holds, asked a million keys at a time.

The names in `objects/ab/` are the truth. They are listed once and kept as sorted 64-bit prefixes of the keys, in
memory and in `catalogue/snapshot.npz`, which is derived from the names, is never waited for, and may be deleted.

Every look-up first asks each of the 256 folders for its time of change, and lists those anew that differ from what is
kept. So artifacts committed or deleted by others, on this host or another, are seen, as soon as the file system shows
the change (network file systems may keep a folder's times for a minute: "absent" is only a hint, and whoever is about
to compute asks `Store.has`, which is one `stat`). A folder that changed less than two seconds before it was listed is
listed again next time, because a later change could bear the same time.

Two keys that agree in kind and in their first 64 bits would be taken for one another: among a million artifacts and a
million questions, once in 10^7 stores.
"""

import os
import re
import time
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.errors import StoreError
from features.store.commit import temporary_name
from features.store.layout import parse_object

_FOLDERS = 256
_SETTLED_NS = 2_000_000_000
# Fewer names than this are listed as quickly as a snapshot is loaded.
_WORTH_KEEPING = 2000
_HEX = 16
_KEY = 64
_ABSENT, _UNSETTLED = -1, -2


@dataclass
class _Names:
    """The artifacts of one folder `objects/ab`, as listed when it had the time of change `mtime_ns`.

    prefixes   uint64 (n,), sorted: the first 64 bits of each key
    kinds      uint16 (n,): which kind, as an index
    mtime_ns   -1: no such folder; -2: the folder had just changed, so it must be listed again
    """

    mtime_ns: int
    prefixes: np.ndarray
    kinds: np.ndarray


_NOTHING = _Names(_ABSENT, np.empty(0, np.uint64), np.empty(0, np.uint16))


class Catalogue:
    """The artifacts of one store, kept in memory and brought up to date at each question."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._kinds: dict[str, int] = {}
        self._folders: list[_Names] | None = None
        self._of_kind: dict[str, np.ndarray] = {}

    def present(self, kind: str, keys: Sequence[str]) -> np.ndarray:
        """Which of these artifacts are there: bool (len(keys),).

        Raises StoreError where something among `keys` is no key.
        """
        self.refresh()
        if kind not in self._of_kind:
            self._of_kind[kind] = self._prefixes(kind)
        known = self._of_kind[kind]
        asked = _as_prefixes(keys)
        if not len(known):
            return np.zeros(len(asked), bool)
        order = np.argsort(asked)  # neighbours in the catalogue are then neighbours in memory: twice as fast
        places = np.searchsorted(known, asked[order])
        found = np.empty(len(asked), bool)
        found[order] = known[np.minimum(places, len(known) - 1)] == asked[order]
        return found

    def refresh(self) -> int:
        """Bring the catalogue up to date; how many folders had to be listed."""
        if self._folders is None:
            self._folders = self._load()
        listed = entries = 0
        for number, names in enumerate(self._folders):
            folder = self._store / "objects" / f"{number:02x}"
            mtime_ns = _mtime_ns(folder)
            if mtime_ns != names.mtime_ns:
                self._folders[number] = self._list(folder, mtime_ns)
                listed += 1
                entries += len(self._folders[number].prefixes)
        if listed:
            self._of_kind.clear()
        if entries >= _WORTH_KEEPING:
            self._keep()
        return listed

    def _prefixes(self, kind: str) -> np.ndarray:
        number = self._kinds.get(kind, -1)
        return np.concatenate([names.prefixes[names.kinds == number] for names in self._folders or [_NOTHING]])

    def _list(self, folder: Path, mtime_ns: int) -> _Names:
        now_ns = time.time_ns()
        try:
            # Names alone: making a Path of each would cost more than the listing.
            found = [name for name in os.listdir(folder) if not name.startswith(".")]  # noqa: PTH208
        except FileNotFoundError:
            return _NOTHING
        tails = {tail: self._number(tail) for tail in {name[_KEY:] for name in found}}
        names = [name for name in found if tails[name[_KEY:]] >= 0]
        try:
            prefixes = _as_prefixes(names)
        except StoreError:  # a stranger's file with an artifact's ending; rare, so names are not checked one by one
            names = [name for name in names if parse_object(folder / name)]
            prefixes = _as_prefixes(names)
        order = np.argsort(prefixes)
        kinds = np.array([tails[name[_KEY:]] for name in names], np.uint16)
        settled = now_ns - mtime_ns > _SETTLED_NS
        return _Names(mtime_ns if settled else _UNSETTLED, prefixes[order], kinds[order])

    def _number(self, tail: str) -> int:
        """The number of the kind that a file name ends with, after its key; -1 for a stranger's file."""
        stored = parse_object(Path("00", "0" * _KEY + tail))
        return -1 if stored is None else self._kinds.setdefault(stored.kind, len(self._kinds))

    def _load(self) -> list[_Names]:
        """The snapshot; nothing where there is none, or where a power failure left half of it."""
        try:
            path = self._store / "catalogue" / "snapshot.npz"
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                parts = {name: kept[name] for name in kept.files}
            ends = np.cumsum(parts["counts"])[:-1]
            prefixes, kinds = np.split(parts["prefixes"], ends), np.split(parts["kinds"], ends)
            self._kinds = {str(kind): number for number, kind in enumerate(parts["names"])}
            folders = [_Names(*names) for names in zip(parts["mtimes"].tolist(), prefixes, kinds, strict=True)]
            return folders if len(folders) == _FOLDERS else [_NOTHING] * _FOLDERS
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
            return [_NOTHING] * _FOLDERS

    def _keep(self) -> None:
        """Publish the snapshot; on a store that cannot be written, the next process lists the folders itself."""
        folders = self._folders or []
        final = self._store / "catalogue" / "snapshot.npz"
        temporary = final.parent / temporary_name(final.name)
        with suppress(OSError):
            final.parent.mkdir(exist_ok=True)
            with temporary.open("xb") as file:
                np.savez(
                    file,
                    mtimes=np.array([names.mtime_ns for names in folders], np.int64),
                    counts=np.array([len(names.prefixes) for names in folders], np.int64),
                    prefixes=np.concatenate([names.prefixes for names in folders]),
                    kinds=np.concatenate([names.kinds for names in folders]),
                    names=np.array(list(self._kinds), np.str_),
                )
            temporary.replace(final)


def _mtime_ns(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return _ABSENT


def _as_prefixes(keys: Sequence[str]) -> np.ndarray:
    """uint64 (len(keys),): the first 64 bits of hex keys."""
    try:
        found = np.frombuffer(bytes.fromhex("".join([key[:_HEX] for key in keys])), ">u8").astype(np.uint64)
    except ValueError:
        found = np.empty(0, np.uint64)
    if len(found) != len(keys):
        wrong = next((key for key in keys if not re.match(r"[0-9a-f]{16}", key)), "")
        raise StoreError(f"{wrong!r} is no key; a key has 64 hex digits")
    return found
