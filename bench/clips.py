"""Networks over clips as the pipeline drives them, against their published formulation, one clip at a time, on the CPU.

    python -m bench.clips [--network i3d] [--side 224] [--frames 16] [--clips 8] [--rounds 5] [--threads 1 2]

Both take turns, so that a busy machine slows both. The weights are drawn: the same work, other vectors. Writes
bench/results/clips_<network>_<side>.json.
"""

import argparse
import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bench.machine import as_a_job, save
from features.extract.clips.inception import Inception
from features.extract.clips.network import NetworkBackend
from features.extract.clips.recipe import clips_recipe
from features.extract.clips.resnet3d import ResNet3d
from features.extract.clips.running import drawn
from features.extract.devices import BATCH
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.plan.registry import find
from features.plan.stages import Context

SEED = 0
# The config entry whose vector is the mean of the last maps for any size, and the network of that recipe as published.
CHOICES: dict[str, tuple[dict[str, str], Callable[[], nn.Module]]] = {
    "i3d": ({"preset": "urdmu", "variant": "slash", "pooling": "mean"}, lambda: Inception(3, "slash")),
    "resnet50-i3d": ({"preset": "rtfm"}, ResNet3d),
}
Embed = Callable[[np.ndarray], np.ndarray]


def noise(count: int, frames: int, side: int) -> np.ndarray:
    """float32 (count, 3, frames, side, side): what a network is shown, as far as time is concerned."""
    return np.random.default_rng(0).normal(size=(count, 3, frames, side, side)).astype(np.float32)


def as_published(network: nn.Module) -> Embed:
    """The network as it was written, called with one clip at a time."""

    def embed(clips: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            maps: list[Tensor] = [network(clip) for clip in torch.split(torch.from_numpy(clips), 1)]
            return torch.cat([each.mean((2, 3, 4)) for each in maps]).numpy()

    return embed


def as_pipeline(backend: NetworkBackend) -> Embed:
    """The backend, with the batches of the pipeline."""

    def embed(clips: np.ndarray) -> np.ndarray:
        size = backend.together(clips.shape[2])
        return np.concatenate(
            [backend.embed("rgb", clips[first : first + size]) for first in range(0, len(clips), size)]
        )

    return embed


def measure(published: Embed, pipeline: Embed, clips: np.ndarray, rounds: int) -> dict[str, Any]:
    """Median seconds per clip of either way over rounds in turns, and the largest difference of their vectors."""
    seconds: dict[str, list[float]] = {"published": [], "pipeline": []}
    for _ in range(rounds + 1):
        for name, way in (("published", published), ("pipeline", pipeline)):
            start = time.perf_counter()
            vectors = way(clips)
            seconds[name].append((time.perf_counter() - start) / len(clips))
            if name == "published":
                expected = vectors
    warm = {name: values[1:] for name, values in seconds.items()}
    ratios = [plain / fast for plain, fast in zip(warm["published"], warm["pipeline"], strict=True)]
    return {
        "seconds_per_clip": {name: round(median(values), 4) for name, values in warm.items()},
        "times_as_fast": round(median(ratios), 2),
        "of_each_round": [round(ratio, 2) for ratio in ratios],
        "largest_relative_difference": float(np.abs(vectors - expected).max() / np.abs(expected).max()),
    }


def main() -> None:
    """Measure, print, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=list(CHOICES), default="i3d")
    parser.add_argument("--side", type=int, default=224, help="of the square pictures, in pixels")
    parser.add_argument("--frames", type=int, default=16, help="of a clip")
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    wished = parser.parse_args()
    as_a_job()
    choice, make = CHOICES[wished.network]
    context = Context("bench", (), {"frames": FramesRecipe()})
    recipe = clips_recipe({**choice, "seed": SEED}, context)
    backend: NetworkBackend = find("clips", wished.network)(recipe.source, Machine("cpu", BATCH["cpu"]))
    ways = as_published(drawn(make, SEED)), as_pipeline(backend)
    clips = noise(wished.clips, wished.frames, wished.side)
    result: dict[str, Any] = {
        "network": wished.network,
        "clip": [wished.frames, wished.side, wished.side],
        "clips": wished.clips,
    }
    for threads in wished.threads:
        torch.set_num_threads(threads)
        result[f"threads_{threads}"] = measure(*ways, clips, wished.rounds)
    save(f"clips_{wished.network}_{wished.side}", result)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
