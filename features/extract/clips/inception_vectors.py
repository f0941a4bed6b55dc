"""Inception I3D as a function from clips to vectors, on whichever device."""

from torch import Tensor

from features.errors import WeightsError
from features.extract.clips.fold import fold_norms
from features.extract.clips.i3d import CLASSES, I3dRecipe
from features.extract.clips.inception import Inception, pooled
from features.extract.clips.inception_fast import FastInception
from features.extract.clips.inception_names import slash_names
from features.extract.clips.running import Divided, Running, channels_last, drawn, filled
from features.extract.weights import load_torch
from features.store.recipe import Weights

CHANNELS = {"rgb": 3, "flow": 2}


def vectors(recipe: I3dRecipe, stream: str, weights: Weights | None, device: str) -> Running:
    """float32 (n, width), or (n, steps, width) with pooling `steps`, for clips (n, channels, t, h, w).

    Raises WeightsError for a file of another network.
    """
    network = _network(recipe, CHANNELS[stream], weights)
    # Folding happens in place and leaves the classifier, which has no norm.
    maps = Divided(FastInception(network)) if device == "cpu" else channels_last(fold_norms(network), device)

    def embed(clips: Tensor) -> Tensor:
        steps = pooled(maps(clips), recipe.pooling)
        answer: Tensor = network.logits(steps) if recipe.layer == "logits" else steps
        return answer if recipe.pooling == "steps" else answer.mean(1)

    return Running(embed, device)


def _network(recipe: I3dRecipe, channels: int, weights: Weights | None) -> Inception:
    if weights is None:
        return drawn(lambda: Inception(channels, recipe.variant), recipe.seed)
    parameters = slash_names(load_torch(weights))
    classes = len(parameters["logits.conv3d.bias"]) if "logits.conv3d.bias" in parameters else CLASSES
    if recipe.layer == "logits" and classes != CLASSES:
        raise WeightsError(
            f"{weights.name} knows {classes} classes, logits are of Kinetics' {CLASSES}; use another file"
        )
    what = f"an Inception I3D network for {channels} channels"
    return filled(Inception(channels, recipe.variant, classes), parameters, weights.name, what)
