"""AR-Net as a model of the plan: from `clips` to a model artifact and to scores."""

from collections.abc import Mapping
from typing import Any

from features.models.arnet.recipe import arnet_recipe
from features.models.torch_model import ClipModel, Work
from features.plan.stages import Context, Taught
from features.store.recipe import Recipe


class ArNet(ClipModel):
    """Weakly supervised: told which training videos are abnormal, and not when."""

    name = "arnet"

    @classmethod
    def recipe(cls, choice: Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for `{name: arnet, epochs: 20, ...}`."""
        return arnet_recipe(choice)

    @classmethod
    def taught(cls, recipe: Recipe) -> Taught:
        """Which videos are abnormal."""
        return "videos"

    @classmethod
    def work(cls) -> Work:
        """Training and scoring."""
        from features.models.arnet import work

        return work
