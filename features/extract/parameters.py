"""From what a config says to a checked recipe."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from features.errors import ConfigError
from features.plan.registry import nearest
from features.store.recipe import Recipe

AnyRecipe = TypeVar("AnyRecipe", bound=Recipe)


def checked(recipe: type[AnyRecipe], what: str, parameters: Mapping[str, Any]) -> AnyRecipe:
    """The recipe with these parameters; `what` names it in messages, e.g. `flow backend 'dis'`.

    Raises ConfigError naming the parameter and, if it is unknown, the nearest that exists.
    """
    known = list(recipe.model_fields)
    for name in parameters:
        if name not in known:
            hint = nearest(str(name), known)
            raise ConfigError(f"{what} has no parameter {name!r}{hint}; there are: {', '.join(known)}")
    try:
        return recipe(**parameters)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        found = f"; found {first['input']!r}" if where else ""
        raise ConfigError(f"{what}: {where}{': ' if where else ''}{reason}{found}") from None
