"""Writing a file that people may be looking at."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write UTF-8 `text` to `path` so that a reader finds the old file or the new one, never a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _share(Path(name))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _share(path: Path) -> None:
    """Give the file the mode that `open` would have given it: mkstemp's 0600 hides a report from colleagues."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)
