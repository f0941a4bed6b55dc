"""LBR-SPR as a model of the plan: from `cubes` to a model artifact and to scores."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from features.extract.feature import Machine
from features.models.base import Features, Model
from features.models.lbrspr.recipe import LbrsprRecipe, lbrspr_recipe
from features.plan.stages import Context
from features.store.artifact import Artifact, ArtifactWriter
from features.store.recipe import Recipe


class Lbrspr(Model):
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

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, LbrsprRecipe)
        self.parameters = recipe
        self.device = machine.device

    def train(
        self, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Callable[[str], None]
    ) -> None:
        """Train one network per block; checkpoints after each epoch lie in `resume`.

        Raises DatasetError where no video has any cube.
        """
        # Imported here since torch takes seconds, and planning asks for recipes alone.
        from features.models.lbrspr.work import train

        train(self.parameters, self.device, videos, out, resume, progress)

    def score(
        self, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Callable[[str], None]
    ) -> None:
        """Score each video's cubes and frames."""
        from features.models.lbrspr.work import score

        score(self.parameters, self.device, model, videos, out, progress)
