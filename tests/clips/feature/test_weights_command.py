"""`features weights verify`: features of a sample video against published ones."""

import json

import cv2
import numpy as np
import pytest

from features.cli import main
from features.errors import ConfigError, WeightsError
from features.extract.clips.compute import computer
from features.extract.clips.references import REFERENCES, VIDEO, Reference, compared, recipe_of, verify
from features.extract.feature import Machine
from tests.clips.feature.tiny import VIEW


@pytest.fixture
def reference(tmp_path, monkeypatch):
    """A folder with a sample video and the features that the tiny network gave of it when it was published."""
    monkeypatch.setitem(REFERENCES, "tiny", Reference("tiny.pt", {"backend": "tiny", **VIEW}, "tiny.npz"))
    (tmp_path / "tiny.pt").write_bytes(b"numbers")
    out = cv2.VideoWriter(str(tmp_path / VIDEO), cv2.VideoWriter.fourcc(*"mp4v"), 25, (64, 48))
    for number in range(9):
        out.write(np.full((48, 64, 3), 20 * number, np.uint8))
    out.release()
    np.savez(tmp_path / "tiny.npz", rgb=np.zeros((2, 9), np.float32))
    np.savez(tmp_path / "tiny.npz", rgb=published(tmp_path))
    return tmp_path


def published(folder) -> np.ndarray:
    return computer(recipe_of(REFERENCES["tiny"], folder), Machine())(folder / VIDEO).features[:, 0]


def command(folder, *words):
    return main(["weights", "verify", "tiny", "--weights", str(folder), "--reference", str(folder), *words])


def test_the_same_weights_give_the_published_features(reference, capsys):
    assert command(reference) == 0
    assert "tiny: 2 clips, smallest cosine 1.000000, largest difference 0 where" in capsys.readouterr().out


def test_other_weights_do_not(reference, capsys):
    np.savez(reference / "tiny.npz", rgb=published(reference) + np.linspace(0, 1, 9, dtype=np.float32))
    assert command(reference, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["same"] and found["largest"] == pytest.approx(1, abs=1e-6) and found["cosine"] < 1


def test_another_number_of_clips_is_said(reference, capsys):
    np.savez(reference / "tiny.npz", rgb=np.zeros((5, 9), np.float32))
    assert command(reference) == 1
    assert "tiny: 2 clips, published are 5: another recipe or another video" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "lost", "error", "message"),
    [
        ("tinny", None, ConfigError, r"no reference for weights 'tinny' \(did you mean 'tiny'\?\)"),
        ("tiny", "tiny.pt", WeightsError, "weights 'tiny.pt' are in none of"),
        ("tiny", VIDEO, ConfigError, f"{VIDEO} is not there; name the folder of the reference features"),
        ("tiny", "tiny.npz", ConfigError, "tiny.npz is not there"),
    ],
)
def test_what_is_missing_is_named(reference, name, lost, error, message):
    if lost:
        (reference / lost).unlink()
    with pytest.raises(error, match=message):
        verify(name, reference, reference, Machine())


def test_features_without_any_value_are_compared_too():
    assert compared("i3d_rgb", np.zeros((1, 4)), np.zeros((1, 4))).largest == 0
