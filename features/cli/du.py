"""Show how many artifacts and bytes each data set has in the store, by kind."""

import argparse
import shutil
from dataclasses import asdict
from typing import Any

from features.cli import common
from features.store.usage import aside, usage
from features.text import size

EXAMPLE = """
features du
features du --store /data/store --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    common.add_store(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Count."""
    store = common.store(args)
    rows = usage(store.path, store.roots())
    result = {
        "store": str(store.path),
        "rows": [asdict(row) for row in rows],
        "bytes": sum(row.bytes for row in rows),
        "aside": aside(store.path),
        "free": shutil.disk_usage(store.path).free,
    }
    common.emit(args, result, lambda: _text(result))
    return 0


def _text(result: dict[str, Any]) -> str:
    rows = [(row["dataset"], row["kind"], row["artifacts"], size(row["bytes"])) for row in result["rows"]]
    total = ("total", "", sum(row["artifacts"] for row in result["rows"]), size(result["bytes"]))
    lines = [common.table(("data set", "kind", "artifacts", "size"), [*rows, total]), ""]
    lines += [f"{name}: {size(count)}" for name, count in result["aside"].items() if count]
    return "\n".join([*lines, f"free on this disk: {size(result['free'])}"])
