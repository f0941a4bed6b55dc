"""Clip features that somebody published, read from files instead of computed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from features.datasets.clip_formats import clip_format, detect
from features.datasets.clip_formats.base import ClipFile, CropAxis
from features.errors import ConfigError, SourceError
from features.extract.backend import ImportBackend
from features.extract.clips.backend import ClipBackend, ClipRows
from features.extract.clips.places import Cut, Places, SegmentRule, clip_places, handed_out, segment_places
from features.extract.clips.provenance import PUBLISHED
from features.extract.feature import Machine, Progress, VideoInput
from features.extract.parameters import checked
from features.plan.listing import files_of
from features.plan.registry import nearest, require_name
from features.plan.stages import Context
from features.store.recipe import Recipe
from features.video.index import Index
from features.video.source import unreadable

AUTO = "auto"
ROLE = "clips"


class ImportRecipe(Recipe):
    """Published features of clips, or of segments; numbers kept as they are, and where they lie in time.

    provenance  how they were made, in words; a name of `PUBLISHED` stands for what is known, parameters included
    format      a name of the registry's group `clip-format`, or `auto`: by the files' names
    crop_axis   which axis of an array of three is that of the crops; `auto`: the one that has 1, 5 or 10
    layout      what a row is: a clip, or a segment: the mean of neighbouring clips
    length, stride  frames of a clip, and from one clip to the next
    tail        what becomes of the frames after the last whole clip (`features.video.windows.windows`); `auto`: the
                first rule by which there are as many clips as the file has
    counts      clips whose number does not fit: `refuse` the file, or `spread` them evenly over the video
    rule        which frames a segment is of: `even` frames, or those of its clips by the rule that made it
    """

    kind: ClassVar[str] = "clips"
    backend: ClassVar[str] = "import"

    provenance: str = ""
    format: str = AUTO
    crop_axis: CropAxis = "auto"
    layout: Literal["clips", "segments"] = "clips"
    length: int = Field(16, ge=1)
    stride: int = Field(16, ge=1)
    tail: Literal["auto", "drop", "repeat", "repeat-extra", "drop-last", "one-more"] = "auto"
    counts: Literal["refuse", "spread"] = "refuse"
    rule: SegmentRule = "even"


class Imported(ImportBackend, ClipBackend):
    """Published features of each video: one file, one for each crop, or one for all videos."""

    role = ROLE

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> ImportRecipe:
        """The recipe: what the provenance stands for, replaced by what the config says.

        Raises ConfigError for an unknown format, naming the nearest.
        """
        said = str(parameters.get("provenance", ""))
        known = PUBLISHED.get(said, {})
        if not known and said and " " not in said and nearest(said, PUBLISHED):
            raise ConfigError(
                f"provenance {said!r} is not known{nearest(said, PUBLISHED)}; else say it in several words"
            )
        given = {name: value for name, value in parameters.items() if name != "provenance" or not known}
        found = checked(ImportRecipe, "clips backend 'import'", {**known, **given})
        if found.format != AUTO:
            require_name("clip-format", found.format)
        return found

    @classmethod
    def crops(cls, recipe: Recipe) -> int | None:
        """Each file says its own."""
        return None

    @classmethod
    def channels(cls, recipe: Recipe) -> int | None:
        """Each file says its own."""
        return None

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, ImportRecipe)
        self.parameters = recipe
        self._rule = ""

    def clips(self, video: VideoInput, progress: Progress) -> Iterator[ClipRows]:
        """The rows of a video's files, in order, float32, a few megabytes at a time."""
        paths = _files(video)
        try:
            found = self._load(paths, video)
            places = handed_out(self._places(found, video.index), video.numbers)
            self._rule = places.rule
            for first, features in found.blocks():
                rows = slice(first, first + len(features))
                yield ClipRows(features, places.start[rows], places.stop[rows], places.valid[rows])
                progress(int(places.stop[rows][-1]))
        except OSError as error:
            raise unreadable(paths[0], error) from None

    def remarks(self) -> dict[str, object]:
        """By which rule the rows of the video read last lie in time."""
        return {"placed_by": self._rule}

    def _load(self, paths: list[Path], video: VideoInput) -> ClipFile:
        asked = self.parameters
        chosen = detect(paths) if asked.format == AUTO else clip_format(asked.format)
        return chosen.load(paths, video.names[0].rsplit("/", 1)[-1], asked.crop_axis)

    def _places(self, found: ClipFile, index: Index) -> Places:
        asked, frames = self.parameters, index.frames
        if asked.layout == "segments":
            cut = Cut(asked.length, asked.stride, asked.tail)
            return segment_places(found.name, found.rows, frames, cut, asked.rule)
        if found.segments:
            raise SourceError(f"{found.name} holds segments, not clips; say layout: segments, and the rule they follow")
        # Who has no pictures often counts the frames of a video by its clips, as published labels of normal videos do:
        # then its clips lie side by side, whatever became of the last frames when there were any.
        counted = index.reader == "none" and frames == found.rows * asked.stride
        cut = Cut(asked.length, asked.stride, "drop" if counted else asked.tail)
        return clip_places(found.name, found.rows, frames, cut, asked.counts == "spread")


def _files(video: VideoInput) -> list[Path]:
    """The published files: those of the role, or of a recording the source itself."""
    if found := files_of(video.files, ROLE):
        return found
    if video.index.reader == "none":
        return [video.path]
    name = video.names[0]
    raise SourceError(
        f"{name} has no published clips; put e.g. {name.rsplit('/', 1)[-1]}.npy into the folder that the config names "
        "below 'published' as clips"
    )
