"""What a training step of AR-Net sees: some videos of each kind, cut or filled up to a common number of clips.

wanboyang/Anomaly_AR_Net_ICME_2020 @82e18e1, utils.py and video_dataset_anomaly_balance_uni_sample.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.models.arnet.recipe import ArNetRecipe
from features.models.bags import Bags, groups

# Whole numbers between two bounds, both included.
Draw = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Batch:
    """The videos of a training step, abnormal ones first.

    clips     float32 (videos, clips, channels), zeros after the last clip of a video
    lengths   int64 (videos,): clips of each
    abnormal  bool (videos,)
    """

    clips: np.ndarray
    lengths: np.ndarray
    abnormal: np.ndarray


class Sampler:
    """Draws the videos of a step, and what of them is seen, by seed and step alone.

    Raises DatasetError where there are fewer videos of one kind than a step wants.
    """

    def __init__(self, bags: Bags, recipe: ArNetRecipe) -> None:
        self._bags, self._recipe = bags, recipe
        self._groups = groups(bags, recipe.sample_size)

    def batch(self, step: int) -> Batch:
        """The videos of a step: none of them twice."""
        generator = np.random.default_rng([self._recipe.seed, step])
        videos = np.concatenate([generator.choice(group, self._recipe.sample_size, False) for group in self._groups])
        abnormal = self._bags.abnormal[videos]
        seen = [self._seen(video, bool(odd), generator) for video, odd in zip(videos, abnormal, strict=True)]
        lengths = np.array([len(clips) for clips in seen])
        clips = np.zeros((len(videos), lengths.max(), self._bags.channels), np.float32)
        for row, found in enumerate(seen):
            clips[row, : len(found)] = found
        return Batch(clips, lengths, abnormal)

    def _seen(self, video: int, abnormal: bool, generator: np.random.Generator) -> np.ndarray:
        clips, longest = self._bags[video], self._recipe.max_seqlen

        def draw(low: np.ndarray, high: np.ndarray) -> np.ndarray:
            return np.asarray(generator.integers(low, high, endpoint=True))

        if len(clips) <= longest:
            return clips
        chosen = perturbed(len(clips), longest, draw) if abnormal else window(len(clips), longest, draw)
        return np.asarray(clips[chosen])


def perturbed(clips: int, length: int, draw: Draw) -> np.ndarray:
    """int64 (length,): clips of a longer abnormal video, one drawn from each even sample to the next, both included.

    So a clip can be drawn twice. The last even sample is taken as it is.
    """
    even = (np.arange(length) * clips / length).astype(np.int64)
    return np.append(draw(even[:-1], even[1:]), even[-1])


def window(clips: int, length: int, draw: Draw) -> np.ndarray:
    """int64 (length,): neighbouring clips of a longer normal video; the published code never takes the last ones."""
    first: np.ndarray = draw(np.array(0), np.array(clips - length))
    return first + np.arange(length)
