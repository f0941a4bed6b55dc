"""Names and what is found under them; another package adds its own by an entry point."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import numpy as np
import pytest

from features.errors import ConfigError
from features.extract.feature import Machine
from features.extract.flow.backend import PairBackend
from features.extract.flow.dis import Dis
from features.extract.flow.recipe import FlowRecipe
from features.plan import registry
from features.plan.config import read_config
from features.plan.registry import BUILTIN, find, require_name
from features.plan.stages import Context, resolve
from features.store.recipe import Recipe


class StillRecipe(FlowRecipe):
    """Flow where nothing ever moves."""

    backend: ClassVar[str] = "still"


class Still(PairBackend):
    """A backend as another package would bring it."""

    sees_colour: ClassVar[bool] = False

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> Recipe:
        return StillRecipe(**parameters)

    def __init__(self, recipe: Recipe, machine: Machine) -> None: ...

    def encode(self, frames: np.ndarray) -> Sequence[np.ndarray]:
        return list(frames)

    def match(self, first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
        return np.zeros((len(first), 2, *first[0].shape[:2]), np.float32)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, str], None]]:
    """Let an installed package have an entry point: `install(group, name, value)`."""
    installed: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda group: [point for point in installed if point.group == group])

    def add(group: str, name: str, value: str) -> None:
        installed.append(EntryPoint(name, value, f"features.{group}"))
        registry._others.cache_clear()

    yield add
    registry._others.cache_clear()


def test_an_entry_point_adds_a_backend_that_a_config_can_name(install: Callable[[str, str, str], None]) -> None:
    install("flow", "still", f"{__name__}:Still")
    flow = resolve(read_config({"features": {"flow": "still"}}), "plaza").feature("flow")
    assert flow.recipe.content()["backend"] == "still"
    assert find("flow", flow.recipe.backend) is Still


def test_a_built_in_name_cannot_be_taken(install: Callable[[str, str, str], None]) -> None:
    install("flow", "dis", f"{__name__}:Still")
    assert find("flow", "dis") is Dis


def test_an_entry_point_is_not_imported_before_it_is_used(install: Callable[[str, str, str], None]) -> None:
    install("model", "theirs", "a_package_that_is_not_here.model:Theirs")
    assert require_name("model", "theirs") == "a_package_that_is_not_here.model:Theirs"
    with pytest.raises(ModuleNotFoundError):
        find("model", "theirs")


@pytest.mark.parametrize(
    ("group", "name", "message"),
    [
        ("dataset", "Plaza", "did you mean 'plaza'"),
        ("feature", "flwo", "did you mean 'flow'"),
        ("flow", "rafft", "did you mean 'raft'"),
        ("boxes", "gradeint", "did you mean 'gradient'"),
        ("model", "lbr-spr", "did you mean 'lbrspr'"),
        ("model", "zzz", "there are: arnet, lad, lbrspr"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(group: str, name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        find(group, name)


def test_nothing_is_proposed_where_nothing_is_alike() -> None:
    with pytest.raises(ConfigError) as caught:
        find("model", "zzz")
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize(("group", "name"), [(group, name) for group, known in BUILTIN.items() for name in known])
def test_every_built_in_entry_can_be_imported(group: str, name: str) -> None:
    assert find(group, name) is not None
    assert BUILTIN[group][name].split(":")[0] in sys.modules
