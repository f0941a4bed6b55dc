"""Poses out of the store."""

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features.cli import common
from features.cli.exporting.names import clip_names, matching
from features.errors import ConfigError, NotStored
from features.store.library import Library

if TYPE_CHECKING:
    from features.datasets.people import People
    from features.video.index import Index

FORMAT = "tracked-person"


def export_poses(args: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Write the poses of videos, a file each.

    A line for each file, followed by what it could not hold; and a line for each video that has none, with the reason.
    """
    from features.datasets.formats import pose_format

    library, chosen = common.library(args), pose_format(args.format or FORMAT)
    videos = [found for name in args.videos for found in matching(library, name)]
    clips = clip_names([video for _, video in videos])
    written: list[str] = []
    missing: list[str] = []
    for dataset, video in videos:
        try:
            found = stored_people(args, library, dataset, video)
        except NotStored as error:
            missing.append(f"  {error}")
            continue
        if chosen.keyed and len(found) and (found.ids < 0).all():
            missing.append(f"  {dataset}/{video} has poses but no tracks, which {chosen.name} needs; add tracks")
            continue
        path = args.out / chosen.file_name(clips[video])
        remarks = chosen.write(found, path)
        written += [f"{path}: {len(found)} poses", *(f"  {remark}" for remark in remarks)]
    return written, missing


def stored_people(args: argparse.Namespace, library: Library, dataset: str, video: str) -> "People":
    """A video's poses with their tracks, in frames and pixels of the source.

    Raises NotStored where there are no poses, or tracks are planned and not there.
    """
    from features.extract.poses.table import read_people

    with ExitStack() as stack:
        poses = stack.enter_context(library.read(dataset, video, "poses"))
        tracks = None
        if "tracks" in library.kinds(dataset):
            tracks = stack.enter_context(library.read(dataset, video, "tracks"))
        of_poses = tracks is not None and tracks.meta["recipe"]["parameters"]["rows"]["kind"] == "poses"
        found = read_people(poses, tracks if of_poses else None)
        sampled = poses.meta["recipe"]["parameters"]["frames"]["parameters"]
    if sampled["policy"] == "native" and sampled["max_side"] is None:
        return found
    return in_source(found, _index(args, library, dataset, video), sampled)


def in_source(found: "People", index: "Index", sampled: dict[str, Any]) -> "People":
    """People of sampled frames, in frames and pixels of the source; of a frame handed out twice the first counts."""
    from features.datasets.formats.base import only
    from features.datasets.people import People
    from features.video.sampling import Sampling, frame_size, sampled_frames

    sampling = Sampling(**{name: sampled[name] for name in ("policy", "every", "fps", "max_side")})
    numbers, first = np.unique(sampled_frames(index, sampling), return_index=True)
    kept = only(found, np.isin(found.frames, first))
    height, width, _ = frame_size(index, sampling)
    scale = np.array([index.width / width, index.height / height, 1.0])
    frames = numbers[np.searchsorted(first, kept.frames)]
    boxes = kept.boxes * np.array([*scale[:2], *scale[:2], 1.0])
    return People(frames, kept.ids, kept.keypoints * scale, kept.scores, boxes)


def _index(args: argparse.Namespace, library: Library, dataset: str, video: str) -> "Index":
    from features.plan.sources import index_of
    from features.plan.state import open_dataset
    from features.video.scan import ScanCache

    listing = open_dataset(common.config_of(args))
    known = [entry for entry in listing.videos() if (listing.name, entry.id) == (dataset, video)]
    index = index_of(ScanCache(Path(library.store.path) / "sources"), known[0]) if known else None
    if index is None:
        raise ConfigError(
            f"{args.config_file} knows no {dataset}/{video} that was read, and its frames were sampled or scaled; say "
            "--config-file with the config of that run"
        )
    return index
