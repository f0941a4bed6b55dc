"""Is an artifact what was committed, and if not, where is it damaged?

The seal finds any changed byte; the leaves of the metadata say in which rows of which array, and prove that what is
read is what was written. Three depths:

structure   name, end record, metadata, digests, shapes, every chunk is there; of a zip this reads a few kB
share       also a random share of the blocks of rows, decoded and compared with their leaves
everything  also all other blocks, and the seal over all bytes

HDF5's structures have no checksums, and one flipped bit among them can make the library run forever or crash. So the
seal of an HDF5 file is checked at every depth (a read of the file, no decoding), and a file whose seal is broken is
looked into by another process, which has a time limit.
"""

import multiprocessing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import numpy as np

from features.errors import FeaturesError
from features.store.artifact import Artifact
from features.store.layout import SUFFIXES
from features.store.leaves import array_digest, artifact_digest, blocks, leaf
from features.store.seal import hdf5_seal_holds, zip_seal_holds

Depth = Literal["structure", "share", "everything"]
DEPTHS: tuple[Depth, ...] = ("structure", "share", "everything")
# To look into a file whose seal is broken: to open it, and then for its bytes at the rate of slow decoding.
_SECONDS, _BYTES_PER_SECOND = 20.0, 10e6
_REQUIRED = ("format_version", "key", "kind", "statistics", "leaves", "digest")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: in which file, where in it, and what."""

    path: Path
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.where}: {self.what}"


def check(path: Path, depth: Depth = "everything", share: float = 0.1) -> list[Finding]:
    """What is wrong with the artifact at `path`; empty for a sound one.

    `share` (0 to 1) is the part of the blocks of rows that depth `share` reads, at least one per array.
    Raises FileNotFoundError where there is no file, and ValueError for an unknown depth.
    """
    if depth not in DEPTHS:
        raise ValueError(f"depth {depth!r} is not one of {', '.join(DEPTHS)}")
    part = {"structure": 0.0, "share": share, "everything": 1.0}[depth]
    hdf5 = path.name.endswith(SUFFIXES["hdf5"])
    if (hdf5 or depth == "everything") and not _seal_holds(path, hdf5):
        return [_broken_seal(path), *(_examined_elsewhere(path, part) if hdf5 else _examined(path, part))]
    return _examined(path, part)


def _seal_holds(path: Path, hdf5: bool) -> bool:
    with path.open("rb") as file:
        return hdf5_seal_holds(file) if hdf5 else zip_seal_holds(file)


def _broken_seal(path: Path) -> Finding:
    return Finding(path, "seal", "the file's bytes are not those that were committed, or it was never finished")


def _examined(path: Path, part: float) -> list[Finding]:
    """What is wrong inside a file, with this part of its blocks of rows read."""
    findings = []
    with Artifact(path) as artifact:
        try:
            for where, what in _differences(artifact, part):
                findings.append(Finding(path, where, what))
        except FileNotFoundError:
            raise
        except Exception as error:  # damaged metadata can make any step fail, in any way
            findings.append(Finding(path, "file", _said(error, path)))
    return findings


def _examined_elsewhere(path: Path, part: float) -> list[Finding]:
    """The same by a process that may hang or crash."""
    here, there = multiprocessing.Pipe(duplex=False)
    # Forked, because a new interpreter would take longer than the file; a fork that inherits a held lock runs into
    # the time limit.
    child = multiprocessing.get_context("fork").Process(target=_examine_and_send, args=(path, part, there), daemon=True)
    child.start()
    there.close()
    try:
        if here.poll(_SECONDS + path.stat().st_size / _BYTES_PER_SECOND):
            found: list[Finding] = here.recv()
            return found
        return [Finding(path, "file", "HDF5 does not come back from reading it")]
    except EOFError:
        return [Finding(path, "file", "HDF5 crashes when it reads it")]
    finally:
        here.close()
        child.kill()
        child.join()


def _examine_and_send(path: Path, part: float, to: "Connection[list[Finding], None]") -> None:
    to.send(_examined(path, part))


def _differences(artifact: Artifact, share: float) -> Iterator[tuple[str, str]]:
    """(where, what) of everything that is not as the metadata says."""
    meta, source = artifact.meta, artifact.source
    absent = [name for name in _REQUIRED if name not in meta]
    if absent:
        yield "metadata", f"{', '.join(absent)} is missing"
        return
    leaves = meta["leaves"]
    if artifact_digest(leaves) != meta["digest"]:
        yield "metadata", "its digest is not that of its leaves"
    for name in sorted(set(source.names()) - set(leaves)) + source.strangers():
        yield name, "it is in the file, but not in the metadata"
    for name in leaves:
        try:
            whole = True
            for found in _array_differences(artifact, name, leaves[name]):
                whole = False
                yield found
            if whole:
                yield from _content_differences(artifact, name, leaves[name], share)
        except FeaturesError as error:
            yield name, _said(error, Path(artifact.address))


def _array_differences(artifact: Artifact, name: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    array = artifact.raw(name)
    said, found = (entry["dtype"], entry["shape"]), (array.spec.dtype, list(array.shape))
    if said != found:
        yield name, f"it is {found[0]} {found[1]}, the metadata says {said[0]} {said[1]}"
    elif array_digest(array.spec, entry) != entry["digest"]:
        yield name, "its scale, units, names or leaves are not those that were committed"
    missing = artifact.source.missing(name)
    if missing:
        more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        yield name, f"not in the file: {missing[0]}{more}"


def _content_differences(
    artifact: Artifact, name: str, entry: Mapping[str, Any], share: float
) -> Iterator[tuple[str, str]]:
    array = artifact.raw(name)
    for start, stop, expected in _chosen(blocks(entry), share):
        where = f"{name}, rows {start:,} to {stop - 1:,}"
        try:
            if leaf(array[start:stop]) != expected:
                yield where, "the values are not those that were committed"
        except FeaturesError as error:
            yield where, _said(error, Path(artifact.address))


def _chosen(found: list[tuple[int, int, str]], share: float) -> list[tuple[int, int, str]]:
    """A random share of blocks, in their order; others each time, so that many checks see all."""
    if share <= 0 or not found:
        return []
    count = min(len(found), max(1, round(share * len(found))))
    chosen = np.random.default_rng().choice(len(found), count, replace=False)
    return [found[i] for i in sorted(chosen)]


def _said(error: Exception, path: Path) -> str:
    """An error's message on one line, less the path, which stands before it, and less its advice."""
    if isinstance(error, FeaturesError):
        return str(error).removeprefix(f"{path}: ").removeprefix(f"{path} ").partition("; ")[0]
    return f"it cannot be read ({type(error).__name__}: {' '.join(str(error).split())})"
