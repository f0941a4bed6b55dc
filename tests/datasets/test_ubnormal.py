"""UBnormal: the official archive with instance masks, and STG-NF's tree of poses and arrays."""

import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from features.datasets.object_masks import AbnormalObject, abnormal_at, is_frame_array, read_tracks
from features.datasets.ubnormal import NAME, UBnormal, read_lists
from features.errors import DatasetError
from features.plan.listing import Recording
from tests.datasets import layouts, posed_layouts

TRAIN, ABNORMAL_TRAIN = "normal_scene_3_scenario_1", "abnormal_scene_1_scenario_3"
TEST, FOG = "normal_scene_28_scenario_7", "abnormal_scene_1_scenario_1_fog"
VALIDATION = "abnormal_scene_2_scenario_2"
LISTS = {
    "normal_training": [TRAIN],
    "abnormal_training": [ABNORMAL_TRAIN],
    "abnormal_validation": [VALIDATION],
    "normal_test": [TEST],
    "abnormal_test": [FOG],
}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Five videos of four scenes with instance masks, and the lists beside them."""
    for name in (TRAIN, ABNORMAL_TRAIN, TEST, FOG, VALIDATION):
        scene = tmp_path / f"Scene{name.split('_')[2]}"
        layouts.files(scene, f"{name}.mp4")
        posed_layouts.instances(scene / f"{name}_annotations", name, 6, number=5)
    write_tracks(tmp_path / "Scene1", ABNORMAL_TRAIN, "5,1,2\r\n")
    write_tracks(
        tmp_path / "Scene1", FOG, "5.000000000000000000e+00,2.000000000000000000e+00,3.000000000000000000e+00\r\n9,5,5"
    )
    write_tracks(tmp_path / "Scene2", VALIDATION, "5,0,5\n")
    write_lists(tmp_path / "scripts")
    return tmp_path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """STG-NF's `data/UBnormal`: poses and `gt`, where test labels are arrays in which 1 is normal."""
    root = tmp_path / "data" / "UBnormal"
    posed_layouts.tracked(root / "pose" / "train", {TRAIN: [0, 4]})
    posed_layouts.tracked(root / "pose" / "abnormal_train", {ABNORMAL_TRAIN: [0]})
    posed_layouts.tracked(root / "pose" / "test", {TEST: [0], FOG: [1]})
    posed_layouts.array_as_text(root / "gt" / f"{TEST}_tracks.txt", [1, 1, 1])
    posed_layouts.array_as_text(root / "gt" / f"{FOG}_tracks.txt", [1, 0, 0, 1])
    (root / "gt" / f"{ABNORMAL_TRAIN}_tracks.txt").write_text("5,1,2\r\n")
    return tmp_path


def write_tracks(scene: Path, name: str, text: str) -> None:
    (scene / f"{name}_annotations" / f"{name}_tracks.txt").write_bytes(text.encode())


def write_lists(folder: Path) -> None:
    folder.mkdir()
    for kind, names in LISTS.items():
        (folder / f"{kind}_video_names.txt").write_text("\r\n".join(names) + "\r\n")


def opened(root: Path, **options: object) -> UBnormal:
    return UBnormal(root, root / "work", **options)


def ids(dataset: UBnormal) -> list[str]:
    return [video.id for video in dataset.videos()]


def test_the_archive_by_its_lists_without_abnormal_training_videos(archive: Path) -> None:
    assert ids(opened(archive)) == [f"train/{TRAIN}", f"test/{FOG}", f"test/{TEST}"]
    assert not any(video.files for video in opened(archive).videos())


def test_supervised_training_has_the_abnormal_videos_with_masks_and_list(archive: Path) -> None:
    videos = {video.id: video for video in opened(archive, supervised=True).videos()}
    abnormal = videos[f"train/{ABNORMAL_TRAIN}"]
    assert abnormal.split == "train" and set(abnormal.files) == {"masks", "tracks"}
    assert abnormal.files["masks"].is_dir() and abnormal.files["tracks"].is_file()
    assert not videos[f"train/{TRAIN}"].files and not videos[f"test/{FOG}"].files


@pytest.mark.parametrize("missing, message", [
    ("Scene1/{0}_annotations", f"its instance masks {ABNORMAL_TRAIN}_annotations is not there"),
    ("Scene1/{0}_annotations/{0}_tracks.txt", f"its list {ABNORMAL_TRAIN}_tracks.txt is not there"),
])  # fmt: skip
def test_supervised_training_needs_masks_and_list(archive: Path, missing: str, message: str) -> None:
    path = archive / missing.format(ABNORMAL_TRAIN)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(DatasetError, match=message):
        opened(archive, supervised=True).videos()


