"""UCF-Crime: lists and annotation files in all their forms, videos by name wherever they lie."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from examples.segments_from_npz import ucf_crime
from features.datasets.ucf_crime import CLASSES, UcfCrime, read_annotation
from features.errors import DatasetError
from features.plan.listing import NORMAL, Annotation, Recording
from tests.datasets import layouts
from tests.datasets.weak_layouts import by_id, features, ids, lines, of_split, totals

ARREST, NORMAL_TEST, NORMAL_TRAIN = "Arrest001_x264", "Normal_Videos_003_x264", "Normal_Videos066_x264"
OFFICIAL = (f"{ARREST}.mp4  Arrest  5  10  31  40  ", f"{NORMAL_TEST}.mp4  Normal  -1  -1  -1  -1  ")
IDS = ["train/Abuse001_x264", f"train/{NORMAL_TRAIN}", f"test/{ARREST}", f"test/{NORMAL_TEST}"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The authors' lists, and features of all four videos."""
    training = ("Abuse/Abuse001_x264.mp4", f"Training_Normal_Videos_Anomaly/{NORMAL_TRAIN}.mp4")
    lines(tmp_path / "Anomaly_Train.txt", *training, ends="\r\n")
    lines(tmp_path / "Temporal_Anomaly_Annotation.txt", *OFFICIAL)
    features(tmp_path / "clips", {"Abuse001_x264": 2, NORMAL_TRAIN: 1, ARREST: 3, NORMAL_TEST: 2})
    return tmp_path


@pytest.mark.parametrize("frames", ["1412", -5, 0, 1412.5, True, 10**12])
def test_numbers_of_frames_that_are_none_are_refused(tree: Path, frames: object) -> None:
    told = [{"name": ARREST, "intervals": [[5, 10]], "frames": frames}]
    (tree / "test_annotation.json").write_text(json.dumps(told))
    with pytest.raises(DatasetError, match=rf"{ARREST} is said to have .* frames; expected a whole number from 1"):
        opened(tree).videos()


def test_a_video_of_which_two_things_are_said_is_refused(tree: Path) -> None:
    lines(tree / "Temporal_Anomaly_Annotation.txt", *OFFICIAL, OFFICIAL[0])
    assert len(opened(tree).videos()) == 4
    lines(tree / "Temporal_Anomaly_Annotation.txt", *OFFICIAL, OFFICIAL[0].replace("31", "32"))
    with pytest.raises(DatasetError, match=f"names {ARREST} twice, and says two things of it; leave one"):
        opened(tree).videos()


def test_an_anomaly_far_behind_the_end_is_refused(tree: Path) -> None:
    lines(tree / "Temporal_Anomaly_Annotation.txt", OFFICIAL[0].replace("31  40", "310  400"), OFFICIAL[1])
    with pytest.raises(DatasetError, match=f"test/{ARREST} has 48 frames, .* something begins at frame 309"):
        opened(tree).labels(f"test/{ARREST}")


def opened(root: Path, **options: object) -> UcfCrime:
    return UcfCrime(root, root / "work", **options)


def abnormal_frames(dataset: UcfCrime) -> tuple[int, ...]:
    labels = dataset.labels(f"test/{ARREST}")
    return tuple(frame for frame, label in enumerate(labels) if label)


def test_what_happens_is_said_by_the_name(tree: Path) -> None:
    videos = by_id(opened(tree))
    assert list(videos) == IDS
    assert [video.annotation.category for video in videos.values()] == ["Abuse", NORMAL, "Arrest", NORMAL]
    assert videos["train/Abuse001_x264"].annotation.runs is None
    assert opened(tree).labels("train/Abuse001_x264").tolist() == [-1] * 32


def test_intervals_count_from_one_and_their_last_frame_is_abnormal(tree: Path) -> None:
    dataset = opened(tree)
    assert by_id(dataset)[f"test/{ARREST}"].annotation == Annotation("Arrest", ((4, 10), (30, 40)))
    assert abnormal_frames(dataset) == (*range(4, 10), *range(30, 40))
    assert by_id(dataset)[f"test/{NORMAL_TEST}"].annotation == Annotation(NORMAL)


