"""Training and scoring into a store, as the tests of every model do it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from features.extract.feature import Machine
from features.models.base import Features, Model
from features.store.artifact import Artifact
from features.store.recipe import Recipe
from features.store.store import Store


class Stop(Exception):
    """A training that was stopped."""


def train(
    model: type[Model],
    store: Store,
    key: str,
    recipe: Recipe,
    videos: Sequence[Features],
    resume: Path,
    stop_after: int | None = None,
) -> Artifact:
    """Train under a key of 64 times the letter `key`; raises Stop once `stop_after` epochs, or steps, were told of."""
    resume.mkdir(exist_ok=True)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if stop_after is not None and sum("epoch" in line or "step" in line for line in said) == stop_after:
            raise Stop

    with store.create("model", key * 64, recipe=recipe, inputs={}) as out:
        model(recipe, Machine()).train(videos, out, resume, say)
    return store.open("model", key * 64)


def score(
    model: type[Model], store: Store, key: str, trained: Artifact, recipe: Recipe, videos: Sequence[Features]
) -> Artifact:
    """Score under a key of 64 times the letter `key`."""
    with store.create("scores", key * 64, recipe=recipe, inputs={}) as out:
        model(recipe, Machine()).score(trained, videos, out, lambda line: None)
    return store.open("scores", key * 64)


def assert_equal(one: Artifact, other: Artifact) -> None:
    assert one.names == other.names
    for name in one.names:
        np.testing.assert_array_equal(one[name][:], other[name][:], err_msg=name)
