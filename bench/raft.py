"""RAFT as the pipeline drives it, against torchvision's model called pair by pair on the same pairs, on the CPU.

    python -m bench.raft [--weights raft-small.pth] [--model small] [--pairs 16] [--rounds 5] [--threads N]

Both take turns, so that a busy machine slows both. Without weights the parameters are random: the same work, other
vectors. Writes bench/results/raft_small.json or raft_large.json.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch

from bench.machine import as_a_job, save
from features.extract.feature import Machine
from features.extract.flow.checkpoint import torchvision_names
from features.extract.flow.network import Raft as Network
from features.extract.flow.raft import Raft
from features.extract.flow.recipe import flow_recipe
from features.extract.frames.recipe import FramesRecipe
from features.extract.weights import load_torch
from features.plan.stages import Context

HEIGHT, WIDTH = 240, 360
BATCH = 4


def moving_frames(count: int) -> np.ndarray:
    """uint8 (count, HEIGHT, WIDTH, 3): a blurred texture that moves by (2, 1) pixels per frame, with sensor noise."""
    rng = np.random.default_rng(0)
    sheet = cv2.GaussianBlur(rng.random((HEIGHT + count, WIDTH + 2 * count, 3), dtype=np.float32), (0, 0), 3)
    sheet = cv2.normalize(sheet, None, 0, 255, cv2.NORM_MINMAX)
    views = [sheet[count - n : count - n + HEIGHT, 2 * (count - n) : 2 * (count - n) + WIDTH] for n in range(count)]
    return np.clip(np.stack(views) + rng.normal(0, 2, (count, HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8)


def as_torchvision(model: Any, frames: np.ndarray, iterations: int) -> np.ndarray:
    """Every pair by a call of torchvision's model of its own."""
    images = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.inference_mode():
        flows = [model(images[i : i + 1], images[i + 1 : i + 2], iterations)[-1] for i in range(len(images) - 1)]
    return torch.cat(flows).numpy()


def as_pipeline(backend: Raft, frames: np.ndarray) -> np.ndarray:
    """What `features.extract.flow.feature` does: blocks of frames, the last one carried over."""
    last: list[Any] = []
    flows = []
    for start in range(0, len(frames), BATCH):
        known = [*last, *backend.encode(frames[start : start + BATCH])]
        if len(known) > 1:
            flows.append(backend.match(known[:-1], known[1:]))
        last = known[-1:]
    return np.concatenate(flows)


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def measure(backend: Raft, model: Any, frames: np.ndarray, rounds: int) -> dict[str, Any]:
    """Median seconds per pair of either way over rounds in turns, and the largest difference of their vectors."""
    iterations = backend.parameters.iterations
    seconds: dict[str, list[float]] = {"torchvision": [], "pipeline": []}
    for _ in range(rounds + 1):
        plain, expected = timed(lambda: as_torchvision(model, frames, iterations))
        driven, flow = timed(lambda: as_pipeline(backend, frames))
        seconds["torchvision"].append(plain / len(expected))
        seconds["pipeline"].append(driven / len(expected))
    warm = {name: values[1:] for name, values in seconds.items()}
    ratios = [plain / driven for plain, driven in zip(warm["torchvision"], warm["pipeline"], strict=True)]
    return {
        "seconds_per_pair": {name: round(median(values), 4) for name, values in warm.items()},
        "times_as_fast": round(median(ratios), 3),
        "of_each_round": [round(ratio, 3) for ratio in ratios],
        "largest_difference_px": float(np.abs(flow - expected).max()),
        "largest_component_px": float(np.abs(expected).max()),
    }


def backend_and_model(name: str, weights: Path | None, folder: Path) -> tuple[Raft, Any]:
    """The pipeline's backend, and torchvision's model with the same parameters in its own memory layout."""
    if weights is None:
        torch.manual_seed(0)
        weights = folder / f"raft-{name}-random.pth"
        torch.save(Network(name).model.state_dict(), weights)
    context = Context("bench", (weights.parent,), {"frames": FramesRecipe()})
    recipe = flow_recipe({"backend": "raft", "model": name, "weights": weights.name}, context)
    published = Network(name)
    published.load(torchvision_names(load_torch(recipe.weights)))
    return Raft(recipe, Machine(batch=BATCH)), published.model.to(memory_format=torch.contiguous_format)


def main() -> None:
    """Measure, print, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="a file of torchvision's or the authors' network")
    parser.add_argument("--model", choices=["small", "large"], default="small")
    parser.add_argument("--pairs", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    wished = parser.parse_args()
    as_a_job()
    torch.set_num_threads(wished.threads)
    with tempfile.TemporaryDirectory() as folder:
        backend, model = backend_and_model(wished.model, wished.weights, Path(folder))
    result = {
        "threads": wished.threads,
        "model": wished.model,
        "weights": wished.weights.name if wished.weights else "random",
        "frame": [HEIGHT, WIDTH],
        "pairs": wished.pairs,
        **measure(backend, model, moving_frames(wished.pairs + 1), wished.rounds),
    }
    save(f"raft_{wished.model}", result)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
