from pathlib import Path

import pytest

from features.errors import ConfigError
from features.plan.config import load_config, read_config
from features.plan.stages import resolve
from features.plan.state import open_dataset


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"datset": "plaza"}, "did you mean 'dataset'"),
        ({"dataset": "plazza"}, "did you mean 'plaza'"),
        ({"features": {"flwo": "dis"}}, "did you mean 'flow'"),
        ({"models": [{"name": "lbrsrp"}]}, "did you mean 'lbrspr'"),
        ({"format": "zip"}, "config key 'format'"),
        ({"batch": 0}, "config key 'batch'"),
        ({"batch": "many"}, "found 'many'"),
        ({"retry": "everything"}, "config key 'retry'"),
        ({"only": {"plasa": {}}}, "dataset 'plasa' is not known .did you mean 'plaza'"),
        ({"only": {"plaza": {"feature": {}}}}, "key 'only.plaza.feature': not known .did you mean 'features'"),
        ({"models": [{"epochs": 3}]}, "{'epochs': 3} has no name; there are: lbrspr, stgnf, arnet"),
        ({"dataset": [1]}, r"config key 'dataset': expected text or a mapping; found \[1\]"),
        ({"features": {"flow": 3}}, "config key 'features.flow': expected text or a mapping; found 3"),
        ({"models": 3}, "config key 'models': expected a list; found 3"),
        ({"device": "gpu"}, "config key 'device': expected auto, cpu, cuda or cuda:N; found 'gpu'"),
        ({"only": {"plaza": {"models": ["stgfn"]}}}, "model 'stgfn' is not known .did you mean 'stgnf'"),
    ],
)
def test_a_wrong_config_is_refused_with_the_key_and_the_nearest_name(values: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_config(values)


def test_the_default_config_is_the_demo(project: Path) -> None:
    config = load_config(project / "config.yaml")
    assert (config.dataset_name, config.root, config.format) == ("plaza", None, "zarr")


def test_a_data_set_may_have_options() -> None:
    config = read_config({"dataset": {"name": "ucsd", "part": "ped2"}})
    assert (config.dataset_name, config.dataset_options) == ("ucsd", {"part": "ped2"})


def test_what_is_said_for_one_data_set_is_added_for_it_alone() -> None:
    only = {"plaza": {"features": {"poses": "import"}, "models": ["stgnf"]}}
    values = {"features": {"flow": "dis"}, "models": ["lbrspr"], "only": only}
    plaza, folder = (read_config({**values, "dataset": name}) for name in ("plaza", "folder"))
    assert (plaza.features, plaza.models) == (
        {"flow": "dis", "poses": "import"},
        ({"name": "lbrspr"}, {"name": "stgnf"}),
    )
    assert (folder.features, folder.models) == ({"flow": "dis"}, ({"name": "lbrspr"},))
    assert read_config(plaza.model_dump()) == plaza


def test_one_weights_folder_needs_no_list() -> None:
    assert read_config({"weights": "/some/weights"}).weights == (Path("/some/weights"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [("- a\n- b\n", "expected a mapping"), ("a: [", "not valid YAML"), ("ÿ: 1", "has no key 'ÿ'")],
)
def test_a_file_that_is_no_config_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_config(tmp_path / "config.yaml")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no config file at"):
        load_config(tmp_path / "nothing.yaml")


@pytest.mark.shared
def test_every_config_that_is_shipped_can_be_planned(project: Path, shared: Path) -> None:
    weights = (shared / "weights", shared / "data" / "ucsdped2")
    for path in (project / "config").glob("*.yaml"):
        config = load_config(path, root=shared, weights=weights)
        stages = resolve(config, open_dataset(config).name)
        assert {stage.name for stage in stages.models} == {model["name"] for model in config.models}


def test_every_config_that_is_shipped_is_valid(project: Path) -> None:
    for path in (project / "config").glob("*.yaml"):
        load_config(path)
