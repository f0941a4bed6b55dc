"""Why an artifact is another than its nearest kin: which parameters and inputs differ."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from features.errors import StoreError
from features.store.layout import Stored
from features.store.store import Store

# Reading the metadata of one artifact takes some 3 ms; among more than this, only the newest are compared.
COMPARED = 2000
_ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference:
    """One place in which two artifacts' recipes or inputs differ, e.g. `parameters.iterations: 12 -> 20`."""

    path: str
    kin: Any
    this: Any

    def __str__(self) -> str:
        return f"{self.path}: {_shown(self.kin)} -> {_shown(self.this)}"


@dataclass(frozen=True)
class Why:
    """An artifact against its nearest kin.

    meta, kin_meta  the metadata of both; no kin where the artifact is the only one of its kind
    differences     from the kin to this artifact
    compared        how many artifacts of its kind were looked at
    others          how many there are beside it
    """

    meta: Mapping[str, Any]
    kin: Stored | None
    kin_meta: Mapping[str, Any] | None
    differences: tuple[Difference, ...]
    compared: int
    others: int


def why(store: Store, kind: str, key: str) -> Why:
    """What distinguishes an artifact from the one of its kind that has the most recipe fields and inputs in common.

    Of several equally near ones, that of the same video comes first, then the newest. Raises Damaged for an artifact
    that cannot be read; damaged kin are passed over, `features verify` names them.
    """
    meta = _metadata(store, kind, key)
    others = [stored for stored in store.artifacts() if stored.kind == kind and stored.key != key]
    newest = sorted(others, key=lambda stored: stored.path.stat().st_mtime, reverse=True)[:COMPARED]
    found = [(stored, other) for stored in newest if (other := _readable(store, stored)) is not None]
    if not found:
        return Why(meta, None, None, (), 0, len(others))
    kin, kin_meta = min(found, key=lambda pair: _distance(pair[1], meta))
    return Why(meta, kin, kin_meta, differences(kin_meta, meta), len(found), len(others))


def differences(kin: Mapping[str, Any], this: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Where the recipes and inputs of two artifacts' metadata differ, by path."""
    before, after = dict(_leaves(_identity(kin))), dict(_leaves(_identity(this)))
    paths = list(dict.fromkeys([*before, *after]))
    pairs = ((path, before.get(path, _ABSENT), after.get(path, _ABSENT)) for path in paths)
    return tuple(Difference(*pair) for pair in pairs if pair[1] != pair[2])


def _distance(kin: Mapping[str, Any], this: Mapping[str, Any]) -> tuple[int, bool]:
    return len(differences(kin, this)), kin.get("names") != this.get("names")


def _identity(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the metadata that makes the key: the recipe's fields, then the inputs by role."""
    recipe = {name: value for name, value in meta["recipe"].items() if name != "kind"}
    return {**recipe, "inputs": meta["inputs"]}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of everything that is not a mapping; a list of inputs is one value per entry."""
    if isinstance(value, Mapping) and value:
        for name, entry in value.items():
            yield from _leaves(entry, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and path.startswith("inputs."):
        # Order does not count for a key, so entries are told apart by what they are and not by where they stand.
        yield from ((f"{path}[{entry[:12]}]", entry) for entry in value)
    else:
        yield path, value


def _metadata(store: Store, kind: str, key: str) -> dict[str, Any]:
    with store.open(kind, key) as artifact:
        return artifact.meta


def _readable(store: Store, stored: Stored) -> dict[str, Any] | None:
    try:
        return _metadata(store, stored.kind, stored.key)
    except StoreError:
        return None


def _shown(value: Any) -> str:
    """A value on one line; digests by their first 12 digits."""
    if isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef"):
        return value[:12]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
