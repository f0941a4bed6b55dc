"""From what a config says to a checked recipe."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from features.errors import ConfigError
from features.plan.refusals import only_known, refusal
from features.store.recipe import Recipe

AnyRecipe = TypeVar("AnyRecipe", bound=Recipe)


def checked(recipe: type[AnyRecipe], what: str, parameters: Mapping[str, Any]) -> AnyRecipe:
    """The recipe with these parameters; `what` names it in messages, e.g. `flow backend 'dis'`.

    Raises ConfigError naming the parameter and, if it is unknown, the nearest that exists.
    """
    only_known(what, parameters, recipe.model_fields)
    try:
        return recipe(**parameters)
    except ValidationError as error:
        raise ConfigError(f"{what}: {refusal(error, recipe)}") from None
