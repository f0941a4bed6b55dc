"""Poses, clip features and labels as files that other programs read: pose files, folders and lists of trainers.

For a trainer (`--layout`), features of the config's data set are written with the lists and the ground truth that it
reads, in their order; without, the features of the videos that are named.
"""

import argparse
from pathlib import Path

from features.cli import common
from features.cli.exporting.clips import export_clips, export_for_trainer
from features.cli.exporting.labels import export_labels
from features.cli.exporting.poses import export_poses
from features.errors import ConfigError

EXAMPLE = """
features export poses shanghaitech/testing --format tracked-person --out pose/test
features export poses plaza/test/1 --format njust --out test/pose
features export clips --layout rtfm --config-file config/ucf-crime.yaml --out rtfm
features export clips ucf_crime/test --format crop-files --out features
features export labels --config-file config/shanghaitech.yaml --out gt/test_frame_mask
features export labels --config-file config/ubnormal.yaml --layout ubnormal --out data/UBnormal/gt
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "what", choices=("poses", "clips", "labels"), help="poses or clip features from the store, or labels"
    )
    parser.add_argument(
        "videos", nargs="*", metavar="DATASET/VIDEO", help="videos, or data sets and parts of them as a whole"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the files go")
    parser.add_argument("--format", metavar="NAME", help="of poses (default: tracked-person), of clips (default: rtfm)")
    parser.add_argument(
        "--layout", metavar="NAME", help="of labels (default: shanghaitech); of clips a trainer: rtfm, urdmu, xd, ..."
    )
    parser.add_argument("--crop", type=int, metavar="N", help="of clips: this crop alone, from 0")
    parser.add_argument(
        "--modality", choices=("rgb", "flow", "combine"), default="rgb", help="how clips are filed (default: rgb)"
    )
    common.add_config(parser)
    common.add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Write the files and say what was written, and what was lost; 1 where a video has nothing to export."""
    whole = args.what == "labels" or (args.what == "clips" and args.layout)
    if whole and args.videos:
        raise ConfigError(f"{args.what} are exported of the config's data set as a whole; leave out the videos")
    if args.what == "labels":
        print(export_labels(args))
        return 0
    if not whole and not args.videos:
        raise ConfigError(f"name the videos whose {args.what} are wanted, e.g. plaza/test, as `features ls` shows them")
    if args.what == "poses":
        written, missing = export_poses(args)
    else:
        written, missing = export_for_trainer(args) if whole else export_clips(args)
    print("\n".join([*written, *(["", "not exported", *missing] if missing else [])]))
    return 1 if missing else 0
