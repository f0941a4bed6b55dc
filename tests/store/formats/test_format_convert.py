"""From one format to the other and back: the same content, metadata and digest."""

from pathlib import Path

import numpy as np
import pytest

from features.errors import Damaged, StoreError
from features.store.arrays import ArraySpec
from features.store.artifact import ArtifactWriter, read_artifact
from features.store.convert import convert
from features.store.layout import SUFFIXES
from features.store.table import TableWriter
from features.store.verify import check
from tests.store.formats.format_samples import Write, chunk_place, flip_byte


@pytest.fixture
def rich(write: Write, flow_spec: ArraySpec, flow: np.ndarray) -> Path:
    """Every kind of array: scaled with holes, ragged, vectors, none."""

    def fill(writer: ArtifactWriter) -> None:
        holes = np.where(flow > 2.5, np.nan, flow)
        for spec, rows in [
            (flow_spec, holes),
            (ArraySpec("cubes", "uint8", (5, 8, 8), 64), np.arange(100 * 320).reshape(100, 5, 8, 8) % 251),
            (ArraySpec("none", "float16", (3,)), np.empty((0, 3), np.float16)),
        ]:
            writer.add(spec)
            writer.append(spec.name, rows)
        table = TableWriter(writer, "boxes", ("x1", "y1"))
        for i in range(6):
            table.frame(np.full((i, 2), i))
        table.close()
        writer.note(losses=[1.0, 0.5])

    return write(fill=fill)


@pytest.mark.parametrize("target", SUFFIXES)
def test_a_converted_artifact_is_equal(rich: Path, target: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / f"{rich.name.split('.')[0]}.flow{SUFFIXES[target]}"
    convert(rich, copy)
    assert check(copy) == []
    with read_artifact(rich) as before, read_artifact(copy) as after:
        assert before.meta == after.meta
        for name in before.names:
            assert before.raw(name).spec == after.raw(name).spec
            np.testing.assert_array_equal(before.raw(name)[:], after.raw(name)[:])


def test_there_and_back_gives_the_same_bytes(rich: Path, form: str, tmp_path: Path) -> None:
    other = next(name for name in SUFFIXES if name != form)
    there = tmp_path / "there" / f"{rich.name.split('.')[0]}.flow{SUFFIXES[other]}"
    back = tmp_path / "back" / rich.name
    convert(rich, there)
    convert(there, back)
    assert back.read_bytes() == rich.read_bytes()


def test_a_damaged_original_gives_no_copy(sound: Path, tmp_path: Path) -> None:
    flip_byte(sound, chunk_place(sound, "flow", 3))
    folder = tmp_path / "copy"
    with pytest.raises(Damaged):
        convert(sound, folder / "copy.h5")
    assert list(folder.iterdir()) == []


def test_what_has_the_name_already_stays(sound: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.h5"
    target.write_text("mine")
    convert(sound, target)
    assert target.read_text() == "mine"


def test_another_ending_is_refused(sound: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"end in \.zarr\.zip or \.h5"):
        convert(sound, tmp_path / "copy.npz")
