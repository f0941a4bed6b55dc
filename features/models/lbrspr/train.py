"""Training of one block's network as published: yuguangnudt/LBR_SPR @420d334, train.py."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from features.errors import FeaturesError
from features.models.lbrspr import self_paced
from features.models.lbrspr.checkpoint import Counters, load_checkpoint, save_checkpoint
from features.models.lbrspr.engine import Engine, Errors, repeatable
from features.models.lbrspr.network import FLOW_CHANNELS, PATCH, RGB_CHANNELS, AutoEncoders
from features.models.lbrspr.recipe import LbrsprRecipe
from features.models.lbrspr.samples import Samples

SAY_EVERY_SECONDS = 60.0


@dataclass(frozen=True)
class Trained:
    """One block's result.

    parameters  the network's state_dict, on the CPU
    losses      for each epoch the mean over its batches of raw loss, flow loss, total
    raw_scores, of_scores   float32 (cubes,): errors in eval mode after training; of_scores None without flow
    """

    parameters: dict[str, Tensor]
    losses: list[list[float]]
    raw_scores: np.ndarray
    of_scores: np.ndarray | None


def new_network(recipe: LbrsprRecipe, block: tuple[int, int]) -> AutoEncoders:
    """A network with PyTorch's default initial parameters, the same for the same seed and block on every device."""
    seed = int(np.random.SeedSequence([recipe.seed, *block]).generate_state(1)[0])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return AutoEncoders(recipe.use_flow)


def batches(rows: np.ndarray, recipe: LbrsprRecipe, block: tuple[int, int], epoch: int) -> Iterator[np.ndarray]:
    """The cubes of each step of an epoch: shuffled by seed, block and epoch, the last short batch kept."""
    order = np.random.default_rng([recipe.seed, *block, epoch]).permutation(rows)
    return (order[start : start + recipe.batch] for start in range(0, len(order), recipe.batch))


def batch_losses(errors: Errors, weights: Tensor | None, recipe: LbrsprRecipe) -> Tensor:
    """Raw loss, flow loss and total (3,) of a batch: sums of weighted errors over batch size, channels and pixels.

    The divisor is the size of the batch, not the sum of the weights; both losses have the weights of the raw error.
    """
    raw, flow = (None if each is None else each if weights is None else each * weights for each in errors)
    assert raw is not None
    raw_loss = raw.sum() / (len(raw) * RGB_CHANNELS * PATCH**2)
    if flow is None:
        return torch.stack([raw_loss, torch.zeros_like(raw_loss), recipe.lambda_raw * raw_loss])
    flow_loss = flow.sum() / (len(flow) * FLOW_CHANNELS * PATCH**2)
    return torch.stack([raw_loss, flow_loss, recipe.lambda_raw * raw_loss + recipe.lambda_of * flow_loss])


def train_step(
    engine: Engine,
    optimiser: torch.optim.Optimizer,
    frames: Tensor,
    flow: Tensor | None,
    step: int | None,
    recipe: LbrsprRecipe,
) -> Tensor:
    """One step on a batch, weighted if `step` (weighted batches before this one) is given; its three losses."""
    prepared = engine.prepare()
    weights = None
    if step is not None:
        scores, _ = engine.eval_errors(prepared, frames, None)
        weights = self_paced.weights(scores, step, recipe.shrink_rate, recipe.self_paced)
    losses = batch_losses(engine.train_errors(prepared, frames, flow), weights, recipe)
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(losses[2])
    optimiser.step()
    return losses.detach()


def train_block(
    samples: Samples,
    rows: np.ndarray,
    recipe: LbrsprRecipe,
    block: tuple[int, int],
    device: torch.device,
    checkpoint: tuple[Path, str],
    say: Callable[[str], None],
) -> Trained:
    """Train the network of one block on the cubes `rows`; `checkpoint` is its file and the name of this training.

    Stopped and started again it gives, on a CPU with the same number of threads, the same bits as in one go.

    Raises FeaturesError where the loss is no number any more.
    """
    engine = Engine(new_network(recipe, block), device, recipe.precision)
    optimiser = torch.optim.Adam(engine.network.parameters(), lr=recipe.learning_rate, fused=True)
    path, identity = checkpoint
    with repeatable():
        counters = load_checkpoint(path, identity, engine.network, optimiser)
        for epoch in range(counters.epochs, recipe.epochs):
            started = time.monotonic()
            losses = _epoch(engine, optimiser, samples, batches(rows, recipe, block, epoch), counters, recipe, say)
            if not np.isfinite(losses).all():
                raise FeaturesError(f"lbrspr: the loss of epoch {epoch + 1} is not a number; lower learning_rate")
            counters.losses.append(losses)
            counters.epochs = epoch + 1
            save_checkpoint(path, identity, counters, engine.network, optimiser)
            say(_line(block, counters, recipe, time.monotonic() - started))
        raw, flow = evaluate_errors(engine, samples, rows, recipe.batch)
    parameters = {name: value.cpu() for name, value in engine.network.state_dict().items()}
    return Trained(parameters, counters.losses, raw, flow)


def _epoch(
    engine: Engine,
    optimiser: torch.optim.Optimizer,
    samples: Samples,
    steps: Iterator[np.ndarray],
    counters: Counters,
    recipe: LbrsprRecipe,
    say: Callable[[str], None],
) -> list[float]:
    weighted = counters.epochs >= recipe.warmup
    losses: list[Tensor] = []
    said = time.monotonic()
    for rows in steps:
        frames, flow = samples.batch(rows, engine.device)
        losses.append(train_step(engine, optimiser, frames, flow, counters.steps if weighted else None, recipe))
        counters.steps += weighted
        if time.monotonic() - said > SAY_EVERY_SECONDS:
            said = time.monotonic()
            say(f"epoch {counters.epochs + 1}: {len(losses)} steps, loss {losses[-1][2].item():.5f}")
    mean: list[float] = torch.stack(losses).double().mean(dim=0).tolist()
    return mean


def _line(block: tuple[int, int], counters: Counters, recipe: LbrsprRecipe, seconds: float) -> str:
    where = "" if recipe.blocks == (1, 1) else f"block {block[0]},{block[1]} "
    loss = counters.losses[-1][2]
    return f"{where}epoch {counters.epochs} of {recipe.epochs}: loss {loss:.5f}, {seconds:.0f} s"


def evaluate_errors(
    engine: Engine, samples: Samples, rows: np.ndarray, batch: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """float32 (len(rows),) errors of frames and of flow (None without) in eval mode, in the order of `rows`."""
    prepared = engine.prepare()
    raw = np.empty(len(rows), np.float32)
    of = None if samples.flow is None else np.empty(len(rows), np.float32)
    for start in range(0, len(rows), batch):
        part = slice(start, start + batch)
        errors = engine.eval_errors(prepared, *samples.batch(rows[part], engine.device))
        raw[part] = errors[0].cpu().numpy()
        if of is not None and errors[1] is not None:
            of[part] = errors[1].cpu().numpy()
    return raw, of
