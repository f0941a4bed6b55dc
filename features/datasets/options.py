"""Options of data sets: typed, with defaults, refused by name."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from features.errors import ConfigError
from features.plan.refusals import only_known, refusal


class Options(BaseModel):
    """Base of the options of one data set."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Chosen = TypeVar("Chosen", bound=Options)


def read_options(kind: type[Chosen], dataset: str, given: Mapping[str, Any]) -> Chosen:
    """The checked options of a data set, as written in the config beside its `name`.

    Raises ConfigError naming the option, what was found, and the nearest valid name.
    """
    only_known(f"dataset {dataset!r}", given, kind.model_fields, "option")
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        where, what = refusal(error, kind)
        raise ConfigError(f"option {where!r} of dataset {dataset!r}: {what}") from None
