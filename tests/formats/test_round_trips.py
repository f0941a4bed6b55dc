"""What is written is what is read: the law of every format, as far as it holds everything."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.datasets.formats import detect, pose_format
from features.datasets.formats.base import only
from features.datasets.people import NOBODY, People, people
from features.plan.registry import names
from tests.formats.crowds import crowd, crowds, same


def there_and_back(name: str, found: People) -> People:
    with TemporaryDirectory() as folder:
        path = Path(folder) / pose_format(name).file_name("clip")
        assert pose_format(name).write(found, path) == ()
        return pose_format(name).read(path)


# For each format people that it holds without loss: what `crowds` is asked for.
LOSSLESS = [
    ("tracked-person", {}),
    ("alphapose", {}),
    ("alphapose", {"named": False, "boxes": True}),
    ("njust", {"boxes": True}),
    ("coco", {}),
    ("coco", {"named": False, "boxes": True}),
]


@pytest.mark.parametrize(("name", "asked"), LOSSLESS)
@given(data=st.data())
@settings(max_examples=20)
def test_numbers_come_back_as_the_same_float64(name: str, asked: dict[str, bool], data: st.DataObject) -> None:
    found = data.draw(crowds(**asked))
    same(there_and_back(name, found), found, boxes=1e-10)


@given(found=crowds(boxes=True))
@settings(max_examples=20)
def test_chad_holds_everything_but_scores(found: People) -> None:
    bare = People(found.frames, found.ids, found.keypoints, np.full(len(found), np.nan), found.boxes)
    same(there_and_back("chad", bare), bare, boxes=1e-10)


@given(found=crowds(plain=True))
@settings(max_examples=30)
def test_trajectories_hold_float32_places_of_joints_that_are_there(found: People) -> None:
    places = np.where(found.keypoints[..., 2:] > 0, found.keypoints[..., :2], 0)
    there = places.any(axis=-1, keepdims=True)
    expected = People(found.frames, found.ids, np.concatenate([places, there], axis=-1), found.scores, found.boxes)
    expected = only(expected, there.any(axis=(1, 2)))
    same(there_and_back("trajectories", expected), expected)


@pytest.mark.parametrize("name", names("format"))
def test_what_is_written_is_recognised(name: str, tmp_path: Path) -> None:
    path = tmp_path / pose_format(name).file_name("01_0014")
    pose_format(name).write(crowd(boxes=True), path)
    assert detect(path).name == name


@pytest.mark.parametrize("name", names("format"))
def test_nobody_is_written_and_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / pose_format(name).file_name("01_0014")
    assert pose_format(name).write(People.nobody(), path) == ()
    assert len(pose_format(name).read(path)) == 0


@pytest.mark.parametrize("name", names("format"))
def test_writing_leaves_nothing_else_behind(name: str, tmp_path: Path) -> None:
    path = tmp_path / "out" / pose_format(name).file_name("01_0014")
    pose_format(name).write(crowd(persons=1, boxes=True), path)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files == [path / "0001.csv" if path.is_dir() else path]


@pytest.mark.parametrize(
    ("name", "found", "remarks"),
    [
        ("tracked-person", crowd(scores=False), ["10 of 10 poses have no score of the person and were given 1"]),
        ("tracked-person", crowd(boxes=True), ["boxes and their scores were left out"]),
        ("njust", crowd(), ["10 of 10 poses have no box and were given that of their joints"]),
        ("chad", crowd(boxes=True), ["scores of persons and boxes were left out"]),
        ("trajectories", crowd(), ["scores of joints", "scores of persons", "rounded to float32"]),
    ],
)
def test_what_a_format_cannot_hold_is_remarked(name: str, found: People, remarks: list[str], tmp_path: Path) -> None:
    said = pose_format(name).write(found, tmp_path / "clip")
    assert len(said) == len(remarks)
    assert all(expected in remark for expected, remark in zip(remarks, said, strict=True))


@pytest.mark.parametrize("name", ["tracked-person", "njust", "trajectories", "chad"])
def test_poses_of_no_track_are_left_out_of_formats_that_are_keyed_by_it(name: str, tmp_path: Path) -> None:
    whole = crowd(persons=1, boxes=True)
    ids = np.where(whole.frames < 2, NOBODY, whole.ids)
    said = pose_format(name).write(people(whole.frames, ids, whole.keypoints, boxes=whole.boxes), tmp_path / "clip")
    assert said[0] == "2 of 5 poses belong to no track and were left out"
    assert pose_format(name).read(tmp_path / "clip").frames.tolist() == [2, 3, 4]
    assert pose_format(name).keyed
