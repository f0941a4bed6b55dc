"""RTFM as a model of the plan: from `clips` to a model artifact and to scores."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from features.extract.feature import Machine
from features.models.base import Features, Model
from features.models.rtfm.recipe import RtfmRecipe, rtfm_recipe
from features.plan.stages import Context, Taught
from features.store.artifact import Artifact, ArtifactWriter
from features.store.recipe import Recipe


class Rtfm(Model):
    """Weakly supervised: told which training videos are abnormal, and not when."""

    name = "rtfm"

    @classmethod
    def recipe(cls, choice: Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for `{name: rtfm, steps: 15000, ...}`."""
        return rtfm_recipe(choice)

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """Features of clips, or of segments."""
        return ("clips",)

    @classmethod
    def trains_on(cls, recipe: Recipe) -> tuple[str, ...]:
        """The training videos, normal and abnormal."""
        return ("train",)

    @classmethod
    def taught(cls, recipe: Recipe) -> Taught:
        """Which videos are abnormal."""
        return "videos"

    @classmethod
    def scores_on(cls, recipe: Recipe) -> tuple[str, ...]:
        """The test videos."""
        return ("test",)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, RtfmRecipe)
        self.parameters = recipe
        self.device = machine.device

    def train(
        self, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Callable[[str], None]
    ) -> None:
        """Train, keeping the state in `resume`; the parameters after the last step count.

        Raises DatasetError where videos have no annotation, or there are too few of one kind.
        """
        # Imported here since torch takes seconds, and planning asks for recipes alone.
        from features.models.rtfm.work import train

        train(self.parameters, self.device, videos, out, resume, progress)

    def score(
        self, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Callable[[str], None]
    ) -> None:
        """Score each video's clips and frames."""
        from features.models.rtfm.work import score

        score(self.parameters, self.device, model, videos, out, progress)
