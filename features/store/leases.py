"""Leases: who computes an artifact now, so that two jobs do not do the same work. Correctness never rests on them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import SoftFileLease, Timeout

from features.store.commit import temporary_name
from features.store.disk import explained

# Ten times the usual delay of a network file system's caches; a killed job on the same host is noticed at once.
HEARTBEAT = 60.0
EXPIRY = 300.0


@contextmanager
def lease(store: Path, name: str, heartbeat: float = HEARTBEAT, expiry: float = EXPIRY) -> Iterator[bool]:
    """Whether `name` is ours to work on, for the length of the block; False where somebody else is at it.

    A lease that has not been renewed for `expiry` seconds is taken over. Its former holder may still run: both then
    compute, and the first to commit wins. All who lease the same name must give the same `expiry`.
    """
    path = store / "leases" / name
    lock = SoftFileLease(path, timeout=0, lease_duration=expiry, heartbeat_interval=heartbeat)
    try:
        path.parent.mkdir(exist_ok=True)
        ours = _acquired(lock) or (_abandoned(path, expiry) and _acquired(lock))
    except OSError as error:
        raise explained(error, path) from error
    try:
        yield ours
    finally:
        if ours:
            lock.release()


def _acquired(lock: SoftFileLease) -> bool:
    try:
        lock.acquire()
    except Timeout:
        return False
    return True


def _abandoned(path: Path, expiry: float) -> bool:
    """Whether a lease has expired; if so it is removed.

    filelock takes over what it has itself watched for so long, but nobody here waits for a lease. So its age is
    measured, against a file made now: both times are the file server's, whatever the clocks of the hosts say. Two who
    find the same expired lease at the same moment may both come to hold it, which costs work and nothing else.
    """
    now = path.with_name(temporary_name(path.name))
    now.touch()
    try:
        expired = now.stat().st_mtime - path.stat().st_mtime > expiry
        if expired:
            path.replace(now)
    except FileNotFoundError:  # its holder, or another finder, was quicker
        return True
    finally:
        with suppress(FileNotFoundError):
            now.unlink()
    return expired
