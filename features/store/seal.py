"""The seal: one sha256 over all bytes of an artifact, inside the artifact.

zip    the archive comment, the last 71 bytes: `sha256:` and 64 hex digits of everything before them
HDF5   the user block, the first 512 bytes: `sha256:`, 64 hex digits of everything after it, a line feed, zeros

A file without a seal is an unfinished file.
"""

import hashlib
import os
from typing import Any, BinaryIO

MARK = b"sha256:"
LENGTH = len(MARK) + 64
USER_BLOCK = 512
_BLOCK = 2**20


def seal_of(digest: "hashlib._Hash") -> bytes:
    """The seal for a digest: 71 bytes."""
    return MARK + digest.hexdigest().encode()


def user_block(digest: "hashlib._Hash") -> bytes:
    """The 512 bytes that stand before a sealed HDF5 file."""
    return (seal_of(digest) + b"\n").ljust(USER_BLOCK, b"\0")


def is_seal(found: bytes) -> bool:
    """Whether these bytes have the form of a seal."""
    return len(found) == LENGTH and found.startswith(MARK) and set(found[len(MARK) :]) <= set(b"0123456789abcdef")


def digest_between(file: Any, start: int, stop: int | None = None) -> "hashlib._Hash":
    """sha256 of the bytes of an open file from `start` up to `stop`, or up to its end."""
    digest = hashlib.sha256()
    file.seek(start)
    left = float("inf") if stop is None else stop - start
    while left > 0 and (block := file.read(int(min(_BLOCK, left)))):
        digest.update(block)
        left -= len(block)
    return digest


def zip_seal_holds(file: BinaryIO) -> bool:
    """Whether a zip ends with the seal of all bytes before it."""
    size = file.seek(0, os.SEEK_END)
    if size < LENGTH:
        return False
    file.seek(size - LENGTH)
    found = file.read(LENGTH)
    return found == seal_of(digest_between(file, 0, size - LENGTH))


def hdf5_seal_holds(file: BinaryIO) -> bool:
    """Whether an HDF5 file begins with the seal of all bytes after its user block."""
    file.seek(0)
    found = file.read(USER_BLOCK)
    return found == user_block(digest_between(file, USER_BLOCK))
