"""LAD2000's network as a model of the plan: from `clips` to a model artifact and to scores."""

from collections.abc import Mapping
from typing import Any

from features.models.lad.recipe import lad_recipe
from features.models.torch_model import ClipModel, Work
from features.plan.stages import Context, Taught
from features.store.recipe import Recipe


class Lad(ClipModel):
    """Fully supervised: told of which class each training video is, and which of its frames are abnormal."""

    name = "lad"

    @classmethod
    def recipe(cls, choice: Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for `{name: lad, windows: ordered, ...}`, with the published settings of the data set."""
        return lad_recipe(choice, context.dataset)

    @classmethod
    def taught(cls, recipe: Recipe) -> Taught:
        """Which videos are abnormal, of what class, and when."""
        return "frames"

    @classmethod
    def work(cls) -> Work:
        """Training and scoring."""
        from features.models.lad import work

        return work
