"""Where the bytes are: by data set and kind, each artifact counted once."""

from pathlib import Path

from features.store.roots import Root
from features.store.store import Store
from features.store.usage import UNCLAIMED, aside, usage
from tests.store.engine.stand_ins import key_of, put


def test_every_artifact_is_counted_once_under_its_data_set_and_kind(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    for name, kind in ((1, "flow"), (2, "flow"), (3, "boxes"), ("model", "model"), ("old", "flow")):
        put(store, key_of(name), kind)
    features = {
        "avenue": {"flow": {"a": key_of(1)}, "boxes": {"a": key_of(3)}},
        "ped2": {"flow": {"a": key_of(1), "b": key_of(2), "c": key_of("not computed")}},
    }
    root = Root("mine", "user", "/p", 0.0, {}, features, {"model": {"ped2/lbrspr": key_of("model")}})
    rows = usage(store.path, [root])
    assert [(row.dataset, row.kind, row.artifacts) for row in rows] == [
        (UNCLAIMED, "flow", 1),
        ("avenue", "boxes", 1),
        ("avenue", "flow", 1),
        ("ped2", "flow", 1),
        ("ped2/lbrspr", "model", 1),
    ]
    assert sum(row.bytes for row in rows) == sum(stored.path.stat().st_size for stored in store.artifacts())


def test_what_is_no_artifact_is_counted_aside(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    put(store, key_of(1))
    store.fail("flow", key_of(2), "no frames", name="a")
    (tmp_path / "objects" / key_of(1)[:2] / ".half.host.1.aa.tmp").write_bytes(b"12345")
    counted = aside(store.path)
    assert counted["failed"] > 0
    assert (counted["temporary"], counted["trash"]) == (5, 0)
