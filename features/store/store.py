"""The store: artifacts by kind and key, committed whole, read by anyone."""

import errno
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features import __version__
from features.errors import NotStored, StoreError
from features.store import outcomes, roots
from features.store.artifact import Artifact, ArtifactWriter, open_writer, read_artifact
from features.store.catalogue import Catalogue
from features.store.commit import DAY, new_file, sweep
from features.store.disk import Disk, explained
from features.store.layout import (
    FOLDERS,
    LAYOUT,
    SUFFIXES,
    Stored,
    check_layout,
    is_prefix,
    may_become_store,
    object_path,
    objects,
)
from features.store.outcomes import Failure
from features.store.roots import Root

if TYPE_CHECKING:
    from features.store.recipe import Recipe

# Packages whose version can matter to somebody who asks why two machines differ; recorded where they are loaded.
_RECORDED = ("numpy", "torch", "torchvision", "cv2", "av", "decord", "onnxruntime", "sklearn", "scipy", "PIL")


class Store:
    """A folder of artifacts. Objects pickle, so they go to worker processes.

    `format` (`zarr` or `hdf5`) is that of new artifacts; both are read. With `create`, a missing store is made.
    Raises StoreError where there is no store, one of another layout, or a folder that holds something else.
    """

    def __init__(
        self,
        path: Path | str,
        format: str = "zarr",  # noqa: A002  (the config's word)
        create: bool = False,
        *,
        disk: Disk | None = None,
    ) -> None:
        if format not in SUFFIXES:
            raise StoreError(f"format {format!r} is not known; there are: {', '.join(SUFFIXES)}")
        self.path = Path(path)
        self.format = format
        self._disk = disk or Disk()
        self._catalogue = Catalogue(self.path)
        if create:
            self._create()
        check_layout(self.path)

    def __reduce__(self) -> Any:
        return type(self), (self.path, self.format)

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r}, {self.format!r})"

    def _create(self) -> None:
        if (self.path / "format").exists():
            return
        try:
            if self.path.exists() and not may_become_store(self.path):
                raise StoreError(f"{self.path} holds other things; give the store a folder of its own")
            for folder in FOLDERS:
                self._disk.make_folder(self.path / folder)
        except OSError as error:
            raise explained(error, self.path / "format") from error
        with new_file(self._disk, self.path / "format") as file:
            file.write(f"{LAYOUT}\n".encode())

    # Artifacts

    def find(self, kind: str, key: str) -> Path | None:
        """The file of an artifact, None where there is none. Of two formats the store's own comes first."""
        suffixes = sorted(SUFFIXES.values(), key=lambda suffix: suffix != SUFFIXES[self.format])
        paths = [self.path / object_path(kind, key, suffix) for suffix in suffixes]
        return next((path for path in paths if path.exists()), None)

    def has(self, kind: str, key: str) -> bool:
        """Whether an artifact is there, by asking the file system now."""
        return self.find(kind, key) is not None

    def size(self, kind: str, key: str) -> int:
        """Bytes of an artifact's file; 0 where there is none."""
        path = self.find(kind, key)
        return path.stat().st_size if path else 0

    def present(self, kind: str, keys: Sequence[str]) -> np.ndarray:
        """Which artifacts are there, by the catalogue, a million in a second: bool (len(keys),)."""
        return self._catalogue.present(kind, keys)

    def open(self, kind: str, key: str) -> Artifact:
        """An artifact, to read from.

        Raises NotStored where there is none and Damaged where its file is not what was committed.
        """
        for attempt in range(2):
            path = self.find(kind, key)
            if path is None:
                break
            try:
                return read_artifact(path)
            except OSError as error:
                # A network file system says ESTALE where the file it remembers is gone; asked anew, it looks anew.
                if error.errno not in (errno.ESTALE, errno.ENOENT) or attempt:
                    raise
        raise NotStored(f"no {kind} {key[:12]} in {self.path}; run the pipeline that makes it, or see `features ls`")

    @contextmanager
    def create(
        self,
        kind: str,
        key: str,
        *,
        recipe: "Recipe",
        inputs: Mapping[str, str | Sequence[str]],
        names: Sequence[str] = (),
        device: str = "cpu",
    ) -> Iterator[ArtifactWriter]:
        """A writer for a new artifact, committed when the block ends well and dropped when it raises.

        An artifact that another job commits meanwhile stays, and this one is dropped: equal keys, equal content. A
        failed outcome of this artifact is forgotten. Raises NoSpace or StoreError where the disk fails.
        """
        header = {
            "recipe": recipe.content(),
            "recipe_digest": recipe.digest,
            "inputs": {role: entry if isinstance(entry, str) else list(entry) for role, entry in inputs.items()},
            "names": list(names),
            "software": software(),
            "device": device,
        }
        start = time.perf_counter()
        final = self.path / object_path(kind, key, SUFFIXES[self.format])
        with new_file(self._disk, final) as file:
            writer = open_writer(file, self.format, key, kind, header)
            yield writer
            writer.close(seconds=round(time.perf_counter() - start, 3))
        outcomes.forget(self._disk, self.path, kind, key)

    def artifacts(self) -> Iterator[Stored]:
        """Every artifact file, by key."""
        return objects(self.path)

    def matching(self, prefix: str) -> list[tuple[str, str]]:
        """(kind, key) of the artifacts whose key begins with these two or more hex digits."""
        if not is_prefix(prefix):
            return []
        found = objects(self.path, prefix[:2])
        return [(stored.kind, stored.key) for stored in found if stored.key.startswith(prefix)]

    def lease(self, kind: str, key: str) -> AbstractContextManager[bool]:
        """Whether this artifact is ours to compute, for the length of a `with` block; False: somebody else is at it.

        Only saves work: what two compute, the first commits.
        """
        from features.store.leases import lease  # filelock is not among the packages that reading needs

        object_path(kind, key, "")  # refuses what is no kind or no key
        return lease(self.path, key)

    def sweep(self, older: float = DAY) -> list[Path]:
        """Remove what killed writers left behind, untouched for `older` seconds; the removed files."""
        folders = (path for path in (self.path, *self.path.glob("*"), *self.path.glob("*/??")) if path.is_dir())
        return [path for folder in folders for path in sweep(self._disk, folder, older)]

    # Failed outcomes

    def fail(self, kind: str, key: str, reason: str, *, name: str, where: str = "") -> None:
        """Record that an artifact cannot be made, and why; an older record is replaced."""
        outcomes.record(self._disk, self.path, Failure(kind, key, reason, name, where, time.time()))

    def failure(self, kind: str, key: str) -> Failure | None:
        """Why an artifact could not be made, None where nothing is recorded."""
        return outcomes.read(self.path, kind, key)

    def forget_failure(self, kind: str, key: str) -> None:
        """Remove a failed outcome, so that the artifact is tried again."""
        outcomes.forget(self._disk, self.path, kind, key)

    def failures(self, kind: str, keys: Sequence[str]) -> dict[str, Failure]:
        """The failed outcomes among these artifacts, by key."""
        return outcomes.among(self.path, kind, keys)

    # Roots

    def write_root(self, project: str, root: Root) -> None:
        """Publish what a project refers to, in place of what it referred to before."""
        roots.write(self._disk, self.path, project, root)

    def roots(self) -> list[Root]:
        """What all projects refer to, the newest first."""
        return roots.read_all(self.path)


def software() -> dict[str, str]:
    """Name -> version of Python, this package and what is loaded of the packages that compute."""
    found = {name: str(sys.modules[name].__version__) for name in _RECORDED if name in sys.modules}
    return {"python": sys.version.split()[0], "features": __version__, **found}