def test_the_last_frame_of_an_object_is_abnormal(archive: Path) -> None:
    dataset = opened(archive, supervised=True)
    assert dataset.labels(f"test/{FOG}").tolist() == [0, 0, 1, 1, 0, 1]
    assert dataset.labels(f"test/{TEST}").tolist() == [0] * 6
    assert dataset.labels(f"train/{ABNORMAL_TRAIN}").tolist() == [0, 1, 1, 0, 0, 0]


def test_pixels_are_those_of_the_objects_that_are_abnormal_then(archive: Path) -> None:
    masks = list(opened(archive).masks(f"test/{FOG}"))
    assert [mask.sum() for mask in masks] == [0, 0, 24, 24, 0, 0]
    assert masks[0].dtype == bool and masks[0].shape == (6, 8)


def test_validation_videos_may_be_scored_instead(archive: Path) -> None:
    dataset = opened(archive, scored="validation")
    assert ids(dataset) == [f"train/{TRAIN}", f"validation/{VALIDATION}"]
    assert dataset.videos()[-1].split == "test" and dataset.labels(f"validation/{VALIDATION}").sum() == 6


def test_arrays_of_stgnf_are_turned_to_one_for_abnormal(tree: Path) -> None:
    dataset = opened(tree, size="1280x720")
    assert ids(dataset) == [f"train/{TRAIN}", f"test/{FOG}", f"test/{TEST}"]
    assert dataset.labels(f"test/{FOG}").tolist() == [0, 1, 1, 0]
    assert dataset.labels(f"test/{TEST}").tolist() == [0, 0, 0]
    assert "labels: frame arrays of STG-NF" in dataset.notes()


def test_without_videos_clips_are_recordings_of_the_size_that_is_said(tree: Path) -> None:
    with pytest.raises(DatasetError, match="its size is not known; set size: 1280x720"):
        opened(tree).videos()
    recordings = [video.recording for video in opened(tree, size="1280x720").videos()]
    assert recordings == [Recording(frames, 720, 1280, 30.0) for frames in (5, 4, 3)]


def test_the_size_of_the_instance_masks_is_known(tree: Path) -> None:
    annotations = tree / "data" / "UBnormal" / "videos" / "Scene1" / f"{ABNORMAL_TRAIN}_annotations"
    posed_layouts.instances(annotations, ABNORMAL_TRAIN, 6, number=5)
    videos = {video.id: video for video in opened(tree, supervised=True, size="1280x720").videos()}
    abnormal = videos[f"train/{ABNORMAL_TRAIN}"]
    assert abnormal.recording == Recording(6, 6, 8, 30.0)
    assert abnormal.files["tracks"].parent.name == "gt"
    unlabelled = opened(tree, supervised=True, size="1280x720", labels="none")
    assert {video.id: video for video in unlabelled.videos()}[abnormal.id].recording.frames == 6


def test_all_scored_clips_are_labelled_by_one_source(archive: Path) -> None:
    for name in (TEST, FOG):
        posed_layouts.array_as_text(archive / "gt" / f"{name}_tracks.txt", [1, 0, 1, 1, 1, 1])
    assert opened(archive).labels(f"test/{FOG}").tolist() == [0, 0, 1, 1, 0, 1]
    assert opened(archive, source="arrays").labels(f"test/{FOG}").tolist() == [0, 1, 0, 0, 0, 0]
    (archive / "Scene1" / f"{FOG}_annotations" / f"{FOG}_tracks.txt").unlink()
    dataset = opened(archive)
    assert dataset.labels(f"test/{TEST}").tolist() == [0, 1, 0, 0, 0, 0]


def test_a_scored_clip_without_labels_is_named(archive: Path) -> None:
    (archive / "Scene1" / f"{FOG}_annotations" / f"{FOG}_tracks.txt").unlink()
    with pytest.raises(DatasetError, match=rf"labels for 2 test clips .* found 1 \(missing: test/{FOG}\)"):
        opened(archive).videos()


def test_without_lists_nobody_knows_which_are_training_videos(archive: Path) -> None:
    shutil.rmtree(archive / "scripts")
    with pytest.raises(DatasetError, match=r"found 5 videos .* no list such as normal_training_video_names\.txt"):
        opened(archive).videos()
    write_lists(archive / "elsewhere")
    assert len(opened(archive, lists=archive / "elsewhere").videos()) == 3


