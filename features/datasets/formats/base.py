"""What a format of pose files is, and what all of them share: rows gathered and checked one by one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from features.datasets.people import NOBODY, People, people
from features.datasets.skeleton import COCO17
from features.errors import SourceError

KEYPOINTS = 3 * len(COCO17)
# Numbers of images and persons beyond it are damage.
LARGEST = 2**31 - 1
# A frame from this number on is damage, too: ten million are more than four days at 25 frames per second.
LONGEST = 10_000_000
# Coordinates and scores beyond it, on either side of 0, are damage: no picture has as many pixels across. It keeps
# squares and areas within what trackers and networks can compute with.
FARTHEST = 1e6
# What a person without a score is given in formats whose readers need one.
NO_DOUBT = 1.0


@dataclass(frozen=True)
class PoseFile:
    """What a file holds, and what a user should know of it: a remark is one line.

    permuted  what the published loader would mix up, "" where it reads the file as we do
    matched   whether frames are the places of the images that the file names, so that they count from 0
    """

    people: People
    remarks: tuple[str, ...] = ()
    permuted: str = ""
    matched: bool = False


class PoseFormat(ABC):
    """One format of pose files. A subclass stands in a file of its own and in the registry's group `format`.

    name      as in the registry
    suffixes  endings of a clip's file after the clip's name, the usual one first; "" where a clip is a folder
    keyed     whether it only holds persons with an id
    holds_many  whether a file holds many videos; none of these does
    """

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    keyed: ClassVar[bool] = True
    holds_many: ClassVar[bool] = False

    @abstractmethod
    def fits(self, path: Path) -> bool:
        """Whether a file looks like one of this format; only its beginning is read."""

    @abstractmethod
    def load(self, path: Path, names: Sequence[str] = ()) -> PoseFile:
        """All persons of a file, frames numbered as the file numbers them.

        `names` are the file names of the video's frames, for formats that name them: where the file names no others,
        a frame is the place of its name.

        Raises SourceError saying what is wrong, and where: person and frame.
        """

    def read(self, path: Path) -> People:
        """All persons of a file, without the remarks."""
        return self.load(path).people

    @abstractmethod
    def write(self, found: People, path: Path, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Write people to a file; what it could not hold, as remarks.

        `names` are the file names of the video's frames, for formats that name them.
        """

    def file_name(self, clip: str) -> str:
        """What a clip's file is usually called."""
        return f"{clip}{self.suffixes[0]}"


class Rows:
    """Gathers the persons of a file, each checked as it comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: set[tuple[int, int]] = set()
        self._frames: list[int] = []
        self._ids: list[int] = []
        self._keypoints: list[np.ndarray] = []
        self._scores: list[float] = []
        self._boxes: list[np.ndarray] = []

    def add(
        self,
        frame: int,
        person: int,
        keypoints: Any,
        score: Any = None,
        box: np.ndarray | None = None,
    ) -> None:
        """One person in one frame: 51 numbers, a score or None, x1, y1, x2, y2 and the detector's score.

        Raises SourceError for anything else, and for a person who is twice in a frame.
        """
        where = f"{self.path}: {spot(person, frame)}"
        if frame >= LONGEST:
            raise SourceError(f"{where} is beyond {LONGEST} frames, which no video has; get the file again")
        if person != NOBODY and (person, frame) in self._seen:
            raise SourceError(f"{where} is there twice; keep one of them")
        self._seen.add((person, frame))
        self._frames.append(frame)
        self._ids.append(person)
        self._keypoints.append(numbers(keypoints, KEYPOINTS, where, "keypoints (x, y, score of 17 joints)"))
        self._scores.append(np.nan if score is None else float(numbers([score], 1, where, "score")[0]))
        self._boxes.append(np.full(5, np.nan) if box is None else box)

    def people(self) -> People:
        """Everybody, by frame."""
        if not self._frames:
            return People.nobody()
        stacked = np.stack(self._keypoints), np.array(self._scores), np.stack(self._boxes)
        return people(np.array(self._frames), np.array(self._ids), *stacked)


def spot(person: int, frame: int) -> str:
    """`person 3, frame 12`; of nobody `frame 12`."""
    return f"frame {frame}" if person == NOBODY else f"person {person}, frame {frame}"


def numbers(value: Any, count: int, where: str, what: str) -> np.ndarray:
    """float64 (count,) from a list of plain numbers.

    Raises SourceError for another length, for anything that is not a finite number (true, null, text, NaN), and for
    numbers beyond `FARTHEST`.
    """
    if not isinstance(value, list | tuple):
        raise SourceError(f"{where}: {what} is {kind_of(value)}, expected {count} numbers; get the file again")
    if len(value) != count:
        raise SourceError(f"{where}: {what} has {len(value)} numbers, expected {count}; get the file again")
    if strange := [entry for entry in value if type(entry) not in (int, float)]:
        raise SourceError(f"{where}: {what} holds {kind_of(strange[0])}, expected numbers; get the file again")
    try:
        found = np.array(value, np.float64)
    except OverflowError:
        found = np.array([np.inf])
    if not np.isfinite(found).all():
        raise SourceError(f"{where}: {what} holds a number that is not finite; get the file again")
    refuse_far(found, f"{where}: {what}")
    return found


def refuse_far(found: np.ndarray, where: str) -> None:
    """Raise SourceError where one of many numbers is too large for a coordinate or a score."""
    far = found[np.abs(found) > FARTHEST]
    if len(far):
        raise SourceError(f"{where} holds {far[0]:g}, damage: numbers reach {FARTHEST:.0f} at most; get the file again")


def whole(value: Any, where: str, what: str) -> int:
    """A number of a frame or a person, 0 to 2^31 - 1; 3.0 is 3.

    Raises SourceError for anything else.
    """
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise SourceError(f"{where}: {what} is {kind_of(value)}, expected a whole number from 0; get the file again")
    return value


def kind_of(value: Any) -> str:
    """A value in few words: `None`, `'abc'`, `a list of 3`, `a huge number`."""
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, int) and abs(value) > 10**18:
        return "a huge number"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def only(found: People, rows: np.ndarray) -> People:
    """Some rows, chosen by a mask or by number."""
    return People(found.frames[rows], found.ids[rows], found.keypoints[rows], found.scores[rows], found.boxes[rows])


def person_scores(found: People, remarks: list[str]) -> list[float]:
    """The persons' scores for a format whose readers need them: 1 where there is none, which is remarked."""
    missing = int(np.isnan(found.scores).sum())
    if missing:
        remarks.append(f"{missing} of {len(found)} poses have no score of the person and were given {NO_DOUBT:g}")
    return [float(score) for score in np.where(np.isnan(found.scores), NO_DOUBT, found.scores)]


def without_strangers(found: People, remarks: list[str]) -> People:
    """Those whose id is known, for a format that is keyed by it; how many were left out is remarked."""
    known = found.ids != NOBODY
    if not known.all():
        remarks.append(f"{int((~known).sum())} of {len(found)} poses belong to no track and were left out")
    return only(found, known)


def without_boxes(found: People, remarks: list[str]) -> None:
    """Remark that a format does not hold boxes, where there are any."""
    if np.isfinite(found.boxes).any():
        remarks.append("boxes and their scores were left out, the format has none")
