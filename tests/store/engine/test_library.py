"""Reading by names: data sets, videos, features, from what projects left in the store."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import features
from features.errors import NotStored, StoreError
from features.store.library import Library
from features.store.roots import Root
from features.store.store import Store
from tests.store.engine.stand_ins import FORMATS, key_of, put, rows_of


def root(project: str, time: float, **keys: str) -> Root:
    """A project with one data set of two videos; `keys` are those of their flow."""
    videos = {"Test/Test001": key_of("source 1"), "Test/Test002": key_of("source 2")}
    flow = dict(zip(videos.values(), keys.values(), strict=False))
    named = {"model": {"ped2/lbrspr": key_of("model")}}
    return Root(project, "user", "/home/user/project", time, {"ped2": videos}, {"ped2": {"flow": flow}}, named)


@pytest.fixture(params=FORMATS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    store = Store(tmp_path, request.param, create=True)
    for name in (1, 2, "model"):
        put(store, key_of(name), kind="model" if name == "model" else "flow")
    store.write_root("mine", root("mine", 2.0, first=key_of(1), second=key_of(2)))
    return store


def test_what_there_is_is_listed(store: Store) -> None:
    library = features.open(store.path)
    assert library.datasets() == ["ped2"]
    assert library.videos("ped2") == ["Test/Test001", "Test/Test002"]
    assert library.kinds("ped2") == ["flow"]
    assert library.names("model") == ["ped2/lbrspr"]


def test_a_videos_feature_is_read_in_physical_units(store: Store) -> None:
    with features.open(store.path).read("ped2", "Test/Test002", "flow") as flow:
        np.testing.assert_array_equal(flow["flow"][1:3], rows_of(key_of(2))[1:3] / np.float32(64))


def test_an_artifact_over_many_videos_is_read_by_its_name(store: Store) -> None:
    with features.open(store.path).read_named("ped2/lbrspr", "model") as model:
        assert model.key == key_of("model")


@pytest.mark.parametrize(
    "words, message",
    [
        (("ped3", "Test/Test001", "flow"), "did you mean 'ped2'"),
        (("ped2", "Test/Test01", "flow"), "did you mean 'Test/Test001'"),
        (("ped2", "Test/Test001", "flo"), "did you mean 'flow'"),
    ],
)
def test_a_wrong_name_gets_the_nearest_right_one(store: Store, words: tuple[str, str, str], message: str) -> None:
    with pytest.raises(NotStored, match=message):
        features.open(store.path).read(*words)


def test_what_failed_says_why(store: Store) -> None:
    store.write_root("mine", root("mine", 3.0, first=key_of("failed")))
    store.fail("flow", key_of("failed"), "no frame could be decoded", name="Test/Test001")
    with pytest.raises(NotStored, match="it failed: no frame could be decoded"):
        features.open(store.path).read("ped2", "Test/Test001", "flow")


def test_what_is_planned_but_not_computed_says_so(store: Store) -> None:
    store.write_root("mine", root("mine", 3.0, first=key_of("later")))
    with pytest.raises(NotStored, match="not been computed yet"):
        features.open(store.path).read("ped2", "Test/Test001", "flow")


def test_of_several_projects_the_newest_counts_unless_one_is_chosen(store: Store) -> None:
    store.write_root("newer", root("newer", 9.0, first=key_of(2), second=key_of(1)))
    for library, key in ((Library(store.path), key_of(2)), (Library(store.path, project="mine"), key_of(1))):
        with library.read("ped2", "Test/Test001", "flow") as flow:
            assert flow.key == key
    with pytest.raises(StoreError, match="did you mean 'mine'"):
        Library(store.path, project="min")


def test_an_older_project_helps_where_the_newest_has_not_computed(store: Store) -> None:
    store.write_root("newer", root("newer", 9.0, first=key_of("later")))
    with Library(store.path).read("ped2", "Test/Test001", "flow") as flow:
        assert flow.key == key_of(1)


@pytest.mark.parametrize(
    "reference, name", [("ped2/Test/Test001/flow", 1), ("ped2/lbrspr/model", "model"), (key_of(2)[:8], 2)]
)
def test_a_reference_is_a_name_or_the_beginning_of_a_key(store: Store, reference: str, name: object) -> None:
    assert Library(store.path).locate(reference)[1] == key_of(name)


@pytest.mark.parametrize(
    "reference, message",
    [("ffff0000", "no artifact 'ffff0000'"), ("ped3/Test/Test001/flow", "did you mean 'ped2'"), ("..", "no artifact")],
)
def test_a_reference_to_nothing_says_what_to_write(store: Store, reference: str, message: str) -> None:
    with pytest.raises(NotStored, match=message):
        Library(store.path).locate(reference)


def test_an_ambiguous_beginning_of_a_key_is_refused(store: Store) -> None:
    first = key_of(1)
    twin = first[:10] + "0" * 54
    put(store, twin)
    with pytest.raises(StoreError, match="begins 2 keys"):
        Library(store.path).locate(first[:10])


HEAVY = ("torch", "snakemake", "cv2", "pydantic", "rfc8785", "filelock", "yaml", "scipy", "sklearn", "av")


def test_reading_from_another_project_needs_the_small_packages_only(store: Store, tmp_path: Path) -> None:
    code = (
        "import sys, features\n"
        "with features.open(sys.argv[1]).read('ped2', 'Test/Test001', 'flow') as flow: print(flow['flow'][0:2].sum())\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    words = [sys.executable, "-c", code, str(store.path)]
    lines = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.split("\n")
    assert float(lines[0]) == pytest.approx(float((rows_of(key_of(1))[:2] / np.float32(64)).sum()), rel=1e-4)
    assert lines[1] == "[]"
