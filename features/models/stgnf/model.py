"""STG-NF as a model of the plan: from `poses` and `tracks` to a model artifact and to scores."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from features.extract.feature import Machine
from features.models.base import Features, Model
from features.models.stgnf.recipe import StgnfRecipe, stgnf_recipe
from features.plan.stages import Context
from features.store.artifact import Artifact, ArtifactWriter
from features.store.recipe import Recipe


class Stgnf(Model):
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

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, StgnfRecipe)
        self.parameters = recipe
        self.device = machine.device

    def train(
        self, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Callable[[str], None]
    ) -> None:
        """Train, keeping the state after each epoch in `resume`; or take over the published checkpoint.

        Raises DatasetError where nobody is tracked long enough, WeightsError where the checkpoint does not fit.
        """
        # Imported here since torch takes seconds, and planning asks for recipes alone.
        from features.models.stgnf.work import train

        train(self.parameters, self.device, videos, out, resume, progress)

    def score(
        self, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Callable[[str], None]
    ) -> None:
        """Score each video's persons and frames."""
        from features.models.stgnf.work import score

        score(self.parameters, self.device, model, videos, out, progress)
