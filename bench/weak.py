"""Training steps per second of the models of clips.

    python -m bench.weak --threads 1 --rounds 5

Training is as published but for the data, which are random: 60 or 64 videos of one crop with 32 segments of 2048
numbers, or as many windows of 5 clips.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bench.machine import save
from features.models.arnet import work as arnet
from features.models.arnet.network import drawn as drawn_arnet
from features.models.arnet.recipe import ArNetRecipe
from features.models.arnet.sampling import Sampler as ArNetSampler
from features.models.bags import Bags, groups
from features.models.lad import work as lad
from features.models.lad.network import LadNetwork
from features.models.lad.recipe import LadRecipe
from features.models.lad.sampling import Sampler as LadSampler
from features.models.precision import Precision
from features.models.rtfm import work as rtfm
from features.models.rtfm.network import drawn as drawn_rtfm
from features.models.rtfm.recipe import RtfmRecipe
from features.models.steps import Schedule, State, train_steps
from features.plan.listing import ABNORMAL, NORMAL, Annotation

VIDEOS, SEGMENTS, CHANNELS = 80, 32, 2048
Step = Callable[[int], Tensor]


def main() -> None:
    """Time all, print the rows and write them to results/."""
    arguments = parser().parse_args()
    torch.set_num_threads(arguments.threads)
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    rows = [training(name, precision, arguments.rounds) for name in STEPS for precision in precisions]
    for row in rows:
        print(f"{row['model']:6} {row['precision']:9} {row['steps_per_second']:6.2f} steps/s")
    save("weak", {"threads": arguments.threads, "device": "cpu", "rows": rows})


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--threads", type=int, default=1)
    found.add_argument("--rounds", type=int, default=5)
    return found


def made(*row: int) -> Bags:
    """Half of the videos abnormal."""
    rows = np.random.default_rng(0).random((VIDEOS * SEGMENTS, *row), np.float32)
    annotations = tuple(Annotation(ABNORMAL if video % 2 else NORMAL) for video in range(VIDEOS))
    return Bags(rows, np.arange(VIDEOS + 1) * SEGMENTS, annotations, ())


def arnet_step(precision: Precision) -> tuple[nn.Module, Step]:
    recipe = ArNetRecipe(precision=precision)
    network = drawn_arnet(recipe, CHANNELS)
    return network, partial(arnet.step_losses, network, ArNetSampler(made(CHANNELS), recipe), recipe)


def rtfm_step(precision: Precision) -> tuple[nn.Module, Step]:
    recipe, bags = RtfmRecipe(precision=precision), made(1, CHANNELS)
    network = drawn_rtfm(CHANNELS, recipe)
    return network, partial(rtfm.step_losses, network, bags, groups(bags, recipe.sample_size), recipe)


def lad_step(precision: Precision) -> tuple[nn.Module, Step]:
    recipe, bags = LadRecipe(precision=precision), made(CHANNELS)
    labels = np.repeat(bags.abnormal, SEGMENTS)[:, None].repeat(16, axis=1).astype(np.int8)
    network = LadNetwork(CHANNELS, 2, recipe)
    return network, partial(lad.step_losses, network, LadSampler(bags, labels, recipe), recipe)


STEPS = {"arnet": arnet_step, "rtfm": rtfm_step, "lad": lad_step}


def training(name: str, precision: Precision, rounds: int) -> dict[str, Any]:
    """The middle of the times from one step to the next."""
    network, step = STEPS[name](precision)
    begun: list[float] = []

    def timed(number: int) -> Tensor:
        begun.append(time.perf_counter())
        return step(number)

    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder), name)
        train_steps(network, timed, Schedule(rounds + 2, 1e-4, 5e-4, 0, 0), state, lambda line: None)
    seconds = float(np.median(np.diff(begun)[1:]))
    return {"model": name, "precision": precision, "steps_per_second": 1 / seconds}


if __name__ == "__main__":
    main()
