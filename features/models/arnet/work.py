"""Training and scoring of AR-Net over artifacts: from `clips` to a model artifact and to scores."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from features.extract.clips.table import Clips
from features.models.arnet.losses import losses
from features.models.arnet.network import ArNetwork, build, drawn
from features.models.arnet.recipe import ArNetRecipe
from features.models.arnet.sampling import Sampler
from features.models.bags import Bags, gather, one_view
from features.models.base import Features
from features.models.clip_scores import score_videos, spread
from features.models.networks import read_networks, write_trained
from features.models.steps import Schedule, State, seeded, train_steps
from features.store.artifact import Artifact, ArtifactWriter

Say = Callable[[str], None]


def train(
    recipe: ArNetRecipe, device: str, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Say
) -> None:
    """Write the parameters after the last step, those of the snapshots, and what the model was trained on.

    Raises DatasetError where videos have no annotation, or there are too few of one kind.
    """
    bags = gather(videos, one_view, resume)
    sampler, state = Sampler(bags, recipe), State(resume, bags.identity(recipe))
    progress(f"{len(bags.rows)} clips of {len(bags)} videos, {bags.abnormal.sum()} of them abnormal")
    network = seeded(recipe.seed, lambda: drawn(recipe, bags.channels)).to(device)
    schedule = schedule_of(recipe, bags)
    trained = train_steps(network, partial(step_losses, network, sampler, recipe), schedule, state, progress)
    write_trained(out, trained, state)
    out.note(**bags.facts(), steps=schedule.steps, seed=recipe.seed, losses=trained.losses)


def score(
    recipe: ArNetRecipe, device: str, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Say
) -> None:
    """Score each video's clips and frames."""
    channels = int(model.meta["statistics"]["channels"])
    networks = read_networks(model, lambda: build(recipe, channels), recipe.snapshots, device)
    score_videos(networks, videos, out, recipe.snapshots, frame_scores, progress)


def schedule_of(recipe: ArNetRecipe, bags: Bags) -> Schedule:
    """An epoch has as many steps as there are training videos, whatever a step sees of them: as published."""
    steps = recipe.epochs * len(bags)
    return Schedule(steps, recipe.learning_rate, recipe.weight_decay, recipe.seed, recipe.snapshots)


def step_losses(network: ArNetwork, sampler: Sampler, recipe: ArNetRecipe, step: int) -> Tensor:
    """(3,): the total loss of a step and its two parts, with gradient."""
    batch = sampler.batch(step)
    device = network.classifier.weight.device
    lengths, abnormal = torch.from_numpy(batch.lengths).to(device), torch.from_numpy(batch.abnormal).to(device)
    return losses(network(torch.from_numpy(batch.clips).to(device)), lengths, abnormal, recipe)


@torch.no_grad()
def frame_scores(networks: Sequence[ArNetwork], clips: Clips, frames: int) -> np.ndarray:
    """float64 (networks, frames) of a video: its clips scored all at once, as they are."""
    features = torch.from_numpy(one_view(clips.features))[None].to(networks[0].classifier.weight.device)
    scores = (network(features)[0].double().cpu().numpy() for network in networks)
    return np.stack([spread(found, clips.start, clips.stop, frames) for found in scores])
