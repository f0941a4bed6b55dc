"""Every network as a backend: recipes, weights files, widths, seeds, and what is said where a file does not fit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from features.errors import ConfigError, PackageMissing, SourceError, WeightsError
from features.extract.clips import image_text
from features.extract.clips.inception import Inception
from features.extract.clips.network import NetworkBackend
from features.extract.clips.recipe import ClipsRecipe, clips_recipe
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.plan.registry import find
from features.plan.stages import Context
from tests.clips.networks.closed_form import clip, difference

WIDTHS = {
    "urdmu": ("i3d", 1024, (16, 224, 224)),
    "deepmind": ("i3d", 400, (16, 224, 224)),
    "mist": ("i3d", 1024, (16, 64, 85)),
    "rtfm": ("resnet50-i3d", 2048, (16, 64, 64)),
    "r2plus1d": ("r2plus1d", 512, (16, 48, 48)),
    "s3d": ("s3d", 1024, (16, 224, 224)),
    "clip": ("clip", 512, (1, 224, 224)),
}


def recipe(choice: Any, folder: Path | None = None) -> ClipsRecipe:
    return clips_recipe(choice, Context("plaza", (folder,) if folder else (), {"frames": FramesRecipe()}))


def backend(choice: Any, folder: Path | None = None) -> NetworkBackend:
    made = recipe(choice, folder)
    network: NetworkBackend = find("clips", made.source.backend)(made.source, Machine())
    return network


def shown(size: tuple[int, int, int], channels: int = 3) -> np.ndarray:
    return clip(channels, *size).numpy()


@pytest.mark.parametrize("preset", WIDTHS)
def test_a_clip_becomes_a_vector_of_the_promised_width(preset: str) -> None:
    name, width, size = WIDTHS[preset]
    network = backend(preset)
    vectors = network.embed("rgb", shown(size))
    assert network.settings.backend == name
    assert vectors.shape == (1, width)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all() and vectors.std() > 0
    assert network.remarks()["untrained"] is True


@pytest.mark.parametrize("choice", [{"preset": "mist"}, {"preset": "rtfm", "non_local": True}], ids=["i3d", "resnet50"])
def test_a_seed_draws_the_same_network_again_and_another_another(choice: dict[str, Any]) -> None:
    first, again, other = (backend({**choice, "seed": seed}).embed("rgb", shown((16, 32, 32))) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert difference(other, first) > 0.1


def test_drawing_a_network_leaves_torchs_own_stream_as_it_was() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    backend("mist")
    assert torch.rand(1) == expected


def test_steps_are_as_many_as_windows_fit() -> None:
    network = backend("piergiaj")
    steps = network.embed("rgb", shown((24, 224, 224)))
    assert steps.shape == (1, 2, 1024)
    mean = backend({"preset": "piergiaj", "pooling": "window"}).embed("rgb", shown((24, 224, 224)))
    assert difference(steps.mean(1), mean) < 1e-6


def test_both_streams_have_networks_of_their_own() -> None:
    choice = {"preset": "arnet-fixed", "pooling": "mean"}
    context = Context("plaza", (), {"frames": FramesRecipe()})
    made = clips_recipe(choice, context)
    network = find("clips", "i3d")(made.source, Machine())
    assert network.channels(made.source) == 2048
    assert network.embed("flow", shown((16, 32, 32), channels=2)).shape == (1, 1024)
    assert network.embed("rgb", shown((16, 32, 32))).shape == (1, 1024)


def test_pictures_of_another_size_than_the_window_takes_are_refused() -> None:
    with pytest.raises(SourceError, match=r"16 frames of 112 x 112 end in maps of 2 x 4 x 4.*set pooling: mean"):
        backend("urdmu").embed("rgb", shown((16, 112, 112)))


def saved(folder: Path, content: dict[str, Any], name: str = "i3d.pt") -> dict[str, str]:
    torch.save(content, folder / name)
    return {"preset": "mist", "weights": name}


@pytest.fixture(scope="module")
def parameters() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return Inception(3, "slash").state_dict()


@pytest.mark.parametrize("prefix", ["", "module."], ids=["plain", "from DataParallel"])
def test_a_file_is_the_network(tmp_path: Path, parameters: dict[str, Tensor], prefix: str) -> None:
    choice = saved(tmp_path, {f"{prefix}{name}": value for name, value in parameters.items()})
    network = backend(choice, tmp_path)
    plain = Inception(3, "port_head").eval()
    plain.load_state_dict(parameters)
    with torch.inference_mode():
        expected = plain(clip(3, 16, 32, 32)).mean((2, 3, 4))
    assert difference(network.embed("rgb", shown((16, 32, 32))), expected) < 1e-4
    assert "untrained" not in network.remarks()


def test_a_file_without_batch_counters_is_the_network_too(tmp_path: Path, parameters: dict[str, Tensor]) -> None:
    without = {name: value for name, value in parameters.items() if not name.endswith("num_batches_tracked")}
    backend(saved(tmp_path, without), tmp_path)


def test_a_file_with_other_classes_gives_features_but_no_logits(tmp_path: Path, parameters: dict[str, Tensor]) -> None:
    few = {name: value[:157] if name.startswith("logits") else value for name, value in parameters.items()}
    choice = saved(tmp_path, few)
    assert backend(choice, tmp_path).embed("rgb", shown((16, 32, 32))).shape == (1, 1024)
    with pytest.raises(WeightsError, match=r"i3d\.pt knows 157 classes"):
        backend({**choice, "layer": "logits"}, tmp_path)


def test_weights_of_flow_are_not_those_of_pictures(tmp_path: Path) -> None:
    choice = saved(tmp_path, Inception(2, "slash").state_dict())
    with pytest.raises(WeightsError, match=r"i3d.pt is not an Inception I3D network for 3 channels.*size mismatch"):
        backend(choice, tmp_path)


@pytest.mark.parametrize("preset", ["rtfm", "r2plus1d", "s3d"])
def test_weights_of_another_network_are_refused(tmp_path: Path, parameters: dict[str, Tensor], preset: str) -> None:
    saved(tmp_path, parameters)
    with pytest.raises(WeightsError, match=r"i3d\.pt is not (a|torchvision's) .*Missing key"):
        backend({"preset": preset, "weights": "i3d.pt"}, tmp_path)


def test_clip_reads_the_image_encoder_of_a_whole_network(tmp_path: Path) -> None:
    encoder = image_text._encoder("ViT-B-32-quickgelu")
    whole = {f"visual.{name}": value.half() for name, value in encoder.state_dict().items()}
    torch.save(whole | {"logit_scale": torch.ones(())}, tmp_path / "vit.pt")
    network = backend({"preset": "clip", "weights": "vit.pt"}, tmp_path)
    pictures = shown((3, 224, 224))
    with torch.inference_mode():
        expected = encoder(torch.from_numpy(pictures[0]).transpose(0, 1)).mean(0)
    assert difference(network.embed("rgb", pictures)[0], expected) < 1e-2


def test_clip_says_that_a_file_has_no_image_encoder(tmp_path: Path, parameters: dict[str, Tensor]) -> None:
    saved(tmp_path, parameters)
    with pytest.raises(WeightsError, match=r"i3d\.pt has no image encoder"):
        backend({"preset": "clip", "weights": "i3d.pt"}, tmp_path)


def test_clip_says_that_open_clip_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_text, "find_spec", lambda name: None)
    with pytest.raises(PackageMissing, match="open_clip is not installed"):
        backend("clip")


def test_missing_weights_are_said_when_the_recipe_is_made(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"'i3d_rgb\.pt' are in none of"):
        recipe({"preset": "urdmu", "weights": "i3d_rgb.pt"}, tmp_path)


def test_a_parameter_of_another_network_is_refused() -> None:
    with pytest.raises(ConfigError, match="'r2plus1d' has no parameter 'variant'"):
        recipe({"preset": "r2plus1d", "variant": "slash"})


@pytest.mark.parametrize("choice", ["mist", "rtfm"])
@pytest.mark.parametrize("clips", [1, 2, 5])
def test_threads_divide_the_clips_and_change_no_number(choice: str, clips: int) -> None:
    network = backend(choice)
    given = np.concatenate([np.roll(shown((16, 32, 32)), step, 4) for step in range(clips)])
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        expected = network.embed("rgb", given)
        torch.set_num_threads(3)
        divided = network.embed("rgb", given)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert difference(divided, expected) < 1e-5
