"""What distinguishes two artifacts of one kind, or two sets of clip features: shape, time, crops, scale, numbers.

A and B are artifacts, `DATASET/clips` or `DATASET/train/clips` for all videos of a data set or of one of its folders,
or files of clip features: a file, or a folder with a file for each video. Of two sets the videos of one name are
compared. Exit code 1 if any numbers differ, or one of several videos cannot be read.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.cli import common
from features.cli.exporting.names import matching
from features.errors import ConfigError, NotStored, SourceError, StoreError
from features.store.artifact import Artifact
from features.store.library import Library
from features.store.store import Store
from features.text import count, printable

if TYPE_CHECKING:
    from features.evaluate.compare.clips import ClipSet
    from features.evaluate.compare.files import PublishedClips
    from features.evaluate.compare.finding import Difference

    Opened = Callable[[ExitStack], ClipSet]
    Sets = Mapping[str, Opened]

EXAMPLE = """
features diff ucf_crime/Test/Abuse028_x264/clips Abuse028_x264_i3d.npy
features diff 3fa9c1 77b0e2
features diff shanghaitech-weak/clips /data/rtfm/SH_Train_ten_crop_i3d -n 5
"""
CLIPS = "clips"
FIGURES = ("cosine", "centred_cosine", "norm_ratio")


@dataclass(frozen=True)
class Located:
    """One artifact of a store."""

    store: Store
    kind: str
    key: str

    def open(self) -> Artifact:
        """The artifact, to read from."""
        return self.store.open(self.kind, self.key)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("a", metavar="A", help="an artifact, DATASET/clips, or a file or folder of clip features")
    parser.add_argument("b", metavar="B", help="what it is compared with")
    parser.add_argument(
        "-n", type=common.positive, metavar="VIDEOS", help="of two sets the first so many videos (default: all)"
    )
    parser.add_argument("--format", metavar="NAME", help="of files (default: by their names)")
    parser.add_argument(
        "--crop-axis", choices=("auto", "first", "second"), default="auto", help="of files with three axes"
    )
    common.add_store(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Compare, and say what differs."""
    found = dict(differences(args))
    result = {name: asdict(each) for name, each in found.items()}
    common.emit(args, result, lambda: _text(found))
    return 0 if all(each.equal for each in found.values()) else 1


def differences(args: argparse.Namespace) -> Iterator[tuple[str, "Difference"]]:
    """Video -> what distinguishes A's from B's; of two artifacts the one difference, under the name of A."""
    from features.evaluate.compare.artifacts import compare
    from features.evaluate.compare.clips import compare_clips
    from features.evaluate.compare.finding import Difference, Finding

    one, other = (_side(args, reference) for reference in (args.a, args.b))
    if isinstance(one, Located) and isinstance(other, Located):
        with one.open() as artifact, other.open() as another:
            yield args.a, compare(artifact, another)
        return
    first, second = (_sets(side) for side in (one, other))
    pairs = list(_pairs(args, first, second))
    for name, a, b in pairs:
        try:
            with ExitStack() as stack:
                yield name, compare_clips(replace(a(stack), name="a"), replace(b(stack), name="b"))
        except (SourceError, NotStored) as error:
            if len(pairs) == 1:
                raise
            yield name, Difference(False, (Finding("verdict", str(error), False),))


def _side(args: argparse.Namespace, reference: str) -> "Located | Sets":
    """What a reference means; a path that is there comes first."""
    if Path(reference).exists():
        return _of_files(args, Path(reference))
    if Path(reference).is_absolute():
        raise ConfigError(f"{reference} is no file or folder; check the path")
    try:
        library = common.library(args)
        below, _, kind = reference.rpartition("/")
        named = kind == CLIPS and any(f"{below}/".startswith(f"{dataset}/") for dataset in library.datasets())
        videos = matching(library, below) if named else []
    except StoreError as error:
        raise ConfigError(f"{reference} is no file or folder, nor the name of an artifact: {error}") from None
    if not videos or any(f"{dataset}/{video}" == below for dataset, video in videos):
        return Located(common.store(args), *library.locate(reference))
    return _of_videos(library, videos)


def _of_files(args: argparse.Namespace, path: Path) -> "Sets":
    from features.evaluate.compare.files import PublishedClips

    published = PublishedClips(path, None, args.format, args.crop_axis)
    return {video: partial(_from_file, published, video) for video in published.videos}


def _from_file(published: "PublishedClips", video: str, stack: ExitStack) -> "ClipSet":
    return published.get(video)


