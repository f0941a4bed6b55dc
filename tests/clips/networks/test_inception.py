"""Inception I3D gives the published numbers, in each of its forms, with the file names of each lineage."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from features.extract.clips.inception import FORMS, Inception, Variant, pooled
from features.extract.clips.inception_fast import FastInception
from features.extract.clips.inception_names import slash_names
from features.extract.clips.running import filled
from tests.clips.networks.closed_form import clip, difference, parameters, sampled

GOLDEN = Path(__file__).parents[2] / "golden" / "clip_networks"
SAME = 1e-4  # as the README of the golden numbers says
INPUTS = ["rgb_16x112x112", "flow_16x112x112", "rgb_17x130x115"]
LARGE = ["rgb_10x224x224", "rgb_16x224x224", "rgb_21x224x224"]


def published(name: str, folder: Path = GOLDEN) -> dict[str, np.ndarray]:
    with np.load(folder / f"inception_{name}.npz") as arrays:
        return dict(arrays)


@pytest.fixture(autouse=True, scope="module")
def networks_that_go_with_this_module() -> Iterator[None]:
    yield
    network.cache_clear()


# Few at a time: a network and what its fast form has prepared take a third of a gigabyte.
@lru_cache(maxsize=2)
def network(channels: int, variant: Variant) -> tuple[Inception, FastInception]:
    made = Inception(channels, variant)
    filled(made, parameters(made), "closed form", "an Inception")
    return made, FastInception(made)


def channels(name: str) -> int:
    return 2 if name.startswith("flow") else 3


def given(name: str) -> torch.Tensor:
    return clip(channels(name), *map(int, name.partition("_")[2].split("x")))


def plain(name: str, variant: Variant) -> Inception:
    return network(channels(name), variant)[0]


def fast(name: str, variant: Variant) -> FastInception:
    return network(channels(name), variant)[1]


@pytest.mark.parametrize("variant", FORMS)
@pytest.mark.parametrize("name", INPUTS)
def test_every_layer_is_the_published_one(name: str, variant: Variant) -> None:
    golden, maps = published(name), given(name)
    with torch.inference_mode():
        for layer, module in plain(name, variant).layers():
            maps = module(maps)
            assert difference(*sampled(maps, golden, f"{variant}/{layer}")) < SAME
    assert difference(maps.mean((2, 3, 4))[0], golden[f"{variant}/Mixed_5c/mean_thw"]) < SAME
    assert difference(maps.mean((3, 4))[0], golden[f"{variant}/Mixed_5c/mean_hw"]) < SAME


@pytest.mark.parametrize("variant", FORMS)
@pytest.mark.parametrize("name", INPUTS)
def test_the_fast_form_gives_the_published_maps(name: str, variant: Variant) -> None:
    golden = published(name)
    with torch.inference_mode():
        maps = fast(name, variant)(given(name))
    assert difference(*sampled(maps.contiguous(), golden, f"{variant}/Mixed_5c")) < SAME
    assert difference(maps.mean((2, 3, 4))[0], golden[f"{variant}/Mixed_5c/mean_thw"]) < SAME


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("variant", FORMS)
@pytest.mark.parametrize("name", LARGE)
def test_so_it_does_for_clips_of_224_pixels(shared: Path, name: str, variant: Variant) -> None:
    golden = published(name, shared / "golden/i3d")
    with torch.inference_mode():
        answers = plain(name, variant)(given(name)), fast(name, variant)(given(name))
    for maps in answers:
        assert difference(*sampled(maps.contiguous(), golden, f"{variant}/Mixed_5c")) < SAME
        assert_heads(maps, golden, variant, name)


@pytest.mark.parametrize("variant", FORMS)
def test_vectors_and_logits_are_the_published_ones(variant: Variant) -> None:
    name = "rgb_10x224x224"
    with torch.inference_mode():
        assert_heads(fast(name, variant)(given(name)), published(name), variant, name)


@torch.inference_mode()
def assert_heads(maps: torch.Tensor, golden: dict[str, np.ndarray], variant: Variant, name: str) -> None:
    steps = pooled(maps, "steps")
    logits = plain(name, variant).logits(steps)
    assert difference(steps[0].T, golden[f"{variant}/avg_pool_2x7x7"][:, :, 0, 0]) < SAME
    expected = golden.get(f"{variant}/logits_mean")
    if expected is None:
        expected = golden[f"{variant}/logits_per_time"].mean(1)
    assert np.abs(logits.mean(1)[0].numpy() - expected).max() < 2e-3
    if f"{variant}/features" in golden:
        assert difference(steps.mean(1)[0], golden[f"{variant}/features"]) < SAME


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("variant", ["slash", "port_old"])
def test_of_long_clips_each_step_is_an_average_of_two(shared: Path, variant: Variant) -> None:
    name = "rgb_64x224x224"
    with torch.inference_mode():
        maps = fast(name, variant)(given(name))
    steps = pooled(maps, "steps")
    assert steps.shape == (1, 7, 1024)
    assert_heads(maps, published(name, shared / "golden/i3d"), variant, name)
    # End steps of the maps are in one average, the others in two: not the mean of all positions.
    assert difference(steps.mean(1), pooled(maps, "mean")[:, 0]) > 0.02


def test_the_copy_with_a_layer_argument_is_the_old_port() -> None:
    golden = published("rgb_16x112x112")
    layers = [name.partition("/")[2] for name in golden if name.startswith("port_feature_layer/")]
    assert layers
    for layer in layers:
        assert np.array_equal(golden[f"port_feature_layer/{layer}"], golden[f"port_old/{layer}"])


def test_parameters_of_the_port_come_under_their_new_names() -> None:
    keys: dict[str, Any] = json.loads((GOLDEN / "inception_keys_port.json").read_text())
    renamed = slash_names({name: entry["other_lineage_key"] for name, entry in keys.items()})
    assert all(name == expected for name, expected in renamed.items())
    assert set(renamed) == set(Inception(3, "slash").state_dict())


def test_names_that_are_new_stay() -> None:
    names = dict.fromkeys(Inception(2, "slash").state_dict())
    assert slash_names(names) == names


@pytest.mark.parametrize("variant", FORMS)
@pytest.mark.parametrize("size", [(16, 32, 32), (9, 47, 64), (5, 33, 50), (23, 61, 39), (2, 32, 32)])
def test_the_fast_form_is_the_plain_one_for_odd_sizes(variant: Variant, size: tuple[int, int, int]) -> None:
    plain, fast = network(3, variant)
    with torch.inference_mode():
        shown = torch.cat([clip(3, *size), clip(3, *size).flip(3)])
        assert difference(fast(shown), plain(shown)) < SAME


def test_a_batch_gives_what_its_clips_give_alone() -> None:
    _, fast = network(3, "slash")
    shown = torch.cat([clip(3, 16, 64, 64).roll(step, 3) for step in range(10)])
    with torch.inference_mode():
        alone = torch.cat([fast(some) for some in shown.split(1)])
        assert difference(fast(shown), alone) < 1e-5


@pytest.mark.parametrize("found", ["2 x 4 x 4", "1 x 7 x 7"])
def test_the_window_takes_no_other_maps_than_its_own(found: str) -> None:
    steps, high, wide = map(int, found.split(" x "))
    with pytest.raises(ValueError, match=f"maps of {found}"):
        pooled(torch.zeros(1, 1024, steps, high, wide), "window")


def test_a_single_frame_is_too_short_for_the_old_port() -> None:
    with pytest.raises(ValueError, match="1 where 2 are needed"):
        network(3, "port_old")[0](torch.zeros(1, 3, 1, 32, 32))