def test_a_part_of_the_videos_is_noted(archive: Path) -> None:
    layouts.files(archive, "Scene9/normal_scene_9_scenario_1.mp4")
    notes = opened(archive).notes()
    assert any("found 1 training and 2 test clips of 186 and 211" in note for note in notes)
    assert "labels: abnormal objects of the archive" in notes
    assert "1 videos are in none of the lists and are left out" in notes


def test_an_object_that_is_abnormal_beyond_the_last_frame_is_refused(archive: Path) -> None:
    write_tracks(archive / "Scene1", FOG, "5,2,6\n")
    with pytest.raises(DatasetError, match=r"object 5 is abnormal up to frame 6, but .* has masks of 6 frames"):
        opened(archive).labels(f"test/{FOG}")


def test_a_missing_mask_is_named(archive: Path) -> None:
    (archive / "Scene1" / f"{FOG}_annotations" / f"{FOG}_0003_gt.png").unlink()
    with pytest.raises(DatasetError, match="masks 0 to 5, but 3 is missing"):
        opened(archive).videos()


@pytest.mark.parametrize("text, objects", [
    (b"1,10,30\r\n", [(1, 10, 30)]),
    (b"2.000000000000000000e+00,0.000000000000000000e+00,2.500000000000000000e+01\r\n", [(2, 0, 25)]),
    (b"2.0e+00,0.0,25\r\n3,5,40\r\n", [(2, 0, 25), (3, 5, 40)]),
    (b"\r\n4, 5, 5\n\n", [(4, 5, 5)]),
    (b"", []),
])  # fmt: skip
def test_lists_are_read_whatever_their_numbers_and_line_ends(
    tmp_path: Path, text: bytes, objects: list[tuple[int, int, int]]
) -> None:
    (tmp_path / "a_tracks.txt").write_bytes(text)
    assert read_tracks(tmp_path / "a_tracks.txt") == [AbnormalObject(*listed) for listed in objects]
    assert not is_frame_array(tmp_path / "a_tracks.txt")


@pytest.mark.parametrize("text, problem", [
    ("1,2\n", "line 1: expected object_id,start,end, found '1,2'"),
    ("1,2,3\nnan,2,3\n", "line 2: expected object_id"),
    ("1,9,3\n", "line 1: object 1 is abnormal from 9 to 3"),
])  # fmt: skip
def test_a_wrong_line_is_named(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "a_tracks.txt").write_text(text)
    with pytest.raises(DatasetError, match=problem):
        read_tracks(tmp_path / "a_tracks.txt")


@pytest.mark.parametrize("frame, last_included, numbers", [
    (1, True, []), (2, True, [1]), (4, True, [1, 2]), (4, False, [2]), (6, True, [2]), (6, False, []),
])  # fmt: skip
def test_objects_are_abnormal_from_their_first_frame_to_their_last(
    frame: int, last_included: bool, numbers: list[int]
) -> None:
    assert abnormal_at([AbnormalObject(1, 2, 4), AbnormalObject(2, 3, 6)], frame, last_included) == numbers


@pytest.mark.shared
def test_the_published_lists_name_all_videos(shared: Path) -> None:
    listed = read_lists([shared / "data" / "pose_samples" / "ubnormal"])
    assert all(re.fullmatch(NAME, name) for name in listed)
    parts = [(part, name.split("_")[0]) for name, part in listed.items()]
    counts = [
        parts.count((part, kind)) for part in ("training", "validation", "test") for kind in ("normal", "abnormal")
    ]
    assert counts == [186, 82, 26, 38, 53, 158]


@pytest.mark.shared
def test_the_arrays_of_stgnf_have_the_published_sums(shared: Path, tmp_path: Path) -> None:
    samples = shared / "data" / "pose_samples" / "ubnormal"
    with zipfile.ZipFile(samples / "stgnf_ubnormal_gt.zip") as packed:
        packed.extractall(tmp_path)
    parts = {"training": "train", "validation": "validation", "test": "test"}
    for name, part in read_lists([samples]).items():
        folder = "abnormal_train" if part == "training" and name.startswith("abnormal") else parts[part]
        posed_layouts.tracked(tmp_path / "pose" / folder, {name: [0]})
    dataset = opened(tmp_path, size="1280x720")
    test = [video for video in dataset.videos() if video.split == "test"]
    labels = np.concatenate([dataset.labels(video.id) for video in test])
    assert (len(test), len(labels), labels.sum()) == (211, 92640, 49650)
    assert not any("published are" in note or "must not be compared" in note for note in dataset.notes())
    lists = [path for path in (tmp_path / "gt").glob("*_tracks.txt") if not is_frame_array(path)]
    assert len(lists) == 120 and all(read_tracks(path) for path in lists)
