"""The clips of training videos as bags: rows of features, of which only the video's label is known."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.errors import DatasetError
from features.extract.clips.table import read_clips
from features.models.base import Features
from features.plan.listing import Annotation
from features.store.digest import digest
from features.store.lazy import LazyArray
from features.store.recipe import Recipe

READ_CLIPS = 1024
Prepare = Callable[[LazyArray], np.ndarray]


@dataclass(frozen=True)
class Bags:
    """The features of many videos, in a file that is mapped.

    rows         float32 (rows of all videos, ...): what was prepared of each, one video after the other
    offsets      int64 (videos + 1,): the rows of each
    annotations  what is published of each
    keys         the key of the clips of each
    """

    rows: np.ndarray
    offsets: np.ndarray
    annotations: tuple[Annotation, ...]
    keys: tuple[str, ...]

    def __len__(self) -> int:
        """How many videos there are."""
        return len(self.annotations)

    def __getitem__(self, video: int) -> np.ndarray:
        """float32 (rows, ...) of one video."""
        return self.rows[self.offsets[video] : self.offsets[video + 1]]

    @property
    def channels(self) -> int:
        """Numbers of a feature."""
        return int(self.rows.shape[-1])

    @property
    def abnormal(self) -> np.ndarray:
        """bool (videos,): whether anything abnormal happens."""
        return np.array([annotation.abnormal for annotation in self.annotations])

    def identity(self, recipe: Recipe) -> str:
        """The name of a training by this recipe on these videos."""
        return digest("training", [recipe.digest, self.keys, [str(annotation) for annotation in self.annotations]])

    def facts(self) -> dict[str, int]:
        """What a model notes of the videos it was trained on."""
        abnormal = int(self.abnormal.sum())
        return {"videos": len(self), "abnormal_videos": abnormal, "rows": len(self.rows), "channels": self.channels}


def in_order(videos: Sequence[Features]) -> list[Features]:
    """The videos by digest: a model must not depend on what its videos are called, since its key does not."""
    return sorted(videos, key=lambda video: (video.source, str(video.annotation)))


def gather(videos: Sequence[Features], prepare: Prepare, folder: Path) -> Bags:
    """What `prepare` makes of the features of each video, by digest: float32 (rows, ...) of (clips, crops, channels).

    The file lies in `folder` and has no name any more: nothing is left behind, however training ends.

    Raises DatasetError where a video has no annotation, or its features are no numbers or of another shape than those
    of the first.
    """
    chosen = in_order(videos)
    annotations = tuple(annotation_of(video) for video in chosen)
    keys, lengths, shape = [], [], ()
    with tempfile.TemporaryFile(dir=folder) as file:
        for video in chosen:
            with video.open("clips") as artifact:
                rows = np.ascontiguousarray(prepare(read_clips(artifact).features), np.float32)
                keys.append(artifact.key)
            shape = shape or rows.shape[1:]
            _check(rows, shape, video)
            file.write(rows.data)
            lengths.append(len(rows))
        file.flush()
        mapped = np.memmap(file, np.float32, "r", shape=(sum(lengths), *shape))
    return Bags(mapped, np.cumsum([0, *lengths]), annotations, tuple(keys))


def one_view(features: LazyArray) -> np.ndarray:
    """float32 (clips, channels): the mean over the crops of clips (clips, crops, channels), for models of one view."""
    parts = [features[start : start + READ_CLIPS].mean(axis=1) for start in range(0, len(features), READ_CLIPS)]
    return np.concatenate(parts)


def annotation_of(video: Features) -> Annotation:
    """What is published of a training video.

    Raises DatasetError where nothing is.
    """
    if video.annotation is None:
        raise DatasetError(
            f"training video {video.said} is neither normal nor abnormal, and the model is taught which; use a "
            "data set that says so, such as shanghaitech-weak or ucf_crime"
        )
    return video.annotation


def groups(bags: Bags, size: int, both: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """int64: the abnormal videos, and the normal ones; every video twice where it stands for `both`.

    Raises DatasetError where there are fewer than `size` of one kind, so many being drawn in each step.
    """
    found = np.flatnonzero(bags.abnormal | both), np.flatnonzero(~bags.abnormal | both)
    for name, group in zip(("abnormal", "normal"), found, strict=True):
        if len(group) < size:
            raise DatasetError(
                f"{len(group)} of {len(bags)} training videos are {name}, and {size} of them are drawn in each step; "
                "lower sample_size, or look at the data set's labels"
            )
    return found


def _check(rows: np.ndarray, shape: tuple[int, ...], video: Features) -> None:
    if rows.shape[1:] != shape:
        raise DatasetError(
            f"features of training video {video.said} have the shape {rows.shape[1:]}, those of the first "
            f"{shape}; give all videos features of one recipe"
        )
    if not np.isfinite(rows).all():
        raise DatasetError(f"features of training video {video.said} are no numbers; compute its clips anew")
