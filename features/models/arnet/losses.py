"""AR-Net's two losses: wanboyang/Anomaly_AR_Net_ICME_2020 @82e18e1, losses.py and train.py."""

import torch
from torch import Tensor
from torch.nn import functional

from features.models.arnet.recipe import ArNetRecipe


def losses(scores: Tensor, lengths: Tensor, abnormal: Tensor, recipe: ArNetRecipe) -> Tensor:
    """(3,): the total, the dynamic multiple-instance loss and the centre loss of scores float32 (videos, clips).

    lengths   int64 (videos,): clips of each video; those after them are filled up with zero features
    abnormal  bool (videos,)
    """
    dmil, centre = dynamic_loss(scores, lengths, abnormal, recipe), centre_loss(scores, abnormal)
    return torch.stack([recipe.dmil_weight * dmil + recipe.centre_weight * centre, dmil, centre])


def dynamic_loss(scores: Tensor, lengths: Tensor, abnormal: Tensor, recipe: ArNetRecipe) -> Tensor:
    """The k-max multiple-instance loss: the highest ceil(n / k) scores of each video against its label.

    The mean is over all such scores of all videos, so that long videos weigh more.
    """
    place = torch.arange(scores.shape[1], device=scores.device)
    highest = scores.masked_fill(place >= lengths[:, None], -1.0).sort(dim=1, descending=True).values
    chosen = place < ((lengths + recipe.k - 1) // recipe.k)[:, None]
    targets = abnormal[:, None].expand_as(chosen)[chosen].to(scores.dtype)
    loss = functional.binary_cross_entropy if recipe.loss == "ce" else functional.mse_loss
    return loss(highest[chosen], targets)


def centre_loss(scores: Tensor, abnormal: Tensor) -> Tensor:
    """The mean over the normal videos of the variance (unbiased) of their scores.

    It is taken over the filled-up length as published: what the network says of a zero feature is part of it. Of videos
    of one clip, which all have one score, it is 0.
    """
    if scores.shape[1] == 1:
        return scores.new_zeros(())
    return scores[~abnormal].var(dim=1).mean()
