"""Roots: what a project refers to in the store. They give artifacts their names and keep them from being collected.

A file holds one column per thing and one row per video, so that a million videos are read in a second:

    {"version": 1, "project": ..., "owner": ..., "path": ..., "time": ...,
     "datasets": {data set: {"videos": [video id, ...], "sources": "<digests>", "features": {kind: "<keys>"}}},
     "named": {kind: {name: key}}}

Digests and keys stand one after the other, 64 hex digits each, in the order of the videos; 64 zeros: none.
"""

import getpass
import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features.errors import StoreError
from features.store.commit import replacing_file
from features.store.disk import Disk

VERSION = 1
_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DIGITS = 64
_NONE = "0" * _DIGITS


class Digests(Sequence[str]):
    """Digests of 64 hex digits each, kept as one text: a seventh of the memory of as many strings."""

    def __init__(self, text: str) -> None:
        if len(text) % _DIGITS:
            raise ValueError(f"{len(text)} hex digits are no whole number of digests")
        self.text = text

    def __len__(self) -> int:
        return len(self.text) // _DIGITS

    def __getitem__(self, row: Any) -> Any:
        return self.text[row * _DIGITS : (row + 1) * _DIGITS]

    def __iter__(self) -> Iterator[str]:
        return (self.text[start : start + _DIGITS] for start in range(0, len(self.text), _DIGITS))


class Column(Mapping[str, str]):
    """A mapping of names to digests as it stands in a file; an index is made when something is looked up."""

    def __init__(self, names: Sequence[str], values: Digests) -> None:
        if len(names) != len(values):
            raise ValueError(f"{len(names)} names and {len(values)} digests")
        self._names, self._values = names, values
        self._index: dict[str, str] | None = None

    def _rows(self) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, value in zip(self._names, self._values, strict=True) if value != _NONE)

    def _indexed(self) -> dict[str, str]:
        if self._index is None:
            self._index = dict(self._rows())
        return self._index

    def __getitem__(self, name: str) -> str:
        return self._indexed()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._indexed())

    def __len__(self) -> int:
        return len(self._indexed())

    def __eq__(self, other: object) -> bool:
        """Without an index, as planning asks this of a million videos: as whole texts, then row by row."""
        if not isinstance(other, Mapping):
            return NotImplemented
        if self._values.text == "".join(other.values()) and list(self._names) == list(other):
            return True
        names = set()
        for name, value in self._rows():
            if other.get(name) != value:
                return False
            names.add(name)
        return len(names) == len(other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Root:
    """What one project refers to.

    project    its id, see `project_id`
    owner      who wrote it
    path       the project's folder
    time       seconds since 1970 at which it was written
    datasets   data set -> video id -> digest of the source
    features   data set -> kind -> digest of the source -> key
    named      kind over many videos (`model`, `scores`, `evaluation`) -> name -> key
    """

    project: str
    owner: str
    path: str
    time: float
    datasets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    features: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    named: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def key(self, dataset: str, video: str, kind: str) -> str | None:
        """The key of a video's artifact of this kind, None where the project has none."""
        source = self.datasets.get(dataset, {}).get(video)
        return self.features.get(dataset, {}).get(kind, {}).get(source) if source else None

    def keys(self) -> Iterator[tuple[str, str]]:
        """(kind, key) of everything in use."""
        for kinds in self.features.values():
            for kind, keys in kinds.items():
                yield from ((kind, key) for key in keys.values())
        for kind, keys in self.named.items():
            yield from ((kind, key) for key in keys.values())


def new_root(
    path: Path,
    datasets: Mapping[str, Mapping[str, str]],
    features: Mapping[str, Mapping[str, Mapping[str, str]]],
    named: Mapping[str, Mapping[str, str]],
    name: str | None = None,
) -> Root:
    """The root of the project in the folder `path`, as of now."""
    folder = path.absolute()
    return Root(project_id(folder, name), _user(), str(folder), time.time(), datasets, features, named)


def project_id(path: Path, name: str | None = None) -> str:
    """A project's id in a store: the name it was given, or 16 hex digits of the digest of its folder's path.

    Raises StoreError for a name that is not of letters, digits, `.`, `_` and `-`.
    """
    if name is None:
        return hashlib.sha256(b"project\0" + bytes(path.absolute())).hexdigest()[:16]
    _check(name)
    return name


def write(disk: Disk, store: Path, project: str, root: Root) -> None:
    """Publish a project's root in place of its former one.

    Raises StoreError for a source or key that is no digest, and for a feature of a source that is no video's.
    """
    _check(project)
    text = json.dumps(_content(root), ensure_ascii=False, separators=(",", ":"))
    with replacing_file(disk, store / "roots" / f"{project}.json") as file:
        file.write(text.encode())


def _content(root: Root) -> dict[str, Any]:
    head = {"version": VERSION, "project": root.project, "owner": root.owner, "path": root.path, "time": root.time}
    datasets = {name: _columns(name, videos, root.features.get(name, {})) for name, videos in root.datasets.items()}
    return {**head, "datasets": datasets, "named": {kind: dict(names) for kind, names in root.named.items()}}


def _columns(dataset: str, videos: Mapping[str, str], features: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    sources = list(videos.values())
    known = set(sources)
    for kind, keys in features.items():
        if not known.issuperset(keys):
            raise StoreError(f"the root names a {kind} in {dataset} of a source that is no video's; plan again")
    packed = {kind: _packed(keys.get(source, _NONE) for source in sources) for kind, keys in features.items()}
    return {"videos": list(videos), "sources": _packed(sources), "features": packed}


def _packed(digests: Iterable[str]) -> str:
    listed = list(digests)
    if any(len(digest) != _DIGITS for digest in listed):
        wrong = next(digest for digest in listed if len(digest) != _DIGITS)
        raise StoreError(f"the root refers to {wrong!r}, which is no digest of {_DIGITS} hex digits; plan again")
    return "".join(listed)


def read_all(store: Path) -> list[Root]:
    """The roots of all projects, the newest first.

    Raises StoreError for a file that is no root.
    """
    paths = (path for path in (store / "roots").glob("*.json") if not path.name.startswith("."))
    return sorted(map(_read, paths), key=lambda root: root.time, reverse=True)


def parse(text: bytes, where: str) -> Root:
    """The root that a file at `where` holds.

    Raises StoreError for a file that is no root.
    """
    try:
        content = json.loads(text)
        if content.pop("version") != VERSION:
            raise ValueError("it has another version")
        columns = content.pop("datasets")
        datasets, features = {}, {}
        for name, found in columns.items():
            sources = Digests(found["sources"])
            datasets[name] = Column(found["videos"], sources)
            features[name] = {kind: Column(sources, Digests(keys)) for kind, keys in found["features"].items()}
        return Root(**content, datasets=datasets, features=features)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"{where} is no root ({error}); delete it and plan that project again") from None


def _read(path: Path) -> Root:
    return parse(path.read_bytes(), str(path))


def _check(project: str) -> None:
    if not _PROJECT.fullmatch(project):
        raise StoreError(f"{project!r} is no project id; use letters, digits, '.', '_' and '-'")


def _user() -> str:
    """The user's name; jobs in containers may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
