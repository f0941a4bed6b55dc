"""A video's artifacts as pictures: boxes, skeletons, scores and flow over its frames as a clip, cubes as a sheet."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features.cli import common
from features.errors import ConfigError, NotStored
from features.store.artifact import Artifact
from features.store.library import Library

if TYPE_CHECKING:
    from features.plan.listing import Video
    from features.report.overlay import Layer

EXAMPLE = """
features view plaza/test/1
features view plaza/test/1 --kind cubes --out cubes.png
features view ucsdped2/Test/Test001 --kind boxes --source /data/Test001.mkv --frames 60:120 --out clip.gif
features view plaza/test/1 --kind poses --joints 0.5
features view plaza/test/1 --kind scores --model stgnf
"""
# What each kind draws, of what is there; `overlay` draws whatever there is.
DRAWN = {"boxes": ("boxes",), "poses": ("poses", "tracks"), "scores": ("poses", "tracks"), "flow": ("flow",)}
KINDS = ("overlay", *DRAWN, "cubes")
OVERLAY = ("boxes", "poses", "tracks", "flow")
STILLS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("video", metavar="DATASET/VIDEO", help="as `features ls` shows it")
    parser.add_argument("--kind", choices=KINDS, default="overlay", help="default: all that there is")
    parser.add_argument("--out", type=Path, metavar="FILE", help=".mp4, .gif, or .png (stills spread over the video)")
    parser.add_argument("--frames", metavar="A:B", default=":", help="frames A to B - 1 only")
    parser.add_argument("--joints", type=float, metavar="S", help="leave joints below this score out (default: 0.3)")
    parser.add_argument("--model", metavar="NAME", help="whose scores, where a data set has several models")
    parser.add_argument("--cubes", type=int, default=32, metavar="N", help="cubes on the sheet (default: 32)")
    parser.add_argument("--source", type=Path, metavar="PATH", help="the video, where the config does not name it")
    common.add_config(parser)
    common.add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Write the picture and say where it is."""
    from features.report.overlay import cubes_picture
    from features.report.view import write_picture

    library = common.library(args)
    dataset, video = split(library, args.video)
    ending = ".png" if args.kind == "cubes" else ".mp4"
    out = args.out or Path(f"{dataset}-{video.replace('/', '-')}-{args.kind}{ending}")
    if not out.parent.is_dir():
        raise ConfigError(f"no folder {out.parent} for {out.name}; make it, or say another --out")
    if args.kind == "cubes":
        if out.suffix.lower() != ".png":
            raise ConfigError(f"cubes are one picture, {out.name} is none; name a .png file")
        with library.read(dataset, video, "cubes") as cubes:
            write_picture(out, cubes_picture(cubes, args.cubes))
    else:
        _write_overlay(args, library, dataset, video, out)
    print(out)
    return 0


def split(library: Library, name: str) -> tuple[str, str]:
    """Data set and video of `DATASET/VIDEO`; both may hold slashes, the longest data set counts.

    Raises NotStored where the library has no such data set.
    """
    found = [dataset for dataset in library.datasets() if name.startswith(f"{dataset}/")]
    if not found:
        listed = ", ".join(library.datasets()) or "none"
        raise NotStored(f"{name!r} begins with no data set of {library.store.path}; there are: {listed}")
    dataset = max(found, key=len)
    return dataset, name[len(dataset) + 1 :]


def _write_overlay(args: argparse.Namespace, library: Library, dataset: str, video: str, out: Path) -> None:
    from features.report.overlay import overlays
    from features.report.view import write_clip

    with ExitStack() as stack:
        opened: dict[str, Artifact] = {}
        for kind in OVERLAY if args.kind == "overlay" else DRAWN[args.kind]:
            if kind in library.kinds(dataset) or (args.kind != "overlay" and kind != "tracks"):
                opened[kind] = stack.enter_context(library.read(dataset, video, kind))
        if not opened:
            raise NotStored(f"{dataset} has neither boxes, poses nor flow; add them below 'features' in the config")
        layers = _layers(args, library, dataset, opened)
        footage = Footage(args, library, dataset, video, next(iter(opened.values())).meta)
        numbers = chosen(args.frames, footage.count, STILLS if out.suffix.lower() == ".png" else None)
        write_clip(out, overlays(footage.frames(numbers), numbers, layers), footage.fps)


