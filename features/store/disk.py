"""The few calls by which the store changes a disk, in one place, so that a test can let any of them fail."""

import errno
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from features.errors import NoSpace, StoreError

# Folders cannot be synced on some network file systems. All that is lost there is the promise that a name outlives a
# power failure; without its name an artifact counts as absent and is computed again.
_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


class Disk:
    """The calls themselves. Each does one thing and raises OSError."""

    def make_folder(self, path: Path) -> None:
        """Make a folder and those above it; one that exists is fine."""
        path.mkdir(parents=True, exist_ok=True)

    def create(self, path: Path) -> int:
        """Open a new file for writing and reading back; an existing name is an error."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)

    def write(self, handle: int, data: memoryview) -> int:
        """Write some of `data`; how many bytes were taken."""
        return os.write(handle, data)

    def truncate(self, handle: int, size: int) -> None:
        """Cut or extend a file to `size` bytes."""
        os.ftruncate(handle, size)

    def sync(self, handle: int) -> None:
        """Return once the file's bytes are on the disk."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """Close a file; network file systems report a full disk here."""
        os.close(handle)

    def link(self, old: Path, new: Path) -> None:
        """Give a file a second name; an existing name is an error and stays as it is."""
        os.link(old, new)

    def replace(self, old: Path, new: Path) -> None:
        """Rename a file over whatever has the new name."""
        old.replace(new)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink()

    def sync_folder(self, path: Path) -> None:
        """Return once the folder's names are on the disk."""
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _NO_FOLDER_SYNC:
                raise
        finally:
            os.close(handle)


class File(io.RawIOBase):
    """A new file through a Disk. `write` takes everything it is given.

    `failure` is the first error it met. It is remembered because a library in between may swallow it; whatever is
    written afterwards is dropped, and `finish` raises it.
    """

    def __init__(self, disk: Disk, path: Path) -> None:
        super().__init__()
        self._handle: int | None = None
        self._disk, self._path = disk, path
        self.failure: BaseException | None = None
        self.written = 0
        self._handle = disk.create(path)

    def readable(self) -> bool:
        """True."""
        return True

    def writable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def fileno(self) -> int:
        """The file's descriptor."""
        if self._handle is None:
            raise ValueError(f"{self._path} is closed")
        return self._handle

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move; the new position."""
        return os.lseek(self.fileno(), offset, whence)

    def readinto(self, buffer: Any, /) -> int:
        """Read into a buffer; how many bytes came."""
        return os.readv(self.fileno(), [buffer])

    def write(self, data: Any, /) -> int:
        """Write all of `data`; its number of bytes."""
        view = memoryview(data).cast("B")
        self._attempt(lambda: self._write_all(view))
        return len(view)

    def truncate(self, size: int | None = None, /) -> int:
        """Cut or extend the file to `size` bytes, the present position by default."""
        to = self.tell() if size is None else size
        self._attempt(lambda: self._disk.truncate(self.fileno(), to))
        return to

    def finish(self) -> None:
        """Put every byte on the disk and close.

        Raises the file's first failure.
        """
        if self.failure is not None:
            raise self.failure
        self._attempt(lambda: self._disk.sync(self.fileno()))
        self._attempt(self.close)

    def close(self) -> None:
        """Close the file, once."""
        handle, self._handle = self._handle, None
        super().close()
        if handle is not None:
            self._disk.close(handle)

    def _write_all(self, view: memoryview) -> None:
        while view:
            taken = self._disk.write(self.fileno(), view)
            self.written += taken
            view = view[taken:]

    def _attempt(self, call: Callable[[], None]) -> None:
        if self.failure is not None:
            return
        try:
            call()
        except BaseException as error:
            self.failure = error
            raise


def explained(error: OSError, path: Path, written: int = 0) -> StoreError:
    """The store's error for one of the disk's, saying how much was written and how much is free."""
    if error.errno in _FULL:
        what = "quota used up" if error.errno == errno.EDQUOT else "disk full"
        free = shutil.disk_usage(_existing(path)).free
        return NoSpace(
            f"{what} after {written:,} bytes of {path.name}, {free:,} bytes free in {path.parent}; "
            "make room (features du shows what is large) or choose another store"
        )
    if error.errno in _READ_ONLY:
        return StoreError(f"cannot write {path} ({error.strerror}); the store is read-only here, use one of your own")
    return StoreError(f"cannot write {path} ({error.strerror or error}); check the disk and run again")


def _existing(path: Path) -> Path:
    """The nearest folder above a path that is there."""
    return next(parent for parent in path.absolute().parents if parent.exists())
