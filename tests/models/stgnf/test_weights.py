"""Checkpoints of others: read without running their code, refused in one line where they do not fit."""

import argparse
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from features.errors import WeightsError
from features.extract.weights import find_weights
from features.models.stgnf.network import Flow
from features.models.stgnf.recipe import StgnfRecipe
from features.models.stgnf.weights import load_weights, read_checkpoint
from tests.models.stgnf.closed_form import fill

RAN = []


class Hostile:
    def __reduce__(self) -> Any:
        return RAN.append, (1,)


def parameters(seg_len: int = 24) -> dict[str, torch.Tensor]:
    flow = Flow(seg_len)
    fill(flow)
    return flow.state_dict()


def prior(centre: float, seg_len: int = 24) -> dict[str, torch.Tensor]:
    mean_and_logs = torch.cat([torch.full((2, seg_len, 18), centre), torch.zeros(2, seg_len, 18)])
    return {"prior_h": torch.zeros(1, 4, seg_len, 18), "prior_h_normal": mean_and_logs}


def write(path: Path, state: dict[str, torch.Tensor]) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **{name: value.numpy() for name, value in state.items()})
    elif path.suffix == ".tar":
        torch.save({"epoch": 8, "state_dict": state, "optimizer": {}, "args": argparse.Namespace(seg_len=24)}, path)
    else:
        torch.save(state, path)
    return path


@pytest.mark.parametrize("name", ["published.tar", "state_dict.pt", "state_dict.npz"])
def test_every_published_form_is_read(tmp_path: Path, name: str) -> None:
    checkpoint = read_checkpoint(write(tmp_path / name, {**parameters(), **prior(3.0)}))
    assert checkpoint.settings == {"K": 8, "seg_len": 24, "R": 3.0}
    assert {key: value.tolist() for key, value in checkpoint.parameters.items()} == {
        key: value.tolist() for key, value in parameters().items()
    }


def test_a_file_without_prior_does_not_tell_r(tmp_path: Path) -> None:
    assert read_checkpoint(write(tmp_path / "some.pt", parameters(16))).settings == {"K": 8, "seg_len": 16}


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"seg_len": 16}, "seg_len 24, the config asks for 16"), ({"R": 10.0}, "R 3, .* for 10; set .*seg_len: 24, R: 3")],
)
def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    write(tmp_path / "some.tar", {**parameters(), **prior(3.0)})
    weights = find_weights("some.tar", [tmp_path])
    load_weights(StgnfRecipe(windows="published", weights=weights))
    with pytest.raises(WeightsError, match=message):
        load_weights(StgnfRecipe(windows="published", weights=weights, **changed))


def broken(path: Path) -> None:
    whole = write(path.with_suffix(".whole"), parameters()).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


WRONG = {
    "text.tar": (lambda path: path.write_text("no weights"), "not a torch file"),
    "half.pt": (broken, "not a torch file"),
    "text.npz": (lambda path: path.write_text("no weights"), "not an npz file"),
    "pickled.npz": (lambda path: np.savez(path, a=np.array([Hostile()], object)), "not an npz file"),
    "hostile.tar": (lambda path: torch.save({"state_dict": Hostile()}, path), "holds more than tensors and settings"),
    "plain.tar": (lambda path: path.write_bytes(pickle.dumps(Hostile())), "not a torch file"),
    "list.pt": (lambda path: torch.save([1, 2], path), "does not hold tensors by name"),
    "other.pt": (lambda path: torch.save({"a": torch.ones(2)}, path), "holds no parameters of STG-NF"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_no_checkpoint_is_refused_in_one_line_and_never_run(tmp_path: Path, name: str) -> None:
    make, message = WRONG[name]
    make(tmp_path / name)
    with pytest.raises(WeightsError, match=message) as refusal:
        read_checkpoint(tmp_path / name)
    assert "\n" not in str(refusal.value) and "weights_only" not in str(refusal.value)
    assert RAN == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flow.layers.3.extra": torch.ones(1)}, "another network: flow.layers.3.extra"),
        ({"flow.layers.0.actnorm.bias": torch.ones(2)}, r"actnorm.bias has shape \(2,\), not \(1, 2, 1, 1\)"),
        ({"flow.layers.0.actnorm.bias": torch.full((1, 2, 1, 1), np.nan)}, "no numbers"),
    ],
)
def test_a_network_of_another_shape_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        read_checkpoint(write(tmp_path / "some.pt", {**parameters(), **change}))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "seg_len", "centre"),
    [("ShanghaiTech_85_9", 24, 3.0), ("UBnormal_unsupervised_71_8", 16, 3.0), ("UBnormal_supervised_79_2", 16, 10.0)],
)
def test_the_published_files_hold_one_network_in_three_forms(
    shared: Path, name: str, seg_len: int, centre: float
) -> None:
    forms = [
        read_checkpoint(shared / "weights/stgnf" / f"{name}{end}")
        for end in (".tar", "_state_dict.pt", "_state_dict.npz")
    ]
    assert [form.settings.get("R") for form in forms] == [centre, centre, None]
    assert all(form.settings["seg_len"] == seg_len for form in forms)
    for form in forms[1:]:
        assert all(torch.equal(value, forms[0].parameters[key]) for key, value in form.parameters.items())
