"""What the tests of match and diff share."""

from pathlib import Path

import pytest

from features.evaluate.compare import attempts, counts
from features.extract.clips import recipe
from features.plan import registry
from tests.commands import Run, commands
from tests.compare.small import known_presets, write_film, write_weights

FRAMES = {"a": 100, "b": 133, "c": 192}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small network and its presets in the place of the published ones."""
    for name in ("Small", "Moving", "Wide"):
        monkeypatch.setitem(registry.BUILTIN["clips"], name.lower(), f"tests.compare.small:{name}")
    presets = known_presets()
    for module in (recipe, attempts, counts):
        monkeypatch.setattr(module, "PRESETS", presets)


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three videos."""
    folder = tmp_path_factory.mktemp("videos")
    for seed, (name, frames) in enumerate(FRAMES.items()):
        write_film(folder / name, seed, frames)
    return folder


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of the small network."""
    return write_weights(tmp_path_factory.mktemp("weights") / "small.pt")


@pytest.fixture
def features(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command: its exit code, its output, its errors."""
    return commands(capsys)
