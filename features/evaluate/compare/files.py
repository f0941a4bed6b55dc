"""Published files of clip features as sets that can be compared, by the names of their videos."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from features.datasets.clip_formats import clip_format, detect
from features.datasets.clip_formats.base import ClipFile, CropAxis
from features.errors import ConfigError, SourceError
from features.evaluate.compare.clips import ClipSet
from features.plan.published import Published, collections, plain_name
from features.plan.registry import find, names

ROLE = "clips"
_CROP = re.compile("(?P<video>.+)__(?P<number>[0-9])")


class FileRows:
    """The rows of a clip file, read where they are sliced."""

    def __init__(self, file: ClipFile) -> None:
        self._file = file

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, crops, channels)."""
        return self._file.rows, self._file.crops, self._file.channels

    def __getitem__(self, index: slice) -> np.ndarray:
        """float32: some of the rows."""
        first, after, _ = index.indices(self._file.rows)
        return self._file.read(first, after)


class PublishedClips:
    """The published clip features at a path: a folder of files named like their videos, or one file.

    `videos` are the ids of the videos; None: as the files are named, `<video>__0`, `<video>__1`, ... as crops of one.
    `format` is a name of the registry's group `clip-format`; None: by the files' names.

    Raises ConfigError where there is no such path, or two files fit a video.
    """

    def __init__(
        self,
        path: Path,
        videos: Sequence[str] | None = None,
        format: str | None = None,  # noqa: A002  (the config's word)
        crop_axis: CropAxis = "auto",
    ) -> None:
        if not path.exists():
            raise ConfigError(f"{path} is not there; name a folder or a file of published clip features")
        self._format, self._crop_axis = format, crop_axis
        self._paths = _of_one(path, videos) if _alone(path) else _of_many(path, videos)

    @property
    def videos(self) -> list[str]:
        """The videos that there are features of."""
        return list(self._paths)

    def get(self, video: str) -> ClipSet:
        """The features of a video.

        Raises SourceError where its files are damaged, or of another format.
        """
        paths = self._paths[video]
        chosen = clip_format(self._format) if self._format else detect(paths)
        try:
            file = chosen.load(paths, video.rsplit("/", 1)[-1], self._crop_axis)
        except OSError as error:
            raise SourceError(f"{paths[0]}: {error.strerror or error}; check the file") from None
        return ClipSet(video, FileRows(file))


def _alone(path: Path) -> bool:
    """Whether the path is the file of one video; one of many holds its videos by name."""
    return path.is_file() and not any(path.name.lower().endswith(each.suffixes) for each in collections(ROLE))


def _of_one(path: Path, videos: Sequence[str] | None) -> dict[str, list[Path]]:
    suffixes = {suffix for name in names("clip-format") for suffix in find("clip-format", name).suffixes}
    own = plain_name(path, sorted(suffixes, key=lambda suffix: -len(suffix))) or path.stem
    return {video: [path] for video in videos or [own] if video.rsplit("/", 1)[-1] == own}


def _of_many(path: Path, videos: Sequence[str] | None) -> dict[str, list[Path]]:
    listed = _named(path) if videos is None else videos
    published = Published(ROLE, path, listed)
    return {video: paths for video in listed if (paths := published.of(video))}


def _named(path: Path) -> list[str]:
    """The videos that files are named after."""
    found = list(Published(ROLE, path).entries)
    crops = {name: match["video"] for name in found if (match := _CROP.fullmatch(name))}
    return sorted({crops.get(name, name) for name in found})
