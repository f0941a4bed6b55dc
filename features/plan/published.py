"""Published files that a config names by folder, matched to videos by name."""

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from features.errors import ConfigError
from features.plan.listing import Video, files_of, numbered_files
from features.plan.registry import find, names
from features.video.source import IMAGE_SUFFIXES


@dataclass(frozen=True)
class Role:
    """How the files of a role are called.

    group       of the registry, that knows its file formats
    numbered    whether a video's files may be several: `<video>__0.npy`, `<video>__1.npy`, ..., or with one `_`
    members     a folder whose files all end so, and that holds no folders, counts as one file
    """

    group: str = ""
    numbered: bool = False
    members: tuple[str, ...] = (".csv",)


# Files of a role that is not here may have any ending.
FORMATS = {
    "poses": Role("format"),
    "clips": Role("clip-format", numbered=True),
    "flow": Role(members=IMAGE_SUFFIXES),
}
_NUMBERED = re.compile("(?P<name>.+?)__?(?P<number>[0-9])")


def with_published(videos: Sequence[Video], folders: Mapping[str, Path]) -> list[Video]:
    """The videos, with the file of each role that lies below the role's folder and bears the video's name.

    A role's files may be several, one for each crop (`features.plan.listing.Video`), or one for all videos; then the
    folder may be that file. Where folders of the file are named like folders of the data set (`train`, `test`), they
    have to be the video's own. A video without such a file keeps what the data set knows of that role, or nothing.

    Raises ConfigError where a folder is missing, nothing in it fits, two files fit a video, or one fits two videos.
    """
    listed = list(videos)
    for role, folder in folders.items():
        published = Published(role, folder, [video.id for video in listed])
        found = [published.of(video.id) for video in listed]
        if listed and not any(found):
            example = next(iter(published.entries), "nothing")
            raise ConfigError(
                f"published: {folder} has no {role} for any video (it has {example}, the first video is "
                f"{listed[0].id}); name its files like the videos"
            )
        _refuse_shared(role, listed, [[path for path in paths if not published.holds_many(path)] for paths in found])
        listed = [
            _with_files(video, role, paths) if paths else video for video, paths in zip(listed, found, strict=True)
        ]
    return listed


def _with_files(video: Video, role: str, paths: Sequence[Path]) -> Video:
    former = files_of(video.files, role)
    others = {name: path for name, path in video.files.items() if path not in former}
    return replace(video, files={**others, **numbered_files(role, paths)})


def _refuse_shared(role: str, videos: Sequence[Video], found: Sequence[Sequence[Path]]) -> None:
    taken: dict[Path, str] = {}
    for video, path in ((video, path) for video, paths in zip(videos, found, strict=True) for path in paths):
        if (other := taken.setdefault(path, video.id)) != video.id:
            raise ConfigError(
                f"published: {path.name} may be the {role} of {other} and of {video.id}; put such files into folders "
                "that are named like the videos'"
            )


class Published:
    """The files of one role below a folder, by name: `01_0014_alphapose_tracked_person.json` is named `01_0014`.

    A folder of trajectories (a CSV file for each person) or of pictures of flow counts as one file. A file that bears
    no name of its own, as AlphaPose's `alphapose-results.json`, is named like its folder. `videos` are the ids of the
    data set's videos: the names of its own folders are in them.
    """

    def __init__(self, role: str, folder: Path, videos: Sequence[str] = ()) -> None:
        self.role, self.folder = role, folder
        ids = [PurePosixPath(video).parts for video in videos]
        self.known = frozenset(part for parts in ids for part in parts[:-1])
        self._videos = frozenset(parts[-1] for parts in ids)
        self._named_by = FORMATS.get(role, Role())
        endings = _endings(self._named_by.group)
        self._collections = collections(role)
        self.entries: dict[str, list[Path]] = {}
        self._numbered: dict[str, dict[int, list[Path]]] = {}
        for path in self._found():
            for name in self._names(path, endings):
                self._enter(name, path)

    def _found(self) -> list[Path]:
        if self.folder.is_file() and self.holds_many(self.folder):
            return [self.folder]
        if not self.folder.is_dir():
            raise ConfigError(f"published: {self.folder}, the folder of {self.role}, is not there; check the path")
        return sorted(_entries(self.folder, self._named_by.members))

    def holds_many(self, path: Path) -> bool:
        """Whether a file holds what was published of many videos."""
        return any(path.name.lower().endswith(each.suffixes) for each in self._collections)

    def _names(self, path: Path, endings: Sequence[str]) -> list[str]:
        for each in self._collections:
            if path.name.lower().endswith(each.suffixes):
                return [_composed(name) for name in each.videos(path)]
        name = plain_name(path, endings)
        return [] if name is None else [name]

    def _enter(self, name: str, path: Path) -> None:
        self.entries.setdefault(name, []).append(path)
        part = _NUMBERED.fullmatch(name) if self._named_by.numbered else None
        # A file that is called like a video is that video's, and no crop of another: `01_2.npy` where there is a 01_2.
        if part is not None and name not in self._videos:
            self._numbered.setdefault(part["name"], {}).setdefault(int(part["number"]), []).append(path)

    def of(self, video_id: str) -> list[Path]:
        """The files of a video, in the order of their numbers; none where there is none.

        Raises ConfigError where two files fit, or two are the first.
        """
        *folders, name = PurePosixPath(video_id).parts
        whole = self._nearest(video_id, set(folders), self.entries.get(name, []))
        parts = sorted(self._numbered.get(name, {}).items())
        numbered = {number: self._nearest(video_id, set(folders), paths) for number, paths in parts}
        first = numbered.pop(0, [])
        return self._one(video_id, [*whole, *first]) + [path for paths in numbered.values() for path in paths]

    def _nearest(self, video_id: str, folders: set[str], paths: Sequence[Path]) -> list[Path]:
        """The one of the paths that lies in the video's own folders, or in none that is named like others'."""
        fitting = [path for path in paths if self._folders(path) <= folders]
        return self._one(video_id, [path for path in fitting if self._folders(path)] or fitting)

    def _one(self, video_id: str, paths: list[Path]) -> list[Path]:
        if len(paths) > 1:
            named = " and ".join(str(path.relative_to(self.folder)) for path in paths[:2])
            raise ConfigError(f"published: {self.role} of {video_id} may be {named} in {self.folder}; keep one")
        return paths

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


def _endings(group: str) -> list[str]:
    """What may stand after a video's name, longest first; nothing where a role has no formats of its own."""
    suffixes = {suffix for name in (names(group) if group else ()) for suffix in find(group, name).suffixes}
    return sorted((suffix.lower() for suffix in suffixes if suffix), key=lambda suffix: (-len(suffix), suffix))


def collections(role: str) -> list[Any]:
    """The formats of a role whose files hold many videos each."""
    group = FORMATS[role].group if role in FORMATS else ""
    return [each for each in (find(group, name) for name in names(group)) if each.holds_many] if group else []


def _composed(name: str) -> str:
    """A file's name as ids of videos are written: in Unicode's composed form."""
    return unicodedata.normalize("NFC", name)


def _entries(folder: Path, members: tuple[str, ...]) -> Iterator[Path]:
    """Files, and folders that count as one, below a folder; links are followed, but no folder is entered twice."""
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
            if child.is_dir() and not _is_one(child, members):
                waiting.append(child)
            else:
                yield child


def _is_one(folder: Path, members: tuple[str, ...]) -> bool:
    found = [child.name for child in folder.iterdir() if not child.name.startswith(".")]
    return bool(found) and all(name.lower().endswith(members) for name in found)
