"""Whether a path still holds what it held: its signature, from what the file system says without reading it."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from features.video.source import is_image_name

# Clocks of file systems are coarse (2 s on FAT): a file younger than this when it was hashed may change unseen.
SETTLED_NS = 2_000_000_000
BYTES = 16


@dataclass(frozen=True)
class Signature:
    """A path as the file system sees it.

    value   16 bytes over path, size, mtime, ctime, inode and device; for a folder, over those of its images, or of all
            its visible files where it has no images
    newest  nanoseconds of the youngest mtime or ctime
    """

    value: bytes
    newest: int

    def settled(self, moment: int) -> bool:
        """Whether a change after `moment` (nanoseconds) is certain to change the signature."""
        return self.newest <= moment - SETTLED_NS


def sign(path: Path) -> Signature | None:
    """The signature of a file or a folder of images; None where there is nothing, or nothing that may be read."""
    return _sign(os.path.join(os.getcwd(), path))  # noqa: PTH109, PTH118 - strings: a million Paths take a minute


def _sign(name: str) -> Signature | None:
    try:
        found = os.stat(name)  # noqa: PTH116
        if not stat.S_ISDIR(found.st_mode):
            return Signature(_hash(name, found), max(found.st_mtime_ns, found.st_ctime_ns))
        return _sign_folder(name, found.st_mtime_ns)
    except OSError:
        return None


def _sign_folder(name: str, changed: int) -> Signature:
    with os.scandir(name) as entries:
        files = sorted((entry.name, entry) for entry in entries if not entry.name.startswith("."))
    images = [(member, entry.stat()) for member, entry in files if is_image_name(member)]
    members = images or [(member, entry.stat()) for member, entry in files if entry.is_file()]
    whole = blake2b(os.fsencode(name), digest_size=BYTES)
    for member, found in members:
        whole.update(_hash(member, found))
    newest = max((max(found.st_mtime_ns, found.st_ctime_ns) for _, found in members), default=changed)
    return Signature(whole.digest(), newest)


def _hash(name: str, found: os.stat_result) -> bytes:
    facts = f"{name}\0{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino} {found.st_dev}"
    return blake2b(facts.encode("utf-8", "surrogateescape"), digest_size=BYTES).digest()


def sign_all(paths: Sequence[Path]) -> tuple[np.ndarray, np.ndarray]:
    """uint64 (n, 2) signatures of many paths, and bool (n,): where there is something; 4 us each on a local disk."""
    here = os.getcwd()  # noqa: PTH109
    signed = [_sign(os.path.join(here, path)) for path in paths]  # noqa: PTH118
    there = np.fromiter((found is not None for found in signed), bool, len(signed))
    values = b"".join(bytes(BYTES) if found is None else found.value for found in signed)
    return halves(values), there


def halves(values: bytes) -> np.ndarray:
    """uint64 (n, 2) of n signatures, one after the other."""
    return np.frombuffer(values, ">u8").reshape(-1, 2).astype(np.uint64)
