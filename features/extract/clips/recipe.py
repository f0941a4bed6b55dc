"""The recipe of `clips`: frames, and what turns stretches of them into features."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SerializeAsAny

from features.errors import ConfigError
from features.extract.clips.backend import ClipBackend
from features.extract.clips.presets import PRESETS
from features.extract.frames.recipe import FramesRecipe, OnFrames
from features.plan.refusals import only_known
from features.plan.registry import find, names
from features.plan.stages import Context
from features.store.recipe import Recipe

GROUPED = ("resize", "flow")


class ClipsRecipe(OnFrames):
    """Features of clips: `source` is the recipe of the backend that gives them."""

    kind: ClassVar[str] = "clips"
    backend: ClassVar[str] = "clips"

    source: SerializeAsAny[Recipe]


def clips_recipe(choice: str | Mapping[str, Any], context: Context) -> ClipsRecipe:
    """The recipe for a config entry: `rtfm`, `import`, `{preset: urdmu, weights: i3d_rgb.pt}`, `{backend: import}`.

    What stands beside a preset changes it; another backend keeps what the preset shows it, and nothing else.

    Raises ConfigError (nearest valid name) or WeightsError (where the file was looked for).
    """
    entry = dict(choice) if isinstance(choice, Mapping) else _named(choice)
    preset = entry.pop("preset", None)
    parameters = merged(_published(preset, entry), entry) if preset is not None else entry
    if "backend" not in parameters:
        raise ConfigError(f"clips names no preset; there are: {', '.join(sorted(PRESETS))}, and backend: import")
    backend: type[ClipBackend] = find("clips", str(parameters.pop("backend")))
    frames = context.recipes["frames"]
    assert isinstance(frames, FramesRecipe)
    return ClipsRecipe(frames=frames.pixels(), source=backend.recipe(parameters, context))


def backend_of(recipe: ClipsRecipe) -> type[ClipBackend]:
    """The backend that a recipe chose."""
    found: type[ClipBackend] = find("clips", recipe.source.backend)
    return found


def merged(published: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """A preset, changed by an entry: parameter by parameter, also within `resize` and `flow`."""
    parts = {
        name: {**published[name], **entry[name]}
        for name in GROUPED
        if isinstance(entry.get(name), Mapping) and published.get(name) is not None
    }
    return {**published, **entry, **parts}


def _named(choice: str) -> dict[str, Any]:
    known = [*PRESETS, *names("clips")]
    only_known("clips", [choice], sorted(set(known)), "preset or backend")
    return {"preset": choice} if choice in PRESETS else {"backend": choice}


def _published(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a preset that count: of flow only where it is seen, of its network only where that is used."""
    only_known("clips", [name], sorted(PRESETS), "preset")
    preset = PRESETS[name]
    if preset.missing:
        raise ConfigError(f"clips: preset {name!r} {preset.missing}")
    other = entry.get("backend", preset.backend) != preset.backend
    parameters = {"backend": preset.backend, **preset.view, **({} if other else preset.network)}
    if entry.get("stream", parameters.get("stream", "rgb")) == "rgb":
        parameters.pop("flow", None)
    if "flow" in parameters:
        parameters["flow"] = {"backend": preset.vectors["backend"], **parameters["flow"]}
    return parameters
