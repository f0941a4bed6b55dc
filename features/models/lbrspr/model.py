"""LBR-SPR as a model of the plan: from `cubes` to a model artifact and to scores."""

from collections.abc import Mapping
from typing import Any

from features.models.lbrspr.recipe import LbrsprRecipe, lbrspr_recipe
from features.models.torch_model import TorchModel, Work
from features.plan.stages import Context
from features.store.recipe import Recipe


class Lbrspr(TorchModel):
    """Unsupervised: trained on the very cubes that it scores (mode `test`), or on all of the data set (`merge`)."""

    name = "lbrspr"

    @classmethod
    def recipe(cls, choice: Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for `{name: lbrspr, mode: test, ...}`, with the published settings of the data set."""
        return lbrspr_recipe(choice, context.dataset, context.recipes.get("cubes"))

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """Cubes alone: they hold the flow too."""
        return ("cubes",)

    @classmethod
    def trains_on(cls, recipe: Recipe) -> tuple[str, ...]:
        """The test videos, unlabeled; in mode `merge` the training videos with them."""
        assert isinstance(recipe, LbrsprRecipe)
        return ("test",) if recipe.mode == "test" else ("train", "test")

    @classmethod
    def scores_on(cls, recipe: Recipe) -> tuple[str, ...]:
        """All videos it is trained on."""
        return cls.trains_on(recipe)

    @classmethod
    def work(cls) -> Work:
        """Training and scoring."""
        from features.models.lbrspr import work

        return work
