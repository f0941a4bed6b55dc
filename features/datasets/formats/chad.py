"""CHAD's and PoseLift's pickles: frame -> person -> [box XYWH, keypoints XYC].

Neither says whether keys are numbers or text, nor whether keypoints are flat or (17, 3): both are read.
"""

import os
import pickle
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from features.datasets.formats.base import (
    KEYPOINTS,
    PoseFile,
    PoseFormat,
    Rows,
    kind_of,
    without_strangers,
)
from features.datasets.formats.boxes import all_boxed, corners, xywh
from features.datasets.formats.json_files import by_number
from features.datasets.formats.unpickle import read_plain
from features.datasets.people import People
from features.errors import SourceError

# Read by every Python and NumPy in use; the arrays in it are plain float64.
PROTOCOL = 4
# Lists of keypoints lie in one another this deep at most: (17, 3), and in a list of one person.
DEPTH = 3
# More numbers than a person of any skeleton has; what follows is not looked at.
MOST = 10 * KEYPOINTS


class Chad(PoseFormat):
    """`<camera>_<video>_<0|1>.pkl`. There are no scores of persons. Read by a restricted unpickler."""

    name = "chad"
    suffixes = (".pkl",)

    def fits(self, path: Path) -> bool:
        """Whether it is called `.pkl` or `.pickle`; it is not opened."""
        return path.is_file() and path.suffix.lower() in (".pkl", ".pickle")

    def load(self, path: Path, names: Sequence[str] = ()) -> PoseFile:
        """All persons.

        Raises SourceError for anything but plain dicts and arrays, naming what the pickle wanted instead.
        """
        rows = Rows(path)
        for frame, persons in _numbered(read_plain(path), str(path), "frame").items():
            for person, entry in _numbered(persons, f"{path}: frame {frame}", "person").items():
                where = f"{path}: person {person}, frame {frame}"
                if not isinstance(entry, list | tuple) or len(entry) != 2:
                    raise SourceError(f"{where} is {kind_of(entry)}, expected [box, keypoints]; get the file again")
                rows.add(frame, person, _flat(entry[1]), None, corners(_flat(entry[0]), where))
        return PoseFile(rows.people())

    def write(self, found: People, path: Path, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Write everybody who has an id; a pose without a box gets the one around its joints, which is remarked."""
        remarks: list[str] = []
        known = without_strangers(found, remarks)
        boxes = all_boxed(known, remarks)
        if np.isfinite(known.scores).any() or np.isfinite(known.boxes[:, 4]).any():
            remarks.append("scores of persons and boxes were left out, the format has none")
        content: dict[int, dict[int, list[np.ndarray]]] = {}
        for row, (frame, person) in enumerate(zip(known.frames.tolist(), known.ids.tolist(), strict=True)):
            content.setdefault(frame, {})[person] = [np.array(xywh(boxes[row])), known.keypoints[row].ravel()]
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        partial.write_bytes(pickle.dumps(content, PROTOCOL))
        partial.replace(path)
        return tuple(remarks)


def _numbered(mapping: Any, where: str, what: str) -> dict[int, Any]:
    """A dict with keys that are numbers or decimal text, by number."""
    if not isinstance(mapping, dict):
        raise SourceError(f"{where} holds {kind_of(mapping)}, expected a dict by {what}; is it another format?")
    return by_number(mapping, where, what)


def _flat(value: Any) -> Any:
    """Numbers in one list, `MOST` of them, of an array or of nested lists; anything else as it is."""
    listed = isinstance(value, np.ndarray) or (isinstance(value, list | tuple) and value)
    return list(islice(_leaves(value, DEPTH), MOST)) if listed else value


def _leaves(value: Any, depth: int) -> Iterator[Any]:
    """What lies in lists that lie in one another.

    Lists that are nested deeper, or are empty, come as they are, so that each list gives something: a small pickle can
    say one list a million times.
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and value.size:
        yield from value.ravel()[:MOST].astype(np.float64).tolist()
    elif depth and isinstance(value, list | tuple) and value:
        for row in value:
            yield from _leaves(row, depth - 1)
    else:
        yield value
