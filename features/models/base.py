"""What a model is: it turns artifacts into a model artifact, and into scores."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from features.extract.feature import Machine
from features.plan.listing import Annotation
from features.plan.stages import Context, Taught
from features.store.artifact import Artifact, ArtifactWriter
from features.store.recipe import Recipe


@dataclass(frozen=True)
class Features:
    """One video's artifacts, as a model sees them: `open("cubes")` gives the lazily read artifact of that kind.

    source   sha256 of the video: the only name a model may keep
    frames   frames of the video under the `frames` recipe
    height, width   pixels of a frame under that recipe
    split    `train` or `test`
    annotation  what is published of what happens in it; only for models that are taught, and in training alone
    id       what the data set calls it: for messages, nothing that a model makes may depend on it
    """

    source: str
    frames: int
    height: int
    width: int
    split: str
    open: Callable[[str], Artifact]
    annotation: Annotation | None = None
    id: str = ""

    @property
    def said(self) -> str:
        """How messages call the video."""
        return self.id or self.source[:12]


def parameters_of(choice: Mapping[str, Any], *others: str) -> dict[str, Any]:
    """What a config entry says of the recipe itself: all but the model's name and label, and `others`."""
    return {name: value for name, value in choice.items() if name not in ("name", "label", *others)}


class Model(ABC):
    """A published system, or ours. Subclasses live in `features/models/<name>/model.py`."""

    name: ClassVar[str]

    @classmethod
    @abstractmethod
    def recipe(cls, choice: Mapping[str, Any], context: Context) -> Recipe:
        """The model recipe (kind `model`) for a config entry such as `{name: lbrspr, mode: test, epochs: 30}`."""

    @classmethod
    @abstractmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """The kinds of artifact it is trained on and scores from, e.g. `("cubes",)`."""

    @classmethod
    @abstractmethod
    def trains_on(cls, recipe: Recipe) -> tuple[str, ...]:
        """The splits it is trained on: `("train",)`, `("test",)`, both (unsupervised), or none (published weights)."""

    @classmethod
    def taught(cls, recipe: Recipe) -> Taught:
        """What it is told of the videos it is trained on; one that is told nothing is given normal ones alone."""
        return ""

    @classmethod
    @abstractmethod
    def scores_on(cls, recipe: Recipe) -> tuple[str, ...]:
        """The splits it scores."""

    @abstractmethod
    def __init__(self, recipe: Recipe, machine: Machine) -> None: ...

    @abstractmethod
    def train(
        self, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Callable[[str], None]
    ) -> None:
        """Train and write the parameters into `out`; `resume` is a folder of its own for checkpoints."""

    @abstractmethod
    def score(
        self, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Callable[[str], None]
    ) -> None:
        """Score videos with a trained model into `out`: the arrays that `features.evaluate.scores` names."""
