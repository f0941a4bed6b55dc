"""The auto-encoders of LBR-SPR: yuguangnudt/LBR_SPR @420d334, model/cae.py; names and shapes are the published ones.

One auto-encoder rebuilds a cube of five RGB frames; with flow, a second one draws the five flow fields from the same
frames. Both have no skip connections: 32x32 pixels shrink to 4x4 with 256 channels and grow back.
"""

from torch import Tensor, nn

PATCH = 32
RGB_CHANNELS = 15
FLOW_CHANNELS = 10
WIDTH = 32


class DoubleConv(nn.Module):
    """Twice a 3x3 convolution (with bias), batch norm and ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, padding=1),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels_out, channels_out, 3, padding=1),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) to (n, channels_out, h, w)."""
        out: Tensor = self.conv(x)
        return out


class Entry(nn.Module):
    """The first double convolution, at full size."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = DoubleConv(channels_in, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) to (n, channels_out, h, w)."""
        out: Tensor = self.conv(x)
        return out


class Down(nn.Module):
    """Half the size by max pooling, then a double convolution."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.mpconv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(channels_in, channels_out))

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) to (n, channels_out, h/2, w/2)."""
        out: Tensor = self.mpconv(x)
        return out


class Up(nn.Module):
    """Twice the size by a transposed convolution, then a double convolution."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(channels_in, channels_in, 3, stride=2, padding=1, output_padding=1)
        self.conv = DoubleConv(channels_in, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) to (n, channels_out, 2h, 2w)."""
        out: Tensor = self.conv(self.up(x))
        return out


class Exit(nn.Module):
    """The last 1x1 convolution, without activation."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) to (n, channels_out, h, w)."""
        out: Tensor = self.conv(x)
        return out


def auto_encoder(channels_out: int, channels_in: int = RGB_CHANNELS, width: int = WIDTH) -> nn.Sequential:
    """One auto-encoder, (n, channels_in, 32, 32) to (n, channels_out, 32, 32)."""
    return nn.Sequential(
        Entry(channels_in, width),
        Down(width, 2 * width),
        Down(2 * width, 4 * width),
        Down(4 * width, 8 * width),
        Up(8 * width, 4 * width),
        Up(4 * width, 2 * width),
        Up(2 * width, width),
        Exit(width, channels_out),
    )


class AutoEncoders(nn.Module):
    """The network: `raw_ae` rebuilds the frames, `of_ae` (with flow) draws the flow from them."""

    def __init__(self, use_flow: bool) -> None:
        super().__init__()
        self.use_flow = use_flow
        self.raw_ae = auto_encoder(RGB_CHANNELS)
        if use_flow:
            self.of_ae = auto_encoder(FLOW_CHANNELS)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor | None]:
        """Frames (n, 15, 32, 32) in 0..1 to rebuilt frames, and flow (n, 10, 32, 32) or None."""
        return self.raw_ae(frames), self.of_ae(frames) if self.use_flow else None


def cube_errors(out: Tensor, target: Tensor) -> Tensor:
    """float32 (n,): the sum of squared errors of each cube, over all channels and pixels."""
    return (out - target).square().sum(dim=(1, 2, 3))
