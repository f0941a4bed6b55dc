"""Recipes by which clip features may have been made: presets whose shape fits, and what programs change in them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from features.errors import ConfigError
from features.evaluate.compare.channels import Half, halves
from features.extract.clips.presets import PRESETS
from features.extract.clips.recipe import ClipsRecipe, backend_of, clips_recipe
from features.extract.frames.recipe import frames_recipe
from features.plan.stages import Context
from features.text import count

# What programs do otherwise than the recipe that they follow: parameters that replace the preset's.
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "values 0..255": {"mean": (0.0,) * 3, "std": (1.0,) * 3},
    "values 0..1": {"mean": (0.0,) * 3, "std": (255.0,) * 3},
    "values -1..1": {"mean": (127.5,) * 3, "std": (127.5,) * 3},
    "ImageNet's mean and std": {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)},
    "mean 114.75, std 57.375": {"mean": (114.75,) * 3, "std": (57.375,) * 3},
    "channels in the order BGR": {"colour": "bgr"},
    "resized to 340x256": {"resize": {"rule": "exact", "size": (256, 340), "filter": "pil-bilinear"}},
    "resized to 256x256": {"resize": {"rule": "exact", "size": (256, 256), "filter": "pil-bilinear"}},
    "shorter side 256": {"resize": {"rule": "shorter", "size": 256, "filter": "pil-bilinear"}},
    "padding and epsilon slash": {"variant": "slash"},
    "padding and epsilon port_head": {"variant": "port_head"},
    "padding and epsilon port_old": {"variant": "port_old"},
    "crops in torchvision's order": {"crops": "torchvision"},
    "crops in gowtham's order": {"crops": "gowtham"},
    "crops in centre-first's order": {"crops": "centre-first"},
    "25 frames per second": {"fps": 25.0},
    "30 frames per second": {"fps": 30.0},
}


@dataclass(frozen=True)
class Attempt:
    """One way to make the features.

    name    the preset, and the weights where there are several
    choice  the config entry
    folder  where its weights lie
    half    the published channels that it is compared with, where only one of two streams is computed
    """

    name: str
    choice: Mapping[str, Any]
    folder: Path
    half: Half | None = None

    def recipe(self) -> ClipsRecipe:
        """What it asks for. Raises ConfigError, WeightsError."""
        return _recipe(self.choice, self.folder)


def attempts(shape: tuple[int, ...], weights: Sequence[Path]) -> tuple[list[Attempt], dict[str, str]]:
    """Presets whose features have the shape of the published ones (clips, crops, channels), with each of the weights.

    And name -> why it was left out.
    """
    possible: list[Attempt] = []
    impossible: dict[str, str] = {}
    for name, preset in PRESETS.items():
        if preset.missing:
            impossible[name] = preset.missing
            continue
        fitting = [stream for stream in _streams(name) if _misfit(name, stream, shape) is None]
        if not fitting:
            impossible[name] = str(_misfit(name, _streams(name)[0], shape))
        if "flow" in fitting:
            impossible[f"{name} of flow"] = "may fit, and flow is computed by runs alone"
        if seen := [stream for stream in fitting if stream != "flow"]:
            possible += [_attempt(name, seen[0], path, shape, len(weights)) for path in weights]
            if not weights:
                impossible[name] = "may fit, and has no weights; name them: --weights FILE"
    return possible, impossible


def changes(attempt: Attempt) -> Iterator[Attempt]:
    """The attempt with one thing changed, each of which its network has and no other change says already."""
    former = attempt.recipe()
    known = {former.digest}
    for words, change in CHANGES.items():
        changed = replace(attempt, name=f"{attempt.name}, {words}", choice={**attempt.choice, **change})
        with suppress(ConfigError):
            found = changed.recipe()
            if found.digest not in known and _crops(found) == _crops(former):
                known.add(found.digest)
                yield changed


def _crops(recipe: ClipsRecipe) -> int | None:
    return backend_of(recipe).crops(recipe.source)


def _streams(name: str) -> list[str]:
    """What the network of a preset may be shown, what it is shown as published first."""
    view = PRESETS[name].view
    own = str(view.get("stream", "rgb"))
    return [own, *(stream for stream in ("rgb", "flow", "both") if stream != own)] if "flow" in view else [own]


def _misfit(name: str, stream: str, shape: tuple[int, ...]) -> str | None:
    """Why features of a preset cannot have the shape (clips, crops, channels); None where they can.

    One crop may be any of those of a preset.
    """
    recipe = _recipe({"preset": name, "stream": stream}, Path())
    backend = backend_of(recipe)
    crops, channels = backend.crops(recipe.source), backend.channels(recipe.source)
    if channels != shape[2]:
        return f"not possible, {channels}-d"
    return None if shape[1] in (1, crops) else f"not possible, {count(crops or 0, 'crop')}"


def _attempt(name: str, stream: str, path: Path, shape: tuple[int, ...], weights: int) -> Attempt:
    """A preset with one of so many weights; of two streams side by side the pictures, which are the first half."""
    half = halves(shape[2])[0] if stream == "both" else None
    shown = f"{name}, rgb" if half else name
    choice = {"preset": name, "stream": "rgb", "weights": path.name}
    return Attempt(f"{shown} ({path.name})" if weights > 1 else shown, choice, path.parent, half)


def _recipe(choice: Mapping[str, Any], folder: Path) -> ClipsRecipe:
    return clips_recipe(choice, Context("match", (folder,), {"frames": frames_recipe("native")}))
