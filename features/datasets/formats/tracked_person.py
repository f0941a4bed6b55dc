"""Tracked-person JSON: what STG-NF and GEPC read. One object, person -> frame -> keypoints and score."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from features.datasets.formats.base import (
    KEYPOINTS,
    PoseFile,
    PoseFormat,
    Rows,
    kind_of,
    person_scores,
    without_boxes,
    without_strangers,
)
from features.datasets.formats.json_files import by_number, head, read_json, write_json
from features.datasets.people import People
from features.errors import SourceError

# Persons are objects or lists of objects, whose values are objects again; what COCO files begin with is no person.
_PERSONS = re.compile(
    r'\s*\{\s*(\}|"(?!(info|images|annotations|categories|licenses)")[^"]*"\s*:\s*'
    r'(\{\s*(\}|"[^"]*"\s*:\s*\{)|\[\s*(\]|\{\s*(\}|"[^"]*"\s*:\s*\{))))'
)
# Digits of a frame (orhir/STG-NF @edb5f32, gen_data.py); more where a video needs them, so that the order of the keys
# as text is the order in time.
DIGITS = 4


class TrackedPerson(PoseFormat):
    """`<clip>_alphapose_tracked_person.json`. Persons and frames are visited by number, other fields ignored."""

    name = "tracked-person"
    suffixes = ("_alphapose_tracked_person.json", "_tracked_person.json", ".json")

    def fits(self, path: Path) -> bool:
        """Whether it begins as an object of persons; `{}` is nobody."""
        return _PERSONS.match(head(path)) is not None

    def load(self, path: Path, names: Sequence[str] = ()) -> PoseFile:
        """All persons, in time; it is said where the published code would put their poses into another order.

        Raises SourceError for persons and frames that are no whole numbers, or are there twice.
        """
        content = read_json(path)
        if not isinstance(content, dict):
            raise SourceError(f"{path} holds {kind_of(content)}, expected an object of persons; is it another format?")
        rows, permuted = Rows(path), []
        for person, track in by_number(content, str(path), "person").items():
            keys = _frames(track, f"{path}: person {person}")
            if sorted(keys) != sorted(keys, key=int):
                permuted.append(keys)
            for frame, entry in by_number(keys, f"{path}: person {person}", "frame").items():
                if not isinstance(entry, dict) or "keypoints" not in entry:
                    raise SourceError(f"{path}: person {person}, frame {frame} has no keypoints; get the file again")
                rows.add(frame, person, entry["keypoints"], entry.get("scores"))
        return PoseFile(rows.people(), permuted=_said(permuted, len(content)))

    def write(self, found: People, path: Path, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Write everybody who has an id, frames padded with zeros."""
        remarks: list[str] = []
        known = without_strangers(found, remarks)
        without_boxes(known, remarks)
        digits = max(DIGITS, len(str(known.frames.max(initial=0))))
        content: dict[str, dict[str, Any]] = {str(person): {} for person in sorted(set(known.ids.tolist()))}
        joints = known.keypoints.reshape(len(known), KEYPOINTS).tolist()
        rows = zip(known.frames.tolist(), known.ids.tolist(), joints, person_scores(known, remarks), strict=True)
        for frame, person, keypoints, score in rows:
            content[str(person)][f"{frame:0{digits}d}"] = {"keypoints": keypoints, "scores": score}
        write_json(path, content)
        return tuple(remarks)


def _frames(track: Any, where: str) -> Mapping[str, Any]:
    """Frame key -> entry of one person, from an object or a list of objects."""
    parts = [track] if isinstance(track, dict) else track
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise SourceError(f"{where} is {kind_of(track)}, expected an object of frames, or a list of them")
    merged: dict[str, Any] = {}
    for part in parts:
        if twice := merged.keys() & part.keys():
            raise SourceError(f"{where}: frame {min(twice)} is there twice; keep one of them")
        merged |= part
    by_number(merged, where, "frame")
    return merged


def _said(permuted: Sequence[Mapping[str, Any]], persons: int) -> str:
    if not permuted:
        return ""
    keys = sorted(permuted[0])
    later, sooner = next((a, b) for a, b in pairwise(keys) if int(a) > int(b))
    return (
        f"{len(permuted)} of {persons} persons have frame keys that sort differently as text ({later!r} before "
        f"{sooner!r}), so that STG-NF's own loader permutes their poses"
    )
