"""What the clips of a video are made of: each frame is prepared once, for all clips and crops that show it."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import ClassVar

import numpy as np

from features.errors import SourceError
from features.extract.clips.crops import Crop, crops_of
from features.extract.clips.levels import levels
from features.extract.clips.pictures import padded, resized
from features.extract.clips.view import View
from features.extract.feature import VideoInput


class Stream(ABC):
    """Pictures of one kind, of the frames that are waited for: (channels, height, width) each.

    channels  of each picture
    """

    channels: ClassVar[int]

    def __init__(self, view: View, video: VideoInput) -> None:
        self.view, self.video = view, video
        self._pictures: dict[int, np.ndarray] = {}

    @abstractmethod
    def take(self, numbers: np.ndarray, frames: np.ndarray) -> None:
        """Prepare frames, uint8 (k, height, width, 3), that have these numbers."""

    @abstractmethod
    def clip(self, frames: np.ndarray, crop: int, out: np.ndarray) -> None:
        """Fill float32 (channels, length, height, width) with one crop of these frames, as the network sees it."""

    def forget(self, before: int) -> None:
        """Drop the frames before this one."""
        for number in [number for number in self._pictures if number < before]:
            del self._pictures[number]

    @cached_property
    def crops(self) -> tuple[Crop, ...]:
        """The crops of this video's pictures.

        Raises SourceError where the pictures are smaller than a crop.
        """
        height, width = next(iter(self._pictures.values())).shape[1:]
        try:
            return crops_of(self.view.crops, height, width, self.view.side)
        except ValueError as error:
            raise SourceError(f"{self.video.path}: {error}; choose a resize rule that enlarges") from None

    def empty(self, rows: int, length: int) -> np.ndarray:
        """float32 (rows, channels, length, height, width) for so many crops of clips."""
        box = self.crops[0]
        return np.empty((rows, self.channels, length, box.bottom - box.top, box.right - box.left), np.float32)

    def _cut(self, frames: np.ndarray, crop: int, out: np.ndarray) -> None:
        for place, number in enumerate(frames.tolist()):
            out[:, place] = self.crops[crop].of(self._pictures[number])


class Pictures(Stream):
    """The frames themselves."""

    channels = 3

    def __init__(self, view: View, video: VideoInput) -> None:
        super().__init__(view, video)
        self._mean, self._std = (np.array(values, np.float32)[:, None, None, None] for values in (view.mean, view.std))

    def take(self, numbers: np.ndarray, frames: np.ndarray) -> None:
        """Resize the frames."""
        for number, frame in zip(numbers.tolist(), frames, strict=True):
            seen = frame if self.view.colour == "rgb" else np.ascontiguousarray(frame[:, :, ::-1])
            self._pictures[number] = _planes(resized(seen, self.view.resize))

    def clip(self, frames: np.ndarray, crop: int, out: np.ndarray) -> None:
        """Fill float32 (3, length, height, width)."""
        self._cut(frames, crop, out)
        out -= self._mean
        out /= self._std


class Vectors(Stream):
    """The flow from each frame to the next, out of the store; that of the last frame is the one before it."""

    channels = 2

    def __init__(self, view: View, video: VideoInput) -> None:
        super().__init__(view, video)
        assert view.flow is not None
        self._how, self._resize = view.flow, view.resize_of("flow")
        self._flow = video.upstream["flow"]["flow"]
        if len(self._flow) == 0:
            raise SourceError(f"{video.path}: one frame alone has no flow; leave the video out")

    def take(self, numbers: np.ndarray, frames: np.ndarray) -> None:
        """Read the vectors of the frames, and resize them as the view says."""
        last = len(self._flow) - 1
        for number in np.unique(np.minimum(numbers, last)).tolist():
            vectors = np.asarray(self._flow[number], np.float32).transpose(1, 2, 0)
            self._pictures[number] = _planes(self._prepared(vectors))

    def clip(self, frames: np.ndarray, crop: int, out: np.ndarray) -> None:
        """Fill float32 (2, length, height, width)."""
        self._cut(np.minimum(frames, len(self._flow) - 1), crop, out)
        mirrored = self.crops[crop].mirrored
        if self._how.at == "resized":
            if mirrored:
                out[0] *= -1
            out[:] = levels(out, self._how)
        elif mirrored:
            out[0] = 255 - out[0]
        if self._how.components == "xx":
            out[1] = out[0]
        out -= np.float32(self._how.mean)
        out /= np.float32(self._how.std)

    def forget(self, before: int) -> None:
        """Drop the vectors before this frame's; those of the last frame but one stand for the last."""
        super().forget(min(before, len(self._flow) - 1))

    def _prepared(self, vectors: np.ndarray) -> np.ndarray:
        """(H, W, 2): grey levels, or vectors in pixels of the resized picture."""
        if self._how.at == "source":
            stored = levels(vectors, self._how).astype(np.uint8)
            return padded(resized(stored, self._resize), self._how.multiple)
        height, width = vectors.shape[:2]
        found = resized(np.nan_to_num(vectors), self._resize)
        scale = np.array([found.shape[1] / width, found.shape[0] / height], np.float32)
        return padded(found * scale, self._how.multiple)


def _planes(picture: np.ndarray) -> np.ndarray:
    """(channels, height, width), each plane in one piece: crops of it are copied fast."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1))


STREAMS: dict[str, type[Stream]] = {"rgb": Pictures, "flow": Vectors}
