"""Adamax over all parameters as one vector: the network is so small that going from one to the next costs the most."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

CLIP = 100.0
MOMENTS = ("exp_avg", "exp_inf", "step")


class FlatAdamax:
    """Adamax as published (betas 0.9 and 0.999, no weight decay), gradients clipped at norm 100 before each step.

    The parameters of the network become views of one vector; each number changes as under `torch.optim.Adamax`.
    """

    def __init__(self, network: nn.Module) -> None:
        self._parameters = list(network.parameters())
        self.vector = torch.cat([parameter.detach().flatten() for parameter in self._parameters])
        parts = torch.split(self.vector, [parameter.numel() for parameter in self._parameters])
        for parameter, part in zip(self._parameters, parts, strict=True):
            parameter.data = part.view_as(parameter)
        self._adamax = torch.optim.Adamax([self.vector])

    def step(self, loss: Tensor, learning_rate: float) -> None:
        """Bring every parameter one step towards a lower `loss`; those it does not depend on stay."""
        gradients = torch.autograd.grad(loss, self._parameters, allow_unused=True, materialize_grads=True)
        self.vector.grad = torch.cat([gradient.flatten() for gradient in gradients])
        torch.nn.utils.clip_grad_norm_([self.vector], CLIP)
        self._adamax.param_groups[0]["lr"] = learning_rate
        self._adamax.step()

    def moments(self) -> dict[str, Tensor]:
        """What it remembers of the steps so far, by name."""
        return {name: self._adamax.state[self.vector][name] for name in MOMENTS}

    def restore(self, moments: Mapping[str, Tensor]) -> None:
        """Go on from what `moments` gave."""
        device = self.vector.device
        # The count of steps stays on the CPU, where Adamax keeps it.
        self._adamax.state[self.vector] = {
            name: moments[name] if name == "step" else moments[name].to(device) for name in MOMENTS
        }
