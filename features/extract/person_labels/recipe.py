"""The recipe of `person_labels`."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from features.errors import ConfigError
from features.extract.parameters import checked
from features.extract.poses.recipe import PosesRecipe
from features.plan.stages import Context
from features.store.recipe import Recipe


class PersonLabelsRecipe(Recipe):
    """How many joints of each person lie on objects that are marked abnormal.

    rule  `inclusive`: objects are abnormal from their first frame to their last, as the data set's own labels have it;
          `published`: their last frame is left out (orhir/STG-NF @edb5f32, utils/pose_utils.py)
    """

    kind: ClassVar[str] = "person_labels"
    backend: ClassVar[str] = "masks"

    poses: PosesRecipe
    rule: Literal["inclusive", "published"] = "inclusive"


def person_labels_recipe(choice: str | Mapping[str, Any], context: Context) -> PersonLabelsRecipe:
    """The recipe for a config entry: `inclusive`, `published`, or a mapping with `rule`.

    Raises ConfigError naming what is wrong, or that there are no poses to stand on.
    """
    entry = {"rule": choice} if isinstance(choice, str) else dict(choice)
    if "poses" not in context.recipes:
        raise ConfigError("person_labels stands on poses; add it below 'features' in the config")
    if "poses" in entry:
        raise ConfigError("person_labels has no parameter 'poses'; there are: rule")
    return checked(PersonLabelsRecipe, "person_labels", {"poses": context.recipes["poses"], **entry})
