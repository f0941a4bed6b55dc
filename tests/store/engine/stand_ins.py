"""What the tests of the engine share: a disk that fails on demand, a small recipe, small artifacts."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from features.store.arrays import ArraySpec
from features.store.disk import Disk
from features.store.recipe import Recipe
from features.store.store import Store

FORMATS = ("zarr", "hdf5")


class Smooth(Recipe):
    """A recipe with two parameters."""

    kind = "flow"
    backend = "smooth"

    iterations: int = 12
    size: tuple[int, int] = (512, 384)


class Crash(BaseException):
    """The machine stops: no line of the program runs after this, as far as the disk is concerned."""


class FailingDisk(Disk):
    """A disk whose n-th call fails. Counts its calls in `calls`, by name.

    An error (OSError) is met once, and everything goes on. A crash takes effect for good: half of a write still
    reaches the disk, and no later call does anything.
    """

    def __init__(self, fail_at: int = -1, error: OSError | None = None) -> None:
        self.fail_at, self.error = fail_at, error
        self.calls: list[str] = []
        self.crashed = False

    def _next(self, name: str) -> bool:
        """Whether this call is the one that fails."""
        if self.crashed:
            raise Crash
        self.calls.append(name)
        return len(self.calls) - 1 == self.fail_at

    def _call(self, name: str, call: Callable[[], Any]) -> Any:
        if self._next(name):
            self._fail()
        return call()

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error
        self.crashed = True
        raise Crash

    def make_folder(self, path: Path) -> None:
        self._call("make_folder", lambda: super(FailingDisk, self).make_folder(path))

    def create(self, path: Path) -> int:
        return int(self._call("create", lambda: super(FailingDisk, self).create(path)))

    def write(self, handle: int, data: memoryview) -> int:
        if self._next("write"):
            super().write(handle, data[: len(data) // 2])
            self._fail()
        return super().write(handle, data)

    def truncate(self, handle: int, size: int) -> None:
        self._call("truncate", lambda: super(FailingDisk, self).truncate(handle, size))

    def sync(self, handle: int) -> None:
        self._call("sync", lambda: super(FailingDisk, self).sync(handle))

    def close(self, handle: int) -> None:
        super().close(handle)  # the kernel closes the descriptors of a dead process, and of a failed close
        if not self.crashed:
            self._call("close", lambda: None)

    def link(self, old: Path, new: Path) -> None:
        self._call("link", lambda: super(FailingDisk, self).link(old, new))

    def replace(self, old: Path, new: Path) -> None:
        self._call("replace", lambda: super(FailingDisk, self).replace(old, new))

    def unlink(self, path: Path) -> None:
        self._call("unlink", lambda: super(FailingDisk, self).unlink(path))

    def sync_folder(self, path: Path) -> None:
        self._call("sync_folder", lambda: super(FailingDisk, self).sync_folder(path))


def key_of(name: object) -> str:
    """A key (64 hex digits) for a name."""
    return hashlib.sha256(str(name).encode()).hexdigest()


def rows_of(key: str, rows: int = 3) -> np.ndarray:
    """int16 (rows, 2, 6, 8): what the artifact of a key holds, another thing for each key."""
    return np.random.default_rng(int(key[:8], 16)).integers(-900, 900, (rows, 2, 6, 8)).astype(np.int16)


def put(store: Store, key: str, kind: str = "flow", recipe: Recipe | None = None, **facts: Any) -> None:
    """Commit the artifact of a key."""
    facts = {"inputs": {"source": key_of("source")}, "names": ["Test001"], **facts}
    with store.create(kind, key, recipe=recipe or Smooth(), **facts) as out:
        out.add(ArraySpec("flow", "int16", (2, 6, 8), scale_factor=1 / 64, units="pixel"))
        for row in rows_of(key):
            out.append("flow", row[None])


def holds(store: Store, key: str, kind: str = "flow") -> bool:
    """Whether the artifact of a key is there and every number of it is right; False where it is absent."""
    if not store.has(kind, key):
        return False
    with store.open(kind, key) as artifact:
        assert artifact.key == key
        np.testing.assert_array_equal(artifact.raw("flow")[:], rows_of(key))
    return True


def temporaries(store: Store) -> list[Path]:
    """Files that writers left behind."""
    return sorted(store.path.rglob(".*.tmp"))
