"""Publishing files: whole or not at all, and never over one another.

A file is written under a temporary name in the folder where it will live, synced, closed, and then linked to its
final name. `link` and not `rename`, because a rename over an existing file pulls it away from readers on other
clients of a network file system. Whatever stops the process in between leaves at most a temporary file, which
`sweep` removes once its writer is surely gone.
"""

import errno
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from features.store.disk import Disk, File, explained

# What file systems without hard links answer: FUSE, exFAT, SMB, Lustre across metadata servers.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}
DAY = 86_400.0


@contextmanager
def new_file(disk: Disk, final: Path) -> Iterator[File]:
    """A file that has the name `final` once the block ends well; what the name had before stays as it is.

    Raises NoSpace or StoreError where the disk fails; an exception of the block drops the file and passes through.
    """
    with _temporary(disk, final) as (file, temporary):
        yield file
        file.finish()
        _publish(disk, temporary, final)


@contextmanager
def replacing_file(disk: Disk, final: Path) -> Iterator[File]:
    """The same for small files that may be replaced (roots, failed outcomes): the old one or the new one, whole."""
    with _temporary(disk, final) as (file, temporary):
        yield file
        file.finish()
        with _named_errors(final):
            disk.replace(temporary, final)


@contextmanager
def _temporary(disk: Disk, final: Path) -> Iterator[tuple[File, Path]]:
    temporary = final.parent / temporary_name(final.name)
    with _named_errors(final):
        disk.make_folder(final.parent)
        file = File(disk, temporary)
    try:
        yield file, temporary
    except BaseException as error:
        _abandon(disk, file, temporary)
        if isinstance(file.failure, OSError):
            raise explained(file.failure, final, file.written) from error
        if file.failure is not None and file.failure is not error:
            raise file.failure from error
        raise
    with _named_errors(final):
        if temporary.exists():
            disk.unlink(temporary)
        disk.sync_folder(final.parent)


def _publish(disk: Disk, temporary: Path, final: Path) -> None:
    """Give a finished file its name, unless somebody else's has it: equal keys, equal content, the first one stays."""
    with _named_errors(final):
        try:
            disk.link(temporary, final)
        except FileExistsError:
            pass
        except OSError as error:
            # A network file system may lose the answer to a link that was made; the second name shows that it was.
            if temporary.stat().st_nlink == 2:
                return
            if error.errno not in _NO_LINKS:
                raise
            # Without links two writers at the same moment replace each other's file by an equal one, still whole.
            if not final.exists():
                disk.replace(temporary, final)


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise explained(error, path) from error


def _abandon(disk: Disk, file: File, temporary: Path) -> None:
    """Close and remove; errors here would hide the one that matters, and `sweep` takes what is left."""
    with suppress(OSError):
        file.close()
    with suppress(OSError):
        disk.unlink(temporary)


_HOST = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:40] or "host"


def temporary_name(name: str) -> str:
    """A name for a writer's file that says who writes: `.<name>.<host>.<pid>.<random>.tmp`."""
    return f".{name}.{_HOST}.{os.getpid()}.{secrets.token_hex(6)}.tmp"


def sweep(disk: Disk, folder: Path, older: float = DAY) -> list[Path]:
    """Remove the temporary files of a folder that nobody writes to: untouched for `older` seconds, writer not alive.

    Whether a writer on another host lives cannot be seen; there the age has to do. Returns what was removed.
    """
    removed = []
    for path in folder.glob(".*.tmp"):
        with suppress(FileNotFoundError):  # its writer, or another sweep, was quicker
            if time.time() - path.stat().st_mtime > older and not _alive_here(path.name):
                disk.unlink(path)
                removed.append(path)
    return removed


def _alive_here(temporary: str) -> bool:
    host, pid = temporary.rsplit(".", 4)[1:3]
    if host != _HOST or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
