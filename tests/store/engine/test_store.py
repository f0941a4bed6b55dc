"""A store: artifacts whole or absent, in both formats side by side; failures; roots; a folder that can be moved."""

import pickle
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from features.errors import NotStored, StoreError
from features.store.roots import Root, new_root, project_id
from features.store.store import Store
from tests.store.engine.stand_ins import FORMATS, Smooth, holds, key_of, put, rows_of, temporaries


@pytest.fixture(params=FORMATS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(tmp_path / "store", request.param, create=True)


def test_what_was_committed_is_read_back(store: Store) -> None:
    put(store, key_of(1))
    with store.open("flow", key_of(1)) as artifact:
        np.testing.assert_array_equal(artifact["flow"][:], rows_of(key_of(1)) / np.float32(64))
        assert (artifact.kind, artifact.key) == ("flow", key_of(1))
    assert temporaries(store) == []


def test_the_metadata_says_how_where_and_from_what(store: Store) -> None:
    put(store, key_of(1), recipe=Smooth(iterations=20), device="cuda:0", inputs={"source": key_of("s"), "boxes": ["b"]})
    with store.open("flow", key_of(1)) as artifact:
        meta = artifact.meta
    assert meta["recipe"] == Smooth(iterations=20).content()
    assert meta["recipe_digest"] == Smooth(iterations=20).digest
    assert meta["inputs"] == {"source": key_of("s"), "boxes": ["b"]}
    assert (meta["names"], meta["device"]) == (["Test001"], "cuda:0")
    assert {"python", "features", "numpy"} <= meta["software"].keys()
    assert meta["seconds"] >= 0


def test_the_file_is_named_by_key_and_kind(store: Store) -> None:
    put(store, key_of(1))
    path = store.find("flow", key_of(1))
    suffix = {"zarr": ".zarr.zip", "hdf5": ".h5"}[store.format]
    assert path == store.path / "objects" / key_of(1)[:2] / f"{key_of(1)}.flow{suffix}"


def test_an_exception_while_writing_leaves_nothing(store: Store) -> None:
    with pytest.raises(KeyError), store.create("flow", key_of(1), recipe=Smooth(), inputs={}):
        raise KeyError("of the extractor")
    assert not store.has("flow", key_of(1))
    assert temporaries(store) == []


def test_a_second_commit_changes_nothing(store: Store) -> None:
    put(store, key_of(1))
    path = store.find("flow", key_of(1))
    assert path is not None
    before = path.stat()
    put(store, key_of(1))
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_has_and_present_agree(store: Store) -> None:
    keys = [key_of(n) for n in range(12)]
    for key in keys[::2]:
        put(store, key)
    assert [store.has("flow", key) for key in keys] == store.present("flow", keys).tolist() == [True, False] * 6


def test_what_is_not_there_is_not_stored(store: Store) -> None:
    with pytest.raises(NotStored, match="no flow"):
        store.open("flow", key_of(1))


@pytest.mark.parametrize("kind, key", [("flow", "abc"), ("../flow", key_of(1)), ("flow", "../" * 21 + "x"), ("", "")])
def test_names_that_are_no_kind_or_key_never_become_paths(store: Store, kind: str, key: str) -> None:
    with pytest.raises(StoreError, match="no kind and key"):
        store.has(kind, key)


def test_one_store_holds_both_formats_and_reads_both(tmp_path: Path) -> None:
    for number, form in enumerate(FORMATS):
        put(Store(tmp_path, form, create=True), key_of(number))
    for form in FORMATS:
        store = Store(tmp_path, form)
        assert all(holds(store, key_of(number)) for number in range(2))
        assert store.present("flow", [key_of(0), key_of(1)]).all()
    assert [stored.format for stored in sorted(store.artifacts(), key=lambda s: s.key != key_of(0))] == list(FORMATS)


def test_a_moved_store_is_the_same_store(store: Store, tmp_path: Path) -> None:
    put(store, key_of(1))
    shutil.move(store.path, tmp_path / "elsewhere")
    moved = Store(tmp_path / "elsewhere", store.format)
    assert holds(moved, key_of(1))
    assert moved.present("flow", [key_of(1)]).all()


def test_a_store_pickles(store: Store) -> None:
    put(store, key_of(1))
    assert holds(pickle.loads(pickle.dumps(store)), key_of(1))


def test_everything_but_objects_failures_and_roots_may_be_deleted(store: Store) -> None:
    put(store, key_of(1))
    store.present("flow", [key_of(1)])
    for folder in ("leases", "sources", "catalogue", "trash"):
        shutil.rmtree(store.path / folder)
    again = Store(store.path, store.format)
    put(again, key_of(2))
    with again.lease("flow", key_of(3)) as ours:
        assert ours
    assert again.present("flow", [key_of(1), key_of(2)]).all()


def test_keys_are_found_by_their_first_digits(store: Store) -> None:
    put(store, key_of(1))
    assert store.matching(key_of(1)[:6]) == [("flow", key_of(1))]
    assert store.matching("*") == store.matching("zz") == store.matching("") == []


# The folder


def test_there_is_no_store_where_nobody_made_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no feature store at"):
        Store(tmp_path)


def test_a_folder_with_other_things_does_not_become_a_store(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(StoreError, match="holds other things"):
        Store(tmp_path, create=True)


def test_an_interrupted_creation_is_completed(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    (tmp_path / ".format.host.1.aa.tmp").write_bytes(b"half")
    put(Store(tmp_path, create=True), key_of(1))


def test_processes_that_make_one_store_at_once_all_get_it(tmp_path: Path) -> None:
    """Threads stand for processes; 60 stores, since the moment between a look and the next is short."""
    workers = 8
    begin = threading.Barrier(workers)

    def make(path: Path) -> bool:
        begin.wait()
        return holds(Store(path, create=True), key_of(1))

    with ThreadPoolExecutor(workers) as pool:
        for number in range(60):
            assert list(pool.map(make, [tmp_path / str(number)] * workers)) == [False] * workers


def test_a_store_of_another_layout_is_refused(tmp_path: Path) -> None:
    Store(tmp_path, create=True)
    (tmp_path / "format").write_text("vad-features-store 99\n")
    with pytest.raises(StoreError, match="layout 'vad-features-store 99'"):
        Store(tmp_path)


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there are: zarr, hdf5"):
        Store(tmp_path, "npy", create=True)


# Failed outcomes


def test_a_failure_is_recorded_and_found_again(store: Store) -> None:
    store.fail("flow", key_of(1), "no frame could be decoded", name="Test/ä b", where="video.mp4")
    failure = store.failure("flow", key_of(1))
    assert failure is not None
    assert (failure.reason, failure.name, failure.where) == ("no frame could be decoded", "Test/ä b", "video.mp4")
    assert store.failures("flow", [key_of(0), key_of(1)]) == {key_of(1): failure}
    assert store.failure("boxes", key_of(1)) is None


def test_a_later_failure_replaces_an_earlier_one(store: Store) -> None:
    store.fail("flow", key_of(1), "first", name="a")
    store.fail("flow", key_of(1), "second", name="a")
    assert [failure.reason for failure in store.failures("flow", [key_of(1)]).values()] == ["second"]


def test_a_failure_is_forgotten_on_request_and_by_success(store: Store) -> None:
    for number in (1, 2):
        store.fail("flow", key_of(number), "out of memory", name="a")
    store.forget_failure("flow", key_of(1))
    store.forget_failure("flow", key_of("never failed"))
    put(store, key_of(2))
    assert store.failures("flow", [key_of(1), key_of(2)]) == {}


def test_a_file_that_is_no_failed_outcome_is_named(store: Store) -> None:
    store.fail("flow", key_of(1), "x", name="a")
    path = store.path / "failed" / key_of(1)[:2] / f"{key_of(1)}.json"
    path.write_text("{")
    with pytest.raises(StoreError, match=r"\.json is no failed outcome"):
        store.failure("flow", key_of(1))


# Roots


def test_a_root_is_read_back_and_replaced(store: Store, tmp_path: Path) -> None:
    for source in ("one", "two"):
        root = new_root(
            tmp_path,
            {"ped2": {"Test/Test001": key_of(source)}},
            {"ped2": {"flow": {key_of(source): key_of(1)}}},
            {"model": {"ped2/lbrspr": key_of(2)}},
        )
        store.write_root(root.project, root)
    assert store.roots() == [root]
    assert root.key("ped2", "Test/Test001", "flow") == key_of(1)
    assert root.key("ped2", "Test/Test002", "flow") is None
    assert sorted(root.keys()) == sorted([("flow", key_of(1)), ("model", key_of(2))])


def root_of(videos: dict[str, str], flow: dict[str, str]) -> Root:
    return Root("mine", "user", "/p", 1.0, {"ped2": videos}, {"ped2": {"flow": flow}}, {})


SAME = {"Test/Ä 1": key_of("s1"), "Test/2": key_of("s2"), "Test/copy of 1": key_of("s1")}


@pytest.mark.parametrize(
    "videos, flow",
    [
        ({}, {}),
        (SAME, {}),
        (SAME, {key_of("s1"): key_of(1), key_of("s2"): key_of(2)}),
        (SAME, {key_of("s2"): key_of(2)}),
    ],
)
def test_a_root_equals_what_was_written_and_nothing_else(
    store: Store, videos: dict[str, str], flow: dict[str, str]
) -> None:
    root = root_of(videos, flow)
    store.write_root("mine", root)
    [found] = store.roots()
    assert found == root
    assert {name: dict(keys) for name, keys in found.features["ped2"].items()} == {"flow": flow}
    assert found != root_of({**videos, "more": key_of("s3")}, flow)
    assert found != root_of(videos, {**flow, key_of("s1"): key_of("other")})
    assert found != root_of(dict(list(videos.items())[1:]) if videos else SAME, flow)
    assert [found.key("ped2", video, "flow") for video in videos] == [flow.get(s) for s in videos.values()]


@pytest.mark.parametrize(
    "videos, flow, message",
    [({"a": "short"}, {}, "no digest"), (SAME, {key_of("stranger"): key_of(1)}, "no video's")],
)
def test_a_root_that_makes_no_sense_is_refused(
    store: Store, videos: dict[str, str], flow: dict[str, str], message: str
) -> None:
    with pytest.raises(StoreError, match=message):
        store.write_root("mine", root_of(videos, flow))
    assert store.roots() == []


def test_a_projects_id_is_its_folder_or_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert project_id(tmp_path) == project_id(Path()) != project_id(tmp_path / "other")
    assert project_id(tmp_path, "group-17") == "group-17"
    with pytest.raises(StoreError, match="no project id"):
        project_id(tmp_path, "../escape")


@pytest.mark.parametrize(
    "text",
    [
        '{"half": ',
        "[]",
        "{}",
        '{"version": 99}',
        '{"version": 1, "datasets": {"a": {"videos": ["b"], "sources": "ff"}}}',
    ],
)
def test_a_file_that_is_no_root_is_named(store: Store, text: str) -> None:
    (store.path / "roots" / "bad.json").write_text(text)
    with pytest.raises(StoreError, match=r"bad\.json is no root"):
        store.roots()
