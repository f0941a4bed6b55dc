"""Audit anyone's scores: what they reach, what reaches as much without looking, and what is wrong with them.

SCORES is a .npz or .json (video -> scores), a .csv (video, frame, score), a folder of .npy, or a .npy or .txt with the
scores of all videos in one row; one score a frame, or one or 16 a clip of 16 frames. Exit code 1 if a check fails.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from features.cli import common
from features.errors import ConfigError

if TYPE_CHECKING:
    from features.datasets.base import Dataset
    from features.datasets.weak import WeakVideos
    from features.evaluate.audit import Audit
    from features.evaluate.audit_files import Listed
    from features.plan.config import Config

EXAMPLE = """
features audit scores.npz --dataset ucf_crime --root /data/UCF-Crime --html audit.html
features audit pred.npy --ground-truth gt-sh2.npy --list shanghai-test.txt
features audit scores.csv --config-file config/ucsdped2.yaml --latex
"""


@dataclass(frozen=True)
class Truth:
    """What scores are held against: labels of videos by name; `abnormal` names the abnormal ones, where published."""

    name: str
    labels: Mapping[str, np.ndarray]
    abnormal: Sequence[str] | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("scores", type=Path, metavar="SCORES", help="the scores, high = abnormal")
    truth = parser.add_mutually_exclusive_group(required=True)
    truth.add_argument("--dataset", metavar="NAME", help="labels of this data set's test videos, below --root")
    truth.add_argument("--config-file", type=Path, metavar="FILE", help="labels of the data set of this config")
    truth.add_argument("--ground-truth", type=Path, metavar="FILE", help="labels 0, 1, -1 in any form that scores have")
    parser.add_argument("--root", type=Path, metavar="DIR", help="folder of the data set")
    parser.add_argument(
        "--list",
        type=Path,
        metavar="FILE",
        help="videos of a single row in order: a name in each line, maybe its frames",
    )
    parser.add_argument("--name", help="what the scores are called in the result (default: the file's name)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the result as a page, too")
    parser.add_argument("--latex", action="store_true", help="print a row of a LaTeX table instead")
    common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Audit the scores and print the result; 1 where a check fails."""
    from features.report import audit_page

    found = audited(args)
    if args.html:
        audit_page.write(args.html, found)
    if args.latex:
        print(audit_page.latex(found))
    else:
        common.emit(args, found.to_json(), lambda: _text(found))
    return 0 if found.passed else 1


def audited(args: argparse.Namespace) -> "Audit":
    """The audit that a command line asks for.

    Raises ConfigError or DatasetError where scores and ground truth cannot be brought together.
    """
    from features.evaluate.audit import audit
    from features.evaluate.audit_files import by_video, read_list, read_values, renamed

    listed = read_list(args.list) if args.list else []
    scores = read_values(args.scores)
    truth = _truth_in_file(args, scores, listed) if args.ground_truth else _truth_of_dataset(_config(args), listed)
    if isinstance(scores, dict):
        scores = renamed(scores, list(truth.labels))
    else:
        scores = by_video(scores, {video: len(truth.labels[video]) for video in _order(listed, truth)})
    name = args.name or args.scores.stem
    return audit(scores, truth.labels, name=name, dataset=truth.name, abnormal=truth.abnormal)


def _config(args: argparse.Namespace) -> "Config":
    from features.plan.config import load_config, read_config

    if args.config_file:
        return load_config(args.config_file, **({"root": args.root} if args.root else {}))
    return read_config({"dataset": args.dataset, "root": args.root})


def _truth_of_dataset(config: "Config", listed: Sequence["Listed"]) -> Truth:
    from features.datasets.weak import WeakVideos
    from features.plan.state import open_dataset

    dataset = cast("Dataset", open_dataset(config))
    if isinstance(dataset, WeakVideos):
        return _truth_of_annotation(dataset, listed)
    found = {video.id: dataset.labels(video.id) for video in dataset.videos() if video.split == "test"}
    labels = {video: known for video, known in found.items() if known is not None and (known >= 0).any()}
    if not labels:
        raise ConfigError(f"{dataset.name} has no labels of test videos; give --ground-truth")
    return Truth(dataset.name, labels)


