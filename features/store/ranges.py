"""Byte ranges of a file, local or behind an fsspec address: all that reading a zip needs."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from features.errors import Damaged, PackageMissing

# Two ranges this near to each other are read as one: a request costs more than the bytes between them.
_GAP = 65_536


class Ranges(Protocol):
    """A file of known size from which ranges of bytes can be read."""

    size: int

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` up to `stop`; raises Damaged where the file is shorter."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class LocalRanges:
    """A local file, read with `pread`: no shared position, so threads do not disturb each other."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle: int | None = None
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self._handle).st_size

    def read(self, start: int, stop: int) -> bytes:
        """See Ranges."""
        assert self._handle is not None
        parts: list[bytes] = []
        while start < stop:
            part = os.pread(self._handle, stop - start, start)
            if not part:
                raise Damaged(f"{self._path} ends at byte {start:,}, {stop:,} expected; features verify says more")
            parts.append(part)
            start += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """See Ranges."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __del__(self) -> None:
        self.close()


class RemoteRanges:
    """A file behind an fsspec address (`https://...`, `s3://...`, `memory://...`); one request per range."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._system, self._path = remote(address)
        self.size = int(self._system.info(self._path)["size"])

    def read(self, start: int, stop: int) -> bytes:
        """See Ranges."""
        if start == stop:
            return b""
        found = bytes(self._system.cat_file(self._path, start=start, end=stop))
        if len(found) != stop - start:
            raise Damaged(f"{self._address} gave {len(found):,} bytes where {stop - start:,} were asked for")
        return found

    def close(self) -> None:
        """See Ranges."""


def is_remote(address: str | Path) -> bool:
    """Whether an address is fsspec's and not a path."""
    return isinstance(address, str) and ("://" in address or "::" in address)


def remote(address: str) -> tuple[Any, str]:
    """The fsspec file system of an address, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise PackageMissing(f"reading {address} needs fsspec; pip install 'vad-features[remote]'") from error
    system, path = url_to_fs(address)
    return system, path


def open_ranges(address: str | Path) -> Ranges:
    """The ranges of a local path or an fsspec address."""
    return RemoteRanges(str(address)) if is_remote(address) else LocalRanges(str(address))


def merged(spans: Sequence[tuple[int, int]], gap: int = _GAP) -> list[tuple[int, int]]:
    """Spans (start, stop) in order, near neighbours joined."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if found and start - found[-1][1] <= gap:
            found[-1] = found[-1][0], max(stop, found[-1][1])
        else:
            found.append((start, stop))
    return found
