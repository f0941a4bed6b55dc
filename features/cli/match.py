"""By which recipe published clip features were made.

What files tell by themselves: shapes, values, the order of crops, the rule that cut clips. With videos and weights a
few videos are computed again under every preset that may fit, and ranked by the mean cosine.
"""

import argparse
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.cli import common
from features.errors import ConfigError, SourceError
from features.text import printable

if TYPE_CHECKING:
    from features.evaluate.compare.clips import ClipSet
    from features.evaluate.compare.described import Description
    from features.evaluate.compare.files import PublishedClips
    from features.evaluate.match import Match, Ranked, Source

EXAMPLE = """
features match SH_Train_ten_crop_i3d
features match SH_Train_ten_crop_i3d --frames frames.txt
features match SH_Train_ten_crop_i3d --videos /data/shanghaitech -n 5 --weights i3d_baseline_32x2_IN_pretrain_400k.pkl
"""
# Files that are looked at where no video is computed.
LOOKED_AT = 100
COMPUTED = 5
CLIPS = 16


@dataclass(frozen=True)
class Outcome:
    """What is told of published features: by the files alone, and by computing some of them again."""

    published: Path
    described: "Description"
    matched: "Match | None"
    remarks: Mapping[str, Sequence[str]]
    command: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("published", type=Path, metavar="PUBLISHED", help="a folder of files named like videos, or one")
    parser.add_argument("--videos", type=Path, metavar="DIR", help="the videos")
    parser.add_argument(
        "-n", type=common.positive, metavar="VIDEOS", help=f"how many (default: {COMPUTED}; without videos {LOOKED_AT})"
    )
    parser.add_argument("--weights", type=Path, nargs="*", default=[], metavar="FILE", help="weights to try")
    parser.add_argument(
        "--clips",
        type=common.natural,
        default=CLIPS,
        metavar="N",
        help=f"the first N of each video (default: {CLIPS}; 0: all)",
    )
    parser.add_argument("--frames", type=Path, metavar="FILE", help="numbers of frames, where videos are not there")
    parser.add_argument("--format", metavar="NAME", help="of the files (default: by their names)")
    parser.add_argument("--crop-axis", choices=("auto", "first", "second"), default="auto", help="of three axes")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N (default: auto)")
    parser.add_argument("--threads", type=int, default=1, help="threads to compute with (default: 1)")
    common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Say what is told; 0."""
    outcome = matched(args)
    common.emit(args, _result(outcome), lambda: "\n".join(_lines(outcome)))
    return 0


def matched(args: argparse.Namespace) -> Outcome:
    """Look at the files, and at their videos where these are there."""
    from features.evaluate.compare.described import describe
    from features.evaluate.match import match
    from features.extract.devices import machine_for

    sets, sources, remarks = _chosen(args)
    described = describe(list(sets.values()))
    found = None
    if sources:
        there = {name: sets[name] for name in sources}
        found = match(there, sources, args.weights, machine_for(args.device, args.threads), args.clips or None)
    said = {name: [text] for name, text in {**remarks, **described.remarks}.items()}
    for name, findings in (found.remarks if found else {}).items():
        said.setdefault(name, []).extend(finding.said for finding in findings)
    return Outcome(args.published, described, found, said, _command(args, described.segments, found))


def _chosen(args: argparse.Namespace) -> tuple[dict[str, "ClipSet"], dict[str, "Source"], dict[str, str]]:
    """The features that are looked at, with their frames where these are known; their videos; why some are not there.

    Raises ConfigError where there is nothing to look at.
    """
    from features.datasets.folder import natural_id, videos_by_id
    from features.evaluate.compare.counts import read_frames
    from features.evaluate.compare.files import PublishedClips

    if args.weights and not args.videos:
        raise ConfigError("--weights compute videos again; say where these are with --videos")
    paths = videos_by_id(args.videos) if args.videos else None
    ids = None if paths is None else sorted(paths, key=natural_id)
    published = PublishedClips(args.published, ids, args.format, args.crop_axis)
    if not published.videos:
        where = f" for a video in {args.videos}" if args.videos else ""
        raise ConfigError(f"{args.published} has no clip features{where}; name its files like the videos")
    sets, problems = _sets(published, spread(published.videos, args.n or (COMPUTED if paths else LOOKED_AT)))
    if paths is None:
        frames = read_frames(args.frames) if args.frames else {}
        if frames and frames.keys().isdisjoint(sets):
            raise ConfigError(f"{args.frames} names none of the videos, the first of which is {next(iter(sets))}")
        return {name: replace(found, frames=frames.get(name)) for name, found in sets.items()}, {}, problems
    sources, lost = _sources({name: paths[name] for name in sets})
    seen = {name: replace(found, frames=_frames(sources.get(name))) for name, found in sets.items()}
    return seen, sources, problems | lost


def _sets(published: "PublishedClips", names: Sequence[str]) -> tuple[dict[str, "ClipSet"], dict[str, str]]:
    """Features by video, and why those of others cannot be used.

    Raises SourceError where none can.
    """
    found: dict[str, ClipSet] = {}
    problems: dict[str, str] = {}
    for name in names:
        try:
            found[name] = published.get(name)
        except SourceError as error:
            problems[name] = str(error)
    if not found:
        raise SourceError(next(iter(problems.values())))
    return found, problems


def _sources(paths: Mapping[str, Path]) -> tuple[dict[str, "Source"], dict[str, str]]:
    """Videos with what one read finds, and why others cannot be used."""
    from features.evaluate.match import Source
    from features.video.reading import make_index

    found: dict[str, Source] = {}
    problems: dict[str, str] = {}
    for name, path in paths.items():
        try:
            found[name] = Source(path, make_index(path))
        except SourceError as error:
            problems[name] = str(error)
    return found, problems


def _frames(source: "Source | None") -> int | None:
    return None if source is None else source.index.frames


def spread(names: Sequence[str], most: int) -> list[str]:
    """So many of the names, evenly over them."""
    step = max(1.0, len(names) / most)
    return [names[int(place * step)] for place in range(min(most, len(names)))]


def _command(args: argparse.Namespace, segments: bool, found: "Match | None") -> str:
    """What gets features of all videos: a run by the recipe that was found, else the import of the files."""
    if found and found.ranking and found.ranking[0].found and not segments:
        attempt = found.ranking[0].attempt
        asked = ", ".join(f"{kind}: {_inline(entry)}" for kind, entry in attempt.features.items())
        words = [f"root={args.videos}", f"weights={attempt.folder}", f"features={{{asked}}}"]
        return shlex.join(["snakemake", "--cores", "1", "--config", "dataset=folder", *words])
    layout = ["--layout", "segments"] if segments else []
    return shlex.join(["features", "import", "clips", str(args.published), *layout])


def _inline(entry: Mapping[str, Any]) -> str:
    """`{preset: rtfm, weights: a.pkl}`, as a config or a command line has it."""
    return "{" + ", ".join(f"{name}: {value}" for name, value in entry.items()) + "}"


def _lines(outcome: Outcome) -> Iterator[str]:
    if outcome.matched is not None:
        yield from (_headline(outcome.matched), "")
    width = max(len(finding.topic) for finding in outcome.described.findings)
    for finding in outcome.described.findings:
        yield f"{finding.topic:{width}}  {' ' if finding.alike else '*'} {printable(finding.said)}"
    if outcome.matched is not None:
        yield from _ranking("computed again", outcome.matched.ranking)
        yield from _ranking("nearer with something changed, in one video", outcome.matched.changed)
        yield from _listed("not computed", _by_reason(outcome.matched.impossible))
    said = [f"{name}: {text}" for name, texts in outcome.remarks.items() for text in texts]
    yield from _listed("videos", said)
    yield from ("", f"the rest: {outcome.command}")


def _headline(found: "Match") -> str:
    """`rtfm 0.998 | gowtham 0.91 | urdmu: not possible, 1024-d`."""
    near = [f"{each.name} {each.cosine:.3f}" for each in found.ranking]
    return " | ".join([*near, *(f"{name}: {why}" for name, why in found.impossible.items() if "not possible" in why)])


def _by_reason(impossible: Mapping[str, str]) -> list[str]:
    """Each reason once, with the recipes that it holds for."""
    reasons = dict.fromkeys(impossible.values())
    return [f"{', '.join(name for name, why in impossible.items() if why == reason)}: {reason}" for reason in reasons]


def _ranking(title: str, ranking: Sequence["Ranked"]) -> Iterator[str]:
    if ranking:
        head = ("recipe", "cosine", "centred", "norms")
        rows = [(each.name, f"{each.cosine:.6f}", f"{each.centred:.4f}", f"{each.ratio:.4f}") for each in ranking]
        yield from ("", title, common.table(head, rows))


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from ("", title, *(f"  {printable(line)}" for line in lines))


def _result(outcome: Outcome) -> dict[str, Any]:
    found = outcome.matched
    return {
        "published": str(outcome.published),
        "findings": [asdict(finding) for finding in outcome.described.findings],
        "ranking": [_ranked(each) for each in found.ranking] if found else [],
        "changed": [_ranked(each) for each in found.changed] if found else [],
        "impossible": dict(found.impossible) if found else {},
        "videos": {name: list(said) for name, said in outcome.remarks.items()},
        "command": outcome.command,
    }


def _ranked(each: "Ranked") -> dict[str, Any]:
    return {"recipe": each.name, "cosine": each.cosine, "centred": each.centred, "norms": each.ratio}
