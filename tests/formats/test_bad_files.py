"""Files that are not what they should be: one line that says what, where, and what to do."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from features.datasets.formats import detect, pose_format
from features.errors import ConfigError, SourceError
from tests.formats.crowds import pose, tracked


def person(**entry: Any) -> dict[str, Any]:
    return {"3": {"0012": {"keypoints": pose(), "scores": 2.0} | entry}}


def listed(*more: dict[str, Any]) -> list[dict[str, Any]]:
    base = {"image_id": 12, "track_id": 3, "keypoints": pose(), "score": 0.9, "s_area": 4.0}
    return [base | entry for entry in more]


TRACKED: list[tuple[Any, str]] = [
    (person(keypoints=pose()[:50]), "person 3, frame 12: keypoints .* has 50 numbers, expected 51"),
    (person(keypoints=[*pose()[:50], True]), "person 3, frame 12: keypoints .* holds True, expected numbers"),
    (person(keypoints=[*pose()[:50], None]), "holds None, expected numbers"),
    (person(keypoints=[*pose()[:50], "7"]), "holds '7', expected numbers"),
    (person(keypoints=[*pose()[:50], 10**400]), "holds a number that is not finite"),
    (
        person(keypoints=[1e300, *pose()[1:]]),
        r"person 3, frame 12: keypoints .* holds 1e\+300, damage: numbers reach 1000",
    ),
    (person(keypoints=[-1.1e6, *pose()[1:]]), r"person 3, frame 12: keypoints .* holds -1.1e\+06, damage"),
    (person(scores=10**17), r"person 3, frame 12: score holds 1e\+17, damage"),
    ({"3": tracked([10_000_000])}, "person 3, frame 10000000 is beyond 10000000 frames, which no video has"),
    (person(keypoints=[*pose()[:50], [1]]), "holds a list of 1, expected numbers"),
    (person(keypoints="none"), "keypoints .* is 'none', expected 51 numbers"),
    (person(scores="high"), "score holds 'high'"),
    (person(scores=True), "score holds True"),
    ({"3": {"0012": []}}, "person 3, frame 12 has no keypoints"),
    ({"3": {"frame_12": {}}}, "person 3: frame 'frame_12' is no whole number"),
    ({"3": {"-1": {}}}, "frame '-1' is no whole number"),
    ({"3": {"1" * 30: {}}}, "is no whole number"),
    ({"[0.0]": {}}, r"person '\[0.0\]' is no whole number"),
    ({"3": {}, "03": {}}, "person 3 is there twice"),
    ({"3": tracked(["1", "01"])}, "person 3: frame 1 is there twice"),
    ({"3": [tracked([1]), tracked([1])]}, "person 3: frame 0001 is there twice"),
    ({"3": 7}, "person 3 is 7, expected an object of frames"),
    ([], "a list of 0, expected an object of persons"),
]
LISTS: list[tuple[str, Any, str]] = [
    ("njust", listed({}, {}), "person 3, frame 12 is there twice"),
    ("njust", listed({"image_id": 1.5}), "entry 0: image_id is 1.5, expected a whole number"),
    ("njust", listed({"image_id": -1}), "image_id is -1"),
    ("njust", listed({"image_id": True}), "image_id is True"),
    ("njust", listed({"track_id": 10**30}), "track_id is a huge number"),
    ("njust", listed({"track_id": None}), "track_id is None"),
    ("njust", [7], "entry 0 is 7, expected an object"),
    ("njust", {}, "holds an object, expected a list of persons"),
    ("njust", listed({"center": [1], "w": 1, "h": 1}), "center has 1 numbers, expected 2"),
    ("njust", listed({"center": [1, 1e300], "w": 1, "h": 1}), r"entry 0: center holds 1e\+300, damage"),
    ("njust", listed({"image_id": 2**31 - 1}), "frame 2147483647 is beyond 10000000 frames"),
    ("alphapose", listed({"image_id": "cover.jpg"}), "image 'cover.jpg' has no number at its end"),
    ("alphapose", listed({"image_id": "a_1.jpg"}, {"image_id": "b_1.jpg"}), "are the same frame"),
    ("alphapose", listed({"image_id": "a_1.jpg"}, {"image_id": "b_2.jpg"}), "images of two videos"),
    ("alphapose", listed({"idx": "2"}), "idx is '2', expected the number of a track"),
    ("alphapose", listed({"idx": 2, "box": [1, 2, 3]}), "box .* has 3 numbers, expected 4"),
    ("alphapose", {"0.jpg": {"version": "0.3", "bodies": []}}, "OpenPose's 18 joints; run AlphaPose without --format"),
    ("coco", {"images": []}, "has no 'annotations'"),
    ("coco", {"images": [], "annotations": [{"image_id": 5}]}, "annotation 0 is of image 5, which is not listed"),
]
RAW: list[tuple[bytes, str]] = [
    (b"", "is empty"),
    (b"  \n", "is empty"),
    (b"\xef\xbb\xbf \n", "is empty"),
    (b'{"1": {"0000": {"keypoints": [1.0, 2', "is not valid JSON, or cut short"),
    (b'{"1": {"0000": {"keypoints": [NaN]}}}', "it holds NaN, which is no number"),
    (b'{"1": {"0000": {"keypoints": [-Infinity]}}}', "it holds -Infinity"),
    (b'{"1": {}, "1": {}}', "'1' is there twice in one object"),
    (b'{"1": "\xff\xfe"}', "is no UTF-8 text .byte 7."),
    (b'{"1": ' + b"[" * 100_000, "is nested too deeply"),
    (b'{"1": {"0": {"keypoints": [' + b"9" * 5000 + b"]}}}", "is not valid JSON"),
]


def one_line(error: pytest.ExceptionInfo[SourceError], path: Path) -> None:
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(("content", "message"), TRACKED)
def test_tracked_person_json(content: Any, message: str, tmp_path: Path) -> None:
    check("tracked-person", json.dumps(content).encode(), message, tmp_path)


@pytest.mark.parametrize(("name", "content", "message"), LISTS)
def test_lists_of_persons(name: str, content: Any, message: str, tmp_path: Path) -> None:
    check(name, json.dumps(content).encode(), message, tmp_path)


@pytest.mark.parametrize("name", ["tracked-person", "alphapose", "njust", "coco"])
@pytest.mark.parametrize(("data", "message"), RAW)
def test_what_is_no_json(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    check(name, data, message, tmp_path)


def check(name: str, data: bytes, message: str, folder: Path) -> None:
    path = folder / "clip.json"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=message) as error:
        pose_format(name).load(path)
    one_line(error, path)


ROW = ",".join(["0"] * 3 + ["5.5"] * 32)
CSV: list[tuple[str, bytes, str]] = [
    ("0001.csv", b"", "is empty"),
    ("0001.csv", b"\xef\xbb\xbf \n", "is empty"),
    ("0001.csv", b"1,2,3\n", "has 3 columns, expected 35"),
    ("0001.csv", b"frame,x,y\n", "is no table of numbers"),
    ("0001.csv", b"\xff\xfe\n", "is no table of numbers"),
    ("0001.csv", ROW.replace("5.5", "nan").encode(), "row 1 holds a number that is not finite"),
    ("0001.csv", ROW.replace("5.5", "1e999").encode(), "row 1 holds a number that is not finite"),
    ("0001.csv", ROW.replace("5.5", "1e300").encode(), r"person 1, frame 0 holds 1e\+300, damage"),
    ("0001.csv", f"10000000{ROW[1:]}".encode(), "the first column is no frame number everywhere"),
    ("0001.csv", f"{ROW}\n{ROW}".encode(), "has a frame twice"),
    ("0001.csv", f"0.5{ROW[1:]}".encode(), "the first column is no frame number everywhere"),
    ("0001.csv", f"-1{ROW[1:]}".encode(), "the first column is no frame number everywhere"),
    ("walker.csv", ROW.encode(), "the name is no number of a person"),
]


@pytest.mark.parametrize(("name", "data", "message"), CSV)
def test_trajectories(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=message) as error:
        pose_format("trajectories").load(tmp_path)
    one_line(error, tmp_path / name)


def test_two_trajectories_of_one_person(tmp_path: Path) -> None:
    for name in ("1.csv", "0001.csv"):
        (tmp_path / name).write_text(ROW)
    with pytest.raises(SourceError, match="two files of one person"):
        pose_format("trajectories").load(tmp_path)


def test_trajectories_are_not_mixed_with_those_of_another_video(tmp_path: Path) -> None:
    (tmp_path / "0007.csv").write_text(ROW)
    with pytest.raises(ConfigError, match="holds tracks already"):
        pose_format("trajectories").write(pose_format("trajectories").read(tmp_path), tmp_path)


def doubled(depth: int, inside: list[Any]) -> list[Any]:
    """A list that holds a list twice, which holds a list twice, ...: a few bytes each, 2^depth lists in all."""
    for _ in range(depth):
        inside = [inside, inside]
    return inside


PICKLES: list[tuple[Any, str]] = [
    (doubled(40, [1.0]), "person 3, frame 12: keypoints .* holds a list of 2, expected numbers|has 8 numbers"),
    (doubled(40, []), "has 8 numbers, expected 51"),
    ([[[[]] * 1000] * 1000] * 1000, "has 510 numbers, expected 51"),
    ([0.5] * 68, "has 68 numbers, expected 51"),
    ([], "has 0 numbers, expected 51"),
]


@pytest.mark.parametrize(("keypoints", "message"), PICKLES, ids=["nested", "hollow", "wide", "68", "none"])
def test_a_pickle_with_other_keypoints_is_refused_at_once(keypoints: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.pkl"
    path.write_bytes(pickle.dumps({12: {3: [[0.0, 0.0, 9.0, 9.0], keypoints]}}))
    assert path.stat().st_size < 20_000
    with pytest.raises(SourceError, match=message) as error:
        pose_format("chad").load(path)
    one_line(error, path)


@pytest.mark.parametrize("data", [b"hello", b"\x89PNG", b'{"a": 1}', b'"text"', b"[[1, 2]]", b'[{"a": 1}]'])
def test_what_looks_like_no_format_is_told_the_known_ones(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "clip.json").write_bytes(data)
    with pytest.raises(
        SourceError, match=r"looks like no known file of poses \(tracked-person, alphapose, .*\); get it"
    ):
        detect(tmp_path / "clip.json")


@pytest.mark.parametrize("data", [b"", b" \n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_a_missing_or_empty_file_is_said_to_be_so(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        detect(tmp_path / "clip.json")
    (tmp_path / "clip.json").write_bytes(data)
    with pytest.raises(SourceError, match=r"is empty; get it again \(a video without persons is {} or \[\]\)"):
        detect(tmp_path / "clip.json")


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'tracked-person'"):
        pose_format("tracked_person")