def _truth_of_annotation(dataset: "WeakVideos", listed: Sequence["Listed"]) -> Truth:
    """Labels of all test videos by annotation: neither videos nor features have to be there."""
    from features.evaluate.audit_files import renamed

    told = {entry.id: entry for entry in dataset.entries.values() if entry.split == "test" and entry.annotation}
    said = renamed({line.name: np.array(line.frames) for line in listed if line.frames is not None}, list(told))
    frames = {video: int(said[video]) if video in said else entry.frames for video, entry in told.items()}
    unknown = [video for video, count in frames.items() if count is None]
    if unknown or not told:
        missing = f"says of {unknown[0]} how many frames it has" if unknown else "has labels of test videos"
        raise ConfigError(
            f"nothing in {dataset.name} {missing}; give --list with name and frames in each line, or --ground-truth"
        )
    annotations = {video: entry.annotation for video, entry in told.items() if entry.annotation}
    labels = {
        video: found for video in annotations if (found := dataset.labels_for(video, frames[video] or 0)) is not None
    }
    return Truth(dataset.name, labels, [video for video, known in annotations.items() if known.abnormal])


def _truth_in_file(
    args: argparse.Namespace, scores: np.ndarray | Mapping[str, np.ndarray], listed: Sequence["Listed"]
) -> Truth:
    from features.datasets.expand import CLIP_FRAMES
    from features.evaluate.audit_files import by_video, read_values, renamed

    path = args.ground_truth
    values = read_values(path)
    if isinstance(values, dict):
        return Truth(path.name, values)
    frames = {video.name: video.frames for video in listed if video.frames is not None}
    if isinstance(scores, Mapping) and not frames:
        known = renamed(dict(scores), [video.name for video in listed])
        counts = {video.name: len(known[video.name]) for video in listed if video.name in known}
        # A row of labels belongs to frames, of which scores that came for each clip have 16 a piece.
        each = CLIP_FRAMES if len(values) == CLIP_FRAMES * sum(counts.values()) else 1
        frames = {video: each * count for video, count in counts.items()}
    if not frames or len(frames) < len(listed):
        raise ConfigError(
            f"{path} is one row for all videos: say with --list which videos follow each other, a name and its number "
            "of frames in each line"
        )
    return Truth(path.name, by_video(values, frames))


def _order(listed: Sequence["Listed"], truth: Truth) -> list[str]:
    """The videos of a single row in their order: those of the list, under the names of the ground truth.

    Raises ConfigError where the list has others.
    """
    from features.evaluate.audit_files import renamed

    if not listed:
        return list(truth.labels)
    named = list(renamed({video.name: np.zeros(0) for video in listed}, list(truth.labels)))
    strange = [video for video in named if video not in truth.labels]
    if strange:
        raise ConfigError(
            f"--list names {strange[0]}, which has no ground truth; it has {next(iter(truth.labels))}, ..."
        )
    return named


def _text(found: "Audit") -> str:
    from features.report.audit_page import COLUMNS, figure

    head = ("", *(column.title for column in COLUMNS))
    rows = [
        (f"{scorer.name}{' *' if scorer.bound else ''}", *(figure(scorer, column.key) for column in COLUMNS))
        for scorer in found.scorers
    ]
    checks = [
        (check.state.upper() if check.state == "fail" else check.state, check.name, check.says)
        for check in found.checks
    ]
    return "\n".join(
        [
            f"{found.name} on {found.dataset}: {found.videos:,} videos ({found.abnormal_videos:,} abnormal), "
            f"{found.frames:,} frames ({found.abnormal_frames:,} abnormal)",
            "",
            common.table(head, rows),
            "",
            "in per cent; * made from the test labels: what a system can reach without saying when",
            "",
            common.table(("", "check", "answer"), checks),
            "",
            "passed" if found.passed else "not passed",
        ]
    )
