"""JSON files: read strictly, written whole or not at all, sniffed by their beginning."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from features.datasets.formats.base import LARGEST, kind_of, whole
from features.errors import SourceError

# The first person of any known format lies within it.
HEAD = 65_536
# `image_00012.png` or `0.jpg`: what comes before the number, the number, the ending.
_NUMBERED = re.compile(r"(?P<before>.*?)(?P<number>[0-9]{1,18})(\.[A-Za-z][A-Za-z0-9]*)?", re.DOTALL)


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises SourceError where it is empty, truncated, no UTF-8, nested beyond all reason, says a key twice in one
    object, or holds a number that JSON does not have (NaN).
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if not text.strip():
            raise SourceError(f"{path} is empty; get it again (a video without persons is {{}} or [])")
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is no UTF-8 text (byte {error.start}); get it again") from None
    except RecursionError:
        raise SourceError(f"{path} is nested too deeply for a file of poses; get it again") from None
    except ValueError as error:
        raise SourceError(f"{path} is not valid JSON, or cut short ({_short(error)}); get it again") from None


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"it holds {word}, which is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{kind_of(twice)} is there twice in one object")
    return found


def _short(error: Exception) -> str:
    text = str(error)
    return text if len(text) <= 120 else f"{text[:117]}..."


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, whole or not at all; floats so that they are read as the same float64."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    partial.write_text(json.dumps(content, allow_nan=False, separators=(",", ":")), encoding="utf-8")
    partial.replace(path)


def head(path: Path) -> str:
    """The first characters of a file, "" of a folder; bytes that are no UTF-8 are replaced."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file.read(HEAD).decode("utf-8-sig", "replace")


def first_entry(path: Path) -> dict[str, Any] | None:
    """The first object of a JSON list, by the beginning of the file; None where it begins otherwise."""
    text = head(path).lstrip()
    if not text.startswith("["):
        return None
    inside = text[1:].lstrip()
    if inside.startswith("]"):
        return {}
    try:
        entry, _ = json.JSONDecoder().raw_decode(inside)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def entries(path: Path, content: Any) -> list[dict[str, Any]]:
    """The objects of a list. Raises SourceError where it is no list of objects."""
    if not isinstance(content, list):
        raise SourceError(f"{path} holds {kind_of(content)}, expected a list of persons; is it another format?")
    for number, entry in enumerate(content):
        if not isinstance(entry, dict):
            raise SourceError(f"{path}: entry {number} is {kind_of(entry)}, expected an object; get the file again")
    return content


def by_number(mapping: Mapping[Any, Any], where: str, what: str) -> dict[int, Any]:
    """A mapping with decimal keys as one with integer keys, in their order.

    Raises SourceError for a key that is no whole number from 0, and for two that are the same: `1` and `01`.
    """
    found: dict[int, Any] = {}
    for key, value in mapping.items():
        text = str(key)
        if not re.fullmatch("[0-9]{1,18}", text) or int(text) > LARGEST:
            raise SourceError(f"{where}: {what} {kind_of(key)} is no whole number; rename it")
        if int(text) in found:
            raise SourceError(f"{where}: {what} {int(text)} is there twice; keep one of them")
        found[int(text)] = value
    return dict(sorted(found.items()))


def image_numbers(path: Path, names: Sequence[Any]) -> dict[str, int]:
    """Name of each image -> the number at its end: `frame_00012.png` is 12.

    Raises SourceError for a name without a number, for numbers after different beginnings (images of two videos),
    and for two names with the same number.
    """
    found: dict[str, int] = {}
    holders: dict[int, str] = {}
    beginnings: dict[str, str] = {}
    for name in dict.fromkeys(names):
        match = _NUMBERED.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            raise SourceError(f"{path}: image {kind_of(name)} has no number at its end; name images by frame: 0001.jpg")
        found[name] = int(match["number"])
        beginnings.setdefault(match["before"], name)
        if holders.setdefault(found[name], name) != name:
            raise SourceError(f"{path}: images {holders[found[name]]!r} and {name!r} are the same frame; keep one")
    if len(beginnings) > 1:
        one, other = list(beginnings.values())[:2]
        raise SourceError(f"{path} names images of two videos, {kind_of(one)} and {kind_of(other)}; split it")
    return found


def places(names: Sequence[str], images: Sequence[Any]) -> dict[str, int]:
    """Name of each image -> its place among the `names` of the video's frames; {} where one is not among them."""
    known = {name: place for place, name in enumerate(names)}
    among = all(isinstance(image, str) and image in known for image in images)
    return {image: known[image] for image in images} if among else {}


def image_frames(path: Path, images: Sequence[Any], matched: Mapping[str, int]) -> list[int]:
    """The frame of each entry, from its `image_id`: a number, or an image's name, which is `matched` or ends in one.

    Raises SourceError for anything else.
    """
    named = matched or image_numbers(path, [image for image in images if isinstance(image, str)])
    return [
        named[image] if isinstance(image, str) else whole(image, f"{path}: entry {number}", "image_id")
        for number, image in enumerate(images)
    ]
