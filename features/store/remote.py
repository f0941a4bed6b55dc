"""A store behind an fsspec address (`https://...`, `s3://...`, `memory://...`), for reading only.

Finding roots and keys needs a file system that lists folders; over plain HTTP that is a server with index pages.
"""

from pathlib import PurePosixPath

from features.errors import NotStored, StoreError
from features.store import outcomes, roots
from features.store.artifact import Artifact, read_artifact
from features.store.layout import SUFFIXES, check_version, failure_path, is_prefix, object_path, parse_object
from features.store.outcomes import Failure
from features.store.ranges import remote
from features.store.roots import Root


class RemoteStore:
    """The part of `Store` that reading by name needs.

    Raises StoreError where there is no store, PackageMissing without fsspec.
    """

    def __init__(self, address: str) -> None:
        self.path = address.rstrip("/")
        check_version(self._text("format"), self.path)

    def find(self, kind: str, key: str) -> str | None:
        """The address of an artifact, None where there is none."""
        names = (object_path(kind, key, suffix) for suffix in SUFFIXES.values())
        return next((f"{self.path}/{name}" for name in names if self._exists(str(name))), None)

    def has(self, kind: str, key: str) -> bool:
        """Whether an artifact is there."""
        return self.find(kind, key) is not None

    def open(self, kind: str, key: str) -> Artifact:
        """An artifact, to read from.

        Raises NotStored where there is none and Damaged where its file is not what was committed.
        """
        address = self.find(kind, key)
        if address is None:
            raise NotStored(
                f"no {kind} {key[:12]} in {self.path}; check the address, or compute it in a store of yours"
            )
        return read_artifact(address)

    def failure(self, kind: str, key: str) -> Failure | None:
        """Why an artifact could not be made, None where nothing is recorded."""
        name = str(failure_path(key))
        return outcomes.parse(self._text(name), kind, f"{self.path}/{name}") if self._exists(name) else None

    def matching(self, prefix: str) -> list[tuple[str, str]]:
        """(kind, key) of the artifacts whose key begins with these two or more hex digits."""
        if not is_prefix(prefix):
            return []
        system, folder = remote(f"{self.path}/objects/{prefix[:2]}")
        found = (parse_object(PurePosixPath(path)) for path in system.glob(f"{folder}/{prefix}*"))
        return [(stored.kind, stored.key) for stored in found if stored]

    def roots(self) -> list[Root]:
        """What all projects refer to, the newest first."""
        system, folder = remote(f"{self.path}/roots")
        found = [roots.parse(system.cat_file(path), path) for path in system.glob(f"{folder}/[!.]*.json")]
        return sorted(found, key=lambda root: root.time, reverse=True)

    def _exists(self, name: str) -> bool:
        system, path = remote(f"{self.path}/{name}")
        return bool(system.exists(path))

    def _text(self, name: str) -> bytes:
        system, path = remote(f"{self.path}/{name}")
        try:
            return bytes(system.cat_file(path))
        except FileNotFoundError:
            raise StoreError(f"no feature store at {self.path}; check the address") from None
