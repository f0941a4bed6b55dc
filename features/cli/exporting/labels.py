"""Frame labels of a data set."""

import argparse
from typing import TYPE_CHECKING, cast

from features.cli import common
from features.cli.exporting.names import clip_names
from features.errors import ConfigError
from features.plan.registry import nearest

if TYPE_CHECKING:
    from features.datasets.base import Dataset

LAYOUT = "shanghaitech"


def export_labels(args: argparse.Namespace) -> str:
    """Write the frame labels of the config's data set, an array for each video; what was written in one line.

    Raises ConfigError where there are no labels, or frames whose label is unknown.
    """
    from features.datasets.formats.masks import LAYOUTS, write_labels
    from features.plan.state import open_dataset

    name = args.layout or LAYOUT
    if name not in LAYOUTS:
        raise ConfigError(f"labels have no layout {name!r}{nearest(name, LAYOUTS)}; there are: {', '.join(LAYOUTS)}")
    layout = LAYOUTS[name]
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
