"""Scores and labels in the forms in which people hand them around."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from features.errors import DatasetError
from features.evaluate.audit_files import Listed, by_video, plain, read_list, read_values, renamed

VALUES = {"a/1": [0.0, 0.5], "b": [1.0]}


def npz(path: Path) -> Path:
    np.savez(path / "s.npz", **{name: np.array(row) for name, row in VALUES.items()})
    return path / "s.npz"


def text_of_json(path: Path) -> Path:
    (path / "s.json").write_text(json.dumps(VALUES), encoding="utf-8")
    return path / "s.json"


def csv_with_frames(path: Path) -> Path:
    (path / "s.csv").write_text("video,frame,score\na/1,1,0.5\nb,0,1\na/1,0,0\n", encoding="utf-8")
    return path / "s.csv"


def csv_in_order(path: Path) -> Path:
    (path / "s.csv").write_text("video,label\na/1,0\nb,1\na/1,0.5\n", encoding="utf-8")
    return path / "s.csv"


def folder(path: Path) -> Path:
    for name, row in VALUES.items():
        (path / "f" / name).parent.mkdir(parents=True, exist_ok=True)
        np.save(path / "f" / f"{name}.npy", np.array(row)[:, None])
    return path / "f"


@pytest.mark.parametrize("write", [npz, text_of_json, csv_with_frames, csv_in_order, folder])
def test_values_of_each_video(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    found = read_values(write(tmp_path))
    assert isinstance(found, dict)
    assert {name: row.tolist() for name, row in found.items()} == VALUES


@pytest.mark.parametrize("name", ["s.npy", "s.txt", "s.json"])
def test_values_of_all_videos_in_one_row(tmp_path: Path, name: str) -> None:
    if name == "s.npy":
        np.save(tmp_path / name, np.array([[0.0, 1.0]], np.float16))
    else:
        (tmp_path / name).write_text("[0, 1]" if name == "s.json" else "0\n1\n", encoding="utf-8")
    found = read_values(tmp_path / name)
    assert isinstance(found, np.ndarray) and found.tolist() == [0, 1]


def test_frames_that_a_csv_file_leaves_out_are_nan(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("video,frame,score\na,2,0.5\na,0,\n", encoding="utf-8")
    np.testing.assert_array_equal(read_values(tmp_path / "s.csv")["a"], [np.nan, np.nan, 0.5])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("s.pkl", b"", "scores and labels are read from a folder of .npy"),
        ("s.json", b"{", "expected a folder of .npy"),
        ("s.json", b'{"a": [[1, 2], [3, 4]]}', r"a has shape \(2, 2\)"),
        ("s.json", b'{"a": "high"}', "expected one number per frame"),
        ("s.csv", b"name,score\na,1\n", "its head is name, score, expected video, frame, score"),
        ("s.csv", b"video,frame,score\na,0,1\na,0,2\n", "frame 0 of a stands twice"),
        ("s.csv", b"video,frame,score\na,-1,1\n", "lies below 0"),
        ("s.npy", b"no array", "expected a folder of .npy"),
        ("s.npz", b"no archive", "expected a folder of .npy"),
        ("s.npz", b"PK\x03\x04 cut short", "expected a folder of .npy"),
        ("s.npy", b"", "expected a folder of .npy"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=says):
        read_values(tmp_path / name)


def test_arrays_of_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "s.npy", np.array([print], object), allow_pickle=True)
    with pytest.raises(DatasetError, match="pickle"):
        read_values(tmp_path / "s.npy")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"holds no \.npy file"):
        read_values(tmp_path)


@pytest.mark.parametrize(
    ("line", "name", "frames"),
    [
        ("01_0015 265", "01_0015", 265),
        ("01_0015,1,265", "01_0015", 265),
        ("/data/SH_Test/01_0015_i3d.npy", "/data/SH_Test/01_0015_i3d.npy", None),
        ("a video of 2", "a video of", 2),
        ("a video of two", "a video of two", None),
    ],
)
def test_lines_of_lists(tmp_path: Path, line: str, name: str, frames: int | None) -> None:
    (tmp_path / "list").write_text(f"{line}\n\n", encoding="utf-8")
    assert read_list(tmp_path / "list") == [Listed(name, frames)]


def test_a_list_that_names_a_video_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("a 3\nb 4\na 3\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="names a twice"):
        read_list(tmp_path / "list")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Abuse/Abuse028_x264.mp4", "Abuse028"),
        ("/a/01_0015_i3d.npy", "01_0015"),
        ("Bad.Boys.1995__#00-26-51_00-27-53_label_B2-0-0__0.npy", "Bad.Boys.1995__#00-26-51_00-27-53_label_B2-0-0"),
        ("test/video_1", "video_1"),
    ],
)
def test_names_without_what_lists_put_around_them(name: str, expected: str) -> None:
    assert plain(name) == expected


def test_names_meet_where_they_mean_one_video() -> None:
    row = np.zeros(1)
    found = renamed({"01_0015_i3d.npy": row, "test/b": row, "c": row}, ["test/01_0015", "test/b", "test/d"])
    assert list(found) == ["test/01_0015", "test/b", "c"]


def test_names_that_could_be_two_videos_are_left_alone_and_two_names_of_one_refused() -> None:
    row = np.zeros(1)
    assert list(renamed({"1": row}, ["train/1", "test/1"])) == ["1"]
    with pytest.raises(DatasetError, match="both mean video 'test/1'"):
        renamed({"1": row, "test/1": row}, ["test/1"])


def test_one_row_is_cut_by_the_rule_that_fits() -> None:
    found = by_video(np.arange(5.0), {"a": 33, "b": 20})
    assert {video: row.tolist() for video, row in found.items()} == {"a": [0, 1, 2], "b": [3, 4]}
