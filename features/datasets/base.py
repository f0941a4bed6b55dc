"""What a data set is: videos, splits and labels, read from the official layout and never written."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from features.datasets.cache import remembered
from features.plan.listing import Split, Video
from features.store.digest import file_digest

__all__ = ["Dataset", "Split", "Video"]


class Dataset(ABC):
    """A data set below one folder. Subclasses read one official layout each.

    `name` is the data set with its part, e.g. `ucsdped2`; by it recipes choose their published settings.
    """

    name: str
    # What its anomalies are called, in their published order, by which trainers number them.
    classes: Sequence[str] = ()
    # Whether labels may end before their video does; the frames after the last labelled one are then unknown.
    open_ended: ClassVar[bool] = False

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        """`root` is the data set's folder, `work` a folder for what the data set itself has to make (plaza).

        Raises ConfigError for an option that the data set does not have.
        """
        self.root = root
        self.work = work

    @abstractmethod
    def videos(self) -> Sequence[Video]:
        """All videos in the field's order: training before testing, then by name or number.

        Raises DatasetError saying what was expected, what was found, and what is missing.
        """

    def ready(self) -> bool:
        """Whether the videos are there; False only for a data set that makes its own."""
        return True

    def prepare(self) -> None:  # noqa: B027  (most data sets have nothing to make)
        """Make the videos, where the data set makes its own."""

    def labels(self, video_id: str) -> np.ndarray | None:
        """int8 (frames,): 1 abnormal, 0 normal, -1 unknown; None where nothing is published."""
        return None

    def labels_for(self, video_id: str, frames: int) -> np.ndarray | None:
        """int8 (frames,) for a video of so many frames: the labels, and -1 where they are open-ended and end before."""
        found = self.labels(video_id)
        if found is None or not self.open_ended:
            return found
        return np.concatenate([found, np.full(max(0, frames - len(found)), -1, np.int8)])

    def label_frames(self, video_id: str) -> int | None:
        """For how many frames there are labels, found cheaply; None where nothing is published."""
        labels = self.labels(video_id)
        return None if labels is None else len(labels)

    def masks(self, video_id: str) -> Iterator[np.ndarray] | None:
        """For each frame bool (height, width), True where abnormal, read one by one; None where none are published."""
        return None

    def mask_files(self, video_id: str) -> Sequence[Path]:
        """The files that the masks of a video are read from; none where there are no masks, or nothing is read."""
        return ()

    def notes(self) -> list[str]:
        """What a reader of the results must know: a part of the published totals only, a choice of labels, ..."""
        return []

    def labels_digest(self, video_ids: Sequence[str]) -> str:
        """sha256 over the names, labels and files of masks of these videos: what an evaluation depends on."""
        whole = hashlib.sha256(b"labels\0")
        for video_id in video_ids:
            name = video_id.encode("utf-8", "surrogateescape")
            found = self.labels(video_id)
            frames = -1 if found is None else len(found)
            whole.update(b"%d %s %d " % (len(name), name, frames))
            if found is not None:
                whole.update(np.ascontiguousarray(found, np.int8).tobytes())
            if files := self.mask_files(video_id):
                whole.update(remembered(self.work / "masks", files, partial(_digests, files)).tobytes())
        return whole.hexdigest()


def _digests(files: Sequence[Path]) -> np.ndarray:
    """uint8 (64 * files,): the digests of files, as text."""
    return np.frombuffer("".join(map(file_digest, files)).encode(), np.uint8)
