"""Files of clip features: what is read from them, what is refused, and that what is written comes back."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.datasets.clip_formats import base, clip_format, detect
from features.datasets.clip_formats.crop_files import CropFiles
from features.errors import ConfigError, SourceError
from features.plan.registry import names
from tests.clips.formats.samples import clips, table, whole

FORMATS = sorted(names("clip-format"))
ONE_VIEW = ("arnet", "mist", "sultani")


def saved(path: Path, array: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)
    return path


def stacked(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_comes_back(name: str, tmp_path: Path) -> None:
    features = clips(7, crops=1 if name in ONE_VIEW else 5)
    files = clip_format(name).write(tmp_path, [("01_0014", table(features)), ("02", table(features[:3]))])["01_0014"]
    found = detect(files)
    assert found.name == name
    np.testing.assert_allclose(whole(found.load(files, "01_0014")), features, atol=5e-7 if name == "sultani" else 0)


@pytest.mark.parametrize("name", ONE_VIEW)
def test_formats_of_one_view_refuse_crops_until_one_is_chosen(name: str, tmp_path: Path) -> None:
    found = table(clips(7, crops=10))
    with pytest.raises(ConfigError, match=f"v has 10 crops, and {name} holds one view; say which"):
        clip_format(name).write(tmp_path, [("v", found)])
    files = clip_format(name).write(tmp_path, [("v", found.crop(4))])["v"]
    np.testing.assert_allclose(whole(detect(files).load(files, "v")), clips(7, crops=10)[:, 4:5], atol=5e-7)


def test_nothing_half_written_is_left_behind(tmp_path: Path) -> None:
    broken = clips(3)
    broken[2] = np.nan
    with pytest.raises(SourceError, match="row 2, crop 0, channel 0 is not a finite number"):
        clip_format("arnet").write(tmp_path, [("v", table(broken))])
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".npy"]


class TestNpy:
    @pytest.mark.parametrize(
        ("shape", "table_shape"),
        [
            ((7, 6), (7, 1, 6)),
            ((7, 1, 1, 6), (7, 1, 6)),
            ((7, 10, 6), (7, 10, 6)),
            ((10, 7, 6), (7, 10, 6)),
            ((5, 3, 6), (3, 5, 6)),
            ((3, 1, 6), (3, 1, 6)),
        ],
    )
    def test_arrays_of_any_order_are_clips_crops_channels(
        self, shape: tuple[int, ...], table_shape: tuple[int, ...], tmp_path: Path
    ) -> None:
        path = saved(tmp_path / "v_i3d.npy", stacked(shape))
        found = whole(clip_format("rtfm").load([path], "v"))
        assert found.shape == table_shape
        crops_first = table_shape != shape and len(shape) == 3
        np.testing.assert_array_equal(found, stacked(shape).swapaxes(0, 1) if crops_first else found)

    @pytest.mark.parametrize("shape", [(10, 10, 6), (10, 5, 6), (5, 1, 6)])
    def test_where_either_axis_may_be_the_crops_it_has_to_be_said(self, shape: tuple[int, ...], tmp_path: Path) -> None:
        path = saved(tmp_path / "v.npy", stacked(shape))
        with pytest.raises(SourceError, match="either may be the crops; say crop_axis: first or crop_axis: second"):
            clip_format("rtfm").load([path], "v")
        assert whole(clip_format("rtfm").load([path], "v", "second")).shape == shape
        assert whole(clip_format("rtfm").load([path], "v", "first")).shape == (shape[1], shape[0], 6)

    @pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8"])
    def test_numbers_become_float32(self, dtype: str, tmp_path: Path) -> None:
        path = saved(tmp_path / "v.npy", clips(4)[:, 0].astype(dtype))
        found = whole(clip_format("rtfm").load([path], "v"))
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found[:, 0], clips(4)[:, 0].astype(dtype).astype(np.float32))

    @pytest.mark.parametrize(
        ("array", "message"),
        [
            (np.zeros((2, 3, 6)), "neither axis has 1, 5, 10 crops"),
            (np.zeros(6), r"has shape \(6,\), expected \(clips, channels\)"),
            (np.zeros((0, 6)), r"holds no features \(shape \(0, 1, 6\)\)"),
            (np.zeros((3, 6), np.int64), "holds int64, expected floating-point features"),
            (np.full((3, 6), np.inf), "row 0, crop 0, channel 0 is not a finite number"),
            (np.full((3, 6), 1e300), "row 0, crop 0, channel 0 is not a finite number"),
        ],
    )
    def test_other_arrays_are_refused_in_one_line(self, array: np.ndarray, message: str, tmp_path: Path) -> None:
        path = saved(tmp_path / "v.npy", array)
        with pytest.raises(SourceError, match=message):
            whole(clip_format("rtfm").load([path], "v"))

    @pytest.mark.parametrize("content", [b"", b"hello", b"\x93NUMPY\x01\x00\xff\xff{"])
    def test_files_that_are_none_are_refused(self, content: bytes, tmp_path: Path) -> None:
        path = tmp_path / "v.npy"
        path.write_bytes(content)
        with pytest.raises(SourceError, match=r"v\.npy is no npy file of plain numbers, or cut short"):
            clip_format("rtfm").load([path], "v")

    def test_pickled_and_truncated_arrays_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "v.npy"
        np.save(path, np.array([{}], object), allow_pickle=True)
        with pytest.raises(SourceError, match="Python objects"):
            clip_format("rtfm").load([path], "v")
        saved(path, np.zeros((5, 6))).write_bytes(path.read_bytes()[:-8])
        with pytest.raises(SourceError, match="cut short"):
            clip_format("rtfm").load([path], "v")

    def test_a_missing_file_is_an_error_of_the_system(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            clip_format("rtfm").load([tmp_path / "v.npy"], "v")


class TestCropFiles:
    def files(self, folder: Path, names: list[str], rows: int = 4) -> list[Path]:
        return [saved(folder / name, clips(rows, seed=number)[:, 0]) for number, name in enumerate(names)]

    @pytest.mark.parametrize("names", [["v__0.npy", "v__1.npy"], ["v_0.npy", "v_1.npy"], ["v.npy", "v__1.npy"]])
    def test_crops_are_put_side_by_side(self, names: list[str], tmp_path: Path) -> None:
        found = whole(clip_format("crop-files").load(self.files(tmp_path, names), "v"))
        np.testing.assert_array_equal(found, np.concatenate([clips(4, seed=0), clips(4, seed=1)], axis=1))

    def test_a_missing_crop_is_named(self, tmp_path: Path) -> None:
        files = self.files(tmp_path, ["v__0.npy", "v__2.npy"])
        with pytest.raises(SourceError, match=r"v has crops \[0, 2\], but not 1; get that file, too"):
            clip_format("crop-files").load(files, "v")

    def test_crops_of_other_lengths_are_refused(self, tmp_path: Path) -> None:
        files = [*self.files(tmp_path, ["v__0.npy"]), saved(tmp_path / "v__1.npy", clips(5)[:, 0])]
        with pytest.raises(SourceError, match=r"v__1\.npy has shape \(5, 6\), v__0\.npy \(4, 6\)"):
            clip_format("crop-files").load(files, "v")

    def test_files_of_several_crops_each_are_refused(self, tmp_path: Path) -> None:
        files = [saved(tmp_path / f"v__{number}.npy", clips(4, crops=5)) for number in range(2)]
        with pytest.raises(SourceError, match=r"v__0\.npy has 5 crops, expected one in each file"):
            clip_format("crop-files").load(files, "v")

    def test_urdmu_writes_one_underscore(self, tmp_path: Path) -> None:
        written = CropFiles("_").write(tmp_path, [("v", table(clips(4, crops=5)))])["v"]
        assert [path.name for path in written] == [f"v_{number}.npy" for number in range(5)]


class TestSultani:
    def test_a_line_is_a_segment_of_six_decimals_with_a_space_after_each(self, tmp_path: Path) -> None:
        features = np.array([[[0.25, 1.0]], [[0.0, 1 / 3]]], np.float32)
        (path,) = clip_format("sultani").write(tmp_path, [("v", table(features))])["v"]
        assert path.name == "v_C.txt"
        assert path.read_text() == "0.250000 1.000000 \n0.000000 0.333333 \n"

    @pytest.mark.parametrize("text", ["1 2\n3\n", "1 two\n", "ä"])
    def test_what_is_no_table_is_refused(self, text: str, tmp_path: Path) -> None:
        path = tmp_path / "v_C.txt"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SourceError, match=r"v_C\.txt is no text of numbers, as many on each line"):
            clip_format("sultani").load([path], "v")

    def test_an_empty_text_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "v_C.txt"
        path.write_text("\n")
        with pytest.raises(SourceError, match="holds no features"):
            clip_format("sultani").load([path], "v")

    @pytest.mark.shared
    def test_published_samples_are_written_as_published(self, shared: Path, tmp_path: Path) -> None:
        with np.load(shared / "data" / "ucf_crime" / "sultani_c3d_32segments_sample.npz") as file:
            name = next(key for key in file.files if file[key].shape == (32, 4096))
            features = file[name]
        (path,) = clip_format("sultani").write(tmp_path, [("v", table(features[:, None]))])["v"]
        found = clip_format("sultani").load([path], "v")
        np.testing.assert_array_equal(whole(found)[:, 0], features.astype(np.float32))
        assert found.segments


class TestMist:
    def test_a_file_knows_its_videos(self, tmp_path: Path) -> None:
        files = clip_format("mist").write(tmp_path, [("a", table(clips(3))), ("b", table(clips(4)))])
        (path,) = files["a"]
        assert clip_format("mist").videos(path) == ["a", "b"]  # type: ignore[attr-defined]
        assert clip_format("mist").load([path], "b").rows == 4

    def test_a_video_that_is_not_in_it_is_told(self, tmp_path: Path) -> None:
        (path,) = clip_format("mist").write(tmp_path, [("a", table(clips(3)))])["a"]
        with pytest.raises(SourceError, match=r"features\.h5 has no b\.npy; it has 1 entries: a\.npy"):
            clip_format("mist").load([path], "b")

    @pytest.mark.parametrize("array", [np.zeros((3, 6), np.uint8), np.zeros(6, "f4"), np.zeros((0, 6), "f4")])
    def test_other_entries_are_refused(self, array: np.ndarray, tmp_path: Path) -> None:
        with h5py.File(tmp_path / "v.h5", "w") as file:
            file["v.npy"] = array
        with pytest.raises(SourceError, match=r"v\.npy has shape .*, expected floating-point \(clips, channels\)"):
            clip_format("mist").load([tmp_path / "v.h5"], "v")

    def test_what_is_no_hdf5_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "v.h5"
        path.write_bytes(b"nothing")
        with pytest.raises(SourceError, match=r"v\.h5 is no HDF5 file, or cut short"):
            clip_format("mist").load([path], "v")


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (["v_i3d.npy"], "rtfm"),
        (["v.npy"], "rtfm"),
        (["v__0.npy"], "crop-files"),
        (["v.npy", "v_1.npy"], "crop-files"),
        (["v/feature.npy"], "arnet"),
        (["v_C.txt"], "sultani"),
        (["all.h5"], "mist"),
    ],
)
def test_a_format_is_known_by_the_names_of_its_files(paths: list[str], name: str) -> None:
    assert detect([Path(path) for path in paths]).name == name


def test_other_files_are_refused() -> None:
    with pytest.raises(SourceError, match=r"v\.mat is no known file of clips \(they end in \.h5, "):
        detect([Path("v.mat")])


@given(rows=st.integers(1, 40), crops=st.sampled_from([1, 5, 10]), block=st.integers(1, 400))
def test_blocks_put_together_are_the_whole(rows: int, crops: int, block: int) -> None:
    features = clips(rows, crops)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "BLOCK", block)
        blocks = list(table(features).blocks())
    np.testing.assert_array_equal(np.concatenate([part for _, part in blocks]), features)
    assert [first for first, _ in blocks] == list(np.cumsum([0, *(len(part) for _, part in blocks)])[:-1])
