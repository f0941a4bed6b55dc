"""Features that were published for one sample video: whether weights are what their name says, end to end.

v-iashin/video_features before commit b21f330 kept what its authors computed, on a GPU, of its sample video.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import ConfigError
from features.extract.clips.compute import computer
from features.extract.clips.recipe import ClipsRecipe, clips_recipe
from features.extract.feature import Machine
from features.extract.frames.recipe import frames_recipe
from features.plan.registry import nearest
from features.plan.stages import Context

VIDEO = "v_GGSY1Qvo990.mp4"
# Two runs of theirs agree to 2e-6, with and without TF32 to about 1e-3; another resize or scaling is beyond 1e-2.
SAME, ALIKE = 1e-2, 0.9999


@dataclass(frozen=True)
class Reference:
    """Published features of the sample video.

    weights   the file that they were made with
    choice    the config entry that makes them, without weights
    file      where they are, and as which array
    """

    weights: str
    choice: dict[str, Any]
    file: str
    array: str = field(default="rgb")


REFERENCES = {
    "i3d_rgb": Reference("i3d_rgb.pt", {"preset": "video_features"}, "i3d__v_GGSY1Qvo990_rgb_raft_None_None_None.npz"),
    "r2plus1d": Reference(
        "r2plus1d_18-91a641e6.pth",
        {"preset": "r2plus1d"},
        "r21d__v_GGSY1Qvo990_r2plus1d_18_16_kinetics_None_None_None.npz",
        "r21d",
    ),
    "clip": Reference("ViT-B-32.pt", {"preset": "clip"}, "clip__v_GGSY1Qvo990_ViT-B_32_1_None.npz", "clip"),
}


@dataclass(frozen=True)
class Verdict:
    """How near features are to the published ones.

    clips       how many there are, and how many were published
    cosine      the smallest between a feature and its published one; NaN where numbers of clips or channels differ
    largest     largest absolute difference of a number, likewise
    scale       the mean absolute published number
    """

    name: str
    clips: tuple[int, int]
    cosine: float
    largest: float
    scale: float

    @property
    def same(self) -> bool:
        """Whether these are the published features, as far as two machines agree."""
        return self.cosine >= ALIKE and self.largest <= SAME


def verify(name: str, weights: Path, reference: Path, machine: Machine) -> Verdict:
    """Compute the features of the sample video in `reference` with the weights in the folder `weights`, and compare.

    Raises ConfigError for a name or a folder without a reference, WeightsError where the weights are missing.
    """
    if name not in REFERENCES:
        known = ", ".join(REFERENCES)
        raise ConfigError(f"no reference for weights {name!r}{nearest(name, REFERENCES)}; there are: {known}")
    known_as = REFERENCES[name]
    recipe = recipe_of(known_as, weights)
    for path in (reference / VIDEO, reference / known_as.file):
        if not path.is_file():
            raise ConfigError(f"{path} is not there; name the folder of the reference features with --reference")
    with np.load(reference / known_as.file, allow_pickle=False) as published:
        expected = np.asarray(published[known_as.array], np.float64)
    found = computer(recipe, machine)(reference / VIDEO).features
    return compared(name, found[:, 0].astype(np.float64), expected)


def recipe_of(reference: Reference, weights: Path) -> ClipsRecipe:
    """The recipe that makes reference features."""
    context = Context("reference", (weights,), {"frames": frames_recipe("native")})
    return clips_recipe({**reference.choice, "weights": reference.weights}, context)


def compared(name: str, found: np.ndarray, expected: np.ndarray) -> Verdict:
    """How near (clips, channels) are to (clips, channels) that were published."""
    clips, scale = (len(found), len(expected)), float(np.abs(expected).mean())
    if found.shape != expected.shape:
        return Verdict(name, clips, float("nan"), float("nan"), scale)
    norms = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    cosines = (found * expected).sum(axis=1) / np.maximum(norms, np.finfo(np.float64).tiny)
    return Verdict(name, clips, float(cosines.min()), float(np.abs(found - expected).max()), scale)
