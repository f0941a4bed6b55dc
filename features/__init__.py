"""VAD features: computed once, kept under the digest of how they were made, read by everyone."""

from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from features.store.library import Library

__version__ = _version("vad-features")
__all__ = ["__version__", "open"]


def open(path: Any) -> "Library":
    """The feature store at `path` (a folder, or an fsspec address), for reading."""
    from features.store.library import Library

    return Library(path)
