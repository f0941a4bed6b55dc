"""What both file formats must do alike."""

import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from features.errors import Damaged, StoreError
from features.store.arrays import DTYPES, ArraySpec
from features.store.artifact import ArtifactWriter, open_writer, read_artifact
from features.store.layout import SUFFIXES
from features.store.table import TableWriter
from features.store.verify import check
from tests.store.formats.format_samples import HEADER, KEY, Write

# pcodec and blosc warm up, and HDF5 files take milliseconds to make: deadlines would only measure the machine.
SETTINGS = settings(max_examples=40)


@st.composite
def pieces(draw: st.DrawFn) -> tuple[ArraySpec, list[np.ndarray]]:
    """An array of any type and shape, in pieces of any length."""
    dtype = draw(st.sampled_from(DTYPES))
    row_shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4))
    codecs = ["default", "portable", "zstd"] + ["pcodec"] * (np.dtype(dtype).itemsize > 1)
    spec = ArraySpec("a", dtype, row_shape, draw(st.integers(1, 5)), codec=draw(st.sampled_from(codecs)))
    lengths = draw(st.lists(st.integers(0, 7), max_size=5))
    return spec, [draw(hnp.arrays(dtype, (length, *row_shape))) for length in lengths]


@pytest.mark.parametrize("form", SUFFIXES)
@SETTINGS
@given(pieces())
def test_what_is_read_is_what_was_written(form: str, given: tuple[ArraySpec, list[np.ndarray]]) -> None:
    spec, parts = given
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{KEY}.any{SUFFIXES[form]}"
        with path.open("w+b") as file:
            writer = open_writer(file, form, KEY, "any", {})
            writer.add(spec)
            for part in parts:
                writer.append("a", part)
            writer.close()
        whole = np.concatenate([np.empty((0, *spec.row_shape), spec.dtype), *parts])
        with read_artifact(path) as artifact:
            found = artifact["a"][:]
            assert found.dtype == whole.dtype
            np.testing.assert_array_equal(found, whole)
            assert artifact["a"].spec.dtype == spec.dtype
        assert check(path) == []


@pytest.mark.parametrize("form", SUFFIXES)
@SETTINGS
@given(hnp.arrays("int16", (9, 2, 7, 5)))
def test_any_16_bit_numbers_survive_the_filters_for_flow(form: str, flow: np.ndarray) -> None:
    spec = ArraySpec("flow", "int16", (2, 7, 5), scale_factor=1 / 64, fill_value=-32768)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{KEY}.flow{SUFFIXES[form]}"
        with path.open("w+b") as file:
            writer = open_writer(file, form, KEY, "flow", {})
            writer.add(spec)
            writer.append("flow", flow)
            writer.close()
        with read_artifact(path) as artifact:
            np.testing.assert_array_equal(artifact.raw("flow")[:], flow)


def test_flow_reads_as_float32_pixels_within_half_a_step(sound: Path, flow: np.ndarray) -> None:
    with read_artifact(sound) as artifact:
        array = artifact["flow"]
        assert (array.shape, array.dtype, array.units) == (flow.shape, np.float32, "pixel")
        assert array.dims == ("frame", "component", "y", "x")
        assert np.abs(array[:] - flow).max() <= 1 / 128


def test_the_raw_view_gives_the_stored_integers(sound: Path, flow: np.ndarray) -> None:
    with read_artifact(sound) as artifact:
        assert artifact.raw("flow").dtype == np.int16
        np.testing.assert_array_equal(artifact.raw("flow")[3], np.rint(flow[3].astype(np.float64) * 64))


def test_integers_of_a_scaled_array_are_taken_as_stored(write: Write, flow_spec: ArraySpec) -> None:
    stored = np.full((1, 2, 24, 32), 640, np.int16)
    with read_artifact(write([(flow_spec, stored)])) as artifact:
        np.testing.assert_array_equal(artifact.raw("flow")[:], stored)
        assert (artifact["flow"][:] == 10.0).all()


def test_no_number_reads_as_nan_and_is_counted(write: Write, flow_spec: ArraySpec) -> None:
    rows = np.zeros((2, 2, 24, 32), np.float32)
    rows[1, 0, 5, 5], rows[1, 1, 5, 5] = np.nan, 1000.0
    with read_artifact(write([(flow_spec, rows)])) as artifact:
        assert np.isnan(artifact["flow"][1, 0, 5, 5])
        counted = artifact.meta["statistics"]["arrays"]["flow"]
        assert counted == {"clipped": 1, "non_finite": 1, "min": 0.0, "max": 32767 / 64}


