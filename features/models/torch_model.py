"""A model whose work is done by torch, in a module of its own."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from features.extract.feature import Machine
from features.models.base import Features, Model
from features.store.artifact import Artifact, ArtifactWriter
from features.store.recipe import Recipe

Say = Callable[[str], None]


class Work(Protocol):
    """A module that trains and scores by a recipe, on a device (`cpu`, `cuda:N`)."""

    def train(
        self, recipe: Any, device: str, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Say, /
    ) -> None:
        """Train, and write the parameters; the state is kept in the folder `resume`."""

    def score(
        self, recipe: Any, device: str, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, say: Say, /
    ) -> None:
        """Score each video."""


class TorchModel(Model):
    """What such models share. A subclass says what the model is, and where its work is done."""

    @classmethod
    @abstractmethod
    def work(cls) -> Work:
        """The module; imported there, since torch takes seconds and planning asks for recipes alone."""

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        self.parameters = recipe
        self.device = machine.device

    def train(self, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Say) -> None:
        """Train, or take over published weights, and write the parameters into `out`.

        Raises DatasetError where the videos give nothing to learn from, WeightsError where weights do not fit.
        """
        self.work().train(self.parameters, self.device, videos, out, resume, progress)

    def score(self, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Say) -> None:
        """Score each video."""
        self.work().score(self.parameters, self.device, model, videos, out, progress)


class ClipModel(TorchModel):
    """A model of clips: taught by the training videos, normal and abnormal ones, and scoring the test videos."""

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """Features of clips, or of segments."""
        return ("clips",)

    @classmethod
    def trains_on(cls, recipe: Recipe) -> tuple[str, ...]:
        """The training videos, normal and abnormal."""
        return ("train",)

    @classmethod
    def scores_on(cls, recipe: Recipe) -> tuple[str, ...]:
        """The test videos."""
        return ("test",)
