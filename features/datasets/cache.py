"""What is taken from masks, remembered: reading all masks of a benchmark takes up to a minute, a plan does not."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np


def remembered(folder: Path, sources: Sequence[Path], read: Callable[[], np.ndarray]) -> np.ndarray:
    """What `read` returns; or what it returned before for the same files, by path, size and times.

    The folder may be removed at any time. Where it cannot be written, files are read anew each time.
    """
    known = folder / f"{_signature(sources)}.npy"
    with suppress(OSError, ValueError, EOFError):
        found: np.ndarray = np.load(known, allow_pickle=False)
        return found
    made = read()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            np.save(file, made)
        Path(aside).replace(known)
    return made


def _signature(sources: Sequence[Path]) -> str:
    seen = hashlib.sha256()
    for path in sources:
        status = path.stat()
        line = (str(path.absolute()), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        seen.update(f"{line}\n".encode("utf-8", "backslashreplace"))
    return seen.hexdigest()