def _layers(args: argparse.Namespace, library: Library, dataset: str, opened: dict[str, Artifact]) -> "list[Layer]":
    """What is drawn, from below: boxes, people, and the flow beside them."""
    from features.extract.poses.table import read_people, tracks_of
    from features.report import overlay
    from features.report.skeletons import JOINT_SCORE

    limit = JOINT_SCORE if args.joints is None else args.joints
    layers: list[Layer] = []
    if "boxes" in opened:
        layers.append(overlay.boxes_layer(opened["boxes"]))
    if "poses" in opened:
        tracks = opened.get("tracks")
        found = read_people(opened["poses"], tracks if tracks and tracks_of(opened["poses"], tracks) else None)
        if args.kind == "scores":
            with library.read_named(_model(args, library, dataset), "scores") as scores:
                source = opened["poses"].meta["inputs"]["source"]
                layers.append(overlay.scores_layer(found, *_scored(scores, source, found), limit))
        else:
            layers.append(overlay.people_layer(found, limit))
    if "flow" in opened:
        layers.append(overlay.flow_layer(opened["flow"]))
    return layers


def _model(args: argparse.Namespace, library: Library, dataset: str) -> str:
    """`DATASET/MODEL`, as the store names its scores. Raises ConfigError where it is not said which of several."""
    if args.model:
        return f"{dataset}/{args.model}"
    named = [name for name in library.names("scores") if name.startswith(f"{dataset}/")]
    if len(named) > 1:
        listed = ", ".join(name[len(dataset) + 1 :] for name in named)
        raise ConfigError(f"{dataset} has scores of several models ({listed}); say --model NAME")
    return named[0] if named else dataset


def _scored(artifact: Artifact, source: str, found: Any) -> tuple[np.ndarray, tuple[float, float]]:
    """The score of each person in each frame, and where the scale of colours begins and ends."""
    from features.evaluate.scores import Scores, person_scores
    from features.report.overlay import score_scale

    scores = Scores(artifact)
    values = person_scores(found, scores.objects(source), scores.ids(source))
    return values, score_scale(scores.object_scores())


class Footage:
    """The frames that an artifact was computed from: decoded again, as its recipe says; plain where none were."""

    def __init__(
        self, args: argparse.Namespace, library: Library, dataset: str, video: str, meta: dict[str, Any]
    ) -> None:
        from features.plan.listing import Video
        from features.video.sampling import Sampling, sampled_frames

        shown = Video(video, args.source, "test") if args.source else _configured(args, dataset, video)
        self.path = shown.path
        self.index = common.index_of(library, shown)
        known = {root.datasets[dataset][video] for root in library.roots if video in root.datasets.get(dataset, {})}
        if self.index.digest not in known:
            raise ConfigError(f"{self.path} is not the video {dataset}/{video} that the store knows; name that one")
        frames = meta["recipe"]["parameters"]["frames"]["parameters"]
        self.sampling = Sampling(**{name: frames[name] for name in ("policy", "every", "fps", "max_side")})
        self.count = len(sampled_frames(self.index, self.sampling))
        self.fps = self.index.fps * self.count / self.index.frames

    def frames(self, numbers: range) -> Iterator[np.ndarray]:
        """uint8 (h, w, 3) RGB of these sampled frames."""
        from features.report.footage import frames_at

        return frames_at(self.path, self.index, self.sampling, numbers)


def _configured(args: argparse.Namespace, dataset: str, video: str) -> "Video":
    from features.plan.state import open_dataset

    if not args.config_file.is_file():
        raise ConfigError(f"no config file at {args.config_file} to say where {video} lies; say --source PATH")
    listing = open_dataset(common.config_of(args))
    for known in listing.videos():
        if (listing.name, known.id) == (dataset, video):
            return known
    raise ConfigError(f"{args.config_file} names no video {dataset}/{video}; say --source PATH, or --config KEY=VALUE")


def chosen(wish: str, count: int, stills: int | None) -> range:
    """The numbers `A:B` of `count` frames; no more than about `stills` of them, evenly spread, where that is set.

    Raises ConfigError for another form or no frames.
    """
    first, colon, last = wish.partition(":")
    if not colon or not all(part.isdigit() or not part for part in (first, last)):
        raise ConfigError(f"--frames takes A:B, found {wish!r}")
    numbers = range(count)[int(first or 0) : int(last or count)]
    if not numbers:
        raise ConfigError(f"--frames {wish} leaves none of the {count} frames")
    return numbers[:: max(1, -(-len(numbers) // stills))] if stills else numbers
