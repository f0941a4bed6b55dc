"""The recipe of `tracks`: what is tracked, and by which tracker."""

from collections.abc import Mapping
from typing import Any, ClassVar

from features.errors import ConfigError
from features.extract.tracks.backend import TrackBackend
from features.plan.registry import find, names, nearest
from features.plan.stages import Context
from features.store.recipe import Recipe

DEFAULT = "bytetrack"
TABLES = ("poses", "boxes")


class TracksRecipe(Recipe):
    """Who is who among the rows of a table.

    rows     the recipe of the table, of poses or of boxes
    tracker  the backend's own recipe
    """

    kind: ClassVar[str] = "tracks"
    backend: ClassVar[str] = "rows"

    rows: Recipe
    tracker: Recipe


def tracks_recipe(choice: str | Mapping[str, Any], context: Context) -> TracksRecipe:
    """The recipe for a config entry: a backend, or a mapping such as `{backend: botsort, of: boxes}`.

    Poses are tracked unless `of` says boxes; by ByteTrack, unless `backend` says another.

    Raises ConfigError (nearest valid name).
    """
    entry = {"backend": choice} if isinstance(choice, str) else dict(choice)
    of = str(entry.pop("of", "poses"))
    name = str(entry.pop("backend", DEFAULT))
    if name not in names("tracks"):
        known = sorted(names("tracks"))
        raise ConfigError(f"tracks: no backend {name!r}{nearest(name, known)}; there are: {', '.join(known)}")
    backend: type[TrackBackend] = find("tracks", name)
    return TracksRecipe(rows=_table(of, context), tracker=backend.recipe(entry, context))


def _table(of: str, context: Context) -> Recipe:
    if of not in TABLES:
        raise ConfigError(f"tracks: of is {of!r}{nearest(of, TABLES)}; expected one of: {', '.join(TABLES)}")
    if of not in context.recipes:
        other = "; or say of: boxes" if of == "poses" and "boxes" in context.recipes else ""
        raise ConfigError(f"tracks stands on {of}; add it below 'features' in the config{other}")
    return context.recipes[of]
