"""From a config to recipes: what stands on what, and every parameter written out."""

from typing import Any

import pytest

from features.errors import ConfigError
from features.plan.config import read_config
from features.plan.evaluation import evaluation_recipe
from features.plan.stages import Stages, feature_inputs, resolve
from features.store.digest import artifact_key
from features.store.recipe import Recipe

FEATURES = {"flow": "dis", "boxes": "motion", "cubes": "lbrspr"}


def stages(features: Any = FEATURES, models: Any = ()) -> Stages:
    return resolve(read_config({"features": features, "models": list(models)}), "plaza")


@pytest.mark.parametrize(
    ("features", "models", "message"),
    [
        ({"cubes": "lbrspr"}, [], "cubes stands on boxes; add it below 'features'"),
        ({"flow": "dis", "cubes": "lbrspr"}, [], "cubes stands on boxes"),
        ({"boxes": "motion", "cubes": {"with_flow": True}}, [], "cubes stands on flow"),
        ({"boxes": {"motion": "flow"}}, [], "stands on flow; add 'flow' below 'features'"),
        ({"flow": "dis"}, [{"name": "lbrspr"}], "model lbrspr stands on cubes"),
    ],
)
def test_what_is_stood_on_but_not_asked_for_is_named(features: Any, models: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        stages(features, models)


@pytest.mark.parametrize("labels", [({}, {}), ({"label": "a"}, {"label": "a"}), ({"label": "lbrspr"}, {})])
def test_two_models_of_one_label_are_refused(labels: tuple[dict, dict]) -> None:
    models = [{"name": "lbrspr", "seed": seed, **label} for seed, label in enumerate(labels)]
    with pytest.raises(ConfigError, match=r"two models are called .* give each a 'label'"):
        stages(models=models)


def test_models_of_one_name_stand_beside_each_other_under_their_labels() -> None:
    found = stages(models=[{"name": "lbrspr"}, {"name": "lbrspr", "label": "other seed", "seed": 1}])
    assert [stage.label for stage in found.models] == ["lbrspr", "other seed"]
    assert found.model("other seed").recipe.digest != found.model("lbrspr").recipe.digest


def test_models_that_differ_by_their_seed_alone_are_known_by_it() -> None:
    found = stages(models=[{"name": "lbrspr", "label": label, **more} for label, more in {
        "one": {}, "two": {"seed": 1}, "other": {"seed": 1, "epochs": 2},
    }.items()])  # fmt: skip
    one, two, other = (stage.recipe.unseeded for stage in found.models)
    assert one == two != other


@pytest.mark.parametrize("ask", [lambda found: found.feature("frames"), lambda found: found.model("stgnf")])
def test_a_stage_that_the_config_does_not_ask_for_is_refused(ask: Any) -> None:
    with pytest.raises(ConfigError, match="the config has no"):
        ask(stages())


def test_features_come_in_the_order_in_which_they_are_computed_whatever_the_order_of_the_config() -> None:
    assert stages(dict(reversed(FEATURES.items()))).kinds == ("flow", "boxes", "cubes")


@pytest.mark.parametrize("frames", ["native", "lossless", "jpeg", {"every": 2}])
def test_every_field_of_every_recipe_is_written_out(frames: Any) -> None:
    found = stages({"frames": frames, **FEATURES}, [{"name": "lbrspr"}])
    for recipe in [*found.recipes.values(), *(stage.recipe for stage in found.models)]:
        assert_written_out(recipe, recipe.content())


def assert_written_out(recipe: Recipe, content: dict[str, Any]) -> None:
    assert content["kind"] == recipe.kind
    assert content["version"] == recipe.version
    assert content["parameters"].keys() == type(recipe).model_fields.keys()
    for name in type(recipe).model_fields:
        value = getattr(recipe, name)
        if isinstance(value, Recipe):
            assert_written_out(value, content["parameters"][name])


def test_a_default_that_is_said_is_the_same_recipe() -> None:
    said = stages({"frames": {"policy": "native", "codec": "none"}, "flow": {"backend": "dis", "quality": "medium"},
                   "boxes": "motion", "cubes": {"preset": "lbrspr", "patch": 32}})  # fmt: skip
    assert {k: r.digest for k, r in said.recipes.items()} == {k: r.digest for k, r in stages().recipes.items()}


def test_keys_follow_from_the_source_and_the_keys_that_are_read() -> None:
    found = stages()
    keys = found.keys("ab" * 32, {})
    cubes = found.feature("cubes")
    assert set(cubes.reads) == {"flow", "boxes"}
    assert keys["cubes"] == artifact_key(cubes.recipe.digest, ["ab" * 32, keys["flow"], keys["boxes"]])
    assert feature_inputs(cubes, "ab" * 32, {}, keys) == {
        "source": "ab" * 32,
        "boxes": keys["boxes"],
        "flow": keys["flow"],
    }


def test_the_digest_of_a_published_file_enters_the_keys_of_what_reads_it_alone() -> None:
    found = stages({"flow": "dis", "poses": "import", "tracks": "import"})
    assert found.roles == ("poses",)
    one, other = (found.keys("ab" * 32, {"poses": digest * 32}) for digest in ("01", "02"))
    assert one["flow"] == other["flow"]
    assert {kind for kind in one if one[kind] != other[kind]} == {"poses", "tracks"}
    assert feature_inputs(found.feature("poses"), "ab" * 32, {"poses": "01" * 32}, one) == {
        "source": "ab" * 32,
        "published poses": "01" * 32,
    }


def test_frames_that_are_not_stored_are_no_stage_and_still_a_recipe() -> None:
    found = stages()
    assert "frames" not in found.kinds
    assert "frames" in found.recipes


def test_no_model_bears_the_name_of_a_baseline_that_stands_beside_it() -> None:
    found = stages(FEATURES, [{"name": "lbrspr", "label": "widest box"}])
    with pytest.raises(ConfigError, match="a model is called 'widest box' as a baseline is; give it another 'label'"):
        evaluation_recipe(read_config({}), found, ())
