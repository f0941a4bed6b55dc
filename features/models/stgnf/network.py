"""The normalising flow of STG-NF: orhir/STG-NF @edb5f32, models/STG_NF; names and shapes of parameters are published.

A window is a pair of fields, x and y of each joint at each time. Each of the flow's steps normalises both, swaps
them, and then shifts and scales the second by what a small network makes of the first. Windows of normal persons are
drawn to a Gaussian around +R; how far a window lands from there is its negative log-likelihood.

The graph convolution of the published settings (every joint linked with every other, columns normalised) is the mean
over joints, so what follows it is one time series per window and not one per joint. And a 1x1 convolution of a single
channel followed by batch norm is a straight line. Both are used below; neither changes a number beyond rounding.
"""

import math
from collections.abc import Iterable, Mapping
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

JOINTS = 18
EPSILON = 1e-6

Fields = tuple[Tensor, Tensor]


class ActNorm(nn.Module):
    """Shift and scale of each field, at the first training batch so that both have mean 0 and variance 1."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, 2, 1, 1))
        self.logs = nn.Parameter(torch.zeros(1, 2, 1, 1))
        self.initialised = False

    def forward(self, x: Fields) -> tuple[Fields, Tensor]:
        """(x + bias) exp(logs), and the sum of logs: the log-determinant per joint and time."""
        if not self.initialised:
            assert self.training, "the first batch of training sets it"
            self._initialise(x)
        logs = self.logs.flatten()
        scale, bias = logs.exp().unbind(), self.bias.flatten().unbind()
        return ((x[0] + bias[0]) * scale[0], (x[1] + bias[1]) * scale[1]), logs.sum()

    def inverse(self, z: Fields) -> Fields:
        """What `forward` made `z` of."""
        scale, bias = self.logs.flatten().neg().exp(), self.bias.flatten()
        return z[0] * scale[0] - bias[0], z[1] * scale[1] - bias[1]

    @torch.no_grad()
    def _initialise(self, x: Fields) -> None:
        for channel, field in enumerate(x):
            variance, mean = torch.var_mean(field, correction=0)
            self.bias[0, channel] = -mean
            self.logs[0, channel] = -torch.log(variance.sqrt() + EPSILON)
        self.initialised = True


class Block(nn.Module):
    """The network of a coupling: graph convolution, convolution in time, and (but in the first step) a residual."""

    def __init__(self, taps: int, residual: bool) -> None:
        super().__init__()
        self.gcn = nn.ModuleDict({"conv": nn.Conv2d(1, 2, 1)})
        self.tcn = nn.Sequential(
            nn.BatchNorm2d(2), nn.ReLU(), nn.Conv2d(2, 2, (taps, 1), padding=(taps // 2, 0)), nn.BatchNorm2d(2)
        )
        self.residual = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2)) if residual else None

    def forward(self, field: Tensor) -> Fields:
        """Field (n, t, joints) to two of (n, t, joints), or (n, t, 1) where there is no residual; none is below 0."""
        series = self._in_time(field.mean(-1), field.shape[-1])
        if self.residual is None:
            first, second = F.relu(series).unsqueeze(-1).unbind(1)
            return first, second
        conv, norm = self.residual
        slope, offset = _line(conv, norm, field, field.numel())
        first, second = (series + offset[:, None]).unsqueeze(-1).unbind(1)
        return F.relu(torch.addcmul(first, slope[0], field)), F.relu(torch.addcmul(second, slope[1], field))

    def _in_time(self, mean: Tensor, joints: int) -> Tensor:
        """The mean over joints (n, t) to (n, 2, t)."""
        norm, _, conv, last = self.tcn
        assert isinstance(conv, nn.Conv2d) and conv.bias is not None
        slope, offset = _line(self.gcn["conv"], norm, mean, mean.numel() * joints)
        bent = F.relu(mean[:, None] * slope[:, None] + offset[:, None])
        # Batch norm takes the bias off again: it has no gradient.
        mixed = F.conv1d(bent, conv.weight[..., 0], conv.bias.detach(), padding=conv.weight.shape[2] // 2)
        return _normalised(last, mixed, joints)


class Step(nn.Module):
    """One step: normalise, swap, couple. The log-determinant is counted per window (n,)."""

    def __init__(self, taps: int, residual: bool) -> None:
        super().__init__()
        self.actnorm = ActNorm()
        self.block = nn.ModuleList([Block(taps, residual)])

    def forward(self, x: Fields) -> tuple[Fields, Tensor]:
        """Two fields (n, t, joints) to two others, with the log-determinant (n,)."""
        (second, first), logs = self.actnorm(x)
        shift, scale = self._coupling(first)
        entries = first.shape[1] * first.shape[2]
        logdet = scale.log().sum(dim=(1, 2)) * (first.shape[2] / scale.shape[2]) + entries * logs
        return (first, (second + shift) * scale), logdet

    def inverse(self, z: Fields) -> Fields:
        """What `forward` made `z` of, in eval mode."""
        shift, scale = self._coupling(z[0])
        x: Fields = self.actnorm.inverse((z[1] / scale - shift, z[0]))
        return x

    def _coupling(self, field: Tensor) -> Fields:
        shift, raw = self.block[0](field)
        return shift, torch.sigmoid(raw + 2) + EPSILON


class Flow(nn.Module):
    """The flow over windows (n, 2, t, joints): channel 0 is x, 1 is y.

    steps    steps of the flow (K of the paper)
    seg_len  rows of a window (t); the convolution in time has t / 2 + 1 taps
    """

    def __init__(self, seg_len: int, steps: int = 8) -> None:
        super().__init__()
        taps = seg_len // 2 + 1
        self.flow = nn.ModuleDict({"layers": nn.ModuleList([Step(taps, k > 0) for k in range(steps)])})

    @property
    def steps(self) -> Iterable[Step]:
        """The steps in their order."""
        return cast(Iterable[Step], self.flow["layers"])

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        """z (n, 2, t, joints) and the log-determinant (n,)."""
        fields: Fields = windows[:, 0].contiguous(), windows[:, 1].contiguous()
        total = windows.new_zeros(len(windows))
        for step in self.steps:
            fields, logdet = step(fields)
            total = total + logdet
        return torch.stack(fields, dim=1), total

    def inverse(self, z: Tensor) -> Tensor:
        """The windows (n, 2, t, joints) that `forward` maps to `z`, in eval mode."""
        fields: Fields = z[:, 0], z[:, 1]
        for step in reversed(list(self.steps)):
            fields = step.inverse(fields)
        return torch.stack(fields, dim=1)

    def load(self, parameters: Mapping[str, Tensor]) -> None:
        """Take over parameters that were trained: no batch will initialise them any more."""
        self.load_state_dict(parameters)
        for step in self.steps:
            step.actnorm.initialised = True


def bits(flowed: tuple[Tensor, Tensor], centre: Tensor | float) -> Tensor:
    """(n,): negative log-likelihood in bits per number of a window, of what the flow made of it.

    `centre` (n,), or one for all: where the unit Gaussian stands.

    orhir/STG-NF @edb5f32, models/STG_NF/modules_pose.py, gaussian_likelihood: its variance is 1 + 1e-6.
    """
    z, logdet = flowed
    middle = centre.reshape(-1, 1, 1, 1) if isinstance(centre, Tensor) else centre
    count = z[0].numel()
    squares = (z - middle).square().sum(dim=(1, 2, 3)) / (1 + EPSILON)
    return (0.5 * (squares + count * math.log(2 * math.pi)) - logdet) / (math.log(2) * count)


def _line(conv: nn.Module, norm: nn.Module, field: Tensor, count: int) -> Fields:
    """Slope and offset (2,) of a 1x1 convolution from one channel to two, followed by batch norm.

    `count` is the number of values that `field` stands for, joints included: the published running variance is
    corrected by it.
    """
    assert isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d) and conv.bias is not None
    weight = conv.weight.flatten()
    if not norm.training:
        factor = norm.weight * torch.rsqrt(_there(norm.running_var) + norm.eps)
        return weight * factor, norm.bias + (conv.bias - _there(norm.running_mean)) * factor
    mean = field.mean()
    centred = (field - mean).flatten()
    variance = centred.dot(centred) / centred.numel()  # five times as fast as torch.var
    # The convolution's bias is part of the mean that batch norm takes off: it has no gradient.
    slope = weight * norm.weight * torch.rsqrt(weight.square() * variance + norm.eps)
    _remember(norm, weight * mean + conv.bias, weight.square() * variance, count)
    return slope, norm.bias - slope * mean


def _normalised(norm: nn.Module, series: Tensor, joints: int) -> Tensor:
    """Batch norm of (n, 2, t), whose every value stands for `joints` equal ones."""
    assert isinstance(norm, nn.BatchNorm2d)
    if not norm.training:
        return F.batch_norm(series, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
    variance, mean = torch.var_mean(series.detach(), dim=(0, 2), correction=0)
    _remember(norm, mean, variance, series[:, 0].numel() * joints)
    return F.batch_norm(series, None, None, norm.weight, norm.bias, training=True, eps=norm.eps)


@torch.no_grad()
def _remember(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, count: int) -> None:
    assert norm.momentum is not None and norm.num_batches_tracked is not None
    _there(norm.running_mean).lerp_(mean, norm.momentum)
    _there(norm.running_var).lerp_(variance * (count / (count - 1)), norm.momentum)
    norm.num_batches_tracked += 1


def _there(buffer: Tensor | None) -> Tensor:
    assert buffer is not None
    return buffer
