"""List the data sets of a store; with a data set its videos and which features of each are there."""

import argparse
from typing import Any

import numpy as np

from features.cli import common
from features.store.library import Library
from features.store.store import Store

EXAMPLE = """
features ls
features ls plaza --store /data/store
features ls plaza --json
"""
_MARKS = {"there": "yes", "failed": "failed", "missing": "-", "unplanned": ""}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("dataset", nargs="?", help="list this data set's videos")
    common.add_store(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """List."""
    library, store = common.library(args), common.store(args)
    if args.dataset:
        rows = video_rows(library, store, args.dataset)
        common.emit(args, rows, lambda: _videos_text(rows, library.kinds(args.dataset)))
    else:
        datasets = [dataset_row(library, store, dataset) for dataset in library.datasets()]
        named = [
            {"kind": kind, "name": name, "there": _is_there(library, store, kind, name)}
            for kind in ("model", "scores", "evaluation")
            for name in library.names(kind)
        ]
        result = {"store": str(store.path), "datasets": datasets, "named": named}
        common.emit(args, result, lambda: _store_text(result))
    return 0


def dataset_row(library: Library, store: Store, dataset: str) -> dict[str, Any]:
    """A data set's number of videos, and of artifacts there by kind."""
    videos = library.videos(dataset)
    there = {
        kind: int(_states(library, store, dataset, videos, kind).count("there")) for kind in library.kinds(dataset)
    }
    return {"dataset": dataset, "videos": len(videos), "features": there}


def video_rows(library: Library, store: Store, dataset: str) -> list[dict[str, Any]]:
    """Each video of a data set with the state of its features: there, failed, missing or unplanned."""
    from features.video.scan import ScanCache

    videos, refused = library.videos(dataset), ScanCache(store.path / "sources").refused()
    states = {kind: _states(library, store, dataset, videos, kind) for kind in library.kinds(dataset)}
    unusable = [bool(refused) and _source(library, dataset, video) in refused for video in videos]
    return [
        {"video": video, "features": {kind: _known(listed[row], unusable[row]) for kind, listed in states.items()}}
        for row, video in enumerate(videos)
    ]


def _known(state: str, unusable: bool) -> str:
    """What cannot be decoded has no features and will not get any: that is a failure, recorded once for all of them."""
    return "failed" if unusable and state == "missing" else state


def _source(library: Library, dataset: str, video: str) -> str | None:
    return next(
        (root.datasets[dataset][video] for root in library.roots if video in root.datasets.get(dataset, {})), None
    )


def _states(library: Library, store: Store, dataset: str, videos: list[str], kind: str) -> list[str]:
    keys = [_key(library, dataset, video, kind) for video in videos]
    asked = [key for key in keys if key]
    there = {key for key, found in zip(asked, store.present(kind, asked), strict=True) if found}
    failed = store.failures(kind, [key for key in asked if key not in there])
    return [
        "unplanned" if not key else "there" if key in there else "failed" if key in failed else "missing"
        for key in keys
    ]


def _key(library: Library, dataset: str, video: str, kind: str) -> str | None:
    return next((key for root in library.roots if (key := root.key(dataset, video, kind))), None)


def _is_there(library: Library, store: Store, kind: str, name: str) -> bool:
    keys = [root.named[kind][name] for root in library.roots if name in root.named.get(kind, ())]
    return bool(np.any(store.present(kind, keys)))


def _store_text(result: dict[str, Any]) -> str:
    if not result["datasets"]:
        return f"{result['store']}: no project has left its names here yet; run a pipeline"
    rows = [
        (row["dataset"], row["videos"], ", ".join(f"{kind} {there}" for kind, there in row["features"].items()))
        for row in result["datasets"]
    ]
    text = common.table(("data set", "videos", "features there"), rows)
    named = [(row["kind"], row["name"], "yes" if row["there"] else "-") for row in result["named"]]
    return text + ("\n\n" + common.table(("kind", "name", "there"), named) if named else "")


def _videos_text(rows: list[dict[str, Any]], kinds: list[str]) -> str:
    return common.table(
        ("video", *kinds), [(row["video"], *(_MARKS[row["features"][kind]] for kind in kinds)) for row in rows]
    )
