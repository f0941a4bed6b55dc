"""BatchNorm as part of the convolution before it: in evaluation it is a factor and a summand per channel."""

import torch
from torch import Tensor, nn


def folded(conv: nn.Conv3d, norm: nn.BatchNorm3d) -> tuple[Tensor, Tensor]:
    """(weight, bias), float32, of the one convolution that gives what both give; computed in float64."""
    assert norm.running_mean is not None and norm.running_var is not None
    factor = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
    before = torch.zeros_like(factor) if conv.bias is None else conv.bias.detach().double()
    weight = conv.weight.detach().double() * factor[:, None, None, None, None]
    bias = norm.bias.detach().double() + (before - norm.running_mean.double()) * factor
    return weight.float(), bias.float()


def fold_norms(module: nn.Module) -> nn.Module:
    """Fold every BatchNorm3d below `module` that comes right after a convolution, in place; the module itself.

    The order is that in which the children were added, as in `nn.Sequential`; a container ends with its last child.
    """
    before: nn.Conv3d | None = None
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm3d) and before is not None:
            weight, bias = folded(before, child)
            before.weight, before.bias = nn.Parameter(weight), nn.Parameter(bias)
            setattr(module, name, nn.Identity())
        else:
            fold_norms(child)
        before = _ending(child)
    return module


def _ending(module: nn.Module) -> nn.Conv3d | None:
    """The convolution that a module ends with."""
    if isinstance(module, nn.Sequential) and len(module):
        return _ending(module[-1])
    return module if isinstance(module, nn.Conv3d) else None
