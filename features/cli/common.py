"""What commands share: where the store is, tables, JSON, sizes."""

import argparse
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import ConfigError, PackageMissing
from features.store.library import Library
from features.text import printable

if TYPE_CHECKING:
    from features.plan.config import Config
    from features.plan.listing import Video
    from features.video.index import Index
from features.store.store import Store


def add_store(parser: argparse.ArgumentParser) -> None:
    """The option --store."""
    parser.add_argument(
        "--store", metavar="DIR", help="the feature store (default: $FEATURES_STORE, config.yaml's `store`, ./store)"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """The option --json."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def add_config(parser: argparse.ArgumentParser) -> None:
    """The options --config-file and --config."""
    parser.add_argument("--config-file", type=Path, default=Path("config.yaml"), help="default: config.yaml")
    parser.add_argument("--config", nargs="*", default=[], metavar="KEY=VALUE", help="keys that replace the file's")


def positive(word: str) -> int:
    """An option's whole number from 1 on. Raises ValueError for anything else."""
    if natural(word) == 0:
        raise ValueError(word)
    return int(word)


def natural(word: str) -> int:
    """An option's whole number from 0 on. Raises ValueError for anything else."""
    if not word.isdecimal():
        raise ValueError(word)
    return int(word)


def config_of(args: argparse.Namespace, **changes: Any) -> "Config":
    """The config that is meant: its file, with the keys of --config and `changes` replaced.

    Raises ConfigError.
    """
    from features.plan.config import load_config

    return load_config(args.config_file, **_changed(args.config), **changes)


def _changed(words: Sequence[str]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if not words:
        return changes
    import yaml

    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise ConfigError(f"--config takes KEY=VALUE, found {word!r}")
        try:
            changes[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"--config {name}: {value!r} is not valid YAML: {reason}") from None
    return changes


def add_artifact(parser: argparse.ArgumentParser) -> None:
    """The argument ARTIFACT."""
    parser.add_argument(
        "artifact", metavar="ARTIFACT", help="first digits of a key, or dataset/video/kind, or name/kind"
    )


def store_path(args: argparse.Namespace) -> Path:
    """The store that is meant: --store, store= of --config, $FEATURES_STORE, `store` of the config file, ./store.

    Raises ConfigError for a config file that is not one.
    """
    said = args.store or _changed(getattr(args, "config", [])).get("store")
    named = said or os.environ.get("FEATURES_STORE") or _configured(getattr(args, "config_file", Path("config.yaml")))
    return Path(named or "store")


def library(args: argparse.Namespace) -> Library:
    """The store that is meant, by names."""
    return Library(store_path(args))


def store(args: argparse.Namespace) -> Store:
    """The store that is meant."""
    return Store(store_path(args))


def index_of(library: Library, video: "Video") -> "Index":
    """What the store's scans know of a video; else what it is found to be, which nobody has to remember.

    Raises SourceError where it cannot be read.
    """
    from features.plan.sources import index_of, recorded_index
    from features.video.reading import make_index
    from features.video.scan import ScanCache
    from features.video.source import source_digest

    known = index_of(ScanCache(Path(library.store.path) / "sources"), video)
    if known is not None:
        return known
    if video.recording is not None:
        return recorded_index(source_digest(video.path), video.recording)
    return make_index(video.path)


def _configured(config: Path) -> str | None:
    """`store` of a config file, None where there is no file or no such key."""
    if not config.exists():
        return None
    try:
        import yaml
    except ImportError:
        raise PackageMissing(f"reading {config} needs PyYAML; pip install pyyaml, or say --store DIR") from None
    try:
        values = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{config} is not valid YAML: {error}; mend it, or say --store DIR") from None
    return str(values["store"]) if isinstance(values, dict) and values.get("store") else None


def emit(args: argparse.Namespace, result: Any, text: Callable[[], str]) -> None:
    """Print a result: as JSON where that is asked for, else as the text made of it."""
    print(json.dumps(result, ensure_ascii=False, indent=1, default=str) if args.json else text())


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows in aligned columns, numbers to the right; names cannot break a line or colour the terminal."""
    cells = [[printable(str(cell)) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    right = [bool(rows) and all(_numeric(row[column]) for row in rows) for column in range(len(head))]
    lines = (
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        )
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def _numeric(cell: Any) -> bool:
    return isinstance(cell, int | float) or (isinstance(cell, str) and cell[:1].isdigit())


def indented(value: Mapping[str, Any]) -> list[str]:
    """Nested values as lines, each below what it belongs to; of a long list only how many entries and the first."""
    return list(_lines(value, 1))


def _lines(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    for name, entry in value.items():
        if isinstance(entry, dict) and entry:
            yield f"{'  ' * depth}{name}"
            yield from _lines(entry, depth + 1)
        elif isinstance(entry, list) and len(entry) > 6:
            yield f"{'  ' * depth}{name}: {len(entry)} entries, the first {json.dumps(entry[0], ensure_ascii=False)}"
        else:
            yield f"{'  ' * depth}{name}: {entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False)}"
