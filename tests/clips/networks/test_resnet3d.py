"""ResNet-50 I3D gives the published numbers, and reads the authors' Caffe2 files without running them."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from features.errors import WeightsError
from features.extract.clips.caffe2 import read_parameters, torch_names
from features.extract.clips.fold import fold_norms
from features.extract.clips.resnet3d import ResNet3d
from features.extract.clips.resnet_fast import FastResNet
from features.extract.clips.running import channels_last, drawn, filled
from features.extract.weights import find_weights
from tests.clips.networks.closed_form import clip, difference, parameters, sampled

GOLDEN = Path(__file__).parents[2] / "golden" / "clip_networks"
SAME = 1e-4
SMALL = ["16x112x112", "nl_16x112x112", "17x230x226"]
LARGE = ["16x224x224", "32x224x224", "nl_32x224x224"]


def network(name: str) -> ResNet3d:
    made = ResNet3d(non_local=name.startswith("nl_"))
    return filled(made, parameters(made), "closed form", "a ResNet-50 I3D")


def check(name: str, folder: Path) -> None:
    with np.load(folder / f"resnet50_{name}.npz") as arrays:
        golden = dict(arrays)
    made = network(name)
    maps = shown = clip(3, *map(int, name.removeprefix("nl_").split("x")))
    with torch.inference_mode():
        for layer, module in made.layers():
            maps = module(maps)
            if layer not in ("conv1", "bn1"):
                assert difference(*sampled(maps, golden, layer.replace("relu", "conv1"))) < SAME
        assert difference(maps.mean((2, 3, 4))[0], golden["avgpool"]) < SAME
        assert np.abs(made.fc(maps.mean((2, 3, 4)))[0].numpy() - golden["logits"]).max() < 2e-3
        fast = FastResNet(made)(shown)
        folded = channels_last(fold_norms(made), "cpu")(shown)
    for answer in (fast, folded):
        assert difference(*sampled(answer.contiguous(), golden, "layer4")) < SAME
        assert difference(answer.mean((2, 3, 4))[0], golden["avgpool"]) < SAME


@pytest.mark.parametrize("name", SMALL)
def test_every_layer_is_the_published_one_and_so_are_the_fast_vectors(name: str) -> None:
    check(name, GOLDEN)


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("name", LARGE)
def test_so_they_are_for_clips_of_224_pixels(shared: Path, name: str) -> None:
    check(name, shared / "golden/i3d")


@pytest.mark.parametrize("size", [(16, 32, 32), (10, 37, 50), (21, 64, 45)])
def test_a_batch_of_odd_sizes_gives_what_its_clips_give_alone(size: tuple[int, int, int]) -> None:
    plain = drawn(lambda: ResNet3d(non_local=True), 1)
    shown = torch.cat([clip(3, *size).roll(step, 3) for step in range(9)])
    with torch.inference_mode():
        expected = torch.cat([plain(some) for some in torch.split(shown, 1)])
        assert difference(FastResNet(plain)(shown), expected) < SAME


def test_non_local_blocks_add_exactly_the_published_parameters() -> None:
    extra = json.loads((GOLDEN / "resnet50_nl_extra_keys.json").read_text())
    plain, full = (ResNet3d(non_local).state_dict() for non_local in (False, True))
    added = {name: list(value.shape) for name, value in full.items() if name not in plain}
    assert added == extra


CAFFE2 = {
    "conv1_w": "conv1.weight",
    "res_conv1_bn_s": "bn1.weight",
    "res_conv1_bn_riv": "bn1.running_var",
    "res2_0_branch1_w": "layer1.0.downsample.0.weight",
    "res2_0_branch1_bn_rm": "layer1.0.downsample.1.running_mean",
    "res3_1_branch2a_w": "layer2.1.conv1.weight",
    "res4_5_branch2b_bn_b": "layer3.5.bn2.bias",
    "res5_2_branch2c_bn_riv": "layer4.2.bn3.running_var",
    "nonlocal_conv3_1_theta_w": "layer2.1.nl.theta.weight",
    "nonlocal_conv4_5_out_b": "layer3.5.nl.out.bias",
    "nonlocal_conv4_3_bn_s": "layer3.3.nl.bn.weight",
    "pred_w": "fc.weight",
    "pred_b": "fc.bias",
}


@pytest.mark.parametrize(("blob", "name"), CAFFE2.items())
def test_blobs_come_under_their_new_names(blob: str, name: str) -> None:
    assert torch_names({blob: 1, f"{blob}_momentum": 2, "lr": 3, "model_iter": 4}) == {name: 1}


def blob_name(name: str) -> str:
    """What Caffe2 calls a parameter: the inverse of the renaming, written independently."""
    parts = name.split(".")
    last = {"running_mean": "rm", "running_var": "riv", "bias": "b", "weight": "w"}[parts[-1]]
    norm = "bn" in parts[-2] or parts[-3:-1] == ["downsample", "1"]
    last = "s" if norm and last == "w" else last
    if not parts[0].startswith("layer"):
        return {"conv1": "conv1_", "bn1": "res_conv1_bn_", "fc": "pred_"}[parts[0]] + last
    layer, block = int(parts[0][-1]) + 1, parts[1]
    if parts[2] == "nl":
        return f"nonlocal_conv{layer}_{block}_{parts[3]}_{last}"
    branch = "1" if parts[2] == "downsample" else "2" + "abc"[int(parts[2][-1]) - 1]
    return f"res{layer}_{block}_branch{branch}{'_bn' if norm else ''}_{last}"


@pytest.mark.parametrize(("non_local", "wrapped"), [(True, True), (False, False)], ids=["non-local", "bare"])
def test_a_caffe2_file_becomes_the_network(tmp_path: Path, non_local: bool, wrapped: bool) -> None:
    made = ResNet3d(non_local)
    values = {name: value for name, value in made.state_dict().items() if not name.endswith("num_batches_tracked")}
    blobs = {blob_name(name): value.numpy() for name, value in values.items()} | {"lr": np.float32([0.1])}
    blobs["conv1_w_momentum"] = blobs["conv1_w"]
    (tmp_path / "i3d.pkl").write_bytes(pickle.dumps({"blobs": blobs} if wrapped else blobs, protocol=2))
    read = read_parameters(find_weights("i3d.pkl", [tmp_path]))
    assert set(read) == set(values)
    loaded = filled(ResNet3d(non_local), read, "i3d.pkl", "a ResNet-50 I3D")
    assert all(torch.equal(loaded.state_dict()[name], value) for name, value in values.items())


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (Evil(), "wants builtins.exec"),
        ([1, 2], "does not hold arrays by name"),
        ({"blobs": {"conv1_w": np.zeros(3)}}, "other things than float32 arrays"),
        ({"blobs": {"conv1_w": "text"}}, "other things than float32 arrays"),
    ],
    ids=["a program", "a list", "float64", "text"],
)
def test_other_pickles_are_refused(tmp_path: Path, content: object, reason: str) -> None:
    (tmp_path / "i3d.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(WeightsError, match=reason):
        read_parameters(find_weights("i3d.pkl", [tmp_path]))
