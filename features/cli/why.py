"""Say why an artifact is another than its nearest kin: which parameters, weights or inputs differ. Its recipe, too.

The nearest kin is the artifact of the same kind that shares most with it. A line reads `where: kin -> this one`.
"""

import argparse
from dataclasses import asdict

from features.cli import common
from features.store.why import Why, why
from features.text import printable

EXAMPLE = """
features why plaza/test/1/flow
features why 3fa9c1 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    common.add_artifact(parser)
    common.add_store(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Compare with the nearest kin."""
    found = why(common.store(args), *common.library(args).locate(args.artifact))
    result = {
        "kind": found.meta["kind"],
        "key": found.meta["key"],
        "recipe": found.meta["recipe"],
        "inputs": found.meta["inputs"],
        "kin": found.kin.key if found.kin else None,
        "differences": [asdict(difference) for difference in found.differences],
        "compared": found.compared,
        "others": found.others,
    }
    common.emit(args, result, lambda: _text(found))
    return 0


def _text(found: Why) -> str:
    lines = [f"{found.meta['kind']} {found.meta['key'][:12]}{_named(found.meta)}", *_kin(found)]
    return "\n".join([*lines, "", "recipe", *common.indented(found.meta["recipe"])])


def _kin(found: Why) -> list[str]:
    if found.kin is None or found.kin_meta is None:
        return ["the only one of its kind that can be read"]
    lines = [f"nearest kin {found.kin.key[:12]}{_named(found.kin_meta)}"]
    lines += [f"  {difference}" for difference in found.differences]
    if found.compared < found.others:
        lines.append(f"(compared with {found.compared} of the {found.others} others of its kind)")
    return lines


def _named(meta: object) -> str:
    names = meta.get("names", []) if isinstance(meta, dict) else []
    return f" ({', '.join(map(printable, names[:3]))}{', ...' if len(names) > 3 else ''})" if names else ""
