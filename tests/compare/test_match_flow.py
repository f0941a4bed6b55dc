"""features match, of features that a network made of flow."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from features.evaluate.compare import attempts, counts
from features.extract.clips import recipe
from features.extract.clips.levels import levels
from features.extract.clips.view import FlowView
from features.extract.feature import Machine
from features.extract.flow.dis import Dis, DisRecipe
from features.extract.flow.resize import working
from features.extract.frames.recipe import FramesRecipe
from tests.commands import Run
from tests.compare.conftest import FRAMES
from tests.compare.made import Network, Way
from tests.compare.small import MOVING, PLANES, write_weights
from tests.compare.test_match import matched, recipes
from tests.extract.conformance import texture

Publish = Callable[..., Path]


@pytest.fixture(autouse=True)
def moving(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """One preset, whose network sees pictures and flow."""
    for module in (recipe, attempts, counts):
        monkeypatch.setattr(module, "PRESETS", {"moving": MOVING})


def walk(seed: int, frames: int) -> np.ndarray:
    """uint8 (frames, 28, 36, 3): a texture seen through a window that wanders."""
    steps = np.random.default_rng(seed).integers(-2, 3, (frames, 2))
    steps += np.sin(np.arange(frames)[:, None] / [7, 11]).round().astype(int)
    places = steps.cumsum(axis=0)
    places -= places.min(axis=0)
    height, width = places.max(axis=0) + np.array([28, 36])
    sheet = texture(height, width, seed)
    return np.stack([sheet[top : top + 28, left : left + 36] for top, left in places])


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos in which something moves, as folders of images."""
    folder = tmp_path_factory.mktemp("walks")
    for seed, (name, frames) in enumerate(FRAMES.items()):
        (folder / name).mkdir()
        for number, picture in enumerate(walk(seed, frames)):
            Image.fromarray(picture).save(folder / name / f"{number:04}.png")
    return folder


@pytest.fixture
def weights(tmp_path: Path) -> dict[str, Path]:
    return {stream: write_weights(tmp_path / f"{stream}.pt", stream=stream) for stream in PLANES}


def shown(seed: int, frames: int, stream: str, **flow: Any) -> np.ndarray:
    """float32 (clips, planes, 16, 20, 20): what the network sees of a video, made without the pipeline."""
    pictures = walk(seed, frames)
    if stream == "rgb":
        seen = pictures[:-1].transpose(0, 3, 1, 2)
    else:
        size = working(28, 36, None, Dis.min_side, Dis.multiple)
        padded, dis = size.frames(pictures), Dis(DisRecipe(frames=FramesRecipe()), Machine())
        vectors = np.rint(size.vectors(dis.pairs(padded[:-1], padded[1:])) * 64) / 64
        seen = levels(vectors, FlowView(bound=4))
        seen = seen[:, [0, 0]] if flow.get("components") == "xx" else seen
    clips = len(seen) // 16
    cropped = seen[: clips * 16, :, 4:24, 8:28].reshape(clips, 16, -1, 20, 20).transpose(0, 2, 1, 3, 4)
    return ((cropped - 127.5) / 127.5).astype(np.float32)


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """A folder of features of these streams side by side."""

    def write(*streams: str, **flow: Any) -> Path:
        folder = tmp_path / "published"
        folder.mkdir()
        for seed, (name, frames) in enumerate(FRAMES.items()):
            given = {stream: torch.from_numpy(shown(seed, frames, stream, **flow)) for stream in streams}
            found = [Network(Way(), PLANES[stream])(clips).numpy() for stream, clips in given.items()]
            np.save(folder / f"{name}.npy", np.concatenate(found, axis=1))
        return folder

    return write


def test_features_of_flow_are_found(publish: Publish, videos: Path, weights: dict[str, Path], features: Run) -> None:
    found = matched(features, publish("flow"), "--videos", videos, "--weights", weights["flow"])
    assert recipes(found["ranking"]) == ["moving, flow"]
    assert found["ranking"][0]["cosine"] == pytest.approx(1, abs=1e-5)
    assert found["impossible"] == {}


def test_the_command_for_the_rest_asks_for_the_flow_too(
    publish: Publish, videos: Path, weights: dict[str, Path], features: Run
) -> None:
    command = matched(features, publish("flow"), "--videos", videos, "--weights", weights["flow"])["command"]
    assert "features={flow: {backend: dis}, clips: {preset: moving, stream: flow, flow_weights: flow.pt}}" in command


def test_each_half_of_two_streams_is_computed_with_its_weights(
    publish: Publish, videos: Path, weights: dict[str, Path], features: Run
) -> None:
    found = matched(features, publish("rgb", "flow"), "--videos", videos, "--weights", *weights.values())
    assert sorted(recipes(found["ranking"])) == ["moving, flow (flow.pt)", "moving, rgb (rgb.pt)"]
    assert [each["cosine"] for each in found["ranking"]] == pytest.approx([1, 1], abs=1e-5)
    assert found["impossible"] == {}


def test_a_component_that_stands_twice_is_named(
    publish: Publish, videos: Path, weights: dict[str, Path], features: Run
) -> None:
    folder = publish("flow", components="xx")
    found = matched(features, folder, "--videos", videos, "--weights", weights["flow"], "-n", "1")
    assert found["ranking"][0]["cosine"] < 0.999
    assert recipes(found["changed"])[0] == "moving, flow, flow x in place of y"
    assert found["changed"][0]["cosine"] == pytest.approx(1, abs=1e-5)


def test_flow_is_computed_as_far_as_the_clips_reach(
    publish: Publish, videos: Path, weights: dict[str, Path], features: Run, caplog: pytest.LogCaptureFixture
) -> None:
    words = ("--videos", videos, "--weights", weights["flow"], "-n", "2", "--clips", "3")
    with caplog.at_level(logging.INFO, "features"):
        found = matched(features, publish("flow"), *words)
    assert found["ranking"][0]["cosine"] == pytest.approx(1, abs=1e-5)
    assert [line for line in caplog.messages if "flow by" in line] == [
        "a: flow by dis of 49 frames",
        "b: flow by dis of 49 frames",
    ]