@pytest.mark.parametrize("counting, first, after", [("rtfm", 5, 11), ("half-open", 5, 10)])
def test_other_ways_of_counting_are_named_in_the_notes(tree: Path, counting: str, first: int, after: int) -> None:
    dataset = opened(tree, counting=counting)
    assert by_id(dataset)[f"test/{ARREST}"].annotation.runs[0] == (first, after)
    assert f"intervals count as {counting!r}, not as the authors' do" in dataset.notes()


@pytest.mark.parametrize("name, listed, frames", [
    ("Temporal_Anomaly_Annotation_New.txt", (f"{ARREST}.mp4  Arrest  5  10  31  40  44",), 44),
    ("UCF_Annotation.txt", (f"{ARREST} Arrest 5 10 31 40 44",), 44),
    ("Temporal_Anomaly_Annotation_for_Testing_Videos.txt", (f"{ARREST}.mp4\tArrest\t5\t10\t31\t40",), 48),
])  # fmt: skip
def test_annotation_files_of_others_may_say_how_long_videos_are(
    tree: Path, name: str, listed: tuple[str, ...], frames: int
) -> None:
    (tree / "Temporal_Anomaly_Annotation.txt").unlink()
    lines(tree / name, *listed)
    dataset = opened(tree)
    assert by_id(dataset)[f"test/{ARREST}"].recording == Recording(frames, height=240, width=320, fps=30.0)
    assert abnormal_frames(dataset) == (*range(4, 10), *range(30, 40))


def test_an_annotation_with_lengths_is_preferred(tree: Path) -> None:
    said = [{"name": ARREST, "class": "Arrest", "intervals": [[5, 10]], "frames": 8}]
    (tree / "test_annotation.json").write_text(json.dumps(said))
    assert opened(tree).labels(f"test/{ARREST}").tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_lists_with_a_line_for_each_crop_name_a_video_once(tree: Path) -> None:
    (tree / "Anomaly_Train.txt").unlink()
    crops = [f"/data/{name}_{crop}.npy" for name in ("Abuse001_x264", NORMAL_TRAIN) for crop in range(10)]
    lines(tree / "list" / "UCF_Train.list", *crops)
    assert ids(opened(tree)) == IDS


def test_videos_are_found_in_any_folder_and_labels_are_as_long_as_they_are(tree: Path) -> None:
    layouts.files(tree / "Anomaly-Videos-Part-1" / "Arrest", f"{ARREST}.mp4")
    dataset = opened(tree)
    video = by_id(dataset)[f"test/{ARREST}"]
    assert video.path.name == f"{ARREST}.mp4" and video.recording is None and video.files
    assert dataset.label_frames(video.id) is None and dataset.labels(video.id) is None
    assert dataset.labels_for(video.id, 32).sum() == 8


def test_segments_in_text_are_counted_once(tree: Path) -> None:
    (tree / "clips" / "Abuse001_x264.npy").unlink()
    lines(tree / "clips" / "Abuse001_x264_C.txt", *["0.100000 0.200000 "] * 32)
    assert by_id(opened(tree))["train/Abuse001_x264"].recording.frames == 512
    assert len(list((tree / "work" / "clip_counts").iterdir())) == 1


def test_segments_of_archives_become_a_data_set(tree: Path) -> None:
    archives, segments = tree / "archives", np.zeros((32, 4), np.float16)
    archives.mkdir()
    (archives / "split.json").write_text(json.dumps({"train": [{"name": "Abuse001", "label": 1}]}))
    np.savez(archives / "extraction_a_2videos.npz", Abuse001=segments, Arrest001=segments)
    np.savez(archives / "extraction_b_test.npz", **{ARREST: segments, NORMAL_TEST: segments})
    said = [{"name": name, "intervals": [[5, 10]] * (name == ARREST), "frames": 40} for name in (ARREST, NORMAL_TEST)]
    (tree / "test_annotation.json").write_text(json.dumps(said))
    assert ucf_crime(archives, tree, tree / "tree") == 3
    assert ids(opened(tree / "tree")) == ["train/Abuse001_x264", f"test/{ARREST}", f"test/{NORMAL_TEST}"]


