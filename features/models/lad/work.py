"""Training and scoring of LAD2000's network over artifacts: from `clips` to a model artifact and to scores."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from features.errors import DatasetError
from features.extract.clips.table import Clips
from features.models.bags import gather, one_view
from features.models.base import Features
from features.models.clip_scores import score_videos, spread
from features.models.lad.network import SIDE, LadNetwork
from features.models.lad.recipe import LadRecipe
from features.models.lad.sampling import Sampler, read_labels
from features.models.lad.windows import frames_of, highest, window_clips
from features.models.networks import read_networks, write_trained
from features.models.steps import Schedule, State, seeded, train_steps
from features.store.artifact import Artifact, ArtifactWriter

Say = Callable[[str], None]
WINDOWS = 256  # windows that are scored together


def train(
    recipe: LadRecipe, device: str, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Say
) -> None:
    """Write the parameters after the last step, those of the snapshots, and what the model was trained on.

    Raises DatasetError where videos have no annotation, or none of frames, there are too few of one kind, or features
    do not suit.
    """
    labels = read_labels(videos, recipe)
    bags = gather(videos, one_view, resume)
    if bags.channels % SIDE**2:
        raise DatasetError(f"lad: features have {bags.channels} numbers, and the network wants a multiple of {SIDE**2}")
    sampler, state = Sampler(bags, labels, recipe), State(resume, bags.identity(recipe))
    progress(f"{len(bags.rows)} clips of {len(bags)} videos, {len(sampler.classes)} classes")
    steps = min(recipe.max_steps, recipe.max_epoch * len(bags))
    schedule = Schedule(steps, recipe.learning_rate, recipe.weight_decay, recipe.seed, recipe.snapshots)
    build = partial(LadNetwork, bags.channels, len(sampler.classes), recipe)
    network = seeded(recipe.seed, build).to(device)
    trained = train_steps(network, partial(step_losses, network, sampler, recipe), schedule, state, progress)
    write_trained(out, trained, state)
    share = float(labels.mean())
    out.note(
        **bags.facts(), classes=sampler.classes, abnormal_share=share, steps=steps, seed=recipe.seed,
        losses=trained.losses,
    )  # fmt: skip


def score(
    recipe: LadRecipe, device: str, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Say
) -> None:
    """Score each video's frames, and note the class that the network gives each video."""
    facts = model.meta["statistics"]
    build = partial(LadNetwork, int(facts["channels"]), len(facts["classes"]), recipe)
    scoring = Scoring(recipe)
    networks = read_networks(model, build, recipe.snapshots, device)
    score_videos(networks, videos, out, recipe.snapshots, scoring.frames, progress)
    out.note(categories=[facts["classes"][found] for found in scoring.classes])


def step_losses(network: LadNetwork, sampler: Sampler, recipe: LadRecipe, step: int) -> Tensor:
    """(3,): the total loss of a step and its two parts, with gradient."""
    batch = sampler.batch(step)
    device = network.fc_down.weight.device
    logits, scores = network(torch.from_numpy(batch.clips).to(device))
    return losses(logits, scores, torch.from_numpy(batch.classes), torch.from_numpy(batch.labels), recipe)


def losses(logits: Tensor, scores: Tensor, classes: Tensor, labels: Tensor, recipe: LadRecipe) -> Tensor:
    """(3,): the total, the cross entropy of classes (n,), the smooth L1 loss of scores against labels of frames."""
    of_class = functional.cross_entropy(logits, classes.to(logits.device))
    of_scores = functional.smooth_l1_loss(scores, labels.to(scores.device))
    return torch.stack([recipe.class_weight * of_class + recipe.score_weight * of_scores, of_class, of_scores])


class Scoring:
    """Scores videos, and remembers the class that the last network gave each of them."""

    def __init__(self, recipe: LadRecipe) -> None:
        self._recipe = recipe
        self.classes: list[int] = []

    def frames(self, networks: Sequence[LadNetwork], clips: Clips, frames: int) -> np.ndarray:
        """float64 (networks, frames) of a video: of the windows that hold a frame the highest score."""
        features, chosen = (
            one_view(clips.features),
            window_clips(len(clips), self._recipe.max_seqlen, self._recipe.windows),
        )
        answers = [score_windows(network, features, chosen) for network in networks]
        self.classes.append(int(answers[-1][0].mean(axis=0).argmax()))
        start, stop = (edges.ravel() for edges in frames_of(clips.start, clips.stop))
        there = stop > start
        found = (highest(scores, len(clips)).ravel().astype(np.float64) for _, scores in answers)
        return np.stack([spread(each[there], start[there], stop[there], frames) for each in found])


@torch.no_grad()
def score_windows(network: LadNetwork, features: np.ndarray, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 probabilities (windows, classes) and scores (windows, length, 16) of windows (windows, length)."""
    device = network.fc_down.weight.device
    classes, scores = [], []
    for start in range(0, len(windows), WINDOWS):
        logits, found = network(torch.from_numpy(features[windows[start : start + WINDOWS]]).to(device))
        classes.append(logits.softmax(dim=1).cpu().numpy())
        scores.append(found.cpu().numpy())
    return np.concatenate(classes), np.concatenate(scores)
