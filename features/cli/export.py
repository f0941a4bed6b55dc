"""Poses and labels as files that other programs read: tracked-person JSON and its like, frame masks of trainers."""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from features.cli import common
from features.cli.view import split
from features.errors import ConfigError, NotStored
from features.store.library import Library

if TYPE_CHECKING:
    from features.datasets.base import Dataset
    from features.datasets.people import People
    from features.video.index import Index

EXAMPLE = """
features export poses shanghaitech/testing --format tracked-person --out pose/test
features export poses plaza/test/1 --format njust --out test/pose
features export labels --config-file config/shanghaitech.yaml --out gt/test_frame_mask
features export labels --config-file config/ubnormal.yaml --layout ubnormal --out data/UBnormal/gt
"""
TRAINERS = ("shanghaitech", "ubnormal", "aihub")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("what", choices=("poses", "labels"), help="poses from the store, or labels of the data set")
    parser.add_argument(
        "videos", nargs="*", metavar="DATASET/VIDEO", help="of poses: videos, or data sets and parts of them as a whole"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the files go")
    parser.add_argument("--format", default="tracked-person", metavar="NAME", help="of poses (default: tracked-person)")
    parser.add_argument("--layout", choices=TRAINERS, default="shanghaitech", help="of labels (default: shanghaitech)")
    common.add_config(parser)
    common.add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Write the files and say what was written, and what was lost; 1 where a video has no poses to export."""
    if args.what == "labels":
        if args.videos:
            raise ConfigError("labels are exported of the config's data set as a whole; leave out the videos")
        print(export_labels(args))
        return 0
    if not args.videos:
        raise ConfigError("name the videos whose poses are wanted, e.g. plaza/test, as `features ls` shows them")
    written, missing = export_poses(args)
    print("\n".join([*written, *(["", "not exported", *missing] if missing else [])]))
    return 1 if missing else 0


def export_poses(args: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Write the poses of videos, a file each.

    A line for each file, followed by what it could not hold; and a line for each video that has none, with the reason.
    """
    from features.datasets.formats import pose_format

    library, chosen = common.library(args), pose_format(args.format)
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


def export_labels(args: argparse.Namespace) -> str:
    """Write the frame labels of the config's data set, an array for each video; what was written in one line.

    Raises ConfigError where there are no labels, or frames whose label is unknown.
    """
    from features.datasets.formats.masks import LAYOUTS, write_labels
    from features.plan.state import open_dataset

    layout = LAYOUTS[args.layout]
    dataset = cast("Dataset", open_dataset(common.config_of(args)))
    videos = [video.id for video in dataset.videos() if video.split in layout.splits]
    clips = clip_names(videos)
    files = frames = abnormal = 0
    for video in videos:
        labels = dataset.labels(video)
        if labels is not None:
            write_labels(args.out, clips[video], labels, layout)
            files, frames, abnormal = files + 1, frames + len(labels), abnormal + int((labels == 1).sum())
    if not files:
        raise ConfigError(f"{dataset.name} has no frame labels of {' and '.join(layout.splits)} videos")
    missing = f"; {len(videos) - files} videos have no labels" if files < len(videos) else ""
    return f"{args.out}: {files} files, {frames} frames, {abnormal} abnormal{missing}"
