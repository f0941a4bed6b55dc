"""A network small enough to be checked by hand, and what its tests share: its features are means of what it sees."""

from typing import ClassVar, Literal

import numpy as np

from features.extract.clips.network import NetworkBackend, NetworkRecipe
from features.store.recipe import Recipe

VIEW = {"length": 4, "stride": 4, "tail": "drop", "resize": {"rule": "none"}, "crops": "whole", "side": None}


class TinyRecipe(NetworkRecipe):
    backend: ClassVar[str] = "tiny"

    pooling: Literal["mean", "steps"] = "mean"


class Tiny(NetworkBackend):
    """The mean of each channel, that of the left half of the picture, and that of the clip's first frame."""

    parameters = TinyRecipe
    streams = ("rgb", "flow")
    step = 2

    def seen(self, clips: np.ndarray) -> None:
        """Called with what the network sees, for tests that look."""

    @classmethod
    def width(cls, recipe: Recipe, stream: str) -> int:
        return 9 if stream == "rgb" else 6

    def embed(self, stream: str, clips: np.ndarray) -> np.ndarray:
        assert clips.dtype == np.float32 and clips.flags.c_contiguous
        self.seen(clips)
        wide = clips.astype(np.float64)
        if self.settings.pooling == "steps":
            starts = range(0, clips.shape[2] - 2, self.step)
            return np.stack([means(wide[:, :, start : start + 2 * self.step]) for start in starts], axis=1)
        return means(wide)


def means(clips: np.ndarray) -> np.ndarray:
    half = clips.shape[4] // 2
    parts = [clips.mean(axis=(2, 3, 4)), clips[..., :half].mean(axis=(2, 3, 4)), clips[:, :, 0].mean(axis=(2, 3))]
    return np.concatenate(parts, axis=1, dtype=np.float32)
