"""A network as a backend of `clips`: what the networks share is here, each has a file of its own."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, ClassVar

import numpy as np

from features.errors import ConfigError
from features.extract.clips.backend import ClipBackend, ClipRows
from features.extract.clips.batches import Batch, ahead, batches
from features.extract.clips.cuts import Cuts, cuts_of
from features.extract.clips.view import CROPS, View, streams_of, view_of
from features.extract.feature import Machine, Progress, VideoInput
from features.extract.parameters import checked
from features.extract.weights import find_weights
from features.plan.refusals import only_known
from features.plan.stages import Context
from features.store.recipe import Recipe, Weights
from features.video.windows import clip_count

ROLES = {"rgb": "weights", "flow": "flow_weights"}


class NetworkRecipe(Recipe):
    """What the features of every network depend on; the recipe of each adds its own parameters.

    view          what it is shown
    weights       of the network that sees pictures; None: `seed` draws them, and the artifact says `untrained`
    flow_weights  of the network that sees flow, likewise
    """

    kind: ClassVar[str] = "clips"

    view: View
    weights: Weights | None = None
    flow_weights: Weights | None = None
    seed: int = 0


class NetworkBackend(ClipBackend):
    """One network. A subclass says which it is and what it answers; what it is shown is done here.

    parameters  its recipe
    streams     what it can see: `rgb`, `flow`
    step        frames between two vectors of one clip, each of 2 `step` frames, where `embed` gives several per clip
    shared      `Machine.batch` times as many frames go through the network together. With 8 that are two clips of 16 on
                a CPU and eight on a GPU: most networks are no faster with more, and take more memory
    """

    parameters: ClassVar[type[NetworkRecipe]]
    streams: ClassVar[tuple[str, ...]] = ("rgb",)
    step: ClassVar[int] = 8
    shared: ClassVar[int] = 8

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> NetworkRecipe:
        """The recipe for one flat mapping: parameters of the view and of the network, names of weights files."""
        what = f"clips backend {cls.parameters.backend!r}"
        own = [name for name in cls.parameters.model_fields if name != "view"]
        only_known(what, parameters, ["preset", "backend", *own, *View.model_fields])
        if wrong := [stream for stream in streams_of(parameters.get("stream", "rgb")) if stream not in cls.streams]:
            raise ConfigError(
                f"{what} sees {', '.join(cls.streams)} only, not {wrong[0]}; set stream: {cls.streams[0]}"
            )
        said = {name: parameters[name] for name in own if parameters.get(name) is not None}
        said |= {role: find_weights(said[role], context.weights) for role in ROLES.values() if role in said}
        view = view_of({name: parameters[name] for name in View.model_fields if name in parameters}, what, context)
        recipe = checked(cls.parameters, what, said | {"view": view})
        _check_weights(recipe, what)
        return recipe

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """The flow, where it sees flow."""
        assert isinstance(recipe, NetworkRecipe)
        return ("flow",) if "flow" in recipe.view.streams else ()

    @classmethod
    def crops(cls, recipe: Recipe) -> int:
        """As many as the view's order has."""
        assert isinstance(recipe, NetworkRecipe)
        return CROPS[recipe.view.crops]

    @classmethod
    def channels(cls, recipe: Recipe) -> int:
        """Those of each stream, one after the other."""
        assert isinstance(recipe, NetworkRecipe)
        return sum(cls.width(recipe, stream) for stream in recipe.view.streams)

    @classmethod
    @abstractmethod
    def width(cls, recipe: Recipe, stream: str) -> int:
        """How many numbers `embed` gives for a clip of a stream."""

    @abstractmethod
    def embed(self, stream: str, clips: np.ndarray) -> np.ndarray:
        """float32 (n, width) for float32 (n, 3 or 2, length, height, width), already normalised.

        Where the recipe asks for a vector at each step, (n, steps, width): vector j is of the frames from `step` j on.
        """

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        """A subclass loads the networks of `recipe.view.streams`."""
        assert isinstance(recipe, NetworkRecipe)
        self.settings = recipe
        self.machine = machine

    @classmethod
    def usual_clips(cls, recipe: Recipe, frames: int) -> int:
        """As many as the view cuts; at its own rate, and for a vector at each step, roughly."""
        assert isinstance(recipe, NetworkRecipe)
        view = recipe.view
        if view.length is None:
            return frames // cls.step + 1
        return clip_count(frames, view.length, view.stride, view.tail)

    def clips(self, video: VideoInput, progress: Progress) -> Iterator[ClipRows]:
        """The clips of a video, in order; the next batch is made while the network is at one."""
        view = self.settings.view
        cuts = cuts_of(view, video)
        size = self.together(cuts.length(0))
        made = Assembly(cuts, self.crops(self.settings), self.step)
        with closing(ahead(batches(view, cuts, video, size))) as coming:
            for batch in coming:
                yield from made.add(batch, self._features(batch))
                progress(batch.frames)

    def together(self, length: int) -> int:
        """How many clips of so many frames go through the network together."""
        return max(1, self.machine.batch * self.shared // length)

    def remarks(self) -> dict[str, object]:
        """The rule that says how many clips there are, and whether the weights were drawn, not trained."""
        view = self.settings.view
        drawn = any(getattr(self.settings, ROLES[stream]) is None for stream in view.streams)
        rule = {"length": view.length, "stride": view.stride, "tail": view.tail}
        return {"clip_rule": rule} | ({"untrained": True} if drawn else {})

    def _features(self, batch: Batch) -> np.ndarray:
        """float32 (rows, channels) or (rows, steps, channels): the streams side by side."""
        return np.concatenate([self.embed(stream, clips) for stream, clips in batch.inputs.items()], axis=-1)


class Assembly:
    """Features of crops, gathered to whole clips."""

    def __init__(self, cuts: Cuts, crops: int, step: int) -> None:
        self._cuts, self._crops, self._step = cuts, crops, step
        self._waiting: list[np.ndarray] = []
        self._clip = 0

    def add(self, batch: Batch, features: np.ndarray) -> Iterator[ClipRows]:
        """The clips that are complete with these rows, (rows, channels) or (rows, steps, channels)."""
        self._waiting += list(features.reshape(len(batch.rows), -1, features.shape[-1]))
        several = features.ndim == 3
        while len(self._waiting) >= self._crops:
            yield self._rows(np.stack(self._waiting[: self._crops], axis=1), several)
            del self._waiting[: self._crops]

    def _rows(self, features: np.ndarray, several: bool) -> ClipRows:
        """The clip of (steps, crops, channels), as one row or as a row for each step."""
        count = 2 * self._step if several else None
        places = [self._cuts.place(self._clip, step * self._step, count) for step in range(len(features))]
        self._clip += 1
        start, stop, valid = np.array(places, np.int64).T
        return ClipRows(features, start, stop, valid)


def _check_weights(recipe: NetworkRecipe, what: str) -> None:
    """Raise ConfigError for weights of a stream that is not shown, and for one of two streams without."""
    for stream, role in ROLES.items():
        if stream not in recipe.view.streams and getattr(recipe, role) is not None:
            raise ConfigError(f"{what}: {role} are given, but it is shown no {stream}; set stream: both, or leave them")
    given = {role for role in ROLES.values() if getattr(recipe, role) is not None}
    if recipe.view.stream == "both" and len(given) == 1:
        lacking = ({*ROLES.values()} - given).pop()
        raise ConfigError(f"{what} is shown both streams and has no {lacking}; name them, or choose one stream")
