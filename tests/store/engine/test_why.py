"""Why an artifact is another: the differences of its recipe and inputs to its nearest kin."""

from pathlib import Path

import pytest

from features.store.recipe import Recipe, Weights
from features.store.store import Store
from features.store.why import Why, differences, why
from tests.store.engine.stand_ins import Smooth, key_of, put


class Network(Recipe):
    """A recipe that stands on weights and on another recipe."""

    kind = "flow"
    backend = "network"

    weights: Weights
    smooth: Smooth = Smooth()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, create=True)


def explain(store: Store, key: str, kind: str = "flow") -> Why:
    return why(store, kind, key)


def test_a_changed_parameter_is_named(store: Store) -> None:
    put(store, key_of(1), recipe=Smooth(iterations=12))
    put(store, key_of(2), recipe=Smooth(iterations=20))
    found = explain(store, key_of(2))
    assert found.kin is not None and found.kin.key == key_of(1)
    assert [str(difference) for difference in found.differences] == ["parameters.iterations: 12 -> 20"]


def test_a_changed_input_is_named_by_its_role(store: Store) -> None:
    put(store, key_of(1), inputs={"source": key_of("a"), "boxes": key_of("b")})
    put(store, key_of(2), inputs={"source": key_of("c"), "boxes": key_of("b")})
    [difference] = explain(store, key_of(2)).differences
    assert str(difference) == f"inputs.source: {key_of('a')[:12]} -> {key_of('c')[:12]}"


def test_the_nearest_kin_shares_most(store: Store) -> None:
    put(store, key_of("far"), recipe=Smooth(iterations=1, size=(1, 1)), inputs={"source": key_of("x")})
    put(store, key_of("near"), recipe=Smooth(iterations=1), inputs={"source": key_of("a")})
    put(store, key_of("this"), recipe=Smooth(iterations=2), inputs={"source": key_of("a")})
    found = explain(store, key_of("this"))
    assert (found.kin and found.kin.key, found.compared, found.others) == (key_of("near"), 2, 2)


def test_of_equally_near_kin_that_of_the_same_video_comes_first(store: Store) -> None:
    for name in ("b", "a", "c"):
        put(store, key_of(name), recipe=Smooth(iterations=ord(name)), names=[name if name != "c" else "a"])
    found = explain(store, key_of("c"))
    assert found.kin is not None and found.kin.key == key_of("a")


def test_other_kinds_are_no_kin(store: Store) -> None:
    put(store, key_of(1), kind="boxes")
    put(store, key_of(2))
    found = explain(store, key_of(2))
    assert (found.kin, found.differences, found.others) == (None, (), 0)


def test_weights_and_nested_recipes_are_named_by_path() -> None:
    one = Network(weights=Weights(name="old.pth", sha256=key_of(1)))
    two = Network(weights=Weights(name="old.pth", sha256=key_of(2)), smooth=Smooth(iterations=3))
    before, after = ({"recipe": recipe.content(), "inputs": {}} for recipe in (one, two))
    assert [difference.path for difference in differences(before, after)] == [
        "parameters.weights.sha256",
        "parameters.smooth.parameters.iterations",
    ]


def test_the_order_of_inputs_is_no_difference() -> None:
    a, b, c = key_of("a"), key_of("b"), key_of("c")
    before = {"recipe": {}, "inputs": {"cubes": [a, b]}}
    assert differences(before, {"recipe": {}, "inputs": {"cubes": [b, a]}}) == ()
    added = differences(before, {"recipe": {}, "inputs": {"cubes": [b, a, c]}})
    assert [str(difference) for difference in added] == [f"inputs.cubes[{c[:12]}]: (absent) -> {c[:12]}"]


def test_damaged_kin_are_passed_over(store: Store) -> None:
    put(store, key_of(1))
    put(store, key_of(2))
    path = store.find("flow", key_of(1))
    assert path is not None
    path.write_bytes(path.read_bytes()[:100])
    assert explain(store, key_of(2)).kin is None
