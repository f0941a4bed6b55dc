"""What a feature is: how a recipe comes from the config, what it reads, how a video becomes arrays."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from features.plan.stages import Context
from features.store.artifact import Artifact, ArtifactWriter
from features.store.recipe import Recipe
from features.video.index import Index


class VideoInput(Protocol):
    """One video as a feature sees it. Frames come decoded, cut and scaled as the `frames` recipe says."""

    @property
    def index(self) -> Index:
        """What one read of the source found."""
        ...

    @property
    def digest(self) -> str:
        """sha256 of the source."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """What the source is called here."""
        ...

    @property
    def path(self) -> Path:
        """The file, or the folder of images; for programs that read videos themselves."""
        ...

    @property
    def files(self) -> Mapping[str, Path]:
        """The files that were published beside the video, by role, of the roles that the feature reads."""
        ...

    @property
    def numbers(self) -> np.ndarray:
        """int64 (frames,): the number in the source of each frame that is handed out."""
        ...

    @property
    def upstream(self) -> Mapping[str, Artifact]:
        """The artifacts that the feature reads, by kind."""
        ...

    @property
    def frames(self) -> int:
        """How many frames are handed out."""
        ...

    @property
    def height(self) -> int:
        """Pixels of a frame as handed out."""
        ...

    @property
    def width(self) -> int:
        """Pixels of a frame as handed out."""
        ...

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        """uint8 (up to `rows`, height, width, 3) RGB, in order, from the first frame to the last."""
        ...


Progress = Callable[[int], None]


@dataclass(frozen=True)
class Machine:
    """Where to compute; never part of a recipe. `device` is `cpu` or `cuda:N`, `batch` the frames per forward pass."""

    device: str = "cpu"
    batch: int = 8


class Feature(ABC):
    """One kind of artifact per video. Subclasses live in `features/extract/<kind>/feature.py`."""

    kind: ClassVar[str]

    @classmethod
    @abstractmethod
    def recipe(cls, choice: str | Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for a config entry: the name of a preset or backend, or a mapping with one and parameters.

        Raises ConfigError (nearest valid name) or WeightsError (where the file was looked for).
        """

    @classmethod
    @abstractmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """The kinds of artifact this recipe stands on, e.g. `("flow",)`; the video itself is always there."""

    @classmethod
    def files(cls, recipe: Recipe) -> tuple[str, ...]:
        """The roles of the published files it reads, e.g. `("poses",)`; a video may lack them."""
        return ()

    @classmethod
    def decodes(cls, recipe: Recipe) -> bool:
        """Whether it needs the video's pictures; what does not can be had of recordings, too."""
        return True

    @classmethod
    def stored(cls, recipe: Recipe) -> bool:
        """Whether this recipe makes artifacts at all; `frames` without a codec does not."""
        return True

    @classmethod
    def estimated_bytes(cls, recipe: Recipe, frames: int, height: int, width: int) -> int:
        """Roughly how many bytes an artifact will take, for `features plan`."""
        return frames * height * width // 10

    @abstractmethod
    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        """Load what the recipe names, once for a batch of videos."""

    @abstractmethod
    def extract(self, video: VideoInput, out: ArtifactWriter, progress: Progress) -> None:
        """Compute one video into `out`, in bounded memory, calling `progress(frames done)` now and then.

        Raises SourceError where this video cannot be used; anything else is a defect and stops the batch.
        """
