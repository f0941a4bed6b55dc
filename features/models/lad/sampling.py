"""What a training step sees: a window of some videos of each kind, with the labels of its frames and its class.

wanboyang/anomaly_detection_LAD2000 @ca51f97, video_dataset_anomaly_balance_uni_sample.py and utils.py, less two
defects: tries after the first draw from the whole video, not from what the first left; the last window can be drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.errors import DatasetError
from features.extract.clips.table import read_clips
from features.models.bags import Bags, annotation_of, groups, in_order
from features.models.base import Features
from features.models.lad.network import CLIP_SCORES
from features.models.lad.recipe import LadRecipe
from features.models.lad.windows import clip_labels
from features.plan.listing import NORMAL, Annotation


@dataclass(frozen=True)
class Batch:
    """Windows of a training step, those of abnormal videos first.

    clips    float32 (windows, max_seqlen, channels), zeros after the last clip of a video
    labels   float32 (windows, max_seqlen, 16): 1 abnormal, 0 normal
    classes  int64 (windows,): the class of the video
    """

    clips: np.ndarray
    labels: np.ndarray
    classes: np.ndarray


class Sampler:
    """Draws the windows of a step, by seed and step alone.

    labels   int8 (clips of all videos, 16)
    classes  the names of all classes: those of anomalies in order, then `normal`

    Where no video is normal, as in LV, every video is drawn as both kinds: as published.

    Raises DatasetError where there are fewer videos of one kind than a step wants.
    """

    def __init__(self, bags: Bags, labels: np.ndarray, recipe: LadRecipe) -> None:
        self._bags, self._labels, self._recipe = bags, labels, recipe
        self.classes = class_names(bags.annotations)
        self._class = np.array([self.classes.index(annotation.category) for annotation in bags.annotations])
        self._groups = groups(bags, recipe.sample_size, both=bool(bags.abnormal.all()))

    def batch(self, step: int) -> Batch:
        """The windows of a step: no video twice of the same kind."""
        draw = np.random.default_rng([self._recipe.seed, step])
        abnormal, normal = (draw.choice(group, self._recipe.sample_size, replace=False) for group in self._groups)
        starts = [self._abnormal_start(video, draw) for video in abnormal]
        starts += [self._start(video, draw) for video in normal]
        videos, length = np.concatenate([abnormal, normal]), self._recipe.max_seqlen
        clips = np.zeros((len(videos), length, self._bags.channels), np.float32)
        labels = np.zeros((len(videos), length, CLIP_SCORES), np.float32)
        for row, (video, start) in enumerate(zip(videos, starts, strict=True)):
            found = self._bags[video][start : start + length]
            clips[row, : len(found)] = found
            labels[row, : len(found)] = self._labels_of(video)[start : start + length]
        return Batch(clips, labels, self._class[videos])

    def _start(self, video: int, draw: np.random.Generator) -> int:
        return int(draw.integers(0, max(0, len(self._bags[video]) - self._recipe.max_seqlen), endpoint=True))

    def _abnormal_start(self, video: int, draw: np.random.Generator) -> int:
        """A window with an abnormal frame, if one of some tries finds it; else the last try."""
        labels = self._labels_of(video)
        for _ in range(self._recipe.tries):
            start = self._start(video, draw)
            if labels[start : start + self._recipe.max_seqlen].any():
                break
        return start

    def _labels_of(self, video: int) -> np.ndarray:
        return self._labels[self._bags.offsets[video] : self._bags.offsets[video + 1]]


def class_names(annotations: Sequence[Annotation]) -> list[str]:
    """The categories of some videos: those of anomalies in order, then `normal` where a video is.

    As published for UCF-Crime. For LAD2000 the published labels call a normal video by the anomaly whose folder it is
    in; here it is normal.
    """
    found = {annotation.category for annotation in annotations}
    return [*sorted(found - {NORMAL}), *sorted(found & {NORMAL})]


def read_labels(videos: Sequence[Features], recipe: LadRecipe) -> np.ndarray:
    """int8 (clips of all videos, 16) in the order of `gather`: 1 abnormal, 0 normal.

    Raises DatasetError where nobody says when an abnormal video is abnormal, unless the recipe takes it as abnormal
    throughout.
    """
    return np.concatenate([_labels_of(video, recipe) for video in in_order(videos)])


def _labels_of(video: Features, recipe: LadRecipe) -> np.ndarray:
    labels = annotation_of(video).labels(video.frames)
    if recipe.unknown == "refuse" and (labels < 0).any():
        raise DatasetError(
            f"lad: nobody says when training video {video.said} is abnormal, and the model is taught frames; "
            "use a data set that says so (lad2000), or set unknown: abnormal to take all frames of such videos as so"
        )
    with video.open("clips") as artifact:
        clips = read_clips(artifact)
    return clip_labels(np.where(labels < 0, 1, labels).astype(np.int8), clips.start, clips.stop)