@pytest.mark.parametrize("rows", [0, 1])
def test_an_artifact_may_have_no_row_or_one(write: Write, flow_spec: ArraySpec, flow: np.ndarray, rows: int) -> None:
    path = write([(flow_spec, flow[:rows])])
    with read_artifact(path) as artifact:
        assert artifact["flow"].shape == artifact["flow"][:].shape == (rows, 2, 24, 32)
    assert check(path) == []


def test_an_artifact_may_have_no_array(write: Write) -> None:
    path = write()
    with read_artifact(path) as artifact:
        assert artifact.names == ()
    assert check(path) == []


def test_a_row_above_16_megabytes_is_split_and_reads_as_one(write: Write) -> None:
    spec = ArraySpec("flow", "int16", (2, 2161, 2200), 1, ("frame", "component", "y", "x"), scale_factor=1 / 64)
    rows = (np.arange(2 * 2161 * 2200) % 997).astype(np.int16).reshape(1, 2, 2161, 2200)
    path = write([(spec, rows)])
    with read_artifact(path) as artifact:
        np.testing.assert_array_equal(artifact.raw("flow")[:], rows)
        np.testing.assert_array_equal(artifact.raw("flow")[0, 1, 1070:1090, 5], rows[0, 1, 1070:1090, 5])
    assert check(path) == []


def test_arrays_may_be_appended_in_turn(write: Write) -> None:
    a, b = ArraySpec("a", "int32", (2,), 4), ArraySpec("b", "float64", (), 3)

    def fill(writer: ArtifactWriter) -> None:
        writer.add(a)
        writer.add(b)
        for i in range(10):
            writer.append("a", np.full((i, 2), i))
            writer.append("b", np.array([i / 3]))

    with read_artifact(write(fill=fill)) as artifact:
        np.testing.assert_array_equal(artifact["a"][:, 0], np.repeat(np.arange(10), np.arange(10)))
        np.testing.assert_array_equal(artifact["b"][:], np.arange(10) / 3)
        assert artifact.names == ("a", "b")


def test_what_was_appended_may_be_changed_afterwards(write: Write) -> None:
    rows = np.zeros((3, 2), np.int32)

    def fill(writer: ArtifactWriter) -> None:
        writer.add(ArraySpec("a", "int32", (2,), 2))
        writer.append("a", rows)
        rows[:] = 9

    with read_artifact(write(fill=fill)) as artifact:
        assert not artifact["a"][:].any()


def test_metadata_says_everything(sound: Path) -> None:
    with read_artifact(sound) as artifact:
        meta = artifact.meta
        assert {name: meta[name] for name in HEADER} == HEADER
        assert (artifact.key, artifact.kind, meta["seconds"], meta["format_version"]) == (KEY, "flow", 1.5, 1)
        assert meta["leaves"]["flow"]["shape"] == [12, 2, 24, 32]
        assert set(meta["statistics"]["arrays"]) == {"flow", "seconds"}


def test_notes_become_statistics(write: Write) -> None:
    def fill(writer: ArtifactWriter) -> None:
        writer.note(losses=np.array([0.5, 0.25]), epochs=np.int64(2))
        writer.note(seed=7)

    with read_artifact(write(fill=fill)) as artifact:
        assert artifact.meta["statistics"] == {"losses": [0.5, 0.25], "epochs": 2, "seed": 7, "arrays": {}}


@pytest.mark.parametrize("facts", [{"loss": float("nan")}, {"what": object()}, {"arrays": {}}])
def test_notes_that_json_does_not_have_are_refused(facts: dict[str, object]) -> None:
    writer = open_writer(io.BytesIO(), "zarr", KEY, "model", {})
    with pytest.raises(StoreError, match=next(iter(facts))):
        writer.note(**facts)


def test_an_array_is_added_once_and_before_its_rows(form: str, flow_spec: ArraySpec) -> None:
    writer = open_writer(io.BytesIO(), form, KEY, "flow", {})
    writer.add(flow_spec)
    with pytest.raises(StoreError, match="twice"):
        writer.add(flow_spec)
    with pytest.raises(StoreError, match="'boxes' was not added; there are: flow"):
        writer.append("boxes", np.zeros((1, 4)))


def test_equal_appends_give_equal_bytes(write: Write, flow_spec: ArraySpec, flow: np.ndarray, tmp_path: Path) -> None:
    files = [write([(flow_spec, flow)], folder=tmp_path / name).read_bytes() for name in ("once", "again")]
    assert files[0] == files[1]


def test_the_digest_does_not_depend_on_format_or_codec(write: Write, flow: np.ndarray, tmp_path: Path) -> None:
    digests = set()
    for form in SUFFIXES:
        for codec in ("default", "portable", "pcodec", "zstd"):
            spec = ArraySpec("flow", "int16", (2, 24, 32), scale_factor=1 / 64, codec=codec)
            with read_artifact(write([(spec, flow)], form=form, folder=tmp_path / codec)) as artifact:
                digests.add(artifact.meta["digest"])
    assert len(digests) == 1


