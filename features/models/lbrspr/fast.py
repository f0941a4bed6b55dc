"""The same auto-encoders with a quarter fewer multiplications, for processors.

Each step of the decoder is a transposed convolution and a convolution with nothing between them, so the two are one
linear map. Along one axis, with x the input, t the transposed kernel (stride 2, padding 1) and w the kernel:

    z[o] = sum t[k] x[i] over 2i - 1 + k = o,    y[p] = sum w[m] z[p - 1 + m] = sum (t[k] w[m]) x[i] over p = 2i + k - m

which is a transposed convolution with the five taps j = k - m + 2, stride 2 and padding 2: c*c/2*25 multiplications
for each input pixel in place of c*c*9 + 4*c*c/2*9. The published z ends at the border, where the five taps also see
z[-1]: that excess is a five-tap row, a five-tap column and the corner both have in common. The bias of the transposed
convolution becomes a field that is flat but for the border. Results differ by rounding alone; gradients reach the
published parameters through the products of taps.

The scoring pass between the training steps needs no gradient; there batch norm is folded into the kernels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.models.lbrspr.network import DoubleConv, Down, Entry, Exit, Up


@dataclass(frozen=True)
class Composed:
    """One decoder step's two convolutions as one.

    kernel  (channels in, channels out, 5, 5)
    row, column   (channels in, channels out, 1, 5) and (..., 5, 1): the excess at the upper and the left border
    corner  (channels in, channels out): what row and column have in common
    """

    kernel: Tensor
    row: Tensor
    column: Tensor
    corner: Tensor

    def scaled(self, scale: Tensor) -> "Composed":
        """Without gradient, each channel that leaves multiplied by `scale`."""
        wide = scale[:, None, None]
        return Composed(
            self.kernel.detach() * wide,
            self.row.detach() * wide,
            self.column.detach() * wide,
            self.corner.detach() * scale,
        )


def compose(up: Up) -> Composed:
    """The composed kernels of a decoder step, differentiable in the published parameters."""
    spread, conv = up.up.weight, _first_conv(up).weight
    channels_in, between = spread.shape[:2]
    channels_out = conv.shape[0]
    # Reversed taps a = 2 - m turn k - m + 2 into k + a: taps that add up to the same number fall together.
    left = spread.permute(2, 3, 0, 1).reshape(9 * channels_in, between)
    right = conv.flip(2, 3).permute(1, 2, 3, 0).reshape(between, 9 * channels_out)
    products = (left @ right).view(3, 3, channels_in, 3, 3, channels_out)
    rows, first_row = _taps(products.permute(0, 3, 1, 4, 2, 5))
    kernel, column = _taps(rows.permute(1, 2, 0, 3, 4))
    row, corner = _taps(first_row)
    return Composed(
        kernel.permute(2, 3, 1, 0), row.permute(1, 2, 0)[:, :, None], column.permute(1, 2, 0)[..., None], corner
    )


def _taps(products: Tensor) -> tuple[Tensor, Tensor]:
    """From (3 taps k, 3 reversed taps a, ...) the five sums over k + a, and the pair that reaches beyond the border."""
    pairs = products.flatten(0, 1).unbind(0)
    sums = [
        sum((pairs[3 * k + total - k] for k in range(3) if 0 <= total - k < 3), start=_NOTHING) for total in range(5)
    ]
    return torch.stack(cast(list[Tensor], sums)), pairs[2]


_NOTHING: Any = 0


class _Border(torch.autograd.Function):
    """Adds the bias field and takes the excess off the border, in place; backwards, gradients pass without a copy."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, field: Tensor, row: Tensor, column: Tensor, corner: Tensor) -> Tensor:
        ctx.mark_dirty(y)
        y.add_(field)
        y[:, :, :1].sub_(row)
        y[:, :, :, :1].sub_(column)
        y[:, :, 0, 0].add_(corner)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        (grad,) = gradients
        return grad, _sum_over_cubes(grad), -grad[:, :, :1], -grad[:, :, :, :1], grad[:, :, 0, 0]


