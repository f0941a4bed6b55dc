"""The recipe of `poses`: frames, and what finds the persons in them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from features.errors import ConfigError
from features.extract.frames.recipe import FramesRecipe, OnFrames
from features.extract.poses.backend import PoseBackend
from features.plan.registry import find, names
from features.plan.stages import Context
from features.store.recipe import Recipe


class PosesRecipe(OnFrames):
    """Persons of each frame with their joints: `estimator` is the recipe of the backend that gives them."""

    kind: ClassVar[str] = "poses"
    backend: ClassVar[str] = "persons"

    estimator: Recipe


def poses_recipe(choice: str | Mapping[str, Any], context: Context) -> PosesRecipe:
    """The recipe for a config entry: a backend (`import`), an ONNX file's name, or a mapping with `backend`."""
    entry = dict(choice) if isinstance(choice, Mapping) else _named(choice)
    if "backend" not in entry:
        raise ConfigError(f"poses names no backend; say backend: with one of {', '.join(sorted(names('poses')))}")
    backend: type[PoseBackend] = find("poses", str(entry.pop("backend")))
    frames = context.recipes["frames"]
    assert isinstance(frames, FramesRecipe)
    return PosesRecipe(frames=frames.pixels(), estimator=backend.recipe(entry, context))


def backend_of(recipe: PosesRecipe) -> type[PoseBackend]:
    """The backend that a recipe chose."""
    found: type[PoseBackend] = find("poses", recipe.estimator.backend)
    return found


def _named(choice: str) -> dict[str, Any]:
    return {"backend": "onnx", "weights": choice} if choice.endswith(".onnx") else {"backend": choice}
