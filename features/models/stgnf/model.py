"""STG-NF as a model of the plan: from `poses` and `tracks` to a model artifact and to scores."""

from collections.abc import Mapping
from typing import Any

from features.models.stgnf.recipe import StgnfRecipe, stgnf_recipe
from features.models.torch_model import TorchModel, Work
from features.plan.stages import Context
from features.store.recipe import Recipe


class Stgnf(TorchModel):
    """Trained on the persons of the training videos, or not at all where the config names a published checkpoint."""

    name = "stgnf"

    @classmethod
    def recipe(cls, choice: Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for `{name: stgnf, windows: sound, ...}`, with the published settings of the data set."""
        return stgnf_recipe(choice, context)

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """Poses and who they are; what is known of abnormal persons, where training is supervised."""
        assert isinstance(recipe, StgnfRecipe)
        return ("poses", "tracks", "person_labels") if recipe.supervised else ("poses", "tracks")

    @classmethod
    def trains_on(cls, recipe: Recipe) -> tuple[str, ...]:
        """The training videos; none with published weights."""
        assert isinstance(recipe, StgnfRecipe)
        return ("train",) if recipe.weights is None else ()

    @classmethod
    def scores_on(cls, recipe: Recipe) -> tuple[str, ...]:
        """The test videos."""
        return ("test",)

    @classmethod
    def work(cls) -> Work:
        """Training and scoring."""
        from features.models.stgnf import work

        return work
