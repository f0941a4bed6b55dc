"""`check` finds every kind of damage, says where it is, and cries no wolf."""

import hashlib
import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from features.store.arrays import DTYPES, ArraySpec
from features.store.seal import USER_BLOCK, digest_between, seal_of, user_block
from features.store.verify import DEPTHS, Depth, check
from features.store.zipped import ZipWriter
from tests.store.formats.format_samples import KEY, Write, chunk_place, flip_byte

TRIALS = 200


def test_a_sound_artifact_has_no_findings(sound: Path) -> None:
    assert [check(sound, depth) for depth in DEPTHS] == [[], [], []]


def test_every_flipped_bit_is_found(sound: Path) -> None:
    rng = np.random.default_rng(1)
    whole = sound.read_bytes()
    # Half of them in what is not chunks: headers, directories, metadata.
    places = np.concatenate([rng.integers(0, len(whole), TRIALS // 2), *edges(len(whole), TRIALS // 4, rng)])
    for place in places.tolist():
        flip_byte(sound, place, 1 << int(rng.integers(8)))
        assert check(sound), f"byte {place} of {len(whole)}"
        sound.write_bytes(whole)


def edges(size: int, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.integers(0, min(2048, size), count), size - 1 - rng.integers(0, min(2048, size), count)]


def test_every_truncation_is_found(sound: Path) -> None:
    whole = sound.read_bytes()
    for cut in {0, 1, 71, 512, 513, len(whole) - 1, *np.random.default_rng(2).integers(0, len(whole), 50).tolist()}:
        sound.write_bytes(whole[:cut])
        for depth in DEPTHS:
            assert check(sound, depth), f"cut to {cut} of {len(whole)}, depth {depth}"


def test_bytes_after_the_end_are_found(sound: Path) -> None:
    with sound.open("ab") as file:
        file.write(b"\0")
    assert check(sound)


def test_a_flipped_bit_is_found_where_it_is(sound: Path) -> None:
    flip_byte(sound, chunk_place(sound, "flow", 5))
    findings = check(sound)
    assert [finding.where for finding in findings] == ["seal", "flow, rows 0 to 11"]
    assert all(str(finding).startswith(f"{sound}: ") and "\n" not in str(finding) for finding in findings)


@pytest.fixture
def many_blocks(write: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """80 rows of 4 kB, 8 under each leaf; row 10 is damaged."""
    monkeypatch.setattr("features.store.leaves._BLOCK_BYTES", 8 * 4096)
    rows = np.tile(np.arange(80, dtype=np.int32)[:, None], (1, 1024))
    path = write([(ArraySpec("a", "int32", (1024,), 1), rows)])
    flip_byte(path, chunk_place(path, "a", 10))
    return path


def test_the_damaged_one_of_many_blocks_is_named(many_blocks: Path) -> None:
    for depth, share in (("everything", 0.0), ("share", 1.0)):
        found = [finding.where for finding in check(many_blocks, depth, share)]  # type: ignore[arg-type]
        assert [where for where in found if where != "seal"] == ["a, rows 8 to 15"]


@pytest.mark.parametrize("form", ["zarr"])
def test_a_share_reads_only_a_share(many_blocks: Path) -> None:
    found = [bool(check(many_blocks, "share", share=0.3)) for _ in range(40)]
    assert 1 <= sum(found) <= 30, "about three times in ten"
    assert check(many_blocks, "structure") == []


@pytest.mark.parametrize("form", ["hdf5"])
def test_the_seal_of_hdf5_is_checked_at_every_depth(many_blocks: Path) -> None:
    assert [check(many_blocks, depth)[0].where for depth in DEPTHS] == ["seal"] * 3


@pytest.mark.parametrize("form", ["hdf5"])
@pytest.mark.parametrize(
    ("mishap", "said"), [(lambda *_: time.sleep(60), "does not come back"), (lambda *_: os._exit(11), "crashes")]
)
def test_hdf5_may_hang_or_crash_on_a_damaged_file(
    many_blocks: Path, monkeypatch: pytest.MonkeyPatch, mishap: Callable[..., None], said: str
) -> None:
    monkeypatch.setattr("features.store.verify._examined", mishap)
    monkeypatch.setattr("features.store.verify._SECONDS", 0.5)
    findings = check(many_blocks)
    assert [finding.where for finding in findings] == ["seal", "file"]
    assert said in findings[1].what


def reseal(path: Path) -> None:
    """A seal that fits, as if the damage had been committed."""
    with path.open("r+b") as file:
        block = user_block(digest_between(file, USER_BLOCK))
        file.seek(0)
        file.write(block)


def rewrite_zip(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The same archive with other entries, sealed."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    with path.open("wb") as file:
        writer = ZipWriter(file)
        for name, data in entries.items():
            writer.add(name, data)
        writer.close()


@pytest.mark.parametrize("form", ["zarr"])
def test_every_dropped_entry_is_found_even_under_a_fitting_seal(sound: Path) -> None:
    whole = sound.read_bytes()
    with zipfile.ZipFile(sound) as archive:
        names = archive.namelist()
    for name in names:
        rewrite_zip(sound, lambda entries, name=name: entries.pop(name))  # type: ignore[misc]
        findings = check(sound, "structure")
        assert any(name in str(finding) for finding in findings), name
        sound.write_bytes(whole)


@pytest.mark.parametrize("form", ["zarr"])
@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries.update({"flow/c/2/0/0/0": entries["flow/c/3/0/0/0"]}),
        lambda entries: entries.update({"flow/c/2/0/0/0": b""}),
        lambda entries: entries.update({"other/c/0": b"x"}),
        lambda entries: entries.update({"zarr.json": entries["zarr.json"].replace(b'"rows"', b'"rowz"')[:-1]}),
    ],
    ids=["two chunks of the same content", "an empty chunk", "a stranger", "broken metadata"],
)
def test_changed_entries_are_found_even_under_a_fitting_seal(sound: Path, change: Any) -> None:
    rewrite_zip(sound, change)
    assert check(sound)


@pytest.mark.parametrize("form", ["hdf5"])
def test_a_hole_is_found_even_under_a_fitting_seal(sound: Path) -> None:
    # A longer data set has chunks that were never written, and HDF5 reads those as fill values.
    with h5py.File(sound, "r+") as file:
        rows = file["flow"][:]
        attributes = dict(file["flow"].attrs)
        del file["flow"]
        array = file.create_dataset(
            "flow", rows.shape, rows.dtype, chunks=(1, *rows.shape[1:]), maxshape=(None, 2, 24, 32)
        )
        array.attrs.update(attributes)
        array[:5], array[6:] = rows[:5], rows[6:]
    reseal(sound)
    assert [str(finding) for finding in check(sound, "structure")] == [
        f"{sound}: flow: not in the file: flow: 1 of 12 chunks"
    ]


@pytest.mark.parametrize("form", ["hdf5"])
@pytest.mark.parametrize(("name", "value"), [("scale_factor", 0.5), ("units", "m"), ("codec", "zip"), ("columns", "x")])
def test_changed_attributes_are_found_even_under_a_fitting_seal(sound: Path, name: str, value: object) -> None:
    with h5py.File(sound, "r+") as file:
        file["flow"].attrs[name] = value
    reseal(sound)
    assert check(sound, "structure")


@pytest.mark.parametrize("change", ["key", "kind"])
def test_swapped_files_are_found(write: Write, flow_spec: ArraySpec, flow: np.ndarray, change: str) -> None:
    key = hashlib.sha256(b"another").hexdigest() if change == "key" else KEY
    kind = "clips" if change == "kind" else "flow"
    first, second = write([(flow_spec, flow)]), write([(flow_spec, flow + 1)], key=key, kind=kind)
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)
    for path in (first, second):
        findings = check(path, "structure")
        assert len(findings) == 1
        assert "not what its name says" in findings[0].what


def test_an_artifact_under_a_free_name_is_sound(sound: Path) -> None:
    copy = sound.with_name(f"copy{''.join(sound.suffixes[1:])}")
    shutil.copy(sound, copy)
    assert check(copy) == []


def test_a_missing_file_is_no_finding(tmp_path: Path, form: str) -> None:
    for depth in DEPTHS:
        with pytest.raises(FileNotFoundError):
            check(tmp_path / "absent.h5", depth)


def test_an_unknown_depth_is_refused(sound: Path) -> None:
    with pytest.raises(ValueError, match="'all' is not one of structure, share, everything"):
        check(sound, "all")  # type: ignore[arg-type]


def random_arrays(rng: np.random.Generator) -> list[tuple[ArraySpec, np.ndarray]]:
    found = []
    for number in range(rng.integers(1, 4)):
        dtype = str(rng.choice(DTYPES))
        row_shape = tuple(rng.integers(1, 9, rng.integers(0, 4)).tolist())
        scaled = {"scale_factor": 1 / 64} if np.dtype(dtype).kind == "i" and rng.random() < 0.5 else {}
        spec = ArraySpec(f"a{number}", dtype, row_shape, int(rng.integers(1, 20)), **scaled)
        rows = rng.normal(0, 30, (int(rng.integers(0, 40)), *row_shape))
        found.append((spec, np.abs(rows).astype(dtype)))
    return found


def false_alarms(write: Write, count: int) -> list[object]:
    rng = np.random.default_rng(3)
    depths: list[Depth] = list(DEPTHS)
    return [
        finding
        for number in range(count)
        for finding in check(write(random_arrays(rng)), depths[-1 if number % 2 else number % 3])
    ]


def test_50_sound_artifacts_raise_no_alarm(write: Write) -> None:
    assert false_alarms(write, 50) == []


@pytest.mark.slow
def test_1000_sound_artifacts_raise_no_alarm(write: Write) -> None:
    assert false_alarms(write, 1000) == []


def test_the_zip_seal_is_the_digest_of_all_before_it(write: Write, flow_spec: ArraySpec, flow: np.ndarray) -> None:
    whole = write([(flow_spec, flow)], form="zarr").read_bytes()
    assert whole[-71:] == seal_of(hashlib.sha256(whole[:-71]))
    with zipfile.ZipFile(write([(flow_spec, flow)], form="zarr")) as archive:
        assert archive.comment == whole[-71:]
        assert json.loads(archive.read("zarr.json"))["attributes"]["key"] == KEY
