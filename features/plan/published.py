"""Published files that a config names by folder, matched to videos by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from features.errors import ConfigError
from features.plan.listing import Video

# Endings that tools append to a video's name, as published files bear them.
ENDINGS = ("_alphapose_tracked_person", "_alphapose-results")


def with_published(videos: Sequence[Video], folders: Mapping[str, Path]) -> list[Video]:
    """The videos, with the file of each role that lies below the role's folder and bears the video's name.

    A video without such a file keeps what the data set knows of that role, or nothing.

    Raises ConfigError where a folder is missing, or two files fit a video equally well.
    """
    listed = list(videos)
    for role, folder in folders.items():
        published = Published(role, folder)
        found = [published.of(video.id) for video in listed]
        if listed and not any(found):
            example = next(iter(published.entries), "nothing")
            raise ConfigError(
                f"published: {folder} has no {role} for any video (it has {example}, the first video is "
                f"{listed[0].id}); name its files like the videos"
            )
        listed = [
            replace(video, files={**video.files, role: path}) if path else video
            for video, path in zip(listed, found, strict=True)
        ]
    return listed


class Published:
    """The files of one role below a folder, by name: `01_0014_alphapose_tracked_person.json` is named `01_0014`.

    A folder that holds CSV files and no folders counts as one file: a person's trajectory each.
    """

    def __init__(self, role: str, folder: Path) -> None:
        if not folder.is_dir():
            raise ConfigError(f"published: {folder}, the folder of {role}, is not there; check the path")
        self.role, self.folder = role, folder
        self.entries: dict[str, list[Path]] = {}
        for path in sorted(_entries(folder)):
            self.entries.setdefault(plain_name(path), []).append(path)

    def of(self, video_id: str) -> Path | None:
        """The file of a video, None where there is none.

        Of several files of that name it is the one that lies in folders named like the video's, e.g. `test/1`.

        Raises ConfigError where that does not decide.
        """
        parts = PurePosixPath(video_id).parts
        fitting = self.entries.get(parts[-1], [])
        if len(fitting) > 1:
            fitting = [path for path in fitting if set(parts[:-1]) & set(path.relative_to(self.folder).parts[:-1])]
            if len(fitting) != 1:
                named = " and ".join(str(path.relative_to(self.folder)) for path in self.entries[parts[-1]][:2])
                raise ConfigError(f"published: {self.role} of {video_id} may be {named} in {self.folder}; keep one")
        return fitting[0] if fitting else None


def plain_name(path: Path) -> str:
    """The name of the video that a published file belongs to."""
    name = path.name if path.is_dir() else path.name[: path.name.rfind(".")] if "." in path.name else path.name
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name


def _entries(folder: Path) -> Iterator[Path]:
    children = [child for child in folder.iterdir() if not child.name.startswith(".")]
    for child in children:
        if not child.is_dir() or _is_persons(child):
            yield child
        else:
            yield from _entries(child)


def _is_persons(folder: Path) -> bool:
    names = [child.name for child in folder.iterdir() if not child.name.startswith(".")]
    return bool(names) and all(name.lower().endswith(".csv") for name in names)
