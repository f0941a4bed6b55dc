"""Any folder of videos: what is listed, under which id, in which split, with which labels."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.datasets.counts import check_counts
from features.datasets.folder import Folder, natural_id
from features.errors import ConfigError, DatasetError
from tests.datasets import layouts


def listed(root: Path, **options: object) -> list[tuple[str, str]]:
    return [(video.id, video.split) for video in Folder(root, root / "work", **options).videos()]


def test_subfolders_give_the_split(tmp_path: Path) -> None:
    layouts.files(tmp_path, "test/b.mp4", "train/10.avi", "train/9.avi", "Test/c.mkv")
    assert listed(tmp_path) == [("train/9", "train"), ("train/10", "train"), ("Test/c", "test"), ("test/b", "test")]


def test_without_a_split_all_are_test_videos_and_that_is_noted(tmp_path: Path) -> None:
    layouts.files(tmp_path, "a.mp4", "deep/er/b.webm")
    assert listed(tmp_path) == [("a", "test"), ("deep/er/b", "test")]
    assert "all 2 videos are test videos" in Folder(tmp_path, tmp_path).notes()[0]


def test_videos_beside_the_splits_are_left_out_and_noted(tmp_path: Path) -> None:
    layouts.files(tmp_path, "train/a.mp4", "old/b.mp4")
    dataset = Folder(tmp_path, tmp_path)
    assert [video.id for video in dataset.videos()] == ["train/a"]
    assert dataset.notes() == ["1 videos lie outside train/ and test/ and are left out, e.g. old/b"]


def test_folders_of_images_are_videos(tmp_path: Path) -> None:
    layouts.images(tmp_path / "test" / "v1.2", 3, ".png")
    layouts.files(tmp_path, "test/clip.mp4", "test/poster.jpg")
    assert listed(tmp_path) == [("test/clip", "test"), ("test/v1.2", "test")]


def test_hidden_files_and_other_files_are_passed_over(tmp_path: Path) -> None:
    layouts.files(tmp_path, "a.mp4", "._a.mp4", ".cache/b.mp4", "c.txt", "labels.docx")
    assert listed(tmp_path) == [("a", "test")]


def test_files_that_share_a_name_keep_their_suffix(tmp_path: Path) -> None:
    layouts.files(tmp_path, "a.mp4", "a.avi", "b.mp4")
    assert [name for name, _ in listed(tmp_path)] == ["a.avi", "a.mp4", "b"]


def test_ids_are_composed_unicode_and_paths_are_as_on_disk(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "été 東京 🎬")
    layouts.files(tmp_path, f"{name}.mp4")
    (video,) = Folder(tmp_path, tmp_path).videos()
    assert video.id == "été 東京 🎬" and video.path.name == f"{name}.mp4" and video.path.is_file()


def test_a_name_that_is_no_unicode_is_shown_by_its_bytes(tmp_path: Path) -> None:
    try:
        (tmp_path / "a\udcff.mp4").touch()
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    (video,) = Folder(tmp_path, tmp_path).videos()
    assert video.id == "a\\xff" and video.path.is_file()


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    layouts.files(tmp_path, "test/a.mp4")
    (tmp_path / "test" / "again").symlink_to(tmp_path / "test")
    assert listed(tmp_path) == [("test/a", "test")]


@pytest.mark.parametrize("name", ["split.csv", "split.txt"])
def test_a_split_file_decides(tmp_path: Path, name: str) -> None:
    layouts.files(tmp_path, "a b.mp4", "deep/ü.avi", "left.mp4")
    lines = ["id,split", "# chosen by camera", "a b.mp4,test", "", unicodedata.normalize("NFD", "deep/ü") + ", train"]
    (tmp_path / name).write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    assert listed(tmp_path) == [("deep/ü", "train"), ("a b", "test")]
    assert "1 videos are not named in" in Folder(tmp_path, tmp_path).notes()[0]


def test_an_id_with_a_comma_is_quoted(tmp_path: Path) -> None:
    layouts.files(tmp_path, "a, b.mp4", "files/mine.csv")
    (tmp_path / "files" / "mine.csv").write_text('"a, b",train\n')
    assert listed(tmp_path, split=tmp_path / "files" / "mine.csv") == [("a, b", "train")]


@pytest.mark.parametrize("text, problem", [
    ("a,test\nc,train\n", r"names 2 videos, of which 1 are not below .*: c"),
    ("a,validation\n", r"line 1: expected id,train or id,test, found 'a,validation'"),
    ("a\n", r"line 1: expected id,train"),
    ("a,test\na,train\n", r"line 2: a is both train and test"),
])  # fmt: skip
def test_a_split_file_that_does_not_fit_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    layouts.files(tmp_path, "a.mp4")
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(DatasetError, match=problem):
        listed(tmp_path)


def test_a_folder_without_videos_says_what_is_there(tmp_path: Path) -> None:
    layouts.files(tmp_path, "readme.md")
    with pytest.raises(DatasetError, match=r"expected videos below .*, found readme\.md"):
        listed(tmp_path)


@pytest.mark.parametrize("name, write", [
    ("test/a.npy", lambda path: np.save(path, np.array([0, 1, -1]))),
    ("test/a.txt", lambda path: path.write_text("0\n1\n-1\n")),
    ("test/a.csv", lambda path: path.write_text("label\n0\n1\n-1\n")),
])  # fmt: skip
def test_labels_lie_beside_the_videos_by_id(tmp_path: Path, name: str, write: object) -> None:
    layouts.files(tmp_path, "test/a.mp4", "test/b.mp4", f"labels/{name}")
    write(tmp_path / "labels" / name)
    dataset = Folder(tmp_path, tmp_path)
    assert dataset.labels("test/a").tolist() == [0, 1, -1] and dataset.labels("test/a").dtype == np.int8
    assert dataset.labels("test/b") is None and dataset.masks("test/a") is None
    assert "labels of 1 of 2 videos in labels/" in dataset.notes()
    with pytest.raises(DatasetError, match="test/a has 4 frames but its labels have 3"):
        check_counts(dataset, {"test/a": 4, "test/b": 9})
    assert Folder(tmp_path, tmp_path, labels="none").labels("test/a") is None


def test_wrong_labels_are_found_when_frames_are_counted(tmp_path: Path) -> None:
    layouts.files(tmp_path, "a.mp4", "labels/a.npy")
    np.save(tmp_path / "labels" / "a.npy", np.array([0, 255, 0], np.uint8))
    with pytest.raises(DatasetError, match=r"a\.npy has the label 255; expected 1 abnormal"):
        check_counts(Folder(tmp_path, tmp_path), {"a": 3})


def test_masks_are_labels_too(tmp_path: Path) -> None:
    layouts.files(tmp_path, "a.mp4", "labels/a.npy")
    masks = np.zeros((3, 4, 5), np.uint8)
    masks[1, 2, 2] = 1
    np.save(tmp_path / "labels" / "a.npy", masks)
    dataset = Folder(tmp_path, tmp_path)
    assert dataset.labels("a").tolist() == [0, 1, 0] and dataset.label_frames("a") == 3
    np.testing.assert_array_equal(list(dataset.masks("a")), masks > 0)


@pytest.mark.parametrize("first, included, abnormal, labels", [
    (1, True, [[2, 3]], [0, 1, 1, 0, 0]),
    (0, True, [[2, 3]], [0, 0, 1, 1, 0]),
    (0, False, [[2, 3], [4, 5]], [0, 0, 1, 0, 1]),
    (1, False, [], [0, 0, 0, 0, 0]),
])  # fmt: skip
def test_intervals_say_how_they_count(
    tmp_path: Path, first: int, included: bool, abnormal: list[list[int]], labels: list[int]
) -> None:
    layouts.files(tmp_path, "a.mp4", "labels/intervals.json")
    said = {"first_frame": first, "last_included": included, "videos": {"a": {"frames": 5, "abnormal": abnormal}}}
    (tmp_path / "labels" / "intervals.json").write_text(json.dumps(said))
    assert Folder(tmp_path, tmp_path).labels("a").tolist() == labels


@pytest.mark.parametrize("name, text, problem", [
    ("a.txt", "0 1 1", r"label 1 is '0 1 1'; expected one in a line"),
    ("a.csv", "0,1\n", r"label 1 is '0,1'"),
    ("a.txt", "2\n", r"label 1 is '2'"),
    ("c.txt", "0\n", r"labels of 1 videos that are not there, e\.g\. c"),
    ("a.npy", "text", r"a\.npy is no array of labels"),
    ("intervals.json", '{"videos": {}}', r"intervals\.json cannot be read .*first_frame"),
    ("intervals.json", '{"first_frame": 1, "last_included": 1, "videos": {"a": {"frames": 5, "abnormal": [[1, 6]]}}}',
     r"a: \[1, 6\] lies outside its 5 frames"),
])  # fmt: skip
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, name: str, text: str, problem: str) -> None:
    layouts.files(tmp_path, "a.mp4", f"labels/{name}")
    (tmp_path / "labels" / name).write_text(text)
    with pytest.raises(DatasetError, match=problem):
        Folder(tmp_path, tmp_path).labels("a")


@pytest.mark.parametrize(
    "options, problem", [({"splt": "x"}, "did you mean 'split'"), ({"labels": "non"}, "did you mean 'none'")]
)
def test_wrong_options_are_refused_by_name(tmp_path: Path, options: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        Folder(tmp_path, tmp_path, **options)


@given(st.lists(st.integers(0, 10**6), unique=True))
def test_natural_order_is_the_order_of_numbers(numbers: list[int]) -> None:
    ids = [f"cam {number}/x" for number in numbers]
    assert sorted(ids, key=natural_id) == [f"cam {number}/x" for number in sorted(numbers)]


def test_masks_that_change_while_every_frame_label_stays_make_other_labels(tmp_path: Path) -> None:
    masks = np.zeros((4, 8, 8), bool)
    masks[2, 1, 1] = True
    (tmp_path / "labels").mkdir()

    def digest_of(masks: np.ndarray) -> str:
        np.save(tmp_path / "labels" / "one.npy", masks)
        return Folder(tmp_path, tmp_path / "work").labels_digest(["one"])

    layouts.files(tmp_path, "one.mp4")
    first, moved = digest_of(masks), digest_of(np.roll(masks, 3, axis=2))
    assert first != moved
    assert digest_of(masks) == first
