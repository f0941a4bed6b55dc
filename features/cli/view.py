"""A video's artifacts as pictures: boxes and flow over its frames as a clip, cubes as a contact sheet."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from features.cli import common
from features.errors import ConfigError, NotStored
from features.store.artifact import Artifact
from features.store.library import Library

EXAMPLE = """
features view plaza/test/video_01
features view plaza/test/video_01 --kind cubes --out cubes.png
features view ucsdped2/Test/Test001 --kind boxes --source /data/Test001.mkv --frames 60:120 --out clip.gif
"""
KINDS = ("overlay", "boxes", "flow", "cubes")
STILLS = 12
ROWS = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("video", metavar="DATASET/VIDEO", help="as `features ls` shows it")
    parser.add_argument("--kind", choices=KINDS, default="overlay", help="default: boxes and flow side by side")
    parser.add_argument("--out", type=Path, metavar="FILE", help=".mp4, .gif, or .png (stills spread over the video)")
    parser.add_argument("--frames", metavar="A:B", default=":", help="frames A to B - 1 only")
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
        wanted = ("boxes", "flow") if args.kind == "overlay" else (args.kind,)
        opened: dict[str, Artifact] = {}
        for kind in wanted:
            if args.kind != "overlay" or kind in library.kinds(dataset):
                opened[kind] = stack.enter_context(library.read(dataset, video, kind))
        if not opened:
            raise NotStored(f"{dataset} has neither boxes nor flow; add them below 'features' in the config")
        footage = Footage(args, library, dataset, video, next(iter(opened.values())).meta["recipe"])
        numbers = chosen(args.frames, footage.count, STILLS if out.suffix.lower() == ".png" else None)
        pictures = overlays(footage.frames(numbers), numbers, opened.get("boxes"), opened.get("flow"))
        write_clip(out, pictures, footage.fps)


class Footage:
    """The frames that an artifact was computed from: decoded again, as its recipe says."""

    def __init__(
        self, args: argparse.Namespace, library: Library, dataset: str, video: str, recipe: dict[str, Any]
    ) -> None:
        from features.video.reading import make_index
        from features.video.sampling import Sampling, sampled_frames
        from features.video.scan import ScanCache

        self.path = args.source or _configured(args, dataset, video)
        known_here = ScanCache(Path(library.store.path) / "sources").index(self.path)
        self.index = known_here or make_index(self.path)
        known = {root.datasets[dataset][video] for root in library.roots if video in root.datasets.get(dataset, {})}
        if self.index.digest not in known:
            raise ConfigError(f"{self.path} is not the video {dataset}/{video} that the store knows; name that one")
        frames = recipe["parameters"]["frames"]["parameters"]
        self.sampling = Sampling(**{name: frames[name] for name in ("policy", "every", "fps", "max_side")})
        self.count = len(sampled_frames(self.index, self.sampling))
        self.fps = self.index.fps * self.count / self.index.frames

    def frames(self, numbers: range) -> Iterator[np.ndarray]:
        """uint8 (h, w, 3) RGB of these sampled frames."""
        from features.video.reading import read_blocks

        blocks = read_blocks(self.path, self.index, self.sampling, ROWS)
        for number, frame in enumerate(frame for block in blocks for frame in block):
            if number in numbers:
                yield frame
            if number >= numbers[-1]:
                return


def _configured(args: argparse.Namespace, dataset: str, video: str) -> Path:
    from features.plan.state import open_dataset

    if not args.config_file.is_file():
        raise ConfigError(f"no config file at {args.config_file} to say where {video} lies; say --source PATH")
    listing = open_dataset(common.config_of(args))
    for known in listing.videos():
        if (listing.name, known.id) == (dataset, video):
            return known.path
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
