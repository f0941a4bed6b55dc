"""RAFT driven for video gives the numbers of the model it is made from."""

from copy import deepcopy

import numpy as np
import pytest
import torch

from features.extract.feature import Machine
from features.extract.flow.checkpoint import torchvision_names
from features.extract.flow.layers import Pointwise, Square
from features.extract.flow.network import Encoded, Raft
from features.extract.flow.raft import Raft as Backend
from features.extract.flow.recipe import flow_recipe
from features.extract.flow.resize import working
from features.extract.frames.recipe import FramesRecipe
from features.plan.stages import Context
from tests.extract.conformance import panned


def images(count, height=128, width=144):
    pixels = torch.from_numpy(panned(count, height, width, (2, 1))).permute(0, 3, 1, 2)
    return pixels.float() / 127.5 - 1


@pytest.mark.parametrize("fast", [False, True], ids=["plain convolutions", "fast convolutions"])
@pytest.mark.parametrize("size", ["small", "large"])
def test_pairs_of_a_video_are_as_torchvision_computes_them_one_by_one(size, fast):
    torch.manual_seed(1)
    network = Raft(size)
    published = deepcopy(network.model)
    if fast:
        network.accelerate()
    frames = images(4)
    with torch.inference_mode():
        encoded = network.encode(frames).split()
        flow = network(Encoded.join(encoded[:-1]), torch.cat([frame.features for frame in encoded[1:]]), 4)
        expected = torch.cat([published(frames[i : i + 1], frames[i + 1 : i + 2], 4)[-1] for i in range(3)])
    assert expected.abs().max() > 0.1
    assert (flow - expected).abs().max() < 1e-4


@pytest.mark.parametrize("size", [(4, 4), (5, 6), (7, 9), (16, 21)])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("faster", "conv"),
    [
        (Square, {"kernel_size": 3, "padding": 1}),
        (Pointwise, {"kernel_size": 1}),
        (Pointwise, {"kernel_size": 1, "stride": 2}),
    ],
    ids=["3x3", "1x1", "every other pixel"],
)
def test_the_fast_convolution_is_the_convolution(faster, conv, size, bias):
    torch.manual_seed(2)
    plain = torch.nn.Conv2d(5, 7, bias=bias, **conv)
    image = torch.randn(2, 5, *size)
    with torch.inference_mode():
        assert torch.allclose(faster(plain)(image), plain(image), atol=1e-5)


PUBLISHED = {
    "module.fnet.conv1.weight": "feature_encoder.convnormrelu.0.weight",
    "module.fnet.layer2.0.conv3.bias": "feature_encoder.layer2.0.convnormrelu3.0.bias",
    "module.cnet.norm1.running_mean": "context_encoder.convnormrelu.1.running_mean",
    "module.cnet.layer1.1.norm2.weight": "context_encoder.layer1.1.convnormrelu2.1.weight",
    "module.cnet.layer3.0.downsample.1.weight": "context_encoder.layer3.0.downsample.1.weight",
    "module.cnet.conv2.weight": "context_encoder.conv.weight",
    "module.update_block.encoder.convc2.weight": "update_block.motion_encoder.convcorr2.0.weight",
    "module.update_block.encoder.convf1.bias": "update_block.motion_encoder.convflow1.0.bias",
    "module.update_block.encoder.conv.bias": "update_block.motion_encoder.conv.0.bias",
    "module.update_block.gru.convz.weight": "update_block.recurrent_block.convgru1.convz.weight",
    "module.update_block.gru.convq2.weight": "update_block.recurrent_block.convgru2.convq.weight",
    "module.update_block.flow_head.conv2.bias": "update_block.flow_head.conv2.bias",
    "module.update_block.mask.0.weight": "mask_predictor.convrelu.0.weight",
    "module.update_block.mask.2.bias": "mask_predictor.conv.bias",
}


@pytest.mark.parametrize(("published", "here"), PUBLISHED.items())
def test_the_authors_names_become_torchvisions(published, here):
    name = published.removeprefix("module.")
    assert torchvision_names({name: 1, "fnet.conv2.weight": 2}) == {here: 1, "feature_encoder.conv.weight": 2}


def test_the_authors_second_copy_of_a_norm_is_dropped():
    assert torchvision_names({"cnet.layer2.0.norm3.weight": 1}) == {}


def test_torchvisions_names_stay():
    names = dict.fromkeys(Raft("large").model.state_dict())
    assert torchvision_names(names) == names


@pytest.fixture(scope="module")
def golden(shared):
    """One pair of UCSD Ped2 with the flow of the published code: golden/raft/README.md."""
    with np.load(shared / "golden/raft/ped2_test001_100_101.npz") as arrays:
        return dict(arrays)


def published_flow(shared, golden, choice, crop=(240, 360)):
    """This project's flow of the golden pair, (2, h, w) in pixels of the frame."""
    frames = [np.repeat(golden[name][None, : crop[0], : crop[1], None], 3, axis=-1) for name in ("frame1", "frame2")]
    context = Context("ucsdped2", (shared / "weights",), {"frames": FramesRecipe()})
    recipe = flow_recipe({"backend": "raft", "model": "small", **choice}, context)
    backend = Backend(recipe, Machine())
    size = working(*crop, recipe.size, backend.min_side, backend.multiple)
    return size.vectors(backend.pairs(*(size.frames(frame) for frame in frames)))[0]


@pytest.mark.shared
@pytest.mark.parametrize("iterations", [12, 20])
def test_raft_small_is_the_published_one(shared, golden, iterations):
    expected = golden[f"flow_native_it{iterations}"].astype(np.float32)
    flow = published_flow(shared, golden, {"iterations": iterations})
    assert np.abs(flow - expected).max() < 1e-3


@pytest.mark.shared
def test_odd_frames_are_padded_as_published(shared, golden):
    flow = published_flow(shared, golden, {"iterations": 12}, crop=(237, 355))
    assert np.abs(flow - golden["flow_crop237x355_it12"].astype(np.float32)).max() < 1e-3


@pytest.mark.shared
def test_the_working_size_of_lbrspr_is_published_flow_in_pixels_of_the_frame(shared, golden):
    """The golden vectors stand in pixels of 512 x 384; ours are scaled by 360 / 512 and 240 / 384."""
    flow = published_flow(shared, golden, {"preset": "lbrspr", "iterations": 20, "pairing": "forward"})
    unscaled = flow / np.float32([360 / 512, 240 / 384])[:, None, None]
    expected = golden["flow_512x384_it20_resized_unscaled"].astype(np.float32).transpose(2, 0, 1)
    assert np.abs(unscaled - expected).max() < 2e-3  # float16 holds values up to 4 to 1/1000


@pytest.mark.gpu
@pytest.mark.shared
def test_a_gpu_gives_the_same_flow(shared, golden):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    frames = np.repeat(np.stack([golden["frame1"], golden["frame2"]])[..., None], 3, axis=-1)
    context = Context("ucsdped2", (shared / "weights",), {"frames": FramesRecipe()})
    flow = Backend(flow_recipe("raft-small", context), Machine("cuda:0")).pairs(frames[:1], frames[1:])[0]
    assert np.abs(flow - golden["flow_native_it12"].astype(np.float32)).max() < 1e-3
