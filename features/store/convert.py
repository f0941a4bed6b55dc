"""From one file format to the other: equal content, equal metadata, equal digest."""

from pathlib import Path
from typing import Any

from features.errors import StoreError
from features.store.artifact import Artifact, open_writer, read_artifact
from features.store.commit import new_file
from features.store.disk import Disk
from features.store.layout import SUFFIXES
from features.store.leaves import blocks


def convert(source: str | Path, target: Path) -> None:
    """Copy the artifact at a path or fsspec address to a new file, in the format that `target` ends in.

    The copy is checked against the original's digest while it is written, and has its name only once it is whole; a
    file that has the name already stays. Raises Damaged where the original is, and StoreError for another ending.
    """
    formats = [name for name, suffix in SUFFIXES.items() if target.name.endswith(suffix)]
    if not formats:
        raise StoreError(f"{target} is no name for an artifact; they end in {' or '.join(SUFFIXES.values())}")
    with read_artifact(source) as artifact, new_file(Disk(), target) as file:
        copy_into(file, artifact, formats[0])


def copy_into(file: Any, artifact: Artifact, format: str) -> None:  # noqa: A002
    """Write an artifact into a new empty file, see `open_writer`; some 16 MB in memory."""
    writer = open_writer(file, format, artifact.key, artifact.kind, {})
    for name in artifact.names:
        array = artifact.raw(name)
        writer.add(array.spec)
        for start, stop, _ in blocks(artifact.meta["leaves"][name]):
            writer.append(name, array[start:stop])
    writer.close_as(artifact.meta)