def test_two_videos_of_one_name_are_refused(tree: Path) -> None:
    layouts.files(tree / "a", f"{ARREST}.mp4")
    layouts.files(tree / "b", f"{ARREST}.mp4")
    with pytest.raises(DatasetError, match=f"are both video {ARREST}; remove one"):
        opened(tree).videos()


def test_a_video_file_is_preferred_to_its_frames(tree: Path) -> None:
    layouts.images(tree / "frames" / ARREST, 3)
    assert by_id(opened(tree))[f"test/{ARREST}"].path.is_dir()
    layouts.files(tree / "videos", f"{ARREST}.mp4")
    assert by_id(opened(tree))[f"test/{ARREST}"].path.is_file()


@pytest.mark.parametrize("line, problem", [
    (f"{ARREST}.mp4  Arrest  5  10", "expected a class, two pairs"),
    (f"{ARREST}.mp4  Arrest  10  5  -1  -1", "abnormal from 10 to 5, which is backward"),
    (f"{ARREST}.mp4  Arrest  5  ten  -1  -1", "expected whole numbers, found '5 ten -1 -1'"),
    (f"{ARREST}.mp4  Arrest  -1  -1  -1  -1", "has 0 abnormal intervals, which its name does not say"),
    (f"{NORMAL_TEST}.mp4  Normal  1  5  -1  -1", "has 1 abnormal intervals, which its name does not say"),
    ("Walking001_x264.mp4  Walking  1  5  -1  -1", "Walking001_x264 is of no class of UCF-Crime"),
    ("video.mp4  Arrest  1  5  -1  -1", "line 1: expected the name of a video, found 'video.mp4'"),
])  # fmt: skip
def test_a_wrong_line_is_named(tree: Path, line: str, problem: str) -> None:
    lines(tree / "Temporal_Anomaly_Annotation.txt", line)
    with pytest.raises(DatasetError, match=problem):
        opened(tree).videos()


def test_without_an_annotation_it_is_asked_for(tree: Path) -> None:
    (tree / "Temporal_Anomaly_Annotation.txt").unlink()
    with pytest.raises(DatasetError, match=r"expected Anomaly_Train\.txt and Temporal_Anomaly_Annotation\.txt"):
        opened(tree).videos()


def test_without_labels_only_training_videos_have_an_annotation(tree: Path) -> None:
    annotations = [video.annotation for video in opened(tree, labels="none").videos()]
    assert [found is None for found in annotations] == [False, False, True, True]


@pytest.mark.shared
def test_the_published_lists_have_the_published_totals(shared: Path, tmp_path: Path) -> None:
    data = shared / "data"
    assert ucf_crime(data / "ucf_crime_c3d", data / "ucf_crime", tmp_path) == 1060 + 290
    dataset = opened(tmp_path)
    test = of_split(dataset, "test")
    assert totals(dataset.labels(video.id) for video in test) == (1_111_808, 84_338)
    kinds = Counter(video.annotation.category for video in test)
    assert (kinds[NORMAL], kinds["Shooting"], kinds["Abuse"]) == (150, 23, 2) and set(kinds) == {*CLASSES, NORMAL}
    listed = [entry.annotation for entry in dataset.entries.values() if entry.split == "train"]
    assert (len(listed), sum(found.abnormal for found in listed)) == (1610, 810)
    assert any("550 of 1900 listed videos are not there" in note for note in dataset.notes())


@pytest.mark.shared
@pytest.mark.parametrize("counting, abnormal", [("official", 84_338), ("rtfm", 84_331), ("half-open", 84_182)])
def test_ways_of_counting_have_the_measured_totals(shared: Path, tmp_path: Path, counting: str, abnormal: int) -> None:
    ucf_crime(shared / "data" / "ucf_crime_c3d", shared / "data" / "ucf_crime", tmp_path)
    dataset = opened(tmp_path, counting=counting)
    assert totals(dataset.labels(video.id) for video in of_split(dataset, "test"))[1] == abnormal


@pytest.mark.shared
def test_sixteen_videos_have_two_intervals(shared: Path) -> None:
    read = read_annotation(shared / "data" / "ucf_crime" / "Temporal_Anomaly_Annotation.txt")
    assert Counter(len(intervals) for intervals, _ in read.values()) == {0: 150, 1: 124, 2: 16}
