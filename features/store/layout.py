"""Where things lie in a store, and what their names say. Nothing else in the package spells these names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from features.errors import StoreError

LAYOUT = "vad-features-store 1"
FOLDERS = ("objects", "failed", "leases", "roots", "sources", "catalogue", "trash")
SUFFIXES = {"zarr": ".zarr.zip", "hdf5": ".h5"}
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_KEY = re.compile(r"[0-9a-f]{64}")
_OBJECT = re.compile(rf"({_KEY.pattern})\.({_KIND.pattern})(\.zarr\.zip|\.h5)")


@dataclass(frozen=True)
class Stored:
    """One artifact file: its kind, key (64 hex digits) and path."""

    kind: str
    key: str
    path: Path

    @property
    def format(self) -> str:
        """`zarr` or `hdf5`."""
        return "hdf5" if self.path.name.endswith(".h5") else "zarr"


def object_path(kind: str, key: str, suffix: str) -> PurePosixPath:
    """The file of an artifact, below the store; `suffix` is that of its format.

    Raises StoreError for a kind or key that is none: names become paths, so they are checked here.
    """
    if not _KIND.fullmatch(kind) or not _KEY.fullmatch(key):
        raise StoreError(f"{kind!r}, {key!r} is no kind and key; a key has 64 hex digits, a kind lower-case letters")
    return PurePosixPath("objects", key[:2], f"{key}.{kind}{suffix}")


def parse_object(path: PurePath) -> Stored | None:
    """What a file name in `objects` says; None for a temporary file or a stranger's."""
    match = _OBJECT.fullmatch(path.name)
    return Stored(match[2], match[1], Path(path)) if match and match[1][:2] == path.parent.name else None


def is_prefix(text: str) -> bool:
    """Whether a text can be the beginning of a key: two hex digits or more."""
    return re.fullmatch("[0-9a-f]{2,64}", text) is not None


def objects(store: Path, begin: str = "[0-9a-f][0-9a-f]") -> Iterator[Stored]:
    """Every artifact file of a store, by key; or those whose key begins with two given hex digits.

    Raises OSError for a folder that may not be listed: `glob` would pass over it, and a store would seem empty.
    """
    listed = (store / "objects").iterdir() if (store / "objects").exists() else ()
    for folder in sorted(path for path in listed if path.match(begin)):
        yield from filter(None, map(parse_object, sorted(folder.iterdir())))


def strangers(store: Path) -> Iterator[Path]:
    """Files in `objects` that are neither artifacts nor writers' temporary files: misplaced or misnamed."""
    paths = (path for path in sorted((store / "objects").glob("*/*")) if not path.name.startswith("."))
    return (path for path in paths if parse_object(path) is None)


def failure_path(key: str) -> PurePosixPath:
    """The file of a failed outcome, below the store."""
    if not _KEY.fullmatch(key):
        raise StoreError(f"{key!r} is no key; a key has 64 hex digits")
    return PurePosixPath("failed", key[:2], f"{key}.json")


def check_layout(store: Path) -> None:
    """Raise StoreError unless the folder is a store of a layout that this version reads."""
    try:
        found = (store / "format").read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"no feature store at {store}; run a pipeline that writes one, or check the path") from None
    except OSError as error:
        raise StoreError(f"cannot read {store / 'format'} ({error.strerror}); check the rights on the store") from None
    check_version(found, store)


def check_version(found: bytes, store: Path | str) -> None:
    """Raise StoreError unless the content of a store's file `format` names a layout that this version reads."""
    line = found.decode(errors="replace").strip()
    if line != LAYOUT:
        raise StoreError(f"the store at {store} has layout {line[:40]!r}, this version reads {LAYOUT!r}; update it")


def may_become_store(folder: Path) -> bool:
    """Whether a folder holds nothing but what the creation of a store makes.

    It may have been interrupted, or another process may be at it; `format` is there once that one is done.
    """
    ours = {*FOLDERS, "format"}
    return all(path.name in ours or path.name.startswith(".format.") for path in folder.iterdir())
