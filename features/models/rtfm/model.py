"""RTFM as a model of the plan: from `clips` to a model artifact and to scores."""

from collections.abc import Mapping
from typing import Any

from features.models.rtfm.recipe import rtfm_recipe
from features.models.torch_model import ClipModel, Work
from features.plan.stages import Context, Taught
from features.store.recipe import Recipe


class Rtfm(ClipModel):
    """Weakly supervised: told which training videos are abnormal, and not when."""

    name = "rtfm"

    @classmethod
    def recipe(cls, choice: Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for `{name: rtfm, steps: 15000, ...}`."""
        return rtfm_recipe(choice)

    @classmethod
    def taught(cls, recipe: Recipe) -> Taught:
        """Which videos are abnormal."""
        return "videos"

    @classmethod
    def work(cls) -> Work:
        """Training and scoring."""
        from features.models.rtfm import work

        return work
