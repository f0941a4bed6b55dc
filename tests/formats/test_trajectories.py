"""Trajectory CSV: gaps, missing joints, float32."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from features.datasets.formats.trajectories import Trajectories
from features.datasets.people import People
from tests.formats.crowds import same

GOLDEN = Path(__file__).parent.parent / "golden" / "formats"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(GOLDEN / "0001.csv", tmp_path)
    return tmp_path


def table(file: Path) -> np.ndarray:
    return np.loadtxt(file, delimiter=",", ndmin=2)


def test_a_row_of_zeros_is_no_person_and_a_joint_at_zero_is_missing(folder: Path) -> None:
    found = Trajectories().read(folder)
    published = table(folder / "0001.csv")
    gap = ~published[:, 1:].any(axis=1)
    assert gap.sum() == 1
    assert found.frames.tolist() == published[~gap, 0].tolist()
    missing = ~published[~gap, 1:].reshape(-1, 17, 2).any(axis=-1)
    assert missing.sum() > 0
    np.testing.assert_array_equal(found.keypoints[..., 2] == 0, missing)
    assert set(found.keypoints[..., 2].ravel()) == {0.0, 1.0}
    assert np.isnan(found.scores).all()


def test_the_file_comes_back_byte_by_byte(folder: Path, tmp_path: Path) -> None:
    assert Trajectories().write(Trajectories().read(folder), tmp_path / "again") == ()
    assert (tmp_path / "again" / "0001.csv").read_bytes() == (folder / "0001.csv").read_bytes()


def test_a_byte_order_mark_is_no_number(folder: Path) -> None:
    plain = Trajectories().read(folder)
    file = folder / "0001.csv"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    same(Trajectories().read(folder), plain)


def test_hidden_and_other_files_are_left_alone(folder: Path) -> None:
    for name in (".0002.csv", ".DS_Store", "readme.txt"):
        (folder / name).write_text("nothing")
    assert set(Trajectories().read(folder).ids) == {1}


def test_an_empty_folder_is_nobody_and_remarked(tmp_path: Path) -> None:
    file = Trajectories().load(tmp_path)
    assert len(file.people) == 0
    assert file.remarks


@pytest.mark.shared
def test_real_tracks_come_back_as_they_were(shared: Path, tmp_path: Path) -> None:
    with np.load(shared / "data/hr_shanghaitech_skeletons/testing_07.npz") as archive:
        frame, xy, video, person = (archive[name] for name in ("frame", "xy", "video", "person"))
    rows = video == video[0]
    folder = tmp_path / "0001"
    folder.mkdir()
    for one in np.unique(person[rows]):
        chosen = rows & (person == one)
        track = np.concatenate([frame[chosen, None], xy[:, chosen].T], axis=1)
        np.savetxt(folder / f"{one:04d}.csv", track, fmt="%.18e", delimiter=",")
    found: People = Trajectories().read(folder)
    assert len(found) == int(xy[:, rows].any(axis=0).sum())
    assert Trajectories().write(found, tmp_path / "again") == ()
    for file in folder.iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()
