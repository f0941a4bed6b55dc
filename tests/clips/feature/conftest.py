"""What the tests of the feature share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.extract.clips.feature import ClipFeatures
from features.extract.feature import Machine
from features.extract.flow.imported import ImportRecipe
from features.extract.frames.recipe import FramesRecipe
from features.plan import registry
from features.plan.stages import Context
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact
from features.store.digest import artifact_key
from features.store.store import Store
from features.video.index import Index
from tests.clips.feature.tiny import VIEW
from tests.extract.conformance import ArrayVideo


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of the tests stands in the registry."""
    monkeypatch.setitem(registry.BUILTIN["clips"], "tiny", "tests.clips.feature.tiny:Tiny")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Frames as they are, and flow from each to the next, which any preset may be shown."""
    frames = FramesRecipe()
    return Context("plaza", (tmp_path,), {"frames": frames, "flow": ImportRecipe(frames=frames)})


class Film(ArrayVideo):
    """A video of given frames, at given times."""

    def __init__(self, pixels: np.ndarray, seconds: np.ndarray | None = None) -> None:
        super().__init__(pixels)
        self.path = Path("film.mp4")
        self.numbers = np.arange(self.frames)
        if seconds is not None:
            self.index = Index(**{**vars(self.index), "seconds": tuple(seconds.tolist())})


@pytest.fixture
def extract(tmp_path: Path, context: Context) -> Iterator[Callable[..., Artifact]]:
    """The artifact that a config entry makes of a film, with flow (frames - 1, 2, height, width) where it is given."""
    store = Store(tmp_path / "store", create=True)
    opened: list[Artifact] = []

    def flow_of(vectors: np.ndarray) -> Artifact:
        recipe = context.recipes["flow"]
        key = artifact_key(recipe.digest, [f"{len(opened):064x}"])
        with store.create("flow", key, recipe=recipe, inputs={}) as out:
            out.add(ArraySpec("flow", "float32", vectors.shape[1:], 1, ("frame", "component", "y", "x"), "px"))
            out.append("flow", vectors.astype(np.float32))
        opened.append(store.open("flow", key))
        return opened[-1]

    def run(
        film: Film, choice: Any = None, *, batch: int = 4, flow: np.ndarray | None = None, progress=None
    ) -> Artifact:
        recipe = ClipFeatures.recipe(choice or {"backend": "tiny", **VIEW}, context)
        film.upstream = {} if flow is None else {"flow": flow_of(flow)}
        key = artifact_key(recipe.digest, [f"{len(opened):064x}"])
        with store.create("clips", key, recipe=recipe, inputs={"source": film.digest}) as out:
            ClipFeatures(recipe, Machine(batch=batch)).extract(film, out, progress or (lambda frames: None))
        opened.append(store.open("clips", key))
        return opened[-1]

    yield run
    for artifact in opened:
        artifact.close()
