"""Whether the channels of two sets mean the same: the mark of one network with one set of weights.

A network has channels that are seldom active and others that always are, whatever it looks at. So the mean of each
channel is alike in all videos, and unlike in another network, where the order of channels is another.
"""

from dataclasses import dataclass

import numpy as np

from features.evaluate.compare.vectors import profiles

# Standard errors of the correlation of unrelated channels, 1 / sqrt(channels), from which channels are the same.
SURE = 5.0


@dataclass(frozen=True)
class Channels:
    """How the mean of each channel in one set goes with that in another.

    correlation  -1 to 1; features of RTFM from two videos have 0.83 and more, those of another checkpoint 0
    least        what unrelated channels do not reach
    """

    correlation: float
    least: float

    @property
    def same(self) -> bool:
        """Whether the channels mean the same."""
        return self.correlation >= self.least


@dataclass(frozen=True)
class Half:
    """The channels of one network, of two side by side."""

    name: str
    channels: slice

    def of(self, features: np.ndarray) -> np.ndarray:
        """These channels (clips, crops, channels / 2)."""
        return features[..., self.channels]


def same_channels(one: np.ndarray, other: np.ndarray) -> Channels | None:
    """Whether the channels of (clips, crops, channels) mean the same; None for other numbers of channels."""
    return alike(profiles(one).mean(axis=0), profiles(other).mean(axis=0))


def alike(one: np.ndarray, other: np.ndarray) -> Channels | None:
    """The same for the mean of each channel (channels,)."""
    if one.shape != other.shape:
        return None
    found = float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else 0.0
    return Channels(found, SURE / np.sqrt(len(one)))


def halves(channels: int) -> tuple[Half, Half]:
    """The halves of so many channels."""
    middle = channels // 2
    return (
        Half(f"first {middle}", slice(0, middle)),
        Half(f"last {middle}", slice(middle, 2 * middle)),
    )


def side_by_side(wide: np.ndarray, narrow: np.ndarray) -> Half | None:
    """The half of the wide features (clips, crops, channels) whose channels are those of the narrow ones."""
    if wide.shape[2] != 2 * narrow.shape[2]:
        return None
    listed = [(half, same_channels(half.of(wide), narrow)) for half in halves(wide.shape[2])]
    fitting = [(found.correlation, half) for half, found in listed if found is not None and found.same]
    return max(fitting, key=lambda entry: entry[0])[1] if fitting else None
