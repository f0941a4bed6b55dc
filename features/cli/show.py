"""Show one artifact: its recipe, what it was made from, where and how long, its arrays and their statistics."""

import argparse
from typing import Any

from features.cli import common
from features.store.artifact import Artifact
from features.text import size

EXAMPLE = """
features show plaza/test/1/flow
features show 3fa9c1
features show plaza/lbrspr/scores --json
"""
# Too long for a screen, and there with --json.
_HIDDEN = ("leaves", "recipe", "statistics", "inputs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    common.add_artifact(parser)
    common.add_store(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Show."""
    store, (kind, key) = common.store(args), common.library(args).locate(args.artifact)
    with store.open(kind, key) as artifact:
        arrays = {name: _array(artifact, name) for name in artifact.names}
        path = store.find(kind, key)
        result = {**artifact.meta, "file": str(path), "bytes": path.stat().st_size if path else 0, "arrays": arrays}
    common.emit(args, result, lambda: _text(result))
    return 0


def _array(artifact: Artifact, name: str) -> dict[str, Any]:
    raw = artifact.raw(name)
    return {"shape": list(raw.shape), "dtype": str(raw.dtype), "columns": list(raw.columns), **raw.attrs}


def _text(result: dict[str, Any]) -> str:
    arrays = result.pop("arrays")
    lines = [f"{result['kind']} {result['key']}", f"file      {result.pop('file')}, {size(result['bytes'])}"]
    lines += [
        "",
        "recipe",
        *common.indented(result["recipe"]),
        "",
        "inputs",
        *common.indented(result["inputs"]),
        "",
        "arrays",
    ]
    lines += [
        f"  {name}: {array['dtype']} {tuple(array['shape'])} {_notes(array)}".rstrip() for name, array in arrays.items()
    ]
    lines += ["", "statistics", *common.indented(result["statistics"]), "", "made"]
    lines += common.indented({name: value for name, value in result.items() if name not in _HIDDEN})
    return "\n".join(lines)


def _notes(array: dict[str, Any]) -> str:
    notes = [f"x {array['scale_factor']}"] if array.get("scale_factor") is not None else []
    notes += [str(array["units"])] if array.get("units") else []
    notes += [", ".join(array["columns"])] if array["columns"] else []
    return " · ".join(notes)
