"""Weights files are found by name, known by digest, and loaded without running their code."""

import hashlib
import os
import pickle

import pytest
import torch

from features.errors import ConfigError, WeightsError
from features.extract.devices import exact, machine_for
from features.extract.weights import find_weights, load_torch, weights_path


def test_the_first_folder_that_has_the_file_counts(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    (tmp_path / "b" / "net.pth").write_bytes(b"b")
    folders = [tmp_path / "a", tmp_path / "b"]
    weights = find_weights("net.pth", folders)
    assert (weights.name, weights.sha256) == ("net.pth", hashlib.sha256(b"b").hexdigest())
    assert weights_path(weights) == tmp_path / "b" / "net.pth"
    (tmp_path / "a" / "net.pth").write_bytes(b"a")
    assert weights_path(find_weights("net.pth", folders)) == tmp_path / "a" / "net.pth"


def test_a_file_that_changes_is_hashed_anew(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(b"one")
    before = find_weights("net.pth", [tmp_path])
    path.write_bytes(b"other")
    assert find_weights("net.pth", [tmp_path]) != before
    with pytest.raises(WeightsError, match="have changed since the plan was made"):
        weights_path(before)


def test_touching_a_file_changes_nothing(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(b"one")
    before = find_weights("net.pth", [tmp_path])
    os.utime(path, (0, 0))
    assert find_weights("net.pth", [tmp_path]) == before


@pytest.mark.parametrize(
    ("folders", "message"), [([], "name their folder under 'weights'"), (["x", "y"], "in none of .*x, .*y; put them")]
)
def test_a_file_that_is_nowhere_is_an_error_that_says_where_it_was_looked_for(tmp_path, folders, message):
    with pytest.raises(WeightsError, match=message):
        find_weights("net.pth", [tmp_path / folder for folder in folders])


@pytest.mark.parametrize("name", [None, 3, "", ["net.pth"]])
def test_what_is_no_name_is_an_error_of_the_config(tmp_path, name):
    with pytest.raises(ConfigError, match="expected the name of a file; name one, or leave weights out"):
        find_weights(name, [tmp_path])


def saved(folder, content):
    torch.save(content, folder / "net.pth")
    return find_weights("net.pth", [folder])


@pytest.mark.parametrize(
    "content",
    [{"a.weight": torch.ones(2)}, {"module.a.weight": torch.ones(2)}, {"state_dict": {"a.weight": torch.ones(2)}}],
    ids=["plain", "of several GPUs", "wrapped"],
)
def test_parameters_come_by_name(tmp_path, content):
    assert list(load_torch(saved(tmp_path, content))) == ["a.weight"]


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("harm-was-done",)


def test_code_in_a_weights_file_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.pth").write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(WeightsError, match="is not a torch file that can be read safely, or is damaged; get it anew"):
        load_torch(find_weights("net.pth", [tmp_path]))
    with pytest.raises(WeightsError, match="holds more than tensors and settings, and was not opened; export") as said:
        load_torch(saved(tmp_path, {"a": Harmful()}))
    assert "weights_only" not in str(said.value)
    assert not (tmp_path / "harm-was-done").exists()


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"PK\x03\x04 no archive"])
def test_what_is_no_torch_file_is_refused(tmp_path, content):
    (tmp_path / "net.pth").write_bytes(content)
    with pytest.raises(WeightsError, match="is not a torch file"):
        load_torch(find_weights("net.pth", [tmp_path]))


def test_what_holds_no_tensors_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="does not hold tensors by name"):
        load_torch(saved(tmp_path, {"epoch": 3}))


@pytest.fixture
def threads():
    """Restores the number of threads."""
    before, variable = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    yield
    torch.set_num_threads(before)
    os.environ["OMP_NUM_THREADS"] = variable or str(before)


def test_a_job_keeps_to_its_threads(threads):
    machine = machine_for("cpu", 1)
    assert (machine.device, torch.get_num_threads(), os.environ["OMP_NUM_THREADS"]) == ("cpu", 1, "1")


@pytest.mark.parametrize(("device", "message"), [("tpu", "there are: auto, cpu, cuda"), ("cuda:99", "sees .* GPUs")])
def test_a_device_that_is_not_there_is_an_error(device, message):
    with pytest.raises(ConfigError, match=message):
        machine_for(device, 1)


def test_networks_run_in_full_float32():
    before = torch.backends.cudnn.allow_tf32
    with exact():
        assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.allow_tf32 == before
