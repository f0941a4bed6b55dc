"""Recipes by which clip features may have been made: presets whose shape fits, and what programs change in them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from features.errors import ConfigError
from features.evaluate.compare.channels import Half, halves
from features.extract.clips.network import ROLES
from features.extract.clips.presets import PRESETS
from features.extract.clips.recipe import ClipsRecipe, backend_of, clips_recipe, merged
from features.extract.flow.recipe import FlowRecipe, flow_recipe
from features.extract.frames.recipe import frames_recipe
from features.plan.stages import Context
from features.text import count

# What programs do otherwise than the recipe that they follow: parameters that replace the preset's. First, of pictures.
PICTURE_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "values 0..255": {"mean": (0.0,) * 3, "std": (1.0,) * 3},
    "values 0..1": {"mean": (0.0,) * 3, "std": (255.0,) * 3},
    "values -1..1": {"mean": (127.5,) * 3, "std": (127.5,) * 3},
    "ImageNet's mean and std": {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)},
    "mean 114.75, std 57.375": {"mean": (114.75,) * 3, "std": (57.375,) * 3},
    "channels in the order BGR": {"colour": "bgr"},
}
FLOW_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "flow levels 0..255": {"flow": {"mean": 0.0, "std": 1.0}},
    "flow levels -1..1": {"flow": {"mean": 127.5, "std": 127.5}},
    "flow x in place of y": {"flow": {"components": "xx"}},
    "flow x and y": {"flow": {"components": "xy"}},
    "levels of resized flow": {"flow": {"at": "resized"}},
    "levels of the source's flow": {"flow": {"at": "source"}},
}
CHANGES: Mapping[str, Mapping[str, Any]] = {
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
        return clips_recipe(self.choice, self._context)

    @property
    def flow(self) -> FlowRecipe | None:
        """The flow that its network sees, if any. Raises ConfigError, WeightsError."""
        found = self._context.recipes.get("flow")
        assert found is None or isinstance(found, FlowRecipe)
        return found

    @property
    def weights(self) -> tuple[str, Path]:
        """The preset, and the file."""
        stream = str(self.choice["stream"])
        return str(self.choice["preset"]), self.folder / str(self.choice[ROLES[stream]])

    @property
    def features(self) -> dict[str, Any]:
        """What a config says below `features` to get these."""
        beside = {} if self._fps is None else {"frames": {"fps": self._fps}}
        return {**beside, **({"flow": self._vectors} if self._vectors else {}), "clips": dict(self.choice)}

    @property
    def _vectors(self) -> dict[str, Any]:
        """The entry of the flow; nothing where only pictures are seen."""
        return dict(PRESETS[self.choice["preset"]].vectors) if self.choice["stream"] == "flow" else {}

    @property
    def _fps(self) -> float | None:
        """The rate at which frames have to be handed out: flow leads from each frame to the next."""
        own = PRESETS[self.choice["preset"]].view.get("fps")
        return self.choice.get("fps", own) if self._vectors else None

    @cached_property
    def _context(self) -> Context:
        frames = frames_recipe("native" if self._fps is None else {"fps": self._fps})
        context = Context("match", (self.folder,), {"frames": frames})
        if not self._vectors:
            return context
        return replace(context, recipes={**context.recipes, "flow": flow_recipe(self._vectors, context)})


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
        elif not weights:
            impossible[name] = "may fit, and has no weights; name them: --weights FILE"
        possible += [
            _attempt(name, stream, "both" in fitting, path, shape, len(weights))
            for path in weights
            for stream in ("rgb", "flow")
            if {stream, "both"} & set(fitting)
        ]
    return possible, impossible


def changes(attempt: Attempt) -> Iterator[Attempt]:
    """The attempt with one thing changed, each of which its network has and no other change says already."""
    former = attempt.recipe()
    known = {former.digest}
    for words, change in {**(FLOW_CHANGES if attempt.flow else PICTURE_CHANGES), **CHANGES}.items():
        changed = replace(attempt, name=f"{attempt.name}, {words}", choice=merged(attempt.choice, change))
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
    recipe = clips_recipe({"preset": name, "stream": stream}, Context("match", (), {"frames": frames_recipe("native")}))
    backend = backend_of(recipe)
    crops, channels = backend.crops(recipe.source), backend.channels(recipe.source)
    if channels != shape[2]:
        return f"not possible, {channels}-d"
    return None if shape[1] in (1, crops) else f"not possible, {count(crops or 0, 'crop')}"


def _attempt(name: str, stream: str, halved: bool, path: Path, shape: tuple[int, ...], weights: int) -> Attempt:
    """A stream of a preset with one of so many weights; of two side by side pictures are the first half."""
    half = halves(shape[2])[stream == "flow"] if halved else None
    shown = f"{name}, {stream}" if halved or stream == "flow" else name
    choice = {"preset": name, "stream": stream, ROLES[stream]: path.name}
    return Attempt(f"{shown} ({path.name})" if weights > 1 else shown, choice, path.parent, half)
