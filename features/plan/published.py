"""Published files that a config names by folder, matched to videos by name."""

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from features.errors import ConfigError
from features.plan.listing import Video
from features.plan.registry import find, names

# The group of the registry that knows the file formats of a role; files of a role without one may have any ending.
FORMATS = {"poses": "format"}


def with_published(videos: Sequence[Video], folders: Mapping[str, Path]) -> list[Video]:
    """The videos, with the file of each role that lies below the role's folder and bears the video's name.

    Where folders of the file are named like folders of the data set (`train`, `test`), they have to be the video's
    own. A video without such a file keeps what the data set knows of that role, or nothing.

    Raises ConfigError where a folder is missing, nothing in it fits, two files fit a video, or one fits two videos.
    """
    listed = list(videos)
    for role, folder in folders.items():
        known = frozenset(part for video in listed for part in PurePosixPath(video.id).parts[:-1])
        published = Published(role, folder, known)
        found = [published.of(video.id) for video in listed]
        if listed and not any(found):
            example = next(iter(published.entries), "nothing")
            raise ConfigError(
                f"published: {folder} has no {role} for any video (it has {example}, the first video is "
                f"{listed[0].id}); name its files like the videos"
            )
        _refuse_shared(role, listed, found)
        listed = [
            replace(video, files={**video.files, role: path}) if path else video
            for video, path in zip(listed, found, strict=True)
        ]
    return listed


def _refuse_shared(role: str, videos: Sequence[Video], found: Sequence[Path | None]) -> None:
    taken: dict[Path, str] = {}
    for video, path in zip(videos, found, strict=True):
        if path and (other := taken.setdefault(path, video.id)) != video.id:
            raise ConfigError(
                f"published: {path.name} may be the {role} of {other} and of {video.id}; put such files into folders "
                "that are named like the videos'"
            )


class Published:
    """The files of one role below a folder, by name: `01_0014_alphapose_tracked_person.json` is named `01_0014`.

    A folder that holds CSV files and no folders counts as one file: a person's trajectory each. A file that bears no
    name of its own, as AlphaPose's `alphapose-results.json`, is named like its folder. `known` are the names of the
    data set's own folders.
    """

    def __init__(self, role: str, folder: Path, known: frozenset[str] = frozenset()) -> None:
        if not folder.is_dir():
            raise ConfigError(f"published: {folder}, the folder of {role}, is not there; check the path")
        self.role, self.folder, self.known = role, folder, known
        endings = _endings(role)
        self.entries: dict[str, list[Path]] = {}
        for path in sorted(_entries(folder)):
            if (name := plain_name(path, endings)) is not None:
                self.entries.setdefault(name, []).append(path)

    def of(self, video_id: str) -> Path | None:
        """The file of a video, None where there is none.

        Raises ConfigError where two files fit.
        """
        parts = PurePosixPath(video_id).parts
        fitting = [path for path in self.entries.get(parts[-1], []) if self._folders(path) <= set(parts[:-1])]
        nearest = [path for path in fitting if self._folders(path)] or fitting
        if len(nearest) > 1:
            named = " and ".join(str(path.relative_to(self.folder)) for path in nearest[:2])
            raise ConfigError(f"published: {self.role} of {video_id} may be {named} in {self.folder}; keep one")
        return nearest[0] if nearest else None

    def _folders(self, path: Path) -> frozenset[str]:
        """The folders of a file that are named like folders of the data set; the named one's last two count, too."""
        above = self.folder.absolute().parts[-2:]
        return self.known & {_composed(part) for part in (*above, *path.relative_to(self.folder).parts[:-1])}


def plain_name(path: Path, endings: Sequence[str]) -> str | None:
    """The name of the video that a published file belongs to; None for a file that has none of the endings."""
    name = _composed(path.name)
    if path.is_dir():
        return name
    for ending in endings:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
        if name.lower() == ending.lstrip("_"):
            return _composed(path.parent.name)
    return None if endings else name[: name.rfind(".")] if "." in name else name


def _endings(role: str) -> list[str]:
    """What may stand after a video's name, longest first; nothing where a role has no formats of its own."""
    group = FORMATS.get(role)
    suffixes = {suffix for name in (names(group) if group else ()) for suffix in find(str(group), name).suffixes}
    return sorted((suffix.lower() for suffix in suffixes if suffix), key=lambda suffix: (-len(suffix), suffix))


def _composed(name: str) -> str:
    """A file's name as ids of videos are written: in Unicode's composed form."""
    return unicodedata.normalize("NFC", name)


def _entries(folder: Path) -> Iterator[Path]:
    """Files, and folders of trajectories, below a folder; links are followed, but no folder is entered twice."""
    waiting, entered = [folder], set()
    while waiting:
        here = waiting.pop()
        status = os.stat(here)  # noqa: PTH116
        if (status.st_dev, status.st_ino) in entered:
            continue
        entered.add((status.st_dev, status.st_ino))
        for child in here.iterdir():
            if child.name.startswith("."):
                continue
            if child.is_dir() and not _is_persons(child):
                waiting.append(child)
            else:
                yield child


def _is_persons(folder: Path) -> bool:
    found = [child.name for child in folder.iterdir() if not child.name.startswith(".")]
    return bool(found) and all(name.lower().endswith(".csv") for name in found)
