"""Published clips are found by the names of the videos: one file, a file for each crop, or one for all."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from features.errors import ConfigError, SourceError
from features.plan.listing import Video, files_of, numbered_files
from features.plan.published import with_published
from features.plan.sources import NO_FILE, file_digests, only, scan_of
from features.video.scan import ScanCache


def video(name: str) -> Video:
    return Video(name, Path(f"/videos/{name}.mp4"), "test")


def touch(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return [folder / name for name in names]


def found(folder: Path, *names: str) -> list[list[Path]]:
    return [files_of(one.files, "clips") for one in with_published([video(name) for name in names], {"clips": folder})]


@pytest.mark.parametrize(
    "name", ["01_001.npy", "01_001_i3d.npy", "deep/01_001_C.txt", "01_001.txt", "01_001/feature.npy"]
)
def test_a_file_bears_the_name_of_its_video(name: str, tmp_path: Path) -> None:
    paths = touch(tmp_path, name)
    touch(tmp_path, "01_002.npy")
    assert found(tmp_path, "test/01_001") == [paths]


@pytest.mark.parametrize("names", [
    ["v__0.npy", "v__1.npy", "v__2.npy"],
    ["v_0.npy", "v_1.npy"],
    ["v.npy", "v__1.npy", "v__2.npy"],
    ["v_0_i3d.npy", "v_1_i3d.npy"],
])  # fmt: skip
def test_all_crops_of_a_video_are_one_input(names: list[str], tmp_path: Path) -> None:
    paths = touch(tmp_path, *names)
    touch(tmp_path, "w__0.npy", "vv__0.npy")
    assert found(tmp_path, "v") == [paths]


def test_a_file_that_is_called_like_a_video_is_no_crop_of_another(tmp_path: Path) -> None:
    touch(tmp_path, "01.npy", "01_1.npy")
    assert found(tmp_path, "01", "01_1") == [[tmp_path / "01.npy"], [tmp_path / "01_1.npy"]]
    assert found(tmp_path, "01") == [[tmp_path / "01.npy", tmp_path / "01_1.npy"]]


def test_two_first_crops_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "v.npy", "v__0.npy")
    with pytest.raises(ConfigError, match=r"clips of v may be v\.npy and v__0\.npy"):
        found(tmp_path, "v")


def test_the_same_crop_in_two_folders_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a/v__0.npy", "a/v__1.npy", "b/v__1.npy")
    with pytest.raises(ConfigError, match=r"clips of v may be a/v__1\.npy and b/v__1\.npy"):
        found(tmp_path, "v")


def test_modalities_side_by_side_are_refused_until_one_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "rgb/v/feature.npy", "flow/v/feature.npy")
    with pytest.raises(ConfigError, match=r"may be flow/v/feature\.npy and rgb/v/feature\.npy"):
        found(tmp_path, "v")
    assert found(tmp_path / "rgb", "v") == [[tmp_path / "rgb/v/feature.npy"]]


class TestOneFileForAll:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "clips" / "all.h5"
        path.parent.mkdir()
        with h5py.File(path, "w") as file:
            for name in ("01_001.npy", "01_002.npy"):
                file[name] = np.zeros((3, 4), "f4")
        return path

    def test_each_video_in_it_has_that_file(self, path: Path) -> None:
        assert found(path.parent, "01_001", "01_002", "01_003") == [[path], [path], []]

    def test_the_file_itself_may_be_named(self, path: Path) -> None:
        assert found(path, "01_001") == [[path]]

    def test_another_file_may_not(self, path: Path) -> None:
        with pytest.raises(ConfigError, match="the folder of clips, is not there"):
            found(touch(path.parent, "one.npy")[0], "01_001")

    def test_a_damaged_one_is_told(self, path: Path) -> None:
        path.write_bytes(b"nothing")
        with pytest.raises(SourceError, match=r"all\.h5 is no HDF5 file"):
            found(path.parent, "01_001")


class TestDigests:
    def sources(self, folder: Path, paths: list[Path]) -> str:
        (folder / "v.mp4").write_bytes(b"video")
        scans = ScanCache(folder / "scans")
        for path in paths:
            scans.note(path)
        listed = [Video("v", folder / "v.mp4", "test", numbered_files("clips", paths))]
        digest = scan_of(scans, listed, ["clips"]).files["clips"][0]
        assert file_digests(scans, listed[0], ["clips"]) == {"clips": digest}
        return digest

    def test_every_crop_enters_the_key(self, tmp_path: Path) -> None:
        paths = touch(tmp_path, "v__0.npy", "v__1.npy")
        both = self.sources(tmp_path, paths)
        assert len({both, self.sources(tmp_path, paths[:1]), self.sources(tmp_path, paths[::-1]), NO_FILE}) == 4
        paths[1].write_bytes(b"changed")
        assert self.sources(tmp_path, paths) != both

    def test_one_file_alone_counts_as_itself(self, tmp_path: Path) -> None:
        (path,) = touch(tmp_path, "v.npy")
        assert self.sources(tmp_path, [path]) == ScanCache(tmp_path / "scans").digest(path)

    def test_a_crop_that_was_never_read_leaves_all_unknown(self, tmp_path: Path) -> None:
        (tmp_path / "v.mp4").write_bytes(b"video")
        paths = touch(tmp_path, "v__0.npy", "v__1.npy")
        scans = ScanCache(tmp_path / "scans")
        scans.note(paths[0])
        listed = [Video("v", tmp_path / "v.mp4", "test", numbered_files("clips", paths))]
        assert scan_of(scans, listed, ["clips"]).files == {"clips": [""]}


def test_new_files_take_the_place_of_all_that_the_data_set_knew(tmp_path: Path) -> None:
    (path,) = touch(tmp_path, "v.npy")
    own = numbered_files("clips", [Path("/own/v__0.npy"), Path("/own/v__1.npy")]) | {"poses": Path("/own/v.json")}
    listed = with_published([Video("v", Path("/v.mp4"), "test", own)], {"clips": tmp_path})
    assert listed[0].files == {"clips": path, "poses": Path("/own/v.json")}


def test_files_of_roles_that_nothing_reads_are_left_out() -> None:
    own = numbered_files("clips", [Path("a"), Path("b")]) | {"poses": Path("c")}
    assert only([Video("v", Path("v.mp4"), "test", own)], ["clips"])[0].files == {
        "clips": Path("a"),
        "clips/1": Path("b"),
    }