@pytest.mark.parametrize(
    "change",
    [{"scale_factor": 1 / 32}, {"units": "m"}, {"add_offset": 1.0}, {"dims": ("f", "c", "y", "x")}, {"name": "g"}],
)
def test_the_digest_depends_on_what_the_values_mean(write: Write, change: dict[str, object], tmp_path: Path) -> None:
    fields = {"name": "flow", "dtype": "int16", "row_shape": (1, 1, 1), "scale_factor": 1 / 64}
    digests = []
    for folder, more in (("plain", {}), ("changed", change)):
        path = write([(ArraySpec(**(fields | more)), np.ones((1, 1, 1, 1), np.int16))], folder=tmp_path / folder)  # type: ignore[arg-type]
        with read_artifact(path) as artifact:
            digests.append(artifact.meta["digest"])
    assert digests[0] != digests[1]


def test_a_ragged_table_reads_frame_by_frame(write: Write) -> None:
    frames = [np.full((k, 3), i, np.float32) for i, k in enumerate((2, 0, 5, 1, 0))]

    def fill(writer: ArtifactWriter) -> None:
        table = TableWriter(writer, "boxes", ("x", "y", "score"))
        for rows in frames:
            table.frame(rows)
        table.close()

    with read_artifact(write(fill=fill, kind="boxes")) as artifact:
        table = artifact.table("boxes")
        assert (table.frames, len(table), table.columns) == (5, 8, ("x", "y", "score"))
        assert table.frame_offsets.dtype == np.int64
        for i, rows in enumerate(frames):
            np.testing.assert_array_equal(table.frame(i), rows)
        np.testing.assert_array_equal(table.column("score"), table.frame_numbers())
        assert table.frame(-2).tolist() == [[3, 3, 3]]
        with pytest.raises(IndexError):
            table.frame(5)
        with pytest.raises(KeyError, match="there are: x, y, score"):
            table.column("z")


def test_a_table_without_any_row_keeps_its_frames(write: Write) -> None:
    def fill(writer: ArtifactWriter) -> None:
        table = TableWriter(writer, "boxes", ("x", "y"))
        for _ in range(3):
            table.frame(np.empty((0, 2)))
        table.close()

    with read_artifact(write(fill=fill)) as artifact:
        assert artifact.table("boxes").frames == 3
        assert artifact.table("boxes").values.shape == (0, 2)


def test_rows_of_another_width_are_no_table_rows(form: str) -> None:
    table = TableWriter(open_writer(io.BytesIO(), form, KEY, "boxes", {}), "boxes", ("x", "y"))
    with pytest.raises(StoreError, match=r"\(k, 2\) expected"):
        table.frame(np.zeros((1, 3)))


def test_an_unknown_array_is_named_with_those_there_are(sound: Path) -> None:
    with read_artifact(sound) as artifact, pytest.raises(KeyError, match="there are: flow, seconds"):
        artifact["masks"]


def test_a_closed_artifact_is_not_read(sound: Path) -> None:
    with read_artifact(sound) as artifact:
        array = artifact["flow"]
    with pytest.raises(StoreError, match="was closed"):
        array[0]


def test_a_file_that_is_not_there_is_a_missing_file(tmp_path: Path, form: str) -> None:
    with pytest.raises(FileNotFoundError):
        read_artifact(tmp_path / f"absent{SUFFIXES[form]}")


def test_other_files_are_no_artifacts(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"text{SUFFIXES[form]}"
    path.write_text("no artifact" * 100)
    with pytest.raises(Damaged, match=path.name):
        read_artifact(path)
    with pytest.raises(StoreError, match="no artifact"):
        read_artifact(tmp_path / "notes.txt")


def test_an_unfinished_artifact_is_not_read(tmp_path: Path, form: str, flow_spec: ArraySpec, flow: np.ndarray) -> None:
    path = tmp_path / f"{KEY}.flow{SUFFIXES[form]}"
    with path.open("w+b") as file:
        writer = open_writer(file, form, KEY, "flow", {})
        writer.add(flow_spec)
        writer.append("flow", flow)
        file.flush()
        (tmp_path / "copy").write_bytes(path.read_bytes())
    (tmp_path / "copy").rename(path)
    with pytest.raises(Damaged):
        read_artifact(path)


def test_a_later_format_is_refused_by_its_number(
    write: Write, flow_spec: ArraySpec, flow: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("features.store.artifact.FORMAT_VERSION", 2)
    path = write([(flow_spec, flow)])
    monkeypatch.undo()
    with pytest.raises(StoreError, match="format version 2, 1 is known"):
        read_artifact(path)
