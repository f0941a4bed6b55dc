"""Published files of clip features, one format a file: read as tables of rows, written from them."""

from collections.abc import Sequence
from pathlib import Path

from features.datasets.clip_formats.base import ClipFormat
from features.errors import SourceError
from features.plan.registry import find, names


def clip_format(name: str) -> ClipFormat:
    """The format registered under a name.

    Raises ConfigError naming the nearest known name.
    """
    found: ClipFormat = find("clip-format", name)()
    return found


def detect(paths: Sequence[Path]) -> ClipFormat:
    """The format of a video's files, by their names: `feature.npy`, `<video>__0.npy`, `<video>_C.txt`, ...

    Raises SourceError where they are named like none of the formats.
    """
    known = [clip_format(name) for name in names("clip-format")]
    fitting = next((one for one in known if one.fits(paths)), None)
    if fitting is None:
        expected = ", ".join(sorted({suffix for one in known for suffix in one.suffixes}))
        raise SourceError(
            f"{paths[0]} is no known file of clips (they end in {expected}); rename it, or name its format"
        )
    return fitting
