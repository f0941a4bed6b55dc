"""Reading a store by the names that projects gave to its artifacts.

    library = features.open("store")
    for video in library.videos("plaza"):
        with library.read("plaza", video, "flow") as flow:
            print(flow["flow"][0:5].shape)

Needs numpy, and zarr or h5py. Names come from the roots that projects leave in the store: of several projects that
name the same thing the newest counts, unless one is chosen.
"""

import difflib
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from features.errors import NotStored, StoreError
from features.store.artifact import Artifact
from features.store.outcomes import Failure
from features.store.ranges import is_remote
from features.store.remote import RemoteStore
from features.store.roots import Root
from features.store.store import Store


class Shelf(Protocol):
    """What reading by name needs of a store, a local or a remote one."""

    @property
    def path(self) -> Path | str:
        """Where it is."""
        ...

    def roots(self) -> list[Root]:
        """What all projects refer to, the newest first."""
        ...

    def has(self, kind: str, key: str) -> bool:
        """Whether an artifact is there."""
        ...

    def open(self, kind: str, key: str) -> Artifact:
        """An artifact, to read from."""
        ...

    def failure(self, kind: str, key: str) -> Failure | None:
        """Why an artifact could not be made."""
        ...

    def matching(self, prefix: str) -> list[tuple[str, str]]:
        """(kind, key) of the artifacts whose key begins with these hex digits."""
        ...


NOT_YET = "it has not been computed yet; run the pipeline, which ends with a list of what failed"


class Library:
    """A store (a folder, or an fsspec address), by names. `project`, an id, leaves only what one project named.

    Raises StoreError where there is no store, or no such project in it.
    """

    def __init__(self, path: Path | str, project: str | None = None) -> None:
        self.store: Shelf = RemoteStore(str(path)) if is_remote(path) else Store(path)
        self._project = project
        if project is not None and project not in self.projects():
            raise StoreError(f"no project {project!r} in {path}{_nearest(project, self.projects())}")

    def __repr__(self) -> str:
        return f"Library({str(self.store.path)!r})"

    @cached_property
    def _all_roots(self) -> list[Root]:
        return self.store.roots()

    @property
    def roots(self) -> list[Root]:
        """What the projects refer to, the newest first, as it was when first asked for."""
        return [root for root in self._all_roots if self._project in (None, root.project)]

    def projects(self) -> list[str]:
        """Ids of all projects that refer to anything here, the newest first."""
        return [root.project for root in self._all_roots]

    def datasets(self) -> list[str]:
        """Names of the data sets."""
        return sorted({name for root in self.roots for name in root.datasets})

    def videos(self, dataset: str) -> list[str]:
        """Ids of a data set's videos, in its order.

        Raises NotStored naming the nearest data set where there is none of this name.
        """
        found = dict.fromkeys(video for root in self.roots for video in root.datasets.get(dataset, ()))
        if not found and dataset not in self.datasets():
            raise NotStored(f"no data set {dataset!r} in {self.store.path}{_nearest(dataset, self.datasets())}")
        return list(found)

    def kinds(self, dataset: str) -> list[str]:
        """The kinds of artifact that a data set's videos have or are to have, e.g. `flow`."""
        return list(dict.fromkeys(kind for root in self.roots for kind in root.features.get(dataset, ())))

    def names(self, kind: str) -> list[str]:
        """Names of the artifacts over many videos: `model`, `scores`, `evaluation`."""
        return sorted({name for root in self.roots for name in root.named.get(kind, ())})

    def read(self, dataset: str, video: str, kind: str) -> Artifact:
        """A video's artifact, e.g. its `flow`: arrays by name, read as they are sliced.

        Raises NotStored naming the nearest data set, video or kind where there is none of this name, or saying why
        it could not be computed.
        """
        keys = dict.fromkeys(key for root in self.roots if (key := root.key(dataset, video, kind)))
        if not keys:
            raise NotStored(self._unknown(dataset, video, kind))
        return self._first(kind, list(keys), f"{dataset}/{video}/{kind}")

    def read_named(self, name: str, kind: str) -> Artifact:
        """An artifact over many videos: `read_named("plaza/lbrspr", "scores")`.

        Raises NotStored naming the nearest name where there is none of this name.
        """
        keys = dict.fromkeys(root.named[kind][name] for root in self.roots if name in root.named.get(kind, ()))
        if not keys:
            raise NotStored(f"no {kind} {name!r} in {self.store.path}{_nearest(name, self.names(kind))}")
        return self._first(kind, list(keys), f"{name}/{kind}")

    def locate(self, reference: str) -> tuple[str, str]:
        """(kind, key) for what a user writes: a key's first digits, `dataset/video/kind`, or `name/kind`.

        Raises NotStored where nothing answers, StoreError where a key's beginning has several meanings.
        """
        if "/" not in reference:
            return self._by_prefix(reference)
        name, kind = reference.rsplit("/", 1)
        if name in self.names(kind):
            artifact = self.read_named(name, kind)
        else:
            dataset = self._dataset_of(name)
            artifact = self.read(dataset, name[len(dataset) + 1 :], kind)
        with artifact:
            return artifact.kind, artifact.key

    def _first(self, kind: str, keys: Sequence[str], reference: str) -> Artifact:
        for key in keys:
            if self.store.has(kind, key):
                return self.store.open(kind, key)
        failure = self.store.failure(kind, keys[0])
        reason = f"it failed: {failure.reason}" if failure else NOT_YET
        raise NotStored(f"no {reference} in {self.store.path}; {reason}")

    def _by_prefix(self, prefix: str) -> tuple[str, str]:
        found = self.store.matching(prefix)
        if not found:
            raise NotStored(
                f"no artifact {prefix!r} in {self.store.path}; give a key's first digits, dataset/video/kind or "
                "name/kind, as `features ls` shows them"
            )
        if len(set(found)) > 1:
            listed = ", ".join(f"{key[:12]} ({kind})" for kind, key in found[:4])
            raise StoreError(f"{prefix!r} begins {len(found)} keys: {listed}; give more digits")
        return found[0]

    def _dataset_of(self, name: str) -> str:
        """The data set that `dataset/video` begins with; names of both may hold slashes, the longest match counts."""
        found = [dataset for dataset in self.datasets() if name.startswith(f"{dataset}/")]
        if not found:
            begin = name.split("/", 1)[0]
            raise NotStored(f"no data set {begin!r} in {self.store.path}{_nearest(begin, self.datasets())}")
        return max(found, key=len)

    def _unknown(self, dataset: str, video: str, kind: str) -> str:
        videos, kinds = self.videos(dataset), self.kinds(dataset)
        if video not in videos:
            return f"no video {video!r} in {dataset}{_nearest(video, videos)}"
        if kind not in kinds:
            return f"no kind {kind!r} in {dataset}{_nearest(kind, kinds)}"
        return f"no {kind} of {dataset}/{video} is planned; add it to the project's config"


def _nearest(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` and what there is, shortened."""
    listed = list(known)
    alike = difflib.get_close_matches(name, listed, n=1)
    meant = f" (did you mean {alike[0]!r}?)" if alike else ""
    shown = ", ".join(listed[:8]) + (", ..." if len(listed) > 8 else "")
    return f"{meant}; there are: {shown or 'none'}"
