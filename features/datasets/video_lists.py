"""Lists of videos as trainers publish them: a name, a path or a table row in a line; or JSON."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from features.errors import DatasetError

Rows = list[tuple[str, list[str]]]
# A year at 3 frames a second; a number beyond it is a slip, and labels of as many frames would fill the memory.
MOST_FRAMES = 100_000_000


def first_file(folders: Iterable[Path], names: Sequence[str]) -> Path | None:
    """The first of some file names that lies in any of the folders."""
    places = list(folders)
    return next((folder / name for name in names for folder in places if (folder / name).is_file()), None)


def read_names(path: Path, name: str) -> list[str]:
    """The videos that a text file names, each once, in its order; lists with a line for each crop name a video often.

    `name` is a regular expression that is looked for in a line's last part of a path.

    Raises DatasetError naming a line without such a name.
    """
    return list(dict.fromkeys(video for video, _ in read_rows(path, name)))


def read_lines(path: Path) -> list[str]:
    """The lines of a text file. Raises DatasetError where it is no UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path} is no UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from None


def read_rows(path: Path, name: str) -> Rows:
    """(video, its other cells) of each line of a text file; cells end at commas and white space.

    Raises DatasetError naming a line without a video's name.
    """
    found: Rows = []
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        first, *cells = re.split(r"\s*[,\s]\s*", line.strip())
        match = re.search(name, re.split(r"[/\\]", first)[-1])
        if match is None:
            raise DatasetError(f"{path} line {number}: expected the name of a video, found {first!r}")
        found.append((match[0], cells))
    return found


def whole_numbers(cells: Sequence[str], where: str) -> list[int]:
    """The cells as whole numbers; `12.0` is 12.

    Raises DatasetError for anything else.
    """
    try:
        numbers = [float(cell) for cell in cells]
        if all(number.is_integer() for number in numbers):
            return [int(number) for number in numbers]
    except ValueError:
        pass
    raise DatasetError(f"{where}: expected whole numbers, found {' '.join(cells)!r}")


def frames_said(said: Any, where: str) -> int | None:
    """How many frames a video is said to have; None where nothing is said.

    Raises DatasetError for anything but a whole number from 1 to `MOST_FRAMES`.
    """
    if said is None or (type(said) is int and 1 <= said <= MOST_FRAMES):
        return said
    raise DatasetError(f"{where} is said to have {said!r} frames; expected a whole number from 1 to {MOST_FRAMES:,}")


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises DatasetError where it is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise DatasetError(f"{path} is no JSON ({error}); get it again") from None
