"""RTFM's losses: tianyu0207/RTFM @cf938f4, model.py and train.py."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from features.models.rtfm.network import Answers
from features.models.rtfm.recipe import RtfmRecipe


@dataclass(frozen=True)
class Chosen:
    """The segments that stand for some videos.

    scores  float32 (videos,): their mean score
    norms   float32 (videos, crops): the L2 norm of the mean of their features
    """

    scores: Tensor
    norms: Tensor


def losses(answers: Answers, recipe: RtfmRecipe, training: bool = True) -> Tensor:
    """(5,): the total, then cross entropy, magnitude, smoothness and sparsity, each with its factor.

    `answers` are of as many normal videos as abnormal ones, the normal ones first.
    """
    half = len(answers.scores) // 2
    abnormal = choose(_part(answers, slice(half, None)), recipe, training)
    normal = choose(_part(answers, slice(half)), recipe, training)
    targets = torch.arange(2 * half, device=answers.scores.device) >= half
    scores = torch.cat([normal.scores, abnormal.scores])
    parts = [
        functional.binary_cross_entropy(scores, targets.to(scores.dtype)),
        recipe.magnitude_weight * magnitude_loss(abnormal.norms, normal.norms, recipe.margin),
        recipe.smooth_weight * smoothness(answers.scores[half:]),
        recipe.sparsity_weight * answers.scores[half:].norm(),
    ]
    return torch.stack([torch.stack(parts).sum(), *parts])


def choose(answers: Answers, recipe: RtfmRecipe, training: bool) -> Chosen:
    """The k segments of largest magnitude of each video, in training out of those that dropout leaves."""
    left = functional.dropout(torch.ones_like(answers.magnitudes), recipe.dropout, training)
    rows = (answers.magnitudes * left).topk(recipe.k, dim=1).indices
    features = answers.features.take_along_dim(rows[:, None, :, None], dim=2)
    return Chosen(answers.scores.gather(1, rows).mean(dim=1), features.mean(dim=2).norm(dim=2))


def magnitude_loss(abnormal: Tensor, normal: Tensor, margin: float) -> Tensor:
    """The mean over pairs of ||margin - abnormal| + normal|^2: long features are abnormal, short ones normal.

    The first abnormal video is paired with the first normal one and so on, crop by crop.
    """
    return ((margin - abnormal).abs() + normal).square().mean()


def smoothness(scores: Tensor) -> Tensor:
    """The sum of squared differences between neighbours among scores (videos, segments).

    As published the last segment of a video and the first of the next are neighbours too.
    """
    return scores.flatten().diff().square().sum()


def _part(answers: Answers, videos: slice) -> Answers:
    return Answers(answers.features[videos], answers.magnitudes[videos], answers.scores[videos])
