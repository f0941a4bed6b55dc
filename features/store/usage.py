"""Where the bytes of a store are, by data set and kind."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.store.layout import objects
from features.store.roots import Root

UNCLAIMED = "(in no project)"


@dataclass(frozen=True)
class Usage:
    """How many artifacts of one kind a data set has in the store, and their bytes."""

    dataset: str
    kind: str
    artifacts: int
    bytes: int


def usage(store: Path, roots: Sequence[Root]) -> list[Usage]:
    """Artifacts and bytes by data set and kind; one that several data sets use is counted with the first by name.

    What no root refers to stands under `(in no project)`: older recipes, or projects that have gone.
    """
    owners = _owners(roots)
    totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for stored in objects(store):
        total = totals[owners.get((stored.kind, stored.key), UNCLAIMED), stored.kind]
        total[0] += 1
        total[1] += _size(stored.path)
    return [Usage(dataset, kind, *total) for (dataset, kind), total in sorted(totals.items())]


def aside(store: Path, folders: Iterable[str] = ("failed", "catalogue", "sources", "roots", "trash")) -> dict[str, int]:
    """Folder -> bytes of all that is not an artifact; `temporary` are the files of writers at work, or killed."""
    found = {name: sum(map(_size, (store / name).rglob("*"))) for name in folders}
    return {**found, "temporary": sum(map(_size, (store / "objects").glob("*/.*.tmp")))}


def _owners(roots: Sequence[Root]) -> dict[tuple[str, str], str]:
    """(kind, key) -> the data set that uses it; models, scores and evaluations stand under their own names."""
    owners: dict[tuple[str, str], str] = {}
    for root in roots:
        for dataset in sorted(root.features):
            for kind, keys in root.features[dataset].items():
                for key in keys.values():
                    owners.setdefault((kind, key), dataset)
        for kind, keys in root.named.items():
            for name, key in keys.items():
                owners.setdefault((kind, key), name)
    return owners


def _size(path: Path) -> int:
    """Bytes of a file; 0 for a folder, and for what was removed since it was listed."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
