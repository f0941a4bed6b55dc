"""LBR-SPR training steps per second against the published formulation run plainly, in the same run.

    python -m bench.lbrspr --threads 2

`published` is train.py of yuguangnudt/LBR_SPR @420d334 as it stands: samples transposed, reshaped and divided one by
one, contiguous tensors, the modules as they are, a scoring pass in eval mode and a training pass (as in 25 of its 30
epochs), Adam parameter by parameter. `ours` is what `features.models.lbrspr` does. Both start from the same parameters
on the same cubes; the losses of the first step and the scores before it must agree. Ways take turns; each figure is the
best of the rounds.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.machine import save
from features.models.lbrspr import self_paced
from features.models.lbrspr.engine import Engine
from features.models.lbrspr.network import cube_errors
from features.models.lbrspr.recipe import LbrsprRecipe
from features.models.lbrspr.samples import Samples, flow_rows, frame_rows
from features.models.lbrspr.train import batch_losses, new_network, train_step

CUBES = 1024
FLOW_UNIT = np.float32(1 / 64)

Step = Callable[[int], tuple[float, np.ndarray]]


def main() -> None:
    """Measure, check, print, write results/lbrspr.json."""
    arguments = parser().parse_args()
    torch.set_num_threads(arguments.threads)
    rows = []
    for use_flow in (False, True):
        rows += compare(LbrsprRecipe(use_flow=use_flow), arguments.device, arguments.rounds)
    for row in rows:
        print(
            f"{'with' if row['flow'] else 'without'} flow  {row['how']:16} "
            f"{row['steps_per_second']:7.3f} steps/s  {row['times_published']:.2f} times published"
        )
    result = {
        "threads": arguments.threads,
        "device": arguments.device,
        "batch": 256,
        "rows": rows,
    }
    save("lbrspr", result)


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--threads", type=int, default=2)
    found.add_argument("--rounds", type=int, default=3)
    found.add_argument("--device", default="cpu")
    return found


def compare(recipe: LbrsprRecipe, device: str, rounds: int) -> list[dict[str, Any]]:
    """One row per way, after a check that the first step is the same."""
    cubes, fields = made()
    half = recipe.model_copy(update={"precision": "bfloat16"})
    ways: dict[str, Step] = {
        "published": published(recipe, cubes, fields, device),
        "ours": ours(recipe, cubes, fields, device),
        "ours, bfloat16": ours(half, cubes, fields, device),
    }
    first = {how: step(0) for how, step in ways.items()}
    np.testing.assert_allclose(first["ours"][0], first["published"][0], rtol=1e-4)
    np.testing.assert_allclose(first["ours"][1], first["published"][1], rtol=1e-4)
    best = dict.fromkeys(ways, np.inf)
    for number in range(1, rounds + 1):
        for how, step in ways.items():
            begin = time.perf_counter()
            step(number)
            best[how] = min(best[how], time.perf_counter() - begin)
    return [
        {
            "how": how,
            "flow": recipe.use_flow,
            "steps_per_second": 1 / seconds,
            "times_published": best["published"] / seconds,
        }
        for how, seconds in best.items()
    ]


def made() -> tuple[np.ndarray, np.ndarray]:
    """Cubes (n, 5, 32, 32, 3) RGB of smooth noise and flow cubes (n, 5, 2, 32, 32), as they are stored."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (CUBES, 5, 8, 8, 3), np.uint8)
    cubes = coarse.repeat(4, axis=2).repeat(4, axis=3)
    return cubes, random.integers(-200, 200, (CUBES, 5, 2, 32, 32)).astype(np.int16)


def rows_of(number: int) -> np.ndarray:
    return np.random.default_rng(number).permutation(CUBES)[:256]


def published(recipe: LbrsprRecipe, cubes: np.ndarray, fields: np.ndarray, device: str) -> Step:
    network = new_network(recipe, (0, 0)).to(device)
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, foreach=False, fused=False)
    bgr = np.ascontiguousarray(cubes[..., ::-1])
    flow = np.ascontiguousarray(fields.transpose(0, 1, 3, 4, 2)).astype(np.float32) * FLOW_UNIT

    def step(number: int) -> tuple[float, np.ndarray]:
        rows = rows_of(number)
        frames = torch.stack([frames_of(bgr[row]) for row in rows]).to(device)
        target = torch.stack([flow_of(flow[row]) for row in rows]).to(device) if recipe.use_flow else None
        network.eval()
        with torch.no_grad():
            scores = cube_errors(network.raw_ae(frames), frames)
        weights = self_paced.weights(scores, number, recipe.shrink_rate)
        network.train()
        raw, of = network(frames)
        errors = cube_errors(raw, frames), None if target is None else cube_errors(of, target)
        losses = batch_losses(errors, weights, recipe)
        optimiser.zero_grad(set_to_none=False)
        losses[2].backward()
        optimiser.step()
        return losses[2].item(), scores.cpu().numpy()

    return step


def frames_of(cube: np.ndarray) -> Tensor:
    return torch.from_numpy(cube.transpose(1, 2, 0, 3).reshape(32, 32, 15).transpose(2, 0, 1).copy()).float().div(255)


def flow_of(cube: np.ndarray) -> Tensor:
    return torch.from_numpy(cube.transpose(1, 2, 0, 3).reshape(32, 32, 10).transpose(2, 0, 1).copy())


def ours(recipe: LbrsprRecipe, cubes: np.ndarray, fields: np.ndarray, device: str) -> Step:
    engine = Engine(new_network(recipe, (0, 0)), torch.device(device), recipe.precision)
    optimiser = torch.optim.Adam(engine.network.parameters(), lr=recipe.learning_rate, fused=True)
    factors, blocks = np.full((CUBES, 2), FLOW_UNIT), np.zeros((CUBES, 2), np.int64)
    samples = Samples(frame_rows(cubes), flow_rows(fields) if recipe.use_flow else None, factors, blocks)

    def step(number: int) -> tuple[float, np.ndarray]:
        frames, flow = samples.batch(rows_of(number), engine.device)
        scores = np.zeros(0)
        if number == 0:
            scores = engine.eval_errors(engine.prepare(), frames, None)[0].cpu().numpy()
        losses = train_step(engine, optimiser, frames, flow, number, recipe)
        return losses[2].item(), scores

    return step


if __name__ == "__main__":
    main()
