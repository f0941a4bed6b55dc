"""What a config says wrong, in the words of somebody who writes YAML instead of the checker's."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from features.errors import ConfigError
from features.plan.registry import nearest

_EXPECTED = {
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "none_required": "nothing",
    "path_type": "a path",
}
# Where a value may be one of several types, the checker's path to it names the one that was tried.
_TRIED = re.compile(r"str|int|float|bool|constrained-\w+|[\w-]+\[.*\]")


class Refusal(NamedTuple):
    """Where something is wrong, as `resize.size`, or nothing where parts disagree; and what, with what was found."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


def only_known(what: str, names: Iterable[Any], known: Iterable[str], word: str = "parameter") -> None:
    """Raise ConfigError for the first of `names` that is not known, naming the nearest that is.

    `what` says whose they are, e.g. `flow backend 'dis'`; `word` says what they are.
    """
    known = list(known)  # the names may be anything that YAML can say, a list or a mapping too
    for name in names:
        if name not in known:
            there_are = ", ".join(known) or "none"
            raise ConfigError(f"{what} has no {word} {name!r}{nearest(str(name), known)}; there are: {there_are}")


def refusal(error: ValidationError, kind: type[BaseModel]) -> Refusal:
    """The first thing that is wrong with what was said for a `kind`; names that are not known come first."""
    errors = error.errors(include_url=False)
    first = next((each for each in errors if each["type"] == "extra_forbidden"), _inmost(errors))
    path = _path(first)
    where = ".".join(map(str, path))
    if first["type"] == "extra_forbidden":
        known = _fields(kind, path[:-1])
        return Refusal(where, f"not known{nearest(str(path[-1]), known)}; there are: {', '.join(known)}")
    if first["type"] == "missing":
        return _missing(path, first["input"])
    return Refusal(where, _what([each for each in errors if _path(each) == path]))


def _inmost(errors: list[ErrorDetails]) -> ErrorDetails:
    """The first error, or one within the same value: of the types that it may have it is then of that one."""
    outer = _path(errors[0])
    return next((each for each in errors if _path(each)[:-1] == outer), errors[0])


def _path(error: ErrorDetails) -> list[int | str]:
    return [part for part in error["loc"] if isinstance(part, int) or not _TRIED.fullmatch(part)]


def _missing(path: list[int | str], found: Any) -> Refusal:
    if isinstance(path[-1], int):
        return Refusal(".".join(map(str, path[:-1])), f"expected more than {path[-1]} values; found {found!r}")
    return Refusal(".".join(map(str, path)), "missing")


def _what(errors: list[ErrorDetails]) -> str:
    """What is wrong with one value; several errors are those of the types that it may have."""
    first = errors[0]
    found = first["input"]
    if first["type"] == "value_error":
        said = first["msg"].removeprefix("Value error, ")
        return said if isinstance(found, Mapping) else f"{said}; found {found!r}"
    if all(each["type"] in _EXPECTED for each in errors):
        expected = " or ".join(dict.fromkeys(_EXPECTED[each["type"]] for each in errors))
        return f"expected {expected}; found {found!r}"
    if first["type"] == "too_long":
        return f"expected no more than {first['ctx']['max_length']} values; found {found!r}"
    choices = re.findall("'([^']+)'", first["ctx"]["expected"]) if first["type"] == "literal_error" else ()
    return f"{first['msg'].replace('Input should be', 'expected')}; found {found!r}{nearest(str(found), choices)}"


def _fields(kind: type[BaseModel], path: list[int | str]) -> Iterable[str]:
    """The names that are known at a place below a `kind`."""
    for part in path:
        if part in kind.model_fields:
            kind = next(_models(kind.model_fields[str(part)].annotation), kind)
    return kind.model_fields


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
