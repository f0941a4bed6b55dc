"""Training of the flow as published: orhir/STG-NF @edb5f32, models/training.py, utils/optim_init.py."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from features.errors import FeaturesError
from features.models.stgnf.checkpoint import load_checkpoint, save_checkpoint
from features.models.stgnf.network import Flow, bits
from features.models.stgnf.optimiser import FlatAdamax
from features.models.stgnf.recipe import StgnfRecipe
from features.models.stgnf.samples import Samples

SAY_EVERY_SECONDS = 60.0


def new_network(recipe: StgnfRecipe) -> Flow:
    """A network with PyTorch's default initial parameters, the same for the same seed on every device."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return Flow(recipe.seg_len, recipe.K)


def batches(count: int, recipe: StgnfRecipe, epoch: int) -> Iterator[np.ndarray]:
    """The windows of each step of an epoch: all `count` shuffled by seed and epoch, the last short batch kept."""
    order = np.random.default_rng([recipe.seed, epoch]).permutation(count)
    return (order[start : start + recipe.batch_size] for start in range(0, count, recipe.batch_size))


def learning_rate(recipe: StgnfRecipe, epoch: int) -> float:
    """The learning rate of an epoch (from 0). Published: epochs 0 and 1 have the same, each later one 0.99 of it."""
    return recipe.learning_rate * recipe.lr_decay ** max(0, epoch - 1)


def train_network(
    samples: Samples,
    recipe: StgnfRecipe,
    device: torch.device,
    checkpoint: tuple[Path, str],
    say: Callable[[str], None],
) -> tuple[Flow, list[float]]:
    """The trained network and the mean loss of each epoch, in bits; `checkpoint`: its file, and this training's name.

    Stopped and started again it gives, on a CPU with the same number of threads, the same bits as in one go.

    Raises FeaturesError where the loss is no number any more.
    """
    network = new_network(recipe).to(device).train()
    optimiser = FlatAdamax(network)
    path, identity = checkpoint
    windows, centres = torch.from_numpy(samples.windows), torch.from_numpy(samples.labels * np.float32(recipe.R))
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        losses = load_checkpoint(path, identity, network, optimiser)
        for epoch in range(len(losses), recipe.epochs):
            started = time.monotonic()
            losses.append(_epoch(network, optimiser, windows, centres, recipe, epoch, say))
            save_checkpoint(path, identity, losses, network, optimiser)
            say(f"epoch {epoch + 1} of {recipe.epochs}: loss {losses[-1]:.4f}, {time.monotonic() - started:.0f} s")
    return network.eval(), losses


def _epoch(
    network: Flow,
    optimiser: FlatAdamax,
    windows: Tensor,
    centres: Tensor,
    recipe: StgnfRecipe,
    epoch: int,
    say: Callable[[str], None],
) -> float:
    device, rate, said = optimiser.vector.device, learning_rate(recipe, epoch), time.monotonic()
    losses: list[Tensor] = []
    for rows in batches(len(windows), recipe, epoch):
        chosen = torch.from_numpy(rows)
        loss = bits(network(windows[chosen].to(device)), centres[chosen].to(device)).mean()
        optimiser.step(loss, rate)
        losses.append(loss.detach())
        if time.monotonic() - said > SAY_EVERY_SECONDS:
            said = time.monotonic()
            say(f"epoch {epoch + 1}: {len(losses)} steps, loss {losses[-1].item():.4f}")
    mean = torch.stack(losses).double().mean().item()
    if not np.isfinite(mean):
        raise FeaturesError(f"stgnf: the loss of epoch {epoch + 1} is not a number; lower learning_rate")
    return mean
