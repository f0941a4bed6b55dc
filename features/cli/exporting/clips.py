"""Clip features out of the store: as files, or with all that a trainer reads."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from features.cli import common
from features.cli.exporting.names import clip_names, matching
from features.errors import ConfigError, NotStored
from features.store.library import Library

if TYPE_CHECKING:
    from pathlib import Path

    from features.datasets.base import Dataset
    from features.datasets.clip_formats.base import ClipFile
    from features.datasets.clip_formats.lists import ClipVideo
    from features.plan.listing import Annotation, Video
    from features.store.artifact import Artifact

FORMAT = "rtfm"
CLIP_FRAMES = 16


@dataclass(frozen=True)
class Table:
    """The clips of one video in the store.

    segments  whether rows are segments already
    aligned   whether row k is the clip of frames 16 k to 16 k + 15 of the source
    """

    dataset: str
    video: str
    rows: int
    crops: int
    segments: bool
    aligned: bool


def export_clips(args: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Write the features of videos in one format; a line for each file, and for each video that has none."""
    from features.datasets.clip_formats import clip_format

    chosen, library = clip_format(args.format or FORMAT), common.library(args)
    tables, missing = _tables(library, [found for name in args.videos for found in matching(library, name)])
    names = clip_names([table.video for table in tables])
    files = chosen.write(args.out, ((names[table.video], found) for table, found in _read(args, library, tables)))
    return [_said(table, files[names[table.video]]) for table in tables], missing


def _said(table: Table, paths: "Sequence[Path]") -> str:
    others = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{others}: {table.rows} {'segments' if table.segments else 'clips'}"


def export_for_trainer(args: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Write the features of the config's data set with the lists and the ground truth that a trainer reads.

    Raises ConfigError where it cannot be trained on them.
    """
    from features.datasets.clip_formats.lists import Written
    from features.datasets.clip_formats.trainers import trainer
    from features.plan.state import open_dataset

    chosen, library = trainer(args.layout), common.library(args)
    dataset = cast("Dataset", open_dataset(common.config_of(args)))
    listed = {video.id: video for video in dataset.videos()}
    tables, missing = _tables(library, [(dataset.name, video) for video in listed])
    names = clip_names([table.video for table in tables])
    videos = [clip_video(dataset, listed[table.video], names[table.video], table, library) for table in tables]
    chosen.check(videos)
    folder = args.out / chosen.features.format(args.modality)
    places = {table.video: chosen.place(video) for table, video in zip(tables, videos, strict=True)}
    features = (
        (places[table.video], _segments(found, table) if chosen.segments else found)
        for table, found in _read(args, library, tables)
    )
    files = chosen.format.write(folder.absolute(), features)
    by_name = {names[table.video]: files[places[table.video]] for table in tables}
    title = dataset.name.replace("/", "-")
    remarks = chosen.finish(Written(args.out, videos, by_name, title, dataset.classes))
    return [f"{folder}: features of {len(videos)} videos", *remarks], missing


def clip_video(dataset: "Dataset", video: "Video", name: str, table: Table, library: Library) -> "ClipVideo":
    """What a trainer's lists say of a video; where labels are intervals, its pictures say how long it is."""
    from features.datasets.clip_formats.lists import ClipVideo

    labels = dataset.labels(video.id)
    if labels is None:
        labels = dataset.labels_for(video.id, common.index_of(library, video).frames)
    annotation = video.annotation or _annotation(video, labels)
    return ClipVideo(name, video.split, annotation, labels, table.rows, table.aligned)


def _annotation(video: "Video", labels: np.ndarray | None) -> "Annotation":
    """What labels say of a video that its data set does not annotate as a whole; training videos are normal."""
    from features.plan.listing import ABNORMAL, NORMAL, Annotation

    if labels is None and video.split == "test":
        raise ConfigError(f"{video.id} has no label, which lists of trainers need; leave --layout out")
    abnormal = labels is not None and bool((labels == 1).any())
    return Annotation(ABNORMAL if abnormal else NORMAL)


def _tables(library: Library, videos: Iterable[tuple[str, str]]) -> tuple[list[Table], list[str]]:
    """The clips of videos, as far as they are in the store, and a line for each that has none.

    Raises NotStored where none has.
    """
    found: list[Table] = []
    missing: list[str] = []
    for dataset, video in videos:
        try:
            with library.read(dataset, video, "clips") as artifact:
                found.append(_table(dataset, video, artifact))
        except NotStored as error:
            missing.append(f"  {error}")
    if not found:
        raise NotStored(missing[0].strip() if missing else "no videos; check the config")
    return found, missing


def _table(dataset: str, video: str, artifact: "Artifact") -> Table:
    from features.extract.clips.table import read_clips

    clips, recipe = read_clips(artifact), artifact.meta["recipe"]["parameters"]
    segments = recipe["source"]["parameters"].get("layout") == "segments"
    native = recipe["frames"]["parameters"]["policy"] == "native"
    beside = clips.start[:-1] == CLIP_FRAMES * np.arange(len(clips) - 1)
    length = (clips.stop - clips.start).max() <= CLIP_FRAMES
    rows, crops, _ = clips.features.shape
    aligned = native and not segments and bool(beside.all()) and bool(length)
    return Table(dataset, video, rows, crops, segments, aligned)


def _read(args: argparse.Namespace, library: Library, tables: Sequence[Table]) -> Iterator[tuple[Table, "ClipFile"]]:
    """The features of videos one after the other, each open while it is worked with; one crop where one is asked."""
    for table in tables:
        with library.read(table.dataset, table.video, "clips") as artifact:
            found = _clip_file(table.video, artifact)
            if args.crop is not None and not 0 <= args.crop < found.crops:
                raise ConfigError(f"{table.video} has {found.crops} crops, so there is no --crop {args.crop}")
            yield table, found if args.crop is None else found.crop(args.crop)


def _clip_file(name: str, artifact: "Artifact") -> "ClipFile":
    from features.datasets.clip_formats.base import ClipFile
    from features.extract.clips.table import read_clips

    features = read_clips(artifact).features
    rows, crops, channels = features.shape
    return ClipFile(name, rows, crops, channels, lambda first, after: features[first:after])


def _segments(found: "ClipFile", table: Table) -> "ClipFile":
    """32 segments of unit length by Sultani's rule; rows that are segments already stay as they are."""
    from features.datasets.clip_formats.base import of_array
    from features.datasets.clip_formats.views import one_view
    from features.extract.clips.segments import sultani_segments, unit_length

    if table.segments:
        return found
    one_view(table.video, found, "the trainer")
    return of_array(found.name, unit_length(sultani_segments(found.read(0, found.rows))), segments=True)
