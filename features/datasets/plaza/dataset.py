"""The data set `plaza`: options, layout, and the making of its files."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field, field_validator

from features.datasets.base import Dataset, Split, Video
from features.datasets.options import Options, read_options
from features.datasets.plaza.camera import Camera
from features.datasets.plaza.cast import Clip
from features.datasets.plaza.drone import camera_over
from features.datasets.plaza.films import film
from features.datasets.plaza.truth import Truth
from features.errors import ConfigError, DatasetError
from features.plan.listing import NORMAL, Annotation

# Raised when the same options would give other frames.
VERSION = 1
LAYOUT = ("train/videos", "train/pose", "test/videos", "test/pose", "test/mask")


class PlazaOptions(Options):
    """What identifies a plaza: other options, other videos, in a folder of their own."""

    clips: int = Field(6, ge=1, le=999, description="training clips, and as many test clips")
    frames: int = Field(110, ge=2, description="frames of each clip, at 25 frames per second")
    size: tuple[int, int] = Field((320, 240), description="width and height in pixels, even; a list or `320x240`")
    seed: int = Field(0, ge=0, description="another seed, other people on another square")
    camera: Literal["still", "drone"] = Field("still", description="on a mast, or in the air, drifting and shaking")
    abnormal: int = Field(
        0, ge=0, le=999, description="more training clips, in which something abnormal happens and nobody says when"
    )

    @field_validator("size", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return tuple(value.split("x")) if isinstance(value, str) else value

    @field_validator("size")
    @classmethod
    def _even(cls, value: tuple[int, int]) -> tuple[int, int]:
        if min(value) < 64 or max(value) > 4096 or value[0] % 2 or value[1] % 2:
            raise ValueError("expected even numbers from 64 to 4096")
        return value

    @property
    def folder(self) -> str:
        """Name of the folder of these videos."""
        flown = "" if self.camera == "still" else f"-{self.camera}"
        more = f"+{self.abnormal}" if self.abnormal else ""
        width, height = self.size
        return f"plaza-v{VERSION}-{self.clips}{more}x{self.frames}-{width}x{height}-seed{self.seed}{flown}"


class Plaza(Dataset):
    """People who cross a square, rendered: training clips hold walkers, test clips also a cyclist, a runner or a fall.

    So do the last training clips, where the option `abnormal` asks for such: models that are taught learn from them.
    Options: `PlazaOptions`. The videos are made below `root`, or below `work` where no root is given, in the layout of
    NJUST-Anomaly.
    """

    name = "plaza"

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self.options = read_options(PlazaOptions, self.name, options)
        self.folder = (root or work) / self.options.folder
        self._truths = {
            f"{split}/{number}": Truth(self._clip(split, number))
            for split in ("train", "test")
            for number in range(1, self._count(split) + 1)
        }

    def _count(self, split: Split) -> int:
        return self.options.clips + (self.options.abnormal if split == "train" else 0)

    def _clip(self, split: Split, number: int) -> Clip:
        frames, seed, size = self.options.frames, self.options.seed, self.options.size
        flown = self.options.camera == "drone"
        camera = camera_over(*size) if flown else Camera(*size)
        abnormal = split == "train" and number > self.options.clips
        return Clip(split, number, frames, seed, camera, size if flown else None, abnormal)

    def videos(self) -> Sequence[Video]:
        """Training clips, then test clips, by number, with their poses; whether they have been rendered or not."""
        listed = []
        for name, truth in self._truths.items():
            place, number = self.folder / truth.clip.split, truth.clip.number
            files = {"poses": place / "pose" / f"{number}.json"}
            annotation = Annotation(truth.clip.anomaly or NORMAL)
            path = place / "videos" / f"{number}.mp4"
            listed.append(Video(name, path, truth.clip.split, files, annotation=annotation))
        return listed

    def ready(self) -> bool:
        """Whether the videos have been rendered; a folder appears under its name only when it is whole."""
        return self.folder.is_dir()

    def prepare(self) -> None:
        """Render all clips, about 15 ms a frame at 320x240; nothing where they are there already.

        They are rendered in a folder aside, which then takes its name. Of two processes that render at once the first
        to finish wins, and both leave the same bytes.
        """
        if self.ready():
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}-", dir=self.folder.parent))
        try:
            for name in LAYOUT:
                (aside / name).mkdir(parents=True)
            for truth in self._truths.values():
                film(truth.clip, aside)
            aside.chmod(0o755)
            self._publish(aside)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _publish(self, aside: Path) -> None:
        for path in (*aside.rglob("*"), aside):
            _sync(path)
        try:
            aside.rename(self.folder)
        except OSError as error:
            if not self.ready():
                raise DatasetError(f"{self.folder} cannot be made ({error.strerror}); check the disk") from None

    def truth(self, video_id: str) -> Truth:
        """What is exactly true of a clip, e.g. `test/1`; nothing has to be rendered before."""
        if video_id not in self._truths:
            raise ConfigError(f"plaza has no video {video_id!r}; there are {', '.join(self._truths)}")
        return self._truths[video_id]

    def labels(self, video_id: str) -> np.ndarray | None:
        """int8 (frames,): 1 where somebody abnormal is seen. Read from `mask/` once rendered, else from the truth.

        -1 throughout the abnormal training clips.
        """
        truth = self.truth(video_id)
        if truth.clip.split == "train":
            return Annotation(truth.clip.anomaly or NORMAL).labels(truth.frames)
        if self.ready():
            written: np.ndarray = np.load(
                self.folder / "test" / "mask" / f"{truth.clip.number}.npy", allow_pickle=False
            )
            return written.astype(np.int8)
        return truth.labels()

    def label_frames(self, video_id: str) -> int:
        """Frames of the clip."""
        return self.truth(video_id).frames

    def masks(self, video_id: str) -> Iterator[np.ndarray]:
        """For each frame bool (height, width): pixels of somebody abnormal."""
        truth = self.truth(video_id)
        return (truth.mask(frame) for frame in range(truth.frames))

    def notes(self) -> list[str]:
        """That this is rendered, and how much of it there is."""
        train, test = self._count("train"), self._count("test")
        return [f"plaza is rendered: {train} training and {test} test clips of {self.options.frames} frames"]


def _sync(path: Path) -> None:
    """Have a file or folder on the disk before its name appears: a folder under its final name is whole."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
