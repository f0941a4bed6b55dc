"""Cubes become the published samples, and stay small."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from features.errors import SourceError
from features.models.base import Features
from features.models.lbrspr.recipe import LbrsprRecipe
from features.models.lbrspr.samples import block_of, flow_rows, frame_rows, load

Made = Callable[..., Features]
CPU = torch.device("cpu")


def published_frames(cube: np.ndarray) -> np.ndarray:
    """(5, 32, 32, 3) RGB as the published loader gives it: channel t * 3 + c of blue, green, red."""
    return (cube[..., ::-1].transpose(1, 2, 0, 3).reshape(32, 32, 15).astype(np.float32) / 255).transpose(2, 0, 1)


def test_a_batch_is_what_the_published_loader_makes(video: Made, tmp_path: Path) -> None:
    made = video("a", [2, 0, 3])
    samples = load([made], LbrsprRecipe(), tmp_path)
    frames, flow = samples.batch(np.array([4, 0]), CPU)
    cubes, fields = made.open("cubes")["cubes"][:], made.open("cubes")["flow_cubes"][:]
    np.testing.assert_array_equal(frames[0].numpy(), published_frames(cubes[4]))
    assert flow is not None
    grid = np.array([512 / 238, 384 / 158], np.float32)[None, :, None, None]
    np.testing.assert_allclose(flow[1].numpy(), (fields[0] * grid).reshape(10, 32, 32), rtol=1e-6)


def test_rows_of_the_golden_sample() -> None:
    golden = np.load(Path(__file__).parents[2] / "golden/lbrspr/stc_ped2.npz")
    cube = golden["sample_in"][None, ..., ::-1]  # the golden cube is in OpenCV's order
    rows = frame_rows(cube).astype(np.float32) / 255
    np.testing.assert_allclose(rows[0].transpose(2, 0, 1), golden["sample_raw"], atol=1e-7)
    fields = np.round(golden["flow_stc_0099"][:1] * 64).astype(np.int16)
    np.testing.assert_allclose(flow_rows(fields)[0].transpose(2, 0, 1) / 64, golden["sample_of"], atol=1 / 128 + 1e-6)


def test_cubes_beyond_the_bound_lie_in_a_file_and_are_equal(video: Made, tmp_path: Path) -> None:
    videos = [video("a", [2, 1]), video("b", [0, 4])]
    in_memory = load(videos, LbrsprRecipe(), tmp_path)
    mapped = load(videos, LbrsprRecipe(), tmp_path, memory=1000)
    assert isinstance(mapped.frames, np.memmap) and not isinstance(in_memory.frames, np.memmap)
    np.testing.assert_array_equal(mapped.frames, in_memory.frames)
    np.testing.assert_array_equal(mapped.flow, in_memory.flow)


@pytest.mark.parametrize(
    ("box", "block"),
    [
        ([0, 0, 10, 10], (0, 0)),
        ([0, 39, 10, 40], (1, 0)),  # centre at 39.5 = one quarter of 158
        ([0, 100, 10, 110], (2, 0)),
        ([0, 150, 10, 170], (3, 0)),  # centre below the frame
    ],
)
def test_a_cube_belongs_to_the_block_of_its_boxs_centre(box: list[float], block: tuple[int, int]) -> None:
    assert tuple(block_of(np.array([box], np.float32), 158, 238, (4, 1))[0]) == block


def test_flow_without_numbers_is_refused(video: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = video("a", [1])
    monkeypatch.setattr(
        "features.models.lbrspr.samples.NO_FLOW", int(made.open("cubes").raw("flow_cubes")[0, 0, 0, 0, 0])
    )
    with pytest.raises(SourceError, match="flow cubes hold no numbers"):
        load([made], LbrsprRecipe(), tmp_path)


def test_no_flow_is_read_without_use_flow(video: Made, tmp_path: Path) -> None:
    samples = load([video("a", [1], flow=False)], LbrsprRecipe(use_flow=False), tmp_path)
    assert samples.flow is None and samples.batch(np.array([0]), CPU)[1] is None
