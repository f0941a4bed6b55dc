"""features diff: artifacts, data sets, files and folders."""

import json
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest

from features.extract.clips.backend import ClipRows
from features.extract.clips.table import ClipsWriter
from features.store.roots import Root
from features.store.store import Store
from tests.cli.conftest import Dis
from tests.commands import Run

Array = np.ndarray
RANDOM = np.random.default_rng(0)
CLIPS = {name: RANDOM.gamma(0.4, 1, (9, 10, 64)).astype(np.float32) for name in ("01_001", "01_002", "01_003")}


def key(number: int) -> str:
    return f"{number:02x}" * 32


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A data set `sht` of three videos with clips."""
    store = Store(tmp_path / "store", create=True)
    monkeypatch.setenv("FEATURES_STORE", str(store.path))
    for number, (name, values) in enumerate(CLIPS.items(), 1):
        put(store, key(number), values, [f"train/{name}"])
    sources = {f"train/{name}": key(number + 100) for number, name in enumerate(CLIPS, 1)}
    clips = {key(number + 100): key(number) for number in range(1, 4)}
    store.write_root("mine", Root("mine", "user", "/p", 0.0, {"sht": sources}, {"sht": {"clips": clips}}, {}))
    return store


def put(store: Store, name: str, values: Array, names: Sequence[str] = ()) -> None:
    start = np.arange(len(values), dtype=np.int64) * 16
    with store.create("clips", name, recipe=Dis(), inputs={}, names=names) as out:
        ClipsWriter(out, *values.shape[1:]).add(ClipRows(values, start, start + 16, np.full(len(values), 16)))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The same features as files, those of the second video divided by their norms."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name, values in CLIPS.items():
        norms = np.linalg.norm(values, axis=2, keepdims=True) if name == "01_002" else 1
        np.save(folder / f"{name}_i3d.npy", values / norms)
    return folder


def test_two_artifacts_by_key(store: Store, features: Run) -> None:
    put(store, key(9), CLIPS["01_001"] * np.float32(1.01))
    code, out, _ = features("diff", key(1)[:8], key(9)[:8])
    assert code == 1
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert lines["shape"] == "9 clips each, 10 crops each, 64 channels each"
    assert lines["verdict"] == "* the same features but for one factor, as another epsilon of BatchNorm gives"


def test_an_artifact_and_itself(store: Store, features: Run) -> None:
    code, out, _ = features("diff", "sht/train/01_001/clips", key(1)[:8])
    assert code == 0
    assert out.splitlines()[-1].split(maxsplit=1) == ["values", "equal: no number differs"]


def test_an_artifact_and_a_file_whatever_it_is_called(store: Store, files: Path, features: Run) -> None:
    assert features("diff", "sht/train/01_001/clips", files / "01_001_i3d.npy")[0] == 0
    code, out, _ = features("diff", "sht/train/01_001/clips", files / "01_003_i3d.npy")
    assert code == 1
    assert "do not show that both are of one video" in out


def test_a_data_set_and_a_folder_video_by_video(store: Store, files: Path, features: Run) -> None:
    code, out, _ = features("diff", "sht/clips", files)
    assert code == 1
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()[1:4]}
    assert rows["01_001"][-1] == rows["01_003"][-1] == "equal"
    assert rows["01_002"][0] == "1.0000"
    assert "2 videos: equal: no number differs" in out
    assert "1 video: the same features, but divided by norms" in out


def test_what_differs_beside_the_verdict_is_told_of_all_videos(store: Store, tmp_path: Path, features: Run) -> None:
    folder = tmp_path / "moved"
    folder.mkdir()
    for name, values in CLIPS.items():
        np.save(folder / f"{name}.npy", values[:-1, [1, 0, *range(2, 10)]])
    code, out, _ = features("diff", "sht/clips", folder)
    assert code == 1
    assert "3 of 3 videos differ in shape: 9 and 8 clips, 10 crops each, 64 channels each" in out
    assert "3 of 3 videos differ in crops: " in out


def test_a_folder_of_a_data_set_is_compared_and_two_videos_of_one_name_refused(
    store: Store, files: Path, features: Run
) -> None:
    assert features("diff", "sht/train/clips", files) == features("diff", "sht/clips", files)
    sources = {f"{split}/01_001": key(101 + number) for number, split in enumerate(("train", "test"))}
    store.write_root(
        "twice",
        Root(
            "twice", "user", "/p", 0.0, {"two": sources}, {"two": {"clips": {key(101): key(1), key(102): key(2)}}}, {}
        ),
    )
    assert (
        "train/01_001 and test/01_001, which files named 01_001 do not tell apart"
        in features("diff", "two/clips", files)[2]
    )
    assert features("diff", "two/train/clips", files)[0] == 0


def test_a_data_set_of_one_video_may_end_like_it(store: Store, files: Path, features: Run) -> None:
    root = Root(
        "one", "user", "/p", 0.0, {"set01_001": {"01_001": key(101)}}, {"set01_001": {"clips": {key(101): key(1)}}}, {}
    )
    store.write_root("one", root)
    assert (
        features("diff", "set01_001/clips", files)[0] == features("diff", "set01_001/01_001/clips", key(1)[:8])[0] == 0
    )


def test_a_video_without_clips_is_told_and_others_go_on(store: Store, files: Path, features: Run) -> None:
    sources = {f"train/{name}": key(number + 100) for number, name in enumerate(CLIPS, 1)}
    clips = {key(101): key(1), key(103): key(3)}
    store.write_root("mine", Root("mine", "user", "/p", 0.0, {"sht": sources}, {"sht": {"clips": clips}}, {}))
    code, out, _ = features("diff", "sht/clips", files)
    assert code == 1 and "1 video: no clips of sht/train/01_002" in out and "2 videos: equal: no number differs" in out


def test_so_many_videos_as_json(store: Store, files: Path, features: Run) -> None:
    found = json.loads(features("diff", "sht/clips", files, "-n", "2", "--json")[1])
    assert [each["equal"] for each in found.values()] == [True, False]
    assert found["01_002"]["figures"]["cosine"] == pytest.approx(1, abs=1e-6)
    assert found["01_002"]["findings"][-1]["topic"] == "verdict"


def test_a_file_for_each_crop(tmp_path: Path, files: Path, features: Run) -> None:
    split = tmp_path / "split"
    split.mkdir()
    for crop in range(10):
        np.save(split / f"01_001__{crop}.npy", CLIPS["01_001"][:, crop])
    assert features("diff", split, files / "01_001_i3d.npy")[0] == 0


def test_one_file_of_many_videos(tmp_path: Path, features: Run) -> None:
    with h5py.File(tmp_path / "all.h5", "w") as file:
        for name, values in CLIPS.items():
            file[f"{name}.npy"] = values[:, 0]
    single = tmp_path / "single"
    single.mkdir()
    for name, values in CLIPS.items():
        np.save(single / f"{name}.npy", values[:, 0])
    code, out, err = features("diff", tmp_path / "all.h5", single)
    assert (code, err) == (0, "")
    assert "3 videos: equal: no number differs" in out


def test_a_damaged_file_is_told_and_others_go_on(store: Store, files: Path, features: Run) -> None:
    path = files / "01_001_i3d.npy"
    path.write_bytes(path.read_bytes()[:2000])
    code, out, _ = features("diff", "sht/clips", files)
    assert code == 1
    assert "01_001_i3d.npy is no npy file of plain numbers, or cut short" in out
    assert "1 video: equal: no number differs" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sht/train/01_001/clips", "nowhere.npy"], "no artifact 'nowhere.npy'"),
        (["sht/clips", "{empty}"], "share no video (the first ones are 01_001 and none)"),
        (["sht/train/01_009/clips", "{files}"], "no video 'train/01_009' in sht"),
    ],
)
def test_mistakes_are_one_line(words: list[str], message: str, store: Store, files: Path, features: Run) -> None:
    (files.parent / "empty").mkdir()
    code, _, err = features("diff", *(word.format(files=files, empty=files.parent / "empty") for word in words))
    assert code == 2
    assert message in err
    assert err.count("\n") == 1
