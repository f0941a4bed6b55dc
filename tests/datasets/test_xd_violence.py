"""XD-Violence: labels in the names, intervals of test videos, lists with a line for each crop."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from features.datasets.xd_violence import CODES, XdViolence, category_of
from features.errors import DatasetError
from features.plan.listing import NORMAL, Annotation, Recording
from tests.datasets import layouts
from tests.datasets.weak_layouts import by_id, features, ids, lines, of_split, totals

FILM = "Bad.Boys.1995__#00-26-51_00-27-53_label_B2-0-0"
RIOT, CALM = "v=S-7rRLrxnVQ__#1_label_B4-B6-0", "v=u5SF4SlqNDQ__#00-00-00_00-01-00_label_A"
IDS = [f"train/{FILM}", f"test/{RIOT}", f"test/{CALM}"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lists, intervals of the abnormal test video, features of all three videos."""
    lines(tmp_path / "annotations.txt", f"{RIOT} 3 10 20 90")
    (tmp_path / "video_lists.json").write_text(json.dumps({"train": [FILM], "test": [RIOT, CALM]}))
    features(tmp_path / "features", {FILM: 2, RIOT: 3, CALM: 1})
    return tmp_path


def opened(root: Path, **options: object) -> XdViolence:
    return XdViolence(root, root / "work", **options)


def test_what_happens_most_is_the_first_code_of_the_name(tree: Path) -> None:
    assert {name: video.annotation.category for name, video in by_id(opened(tree)).items()} == {
        IDS[0]: "shooting", IDS[1]: "riot", IDS[2]: NORMAL
    }  # fmt: skip


def test_intervals_count_from_zero_without_their_last_frame(tree: Path) -> None:
    dataset = opened(tree)
    assert by_id(dataset)[IDS[1]].annotation == Annotation("riot", ((3, 10), (20, 90)))
    assert np.flatnonzero(dataset.labels(IDS[1])).tolist() == [*range(3, 10), *range(20, 48)]
    assert by_id(dataset)[IDS[0]].annotation.runs is None


def test_videos_are_as_long_as_their_features_as_they_are_evaluated(tree: Path) -> None:
    assert by_id(opened(tree))[IDS[1]].recording == Recording(48, height=360, width=640, fps=24.0)
    assert any(note.startswith("of 3 videos nobody says how long they are") for note in opened(tree).notes())


def test_names_with_dots_and_signs_are_whole_names_of_videos_and_files(tree: Path) -> None:
    layouts.files(tree / "1-1004", f"{FILM}.mp4")
    video = by_id(opened(tree))[IDS[0]]
    assert video.path.name == f"{FILM}.mp4" and video.files["clips"].name == f"{FILM}.npy"


@pytest.mark.parametrize("train, test", [("rgb.list", "rgb_test.list"), ("XD_Train.list", "XD_Test.list")])
def test_lists_with_a_line_for_each_crop_name_a_video_once(tree: Path, train: str, test: str) -> None:
    (tree / "video_lists.json").unlink()
    lines(tree / "list" / train, *(f"/data/RGB/{FILM}__{crop}.npy" for crop in range(5)))
    lines(tree / "list" / test, *(f"/data/RGBTest/{name}__{crop}.npy" for name in (RIOT, CALM) for crop in range(5)))
    assert ids(opened(tree)) == IDS


@pytest.mark.parametrize("line, problem", [
    (f"{RIOT} 3 10 20", "expected pairs of first frame and frame after"),
    (f"{RIOT} 10 3", "expected pairs"),
    (RIOT, "expected pairs"),
    (f"{RIOT} 3 x", "expected whole numbers, found '3 x'"),
])  # fmt: skip
def test_a_wrong_line_is_named(tree: Path, line: str, problem: str) -> None:
    lines(tree / "annotations.txt", line)
    with pytest.raises(DatasetError, match=problem):
        opened(tree).videos()


def test_a_code_that_is_not_known_is_refused(tree: Path) -> None:
    with pytest.raises(DatasetError, match="'B3' is no code of XD-Violence"):
        category_of("film_label_B3-0-0")


def test_an_abnormal_test_video_needs_intervals(tree: Path) -> None:
    (tree / "annotations.txt").unlink()
    with pytest.raises(DatasetError, match=r"B4-B6-0 is an abnormal test video without intervals; .* labels: none"):
        opened(tree).videos()
    assert opened(tree, labels="none").videos()[1].annotation is None


@pytest.mark.parametrize("content", ["[]", '{"train": []}'])
def test_damaged_lists_are_named(tree: Path, content: str) -> None:
    (tree / "video_lists.json").write_text(content)
    with pytest.raises(DatasetError, match=r"video_lists\.json cannot be read .* expected lists of names"):
        opened(tree).videos()


@pytest.mark.shared
def test_the_published_lists_have_the_published_totals(shared: Path, tmp_path: Path) -> None:
    data = shared / "data" / "xd_violence"
    evaluated = np.load(data / "frames_evaluated.npz")
    lengths = zip(evaluated["names"], evaluated["length"], strict=True)
    features(tmp_path / "clips", {str(name): int(length) // 16 for name, length in lengths}, channels=1)
    dataset = opened(tmp_path, lists=data)
    assert totals(dataset.labels(video.id) for video in of_split(dataset, "test")) == (2_330_384, 537_805)
    training = Counter(entry.annotation.abnormal for entry in dataset.entries.values() if entry.split == "train")
    test = Counter(video.annotation.category for video in dataset.videos())
    assert training == {True: 1905, False: 2049} and test[NORMAL] == 300 and set(test) == set(CODES.values())