def _sum_over_cubes(grad: Tensor) -> Tensor:
    """`grad.sum(0)` as a matrix product, three times as fast in channels-last order."""
    n, channels, height, width = grad.shape
    flat = grad.permute(0, 2, 3, 1).reshape(n, -1)
    return (flat.new_ones(1, n) @ flat).view(height, width, channels).permute(2, 0, 1)


def apply_composed(step: Composed, field: Tensor, x: Tensor) -> Tensor:
    """(n, channels in, h, w) to (n, channels out, 2h, 2w); `field` (channels out, 2h, 2w) is the bias."""
    y = functional.conv_transpose2d(x, step.kernel, None, 2, 2, 1)
    row = functional.conv_transpose2d(x[:, :, :1], step.row, None, 2, (0, 2), (0, 1))
    column = functional.conv_transpose2d(x[:, :, :, :1], step.column, None, 2, (2, 0), (1, 0))
    border = cast(Any, _Border.apply)
    result: Tensor = border(y, field, row, column, x[:, :, 0, 0] @ step.corner)
    return result


def bias_field(up: Up, height: int, width: int) -> Tensor:
    """(channels out, 2 height, 2 width): what both biases of a decoder step add to its result."""
    bias, conv = up.up.bias, _first_conv(up)
    flat = cast(Tensor, bias)[None, :, None, None].expand(1, -1, 2 * height, 2 * width)
    return functional.conv2d(flat, conv.weight, conv.bias, padding=1)[0]


def _first_conv(up: Up) -> nn.Conv2d:
    return cast(nn.Conv2d, up.conv.conv[0])


def compose_all(auto_encoder: nn.Sequential) -> list[Composed]:
    """The composed decoder steps; once for a scoring pass and the training step after it."""
    return [compose(layer) for layer in auto_encoder if isinstance(layer, Up)]


def run(auto_encoder: nn.Sequential, steps: Sequence[Composed], x: Tensor) -> Tensor:
    """What `auto_encoder(x)` gives in train mode, and its gradients."""
    waiting = iter(steps)
    for layer in auto_encoder:
        if isinstance(layer, Up):
            field = bias_field(layer, x.shape[2], x.shape[3])
            x = layer.conv.conv[1:](apply_composed(next(waiting), field, x))
        else:
            x = layer(x)
    return x


@torch.no_grad()
def run_eval(auto_encoder: nn.Sequential, steps: Sequence[Composed], x: Tensor) -> Tensor:
    """What `auto_encoder(x)` gives in eval mode, without gradient."""
    waiting = iter(steps)
    for layer in auto_encoder:
        match layer:
            case Up():
                scale, shift = _batch_norm(layer.conv.conv[1])
                field = bias_field(layer, x.shape[2], x.shape[3]) * scale[:, None, None] + shift[:, None, None]
                x = apply_composed(next(waiting).scaled(scale), field, x).relu_()
                x = _folded(layer.conv.conv[3], layer.conv.conv[4], x)
            case Down():
                x = _double_conv(layer.mpconv[1], layer.mpconv[0](x))
            case Entry():
                x = _double_conv(layer.conv, x)
            case Exit():
                x = layer(x)
    return x


def _double_conv(block: nn.Module, x: Tensor) -> Tensor:
    layers = cast(DoubleConv, block).conv
    return _folded(layers[3], layers[4], _folded(layers[0], layers[1], x))


def _folded(conv: Any, norm: Any, x: Tensor) -> Tensor:
    scale, shift = _batch_norm(norm)
    return functional.conv2d(x, conv.weight * scale[:, None, None, None], conv.bias * scale + shift, padding=1).relu_()


def _batch_norm(norm: Any) -> tuple[Tensor, Tensor]:
    """Batch norm in eval mode as a factor and a summand for each channel."""
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    return scale, norm.bias - norm.running_mean * scale
