"""What every backend is, whatever the feature, and what a feature is that leaves its work to one backend."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from features.extract.feature import Feature, Machine
from features.extract.frames.recipe import OnFrames
from features.plan.stages import Context
from features.store.recipe import Recipe


class Backend(ABC):
    """One way to compute a feature. A subclass stands in a file of its own and in the registry's group of the kind."""

    @classmethod
    @abstractmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for the parameters of a config entry; what they leave out is filled in.

        Raises ConfigError (nearest valid name) or WeightsError (where the file was looked for).
        """

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """The kinds of artifact it needs beside what every backend of its feature is given."""
        return ()

    @classmethod
    def files(cls, recipe: Recipe) -> tuple[str, ...]:
        """The roles of the published files it reads."""
        return ()

    @classmethod
    def decodes(cls, recipe: Recipe) -> bool:
        """Whether it looks at the video's pictures."""
        return True

    @abstractmethod
    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        """Load what the recipe names, once for a batch of videos."""


class ImportBackend(Backend):
    """One that reads what somebody published of each video, in place of its pictures.

    role  of the published files, as `Video.files` and the config's `published` name it
    """

    role: ClassVar[str]

    @classmethod
    def files(cls, recipe: Recipe) -> tuple[str, ...]:
        """Those of its role."""
        return (cls.role,)

    @classmethod
    def decodes(cls, recipe: Recipe) -> bool:
        """Never: somebody else has looked at the pictures."""
        return False


class BackedFeature(Feature):
    """A feature that one backend makes of frames: it needs what the backend needs."""

    @classmethod
    @abstractmethod
    def chosen(cls, recipe: Recipe) -> tuple[type[Backend], Recipe]:
        """The backend that a recipe chose, and the backend's own recipe."""

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """Frames where the video itself does not give them, and what the backend reads beside them."""
        assert isinstance(recipe, OnFrames)
        backend, own = cls.chosen(recipe)
        return (*recipe.frames.needed, *backend.reads(own))

    @classmethod
    def files(cls, recipe: Recipe) -> tuple[str, ...]:
        """The roles of the published files that the backend reads."""
        backend, own = cls.chosen(recipe)
        return backend.files(own)

    @classmethod
    def decodes(cls, recipe: Recipe) -> bool:
        """Whether the backend looks at pictures; what was published is there without."""
        backend, own = cls.chosen(recipe)
        return backend.decodes(own)
