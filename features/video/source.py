"""The identity of a source: what its bytes are, whatever its name, path or times."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from features.errors import SourceError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp")
BLOCK = 1 << 22
# Pictures of flow as open-mmlab/denseflow and yjxiong/dense_flow write them, beside the frames or in their own folder.
FLOW_PICTURE = re.compile(r"flow_(?P<component>[xy])_(?P<number>\d+)\.\w+", re.IGNORECASE)


def _silent() -> None:
    """Nobody waits for a sign of life."""


def source_digest(path: Path, beat: Callable[[], None] = _silent) -> str:
    """sha256 (64 hex digits) of a file's bytes, or of a folder's members.

    A folder's digest is taken over one line for each member, sorted by the bytes of its name: name, size and sha256 of
    its bytes, separated by zero bytes. Members are its images, of frames or of flow; of a folder without any, as
    published poses and masks may be, all its visible files. Renaming the folder keeps the digest, renaming a member
    does not. `beat` is called after every few megabytes.

    Raises SourceError where there is nothing, or it cannot be read.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder; check the path")
    if not path.is_dir():
        return _file_digest(path, beat)
    listed = sorted((os.fsencode(member.name), member) for member in image_files(path) or visible_files(path))
    whole = hashlib.sha256(b"folder\0")
    for name, member in listed:
        whole.update(b"%s\0%d\0%s\n" % (name, member.stat().st_size, _file_digest(member, beat).encode()))
    return whole.hexdigest()


def _file_digest(path: Path, beat: Callable[[], None]) -> str:
    found = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while block := file.read(BLOCK):
                found.update(block)
                beat()
    except OSError as error:
        raise unreadable(path, error) from None
    return found.hexdigest()


def list_images(folder: Path) -> list[Path]:
    """The frames that lie directly in a folder, in natural order: `9.jpg` before `10.jpg`.

    Hidden files (`._001.tif`, `.DS_Store`), files of other types (`Thumbs.db`) and pictures of flow are left out.

    Raises SourceError where no image is left.
    """
    images = [image for image in image_files(folder) if not FLOW_PICTURE.fullmatch(image.name)]
    if not images:
        raise SourceError(f"{folder}: no frames, the folder has no {', '.join(IMAGE_SUFFIXES)} files; check the path")
    return sorted(images, key=natural_order)


def image_files(folder: Path) -> list[Path]:
    """The images that lie directly in a folder, of frames or of flow, in any order.

    Raises SourceError where the folder cannot be read.
    """
    try:
        return [entry for entry in folder.iterdir() if is_image_name(entry.name)]
    except OSError as error:
        raise unreadable(folder, error) from None


def visible_files(folder: Path) -> list[Path]:
    """The files that lie directly in a folder, hidden ones left out, in any order."""
    return [entry for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith(".")]


def unreadable(path: Path, error: OSError) -> SourceError:
    """The error for what is there but cannot be read."""
    return SourceError(f"{path}: cannot be read ({error.strerror}); check its permissions and its disk")


def is_image_name(name: str) -> bool:
    """Whether a file of this name is taken as a frame."""
    return name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith(".")


def natural_order(path: Path) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key that compares runs of digits as numbers, and equal ones (`1`, `01`) by the whole name."""
    parts = re.findall(r"([0-9]+)|([^0-9]+)", path.name)
    return [(0, int(digits), "") if digits else (1, 0, text) for digits, text in parts], path.name
