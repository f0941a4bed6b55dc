"""Training and scoring of RTFM over artifacts: from `clips` to a model artifact and to scores."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from features.errors import DatasetError
from features.extract.clips.segments import average_segments
from features.extract.clips.table import Clips
from features.models.bags import Bags, gather, groups
from features.models.base import Features
from features.models.clip_scores import score_videos, spread
from features.models.networks import read_networks, write_trained
from features.models.rtfm.losses import losses
from features.models.rtfm.network import Rtfm, drawn
from features.models.rtfm.recipe import RtfmRecipe
from features.models.steps import Schedule, State, seeded, train_steps
from features.store.artifact import Artifact, ArtifactWriter

Say = Callable[[str], None]


def train(
    recipe: RtfmRecipe, device: str, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Say
) -> None:
    """Write the parameters after the last step, those of the snapshots, and what the model was trained on.

    Raises DatasetError where videos have no annotation, there are too few of one kind, or features do not suit.
    """
    bags = gather(videos, lambda features: average_segments(features[:], recipe.segments), resume)
    _check(bags)
    both = groups(bags, recipe.sample_size)
    progress(f"{recipe.segments} segments of each of {len(bags)} videos, {len(both[0])} of them abnormal")
    network = seeded(recipe.seed, lambda: drawn(bags.channels, recipe)).to(device)
    state = State(resume, bags.identity(recipe))
    schedule = Schedule(recipe.steps, recipe.learning_rate, recipe.weight_decay, recipe.seed, recipe.snapshots)
    trained = train_steps(network, partial(step_losses, network, bags, both, recipe), schedule, state, progress)
    write_trained(out, trained, state)
    out.note(**bags.facts(), steps=recipe.steps, seed=recipe.seed, losses=trained.losses)


def score(
    recipe: RtfmRecipe, device: str, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Say
) -> None:
    """Score each video's clips and frames."""
    channels = int(model.meta["statistics"]["channels"])
    networks = read_networks(model, lambda: Rtfm(channels, recipe), recipe.snapshots, device)
    score_videos(networks, videos, out, recipe.snapshots, frame_scores, progress)


def step_losses(
    network: Rtfm, bags: Bags, both: tuple[np.ndarray, np.ndarray], recipe: RtfmRecipe, step: int
) -> Tensor:
    """(5,): the total loss of a step and its parts, with gradient."""
    abnormal, normal = (videos_of(group, kind, recipe, step) for kind, group in enumerate(both))
    # As stored, a segment is followed by its crops: (videos, segments, crops, channels).
    segments = np.stack([bags[video] for video in np.concatenate([normal, abnormal])])
    return losses(network(torch.from_numpy(segments).to(network.fc3.weight.device).transpose(1, 2)), recipe)


def videos_of(group: np.ndarray, kind: int, recipe: RtfmRecipe, step: int) -> np.ndarray:
    """int64 (sample_size,): the videos of one kind in a step: all of the group shuffled, then all of it again.

    What is left over when the group does not fill its last step is not seen in this round, as published.
    """
    size = recipe.sample_size
    again, place = divmod(step, len(group) // size)
    order = np.random.default_rng([recipe.seed, kind, again]).permutation(group)
    return order[place * size : (place + 1) * size]


@torch.no_grad()
def frame_scores(networks: Sequence[Rtfm], clips: Clips, frames: int) -> np.ndarray:
    """float64 (networks, frames) of a video: its clips as they are, one crop after the other."""
    device, features = networks[0].fc3.weight.device, clips.features[:]
    scores = np.zeros((len(networks), len(clips)))
    for crop in np.moveaxis(features, 1, 0):
        given = torch.from_numpy(crop.copy())[None, None].to(device)
        for row, network in zip(scores, networks, strict=True):
            row += network(given).scores[0].double().cpu().numpy() / features.shape[1]
    return np.stack([spread(found, clips.start, clips.stop, frames) for found in scores])


def _check(bags: Bags) -> None:
    if bags.channels % 8:
        raise DatasetError(
            f"rtfm: features have {bags.channels} numbers, and the network wants a multiple of 8; published: 2048"
        )