def _of_videos(library: Library, videos: Sequence[tuple[str, str]]) -> "Sets":
    """Sets by the last part of their videos' names, as files are called.

    Raises ConfigError where two videos have one.
    """
    names: dict[str, str] = {}
    for dataset, video in videos:
        name = video.rsplit("/", 1)[-1]
        if names.setdefault(name, video) != video:
            raise ConfigError(
                f"{dataset} has {names[name]} and {video}, which files named {name} do not tell apart; compare one "
                f"folder: {dataset}/{video.rpartition('/')[0]}/{CLIPS}"
            )
    return {name: partial(_stored, library, dataset, names[name]) for name in names}


def _stored(library: Library, dataset: str, video: str, stack: ExitStack) -> "ClipSet":
    from features.evaluate.compare.artifacts import clip_set

    return clip_set(stack.enter_context(library.read(dataset, video, CLIPS)), video)


def _sets(side: "Located | Sets") -> "Sets":
    """Sets by the names of their videos; of an artifact the one it holds.

    Raises ConfigError for an artifact of another kind.
    """
    if not isinstance(side, Located):
        return side
    if side.kind != CLIPS:
        raise ConfigError(f"{side.kind} {side.key[:12]} is compared with another artifact, not with files")
    with side.open() as artifact:
        names = [*artifact.meta["names"], side.key[:12]]
    return {names[0].rsplit("/", 1)[-1]: partial(_located, side)}


def _located(side: Located, stack: ExitStack) -> "ClipSet":
    from features.evaluate.compare.artifacts import clip_set

    return clip_set(stack.enter_context(side.open()), side.key[:12])


def _pairs(args: argparse.Namespace, one: "Sets", other: "Sets") -> Iterator[tuple[str, "Opened", "Opened"]]:
    """The sets of one name; two single ones whatever they are called.

    Raises ConfigError where no name is shared.
    """
    if len(one) == len(other) == 1:
        yield next(iter(one)), next(iter(one.values())), next(iter(other.values()))
        return
    shared = [name for name in one if name in other]
    if not shared:
        raise ConfigError(
            f"{args.a} and {args.b} share no video (the first ones are {next(iter(one), 'none')} and "
            f"{next(iter(other), 'none')}); files must be named like the videos"
        )
    yield from ((name, one[name], other[name]) for name in shared[: args.n])


def _text(found: Mapping[str, "Difference"]) -> str:
    if len(found) == 1:
        return "\n".join(_lines(next(iter(found.values()))))
    rows = [(name, *(_figure(each, figure) for figure in FIGURES), _time(each)) for name, each in found.items()]
    verdicts = Counter(each.verdict for each in found.values())
    lines = [common.table(("video", *(figure.replace("_", " ") for figure in FIGURES), "time"), rows), ""]
    lines += [f"{count(videos, 'video')}: {verdict}" for verdict, videos in verdicts.most_common()]
    return "\n".join([*lines, *_beside(found), *_together([each.figures for each in found.values()])])


def _beside(found: Mapping[str, "Difference"]) -> Iterator[str]:
    """What differs beside the verdicts, topic by topic: of how many videos, and what is said of them."""
    said: dict[str, dict[str, str]] = {}
    for video, each in found.items():
        for finding in each.findings[:-1]:
            if not finding.alike:
                said.setdefault(finding.topic, {})[video] = finding.said
    for topic, by_video in said.items():
        first, text = next(iter(by_video.items()))
        where = "" if len(set(by_video.values())) == 1 else f"{first}: "
        yield printable(f"{len(by_video)} of {count(len(found), 'video')} differ in {topic}: {where}{text}")


def _together(figures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What several videos tell that one does not."""
    from features.evaluate.compare.timing import UNRELATED, same_videos

    likenesses = [float(each["likeness"]) for each in figures if "likeness" in each]
    if len(likenesses) > 1:
        said = "" if same_videos(likenesses) else "not "
        yield (
            f"by how alike clips are to each other (mean {sum(likenesses) / len(likenesses):.2f} of "
            f"{count(len(likenesses), 'video')}, {UNRELATED[0]} of unrelated ones) they are {said}shown to be of the "
            "same videos"
        )


def _lines(found: "Difference") -> Iterator[str]:
    """Findings under each other; what differs is marked."""
    width = max(len(finding.topic) for finding in found.findings)
    for finding in found.findings:
        yield f"{finding.topic:{width}}  {' ' if finding.alike else '*'} {printable(finding.said)}"


def _figure(found: "Difference", name: str) -> str:
    value = found.figures.get(name)
    return "-" if value is None else f"{value:.4f}"


def _time(found: "Difference") -> str:
    """How the clips lie in time, as far as that is told."""
    if found.equal:
        return "equal"
    return str(found.figures["time"] or "the same") if "time" in found.figures else "not told"
