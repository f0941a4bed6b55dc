"""Names of videos: what a user means by one, and what the files of a video are called."""

from collections.abc import Sequence

from features.cli.view import split
from features.errors import ConfigError, NotStored
from features.store.library import Library


def matching(library: Library, name: str) -> list[tuple[str, str]]:
    """(data set, video) of what a name means: one video, all below it, or a whole data set.

    Raises NotStored where it means nothing.
    """
    dataset, wanted = (name, "") if name in library.datasets() else split(library, name)
    videos = library.videos(dataset)
    found = [video for video in videos if not wanted or video == wanted or video.startswith(f"{wanted}/")]
    if not found:
        raise NotStored(f"no video {wanted!r} in {dataset}; `features ls {dataset}` lists {len(videos)}")
    return [(dataset, video) for video in found]


def clip_names(videos: Sequence[str]) -> dict[str, str]:
    """Video id -> the last part of it, by which files are called.

    Raises ConfigError where two are the same, or one cannot be the name of a file.
    """
    clips: dict[str, str] = {}
    owners: dict[str, str] = {}
    for video in videos:
        clip = video.rsplit("/", 1)[-1]
        if clip in ("", ".", "..") or "\\" in clip or "\0" in clip:
            raise ConfigError(f"video {video!r} cannot be the name of a file; rename it")
        if owners.setdefault(clip, video) != video:
            raise ConfigError(f"{owners[clip]} and {video} would be one file, {clip}; export them to two folders")
        clips[video] = clip
    return clips
