"""Options of data sets: typed, with defaults, refused by name."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from features.errors import ConfigError
from features.plan.registry import nearest


class Options(BaseModel):
    """Base of the options of one data set."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Chosen = TypeVar("Chosen", bound=Options)


def read_options(kind: type[Chosen], dataset: str, given: Mapping[str, Any]) -> Chosen:
    """The checked options of a data set, as written in the config beside its `name`.

    Raises ConfigError naming the option, what was found, and the nearest valid name.
    """
    known = kind.model_fields
    for name in given:
        if name not in known:
            there_are = ", ".join(known) or "none"
            raise ConfigError(
                f"dataset {dataset!r} has no option {name!r}{nearest(name, known)}; there are: {there_are}"
            )
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name, found = str(first["loc"][0]), first["input"]
        expected = first.get("ctx", {}).get("expected", "")
        choices = [choice.strip("' ") for choice in expected.replace(" or ", ",").split(",")] if expected else []
        hint = nearest(str(found), choices) if choices else ""
        raise ConfigError(f"option {name!r} of dataset {dataset!r}: {first['msg']}; found {found!r}{hint}") from None
