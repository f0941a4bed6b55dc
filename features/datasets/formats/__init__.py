"""Published files of poses, one format a file: read into `People`, written from them."""

from pathlib import Path

from features.datasets.formats.base import PoseFormat
from features.datasets.formats.json_files import head
from features.errors import SourceError
from features.plan.registry import find, names


def pose_format(name: str) -> PoseFormat:
    """The format registered under a name.

    Raises ConfigError naming the nearest known name.
    """
    found: PoseFormat = find("format", name)()
    return found


def detect(path: Path) -> PoseFormat:
    """The format of a file, or of a folder, by its first few thousand characters.

    Raises SourceError where it is not there, is empty, or looks like none of the formats.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder; check the path")
    if path.is_file() and not head(path).strip():
        raise SourceError(f"{path} is empty; get it again (a video without persons is {{}} or [])")
    known = [pose_format(name) for name in names("format")]
    fitting = next((one for one in known if one.fits(path)), None)
    if fitting is None:
        expected = ", ".join(one.name for one in known)
        raise SourceError(f"{path} looks like no known file of poses ({expected}); get it again, or name its format")
    return fitting
