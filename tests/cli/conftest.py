"""A small store for the commands to read."""

from pathlib import Path

import numpy as np
import pytest

from features.store.arrays import ArraySpec
from features.store.recipe import Recipe
from features.store.roots import Root
from features.store.store import Store
from tests.commands import Run, commands


class Dis(Recipe):
    """A recipe with one parameter."""

    kind = "flow"
    backend = "dis"

    iterations: int = 12


FIRST, SECOND, MISSING, FAILED = "11" * 32, "22" * 32, "33" * 32, "44" * 32


def put(store: Store, key: str, recipe: Recipe, source: str) -> None:
    with store.create("flow", key, recipe=recipe, inputs={"source": source}, names=[f"Test/{source}"]) as out:
        out.add(ArraySpec("flow", "int16", (2, 4, 4), scale_factor=1 / 64, units="pixel"))
        out.append("flow", np.full((3, 2, 4, 4), 64, np.int16))
        out.note(pairs=3)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Four videos: two with flow, one whose flow is missing, one whose flow failed."""
    store = Store(tmp_path / "store", create=True)
    put(store, FIRST, Dis(), "a")
    put(store, SECOND, Dis(iterations=20), "a")
    store.fail("flow", FAILED, "no frame could be decoded", name="Test/d")
    sources = [letter * 64 for letter in "abcd"]
    videos = dict(zip(("Test/a", "Test/b", "Test/c", "Test/d"), sources, strict=True))
    flow = dict(zip(sources, (FIRST, SECOND, MISSING, FAILED), strict=True))
    root = Root("mine", "user", "/p", 0.0, {"ped2": videos}, {"ped2": {"flow": flow}}, {"model": {"ped2/x": MISSING}})
    store.write_root("mine", root)
    return store


@pytest.fixture
def features(store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on that store: its exit code, its output, its errors."""
    monkeypatch.setenv("FEATURES_STORE", str(store.path))

    return commands(capsys)
