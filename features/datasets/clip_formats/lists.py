"""What lists and ground truth of trainers are made of: videos in order, lines, arrays, pickles."""

import os
import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from features.datasets.base import Split
from features.datasets.expand import expanded_by, rules_for
from features.errors import ConfigError, DatasetError
from features.plan.listing import Annotation
from features.video.windows import Tail

# The files of each video, by its name, in the order of the crops.
Files = Mapping[str, Sequence[Path]]


@dataclass(frozen=True)
class ClipVideo:
    """What is known of a video whose features are written.

    labels   int8 (frames,): 1 abnormal, 0 normal, -1 unknown; None where nothing is published
    rows     how many clips, or segments, it has
    aligned  whether row k is the clip of frames 16 k to 16 k + 15 of the source, as all trainers take it to be
    """

    name: str
    split: Split
    annotation: Annotation
    labels: np.ndarray | None
    rows: int
    aligned: bool

    @property
    def class_name(self) -> str:
        """The class as annotation files write it: `Fighting`, or `Normal`."""
        return self.annotation.category if self.annotation.abnormal else self.annotation.category.capitalize()

    @property
    def known(self) -> bool:
        """Whether it is known of each frame whether it is abnormal."""
        return self.labels is not None and len(self.labels) > 0 and bool((self.labels >= 0).all())


@dataclass(frozen=True)
class Written:
    """Features that were written for a trainer: the folder, the videos, their files, what the data set is called.

    classes  of its anomalies, in their published order; () where none is known
    """

    folder: Path
    videos: Sequence[ClipVideo]
    files: Files
    dataset: str
    classes: Sequence[str] = ()


def of_split(videos: Sequence[ClipVideo], split: Split) -> list[ClipVideo]:
    """The videos of one split, in their order."""
    return [video for video in videos if video.split == split]


def abnormal_first(videos: Sequence[ClipVideo]) -> list[ClipVideo]:
    """The videos in the order of lists whose line number is the label: abnormal ones, then normal ones."""
    return sorted(videos, key=lambda video: not video.annotation.abnormal)


def flat_truth(videos: Sequence[ClipVideo]) -> np.ndarray:
    """float64 (16 x all clips,): the labels of videos one after the other, 16 for each clip, the last one repeated.

    Raises ConfigError where labels are not known, or rows are not clips of 16 frames, and DatasetError where no tail
    rule gives as many clips for a video of so many frames.
    """
    for video in videos:
        if not video.known:
            raise ConfigError(f"the labels of {video.name} are not known")
        if not video.aligned:
            raise ConfigError(
                f"rows of {video.name} are not clips of 16 frames side by side, as trainers take them to be"
            )
    parts = [_expanded(video.name, video.labels, video.rows) for video in videos if video.labels is not None]
    return np.concatenate(parts).astype(np.float64) if parts else np.empty(0)


def _expanded(name: str, labels: np.ndarray, clips: int) -> np.ndarray:
    fitting: list[Tail] = [*rules_for(len(labels), clips), "drop"]
    try:
        return expanded_by(labels, clips, fitting[0])
    except DatasetError as error:
        raise DatasetError(f"{name}: {error}") from None


def annotation_lines(videos: Sequence[ClipVideo], with_frames: bool) -> list[str]:
    """Lines of UCF-Crime's annotation file: name, class, two intervals counted from 1, ends included, -1 for none.

    With frames, a seventh column says how many there are (fjchange/MIST_VAD @d720cab).

    Raises ConfigError where a video has more than two abnormal stretches.
    """
    return [_annotation_line(video, with_frames) for video in videos]


def _annotation_line(video: ClipVideo, with_frames: bool) -> str:
    runs = video.annotation.runs or ()
    if len(runs) > 2:
        raise ConfigError(f"{video.name} has {len(runs)} abnormal stretches, and UCF-Crime's annotation holds two")
    numbers = [number for first, after in runs for number in (first + 1, after)]
    frames = [len(video.labels)] if with_frames and video.labels is not None else []
    padded = [*numbers, *[-1] * (4 - len(numbers))]
    return "  ".join(map(str, (f"{video.name}.mp4", video.class_name, *padded, *frames)))


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a text of lines, whole or not at all."""
    _write(path, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))


def write_array(path: Path, array: np.ndarray) -> None:
    """Write an npy file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    with partial.open("wb") as file:
        np.save(file, array)
    partial.replace(path)


def write_pickle(path: Path, content: Mapping[str, Any]) -> None:
    """Write a dict of arrays and numbers as the pickle that AR-Net and LAD2000 load.

    Arrays are named as NumPy 1 calls them, which every NumPy reads: these trainers are older than NumPy 2.
    """
    text = pickle.dumps(dict(content), protocol=2)
    _write(path, text.replace(b"cnumpy._core.", b"cnumpy.core."))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    partial.write_bytes(content)
    partial.replace(path)
