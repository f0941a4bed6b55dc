"""Failed outcomes: why an artifact could not be made, in a small file beside the store's objects."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from features.errors import StoreError
from features.store.commit import replacing_file
from features.store.disk import Disk, explained
from features.store.layout import failure_path


@dataclass(frozen=True)
class Failure:
    """Why one artifact could not be made.

    reason   one line for people
    name     what it was made for, e.g. the video id
    where    the file or step in which it went wrong, or ""
    time     seconds since 1970 at which it was recorded
    """

    kind: str
    key: str
    reason: str
    name: str
    where: str
    time: float


def record(disk: Disk, store: Path, failure: Failure) -> None:
    """Write a failed outcome; an older one of the same artifact is replaced."""
    with replacing_file(disk, store / failure_path(failure.key)) as file:
        file.write(json.dumps(asdict(failure), ensure_ascii=False, indent=1).encode())


def read(store: Path, kind: str, key: str) -> Failure | None:
    """The failed outcome of an artifact, None where none is recorded.

    Raises StoreError for a file that is not one.
    """
    path = store / failure_path(key)
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    return parse(text, kind, str(path))


def parse(text: bytes, kind: str, where: str) -> Failure | None:
    """The failed outcome that a file at `where` holds, None if it is one of another kind.

    Raises StoreError for a file that is not one.
    """
    try:
        failure = Failure(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise StoreError(f"{where} is no failed outcome ({error}); delete it and run again") from None
    return failure if failure.kind == kind else None


def forget(disk: Disk, store: Path, kind: str, key: str) -> None:
    """Remove a failed outcome, so that the artifact is tried again; none is fine."""
    path = store / failure_path(key)
    if read(store, kind, key) is None:
        return
    try:
        disk.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise explained(error, path) from error


def among(store: Path, kind: str, keys: Sequence[str]) -> dict[str, Failure]:
    """The failed outcomes of these artifacts, by key. Failures are few, so their folders are listed, not asked."""
    asked = set(keys)
    failures = (read(store, kind, key) for key in recorded(store) if key in asked)
    return {failure.key: failure for failure in failures if failure is not None}


def recorded(store: Path) -> Iterator[str]:
    """The keys of all failed outcomes."""
    for folder in sorted((store / "failed").glob("[0-9a-f][0-9a-f]")):
        yield from sorted(path.stem for path in folder.glob("*.json") if not path.name.startswith("."))
