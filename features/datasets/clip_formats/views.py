"""Formats that hold one view of a video, and features of several."""

from features.datasets.clip_formats.base import ClipFile
from features.errors import ConfigError


def one_view(video: str, found: ClipFile, name: str) -> ClipFile:
    """The features where they have one crop.

    Raises ConfigError where they have more: which one is meant has to be said.
    """
    if found.crops > 1:
        raise ConfigError(f"{video} has {found.crops} crops, and {name} holds one view; say which, e.g. --crop 0")
    return found
