"""Recipes of LBR-SPR from config entries."""

from typing import Any

import pytest

from features.errors import ConfigError
from features.extract.feature import Machine
from features.models.lbrspr.model import Lbrspr
from features.models.lbrspr.recipe import LbrsprRecipe, lbrspr_recipe
from features.store.recipe import Recipe


class CubesWithFlow(Recipe):
    kind = "cubes"
    backend = "made"
    flow: str | None = "flow"
    length: int = 5
    patch: int = 32


@pytest.mark.parametrize(
    ("dataset", "shrink_rate", "blocks", "w_raw"),
    [
        ("ucsdped1", 0.0001, (4, 1), 0.5),
        ("ucsdped2", 0.005, (1, 1), 0.5),
        ("avenue", 0.0001, (1, 1), 0.5),
        ("shanghaitech", 0.005, (1, 1), 0.1),
        ("plaza", 0.005, (1, 1), 0.5),
    ],
)
def test_each_data_set_has_its_published_settings(
    dataset: str, shrink_rate: float, blocks: tuple[int, int], w_raw: float
) -> None:
    recipe = lbrspr_recipe({"name": "lbrspr"}, dataset, CubesWithFlow())
    assert (recipe.shrink_rate, recipe.blocks, recipe.w_raw) == (shrink_rate, blocks, w_raw)
    assert (recipe.epochs, recipe.batch, recipe.warmup, recipe.self_paced) == (30, 256, 5, "mixture")


def test_what_the_config_says_wins() -> None:
    recipe = lbrspr_recipe({"name": "lbrspr", "label": "mine", "blocks": [2, 2]}, "ucsdped1", CubesWithFlow())
    assert recipe.blocks == (2, 2)


def test_flow_is_used_where_the_cubes_have_it() -> None:
    assert lbrspr_recipe({}, "ucsdped2", CubesWithFlow()).use_flow
    assert not lbrspr_recipe({}, "ucsdped2", CubesWithFlow(flow=None)).use_flow


@pytest.mark.parametrize(
    ("entry", "cubes", "message"),
    [
        ({"epoch": 3}, CubesWithFlow(), "no parameter 'epoch' .*'epochs'"),
        ({"mode": "train"}, CubesWithFlow(), "mode"),
        ({"epochs": 0}, CubesWithFlow(), "epochs"),
        ({"use_flow": True}, CubesWithFlow(flow=None), "the cubes have no flow"),
        ({}, CubesWithFlow(patch=64), "cubes of 5 frames and 32x32 pixels"),
    ],
)
def test_wrong_entries_are_refused_in_one_line(entry: dict[str, Any], cubes: Recipe, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        lbrspr_recipe(entry, "ucsdped2", cubes)


@pytest.mark.parametrize(("mode", "splits"), [("test", ("test",)), ("merge", ("train", "test"))])
def test_modes_say_what_is_trained_on_and_scored(mode: str, splits: tuple[str, ...]) -> None:
    recipe = LbrsprRecipe.model_validate({"mode": mode})
    assert Lbrspr.trains_on(recipe) == Lbrspr.scores_on(recipe) == splits
    assert Lbrspr.reads(recipe) == ("cubes",)


def test_modes_have_keys_of_their_own() -> None:
    assert LbrsprRecipe(mode="test").digest != LbrsprRecipe(mode="merge").digest


def test_device_and_threads_are_no_part_of_the_recipe() -> None:
    recipe = LbrsprRecipe()
    assert Lbrspr(recipe, Machine("cpu")).parameters.digest == recipe.digest
