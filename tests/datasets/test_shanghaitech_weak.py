"""ShanghaiTech's weak split: as pictures, as features, by every published list."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from examples.segments_from_npz import shanghaitech_weak
from features.datasets.shanghaitech_weak import ShanghaiTechWeak
from features.errors import ConfigError, DatasetError
from features.plan.listing import ABNORMAL, NORMAL, Annotation, Recording
from tests.datasets import layouts, posed_layouts
from tests.datasets.weak_layouts import by_id, features, ids, lines, of_split, totals

TRAIN = [{"name": "01_0014", "label": 1}, {"name": "01_002", "label": 0}]
TEST = [{"name": "01_0015", "label": 1, "frames": 5}, {"name": "01_001", "label": 0, "frames": 40}]
IDS = ["train/01_0014", "train/01_002", "test/01_0015", "test/01_001"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The split, masks of both abnormal videos, features of all four."""
    (tmp_path / "weak_split.json").write_text(json.dumps({"train": TRAIN, "test": TEST}))
    posed_layouts.frame_masks(tmp_path / "test_frame_mask", {"01_0014": [0, 1, 1], "01_0015": [1, 0, 0, 1, 1]})
    features(tmp_path / "clips", {"01_0014": 1, "01_002": 3, "01_0015": 1, "01_001": 2})
    return tmp_path


def opened(root: Path, **options: object) -> ShanghaiTechWeak:
    return ShanghaiTechWeak(root, root / "work", **options)


@pytest.mark.parametrize("video, says", [
    ({"name": "x/../y"}, r"'x/\.\./y' is no video of ShanghaiTech"),
    ({"name": "01_001", "frames": "x"}, "01_001 is said to have 'x' frames"),
    ({"name": "01_002", "frames": 40}, "lists have 01_002 in training and in testing"),
])  # fmt: skip
def test_a_split_that_cannot_be_meant_is_refused(tree: Path, video: dict[str, object], says: str) -> None:
    (tree / "weak_split.json").write_text(json.dumps({"train": TRAIN, "test": [video]}))
    with pytest.raises(DatasetError, match=says):
        opened(tree).videos()


def test_a_mask_of_an_abnormal_video_without_an_abnormal_frame_is_refused(tree: Path) -> None:
    np.save(tree / "test_frame_mask" / "01_0015.npy", np.zeros(5, np.uint8))
    with pytest.raises(DatasetError, match=r"no frame is abnormal in .*01_0015\.npy, the mask of an abnormal video"):
        opened(tree).videos()


def test_videos_come_in_the_order_of_the_lists_training_first(tree: Path) -> None:
    assert ids(opened(tree)) == IDS
    assert [video.split for video in opened(tree).videos()] == ["train", "train", "test", "test"]


def test_when_an_abnormal_training_video_is_abnormal_is_not_said(tree: Path) -> None:
    dataset = opened(tree)
    assert by_id(dataset)["train/01_0014"].annotation == Annotation(ABNORMAL, None)
    assert dataset.labels("train/01_0014").tolist() == [-1, -1, -1]
    assert dataset.labels("train/01_002").tolist() == [0] * 48


def test_it_is_said_to_models_that_need_it_where_the_config_wants_so(tree: Path) -> None:
    dataset = opened(tree, supervised=True)
    assert by_id(dataset)["train/01_0014"].annotation == Annotation(ABNORMAL, ((1, 3),))
    assert dataset.labels("train/01_0014").tolist() == [0, 1, 1]
    assert "models that need it are told which frames of training videos are abnormal" in dataset.notes()


def test_test_videos_are_labelled_by_masks_and_normal_ones_throughout(tree: Path) -> None:
    videos = by_id(opened(tree))
    assert videos["test/01_0015"].annotation == Annotation(ABNORMAL, ((0, 1), (3, 5)))
    assert videos["test/01_001"].annotation == Annotation(NORMAL)
    assert opened(tree).labels("test/01_0015").tolist() == [1, 0, 0, 1, 1]


def test_a_video_without_pictures_is_as_long_as_masks_or_lists_say_else_16_frames_a_clip(tree: Path) -> None:
    recordings = {name: video.recording for name, video in by_id(opened(tree)).items()}
    assert {name: found.frames for name, found in recordings.items()} == dict(zip(IDS, [3, 48, 5, 40], strict=True))
    assert recordings["test/01_0015"] == Recording(5, height=480, width=856, fps=24.0)
    notes = opened(tree).notes()
    assert "4 of 4 videos are there as published features only" in notes
    assert any(note.startswith("of 1 videos nobody says how long they are") for note in notes)


def test_features_are_the_source_and_the_role_of_a_recording(tree: Path) -> None:
    video = by_id(opened(tree))["test/01_001"]
    assert video.path == tree / "clips" / "01_001.npy" and video.files == {"clips": video.path}


def test_features_may_lie_elsewhere_and_in_a_file_for_each_crop(tree: Path, tmp_path: Path) -> None:
    (tree / "clips").rename(tmp_path / "unused")
    features(tmp_path / "i3d" / "test", {"01_001__0": 2, "01_001__1": 2})
    dataset = opened(tree, clips=tmp_path / "i3d")
    assert ids(dataset) == ["test/01_001"]
    assert [path.name for path in dataset.videos()[0].files.values()] == ["01_001__0.npy", "01_001__1.npy"]
    assert any("3 of 4 listed videos are not there, the first is train/01_0014" in note for note in dataset.notes())


def test_pictures_of_the_official_archive_are_found_in_both_of_its_splits(tree: Path) -> None:
    layouts.files(tree / "training" / "videos", "01_001.avi", "01_002.avi")
    layouts.images(tree / "testing" / "frames" / "01_0014", 3)
    layouts.images(tree / "testing" / "frames" / "01_0015", 5)
    videos = by_id(opened(tree))
    assert list(videos) == IDS and not any(video.recording for video in videos.values())
    assert videos["test/01_001"].path.name == "01_001.avi" and "clips" in videos["test/01_001"].files
    assert videos["train/01_0014"].path == tree / "testing" / "frames" / "01_0014"


def test_labels_fit_pictures_of_any_length_but_masks_fit_their_own_alone(tree: Path) -> None:
    dataset = opened(tree)
    assert dataset.label_frames("test/01_001") is None and dataset.labels_for("test/01_001", 7).tolist() == [0] * 7
    assert dataset.label_frames("test/01_0015") == 5


@pytest.mark.parametrize("train, test, frames", [
    (("SH_Train_new.txt", ["01_0014,1", "01_002,0"]), ("SH_Test_NEW.txt", ["01_0015,1", "01_001,0,40"]), 40),
    (
        ("shanghai-i3d-train-10crop.list", ["/data/i3d/01_0014_i3d.npy", "/data/i3d/01_002_i3d.npy"]),
        ("shanghai-i3d-test-10crop.list", ["D:\\i3d\\01_0015_i3d.npy", "D:\\i3d\\01_001_i3d.npy"]),
        32,
    ),
])  # fmt: skip
def test_lists_of_other_trainers_say_the_same(
    tree: Path, train: tuple[str, list[str]], test: tuple[str, list[str]], frames: int
) -> None:
    (tree / "weak_split.json").unlink()
    for name, listed in (train, test):
        lines(tree / "list" / name, *listed, ends="\r\n")
    videos = by_id(opened(tree))
    assert list(videos) == IDS
    assert [video.annotation.category for video in videos.values()] == [ABNORMAL, NORMAL, ABNORMAL, NORMAL]
    assert videos["test/01_001"].recording.frames == frames


def test_the_order_of_a_list_changes_no_label(tree: Path) -> None:
    (tree / "weak_split.json").unlink()
    lines(tree / "shanghai-i3d-train-10crop.list", "01_002_i3d.npy", "01_0014_i3d.npy")
    lines(tree / "shanghai-i3d-test-10crop.list", "01_001_i3d.npy", "01_0015_i3d.npy")
    categories = {name: video.annotation.category for name, video in by_id(opened(tree)).items()}
    assert categories == dict(zip(IDS, [ABNORMAL, NORMAL] * 2, strict=True))


def test_without_labels_test_videos_are_not_judged(tree: Path) -> None:
    for path in (tree / "test_frame_mask").iterdir():
        path.unlink()
    with pytest.raises(DatasetError, match=r"01_0015 is an abnormal test video without a frame mask; .*labels: none"):
        opened(tree).videos()
    dataset = opened(tree, labels="none")
    assert by_id(dataset)["test/01_0015"].annotation is None and dataset.labels("test/01_0015") is None
    assert by_id(dataset)["train/01_0014"].annotation == Annotation(ABNORMAL, None)


def test_supervision_needs_the_masks_of_training_videos(tree: Path) -> None:
    (tree / "test_frame_mask" / "01_0014.npy").unlink()
    assert by_id(opened(tree))["train/01_0014"].recording.frames == 16
    with pytest.raises(DatasetError, match="01_0014 is an abnormal train video without a frame mask"):
        opened(tree, supervised=True).videos()


def test_the_digest_of_labels_changes_with_what_they_say_and_for_how_many_frames(tree: Path) -> None:
    before = opened(tree).labels_digest(IDS)
    assert opened(tree, supervised=True).labels_digest(IDS) != before
    posed_layouts.frame_masks(tree / "test_frame_mask", {"01_0015": [1, 0, 0, 1, 0]})
    assert opened(tree).labels_digest(IDS) != before != opened(tree).labels_digest(IDS[:2])


@pytest.mark.parametrize("content, problem", [
    ("{", "is no JSON"), ("[]", "expected lists train and"), ('{"train": [1], "test": []}', "expected lists train and"),
])  # fmt: skip
def test_a_damaged_split_is_named(tree: Path, content: str, problem: str) -> None:
    (tree / "weak_split.json").write_text(content)
    with pytest.raises(DatasetError, match=problem):
        opened(tree).videos()


def test_without_lists_they_are_asked_for(tree: Path) -> None:
    (tree / "weak_split.json").unlink()
    with pytest.raises(DatasetError, match=r"expected weak_split\.json, or a pair of lists .* lists: FOLDER"):
        opened(tree).videos()
    with pytest.raises(DatasetError, match="elsewhere is no folder; check the option lists"):
        opened(tree, lists=tree / "elsewhere").videos()
    with pytest.raises(ConfigError, match="needs root"):
        ShanghaiTechWeak(None, tree).videos()


def test_where_nothing_listed_is_there_it_is_said_where_features_are_looked_for(tree: Path) -> None:
    (tree / "clips").rename(tree / "i3d")
    with pytest.raises(DatasetError, match=r"none of 4 listed videos, .* or features in clips or features; .*clips: F"):
        opened(tree).videos()


def test_a_damaged_file_is_listed_and_refused_where_it_is_imported(tree: Path) -> None:
    (tree / "clips" / "01_002.npy").write_bytes(b"not numpy")
    assert by_id(opened(tree))["train/01_002"].recording.frames == 16


def test_one_file_of_many_videos_does_not_tell_recordings_apart(tree: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "features.h5", "w") as file:
        file["01_001.npy"] = np.zeros((2, 4), np.float32)
    (tree / "clips").rename(tree / "unused")
    (tree / "clips").mkdir()
    (tmp_path / "features.h5").rename(tree / "clips" / "features.h5")
    with pytest.raises(DatasetError, match="holds features of many videos, which only pictures tell apart"):
        opened(tree).videos()


def test_segments_of_archives_become_a_data_set(tmp_path: Path) -> None:
    archives = tmp_path / "archives"
    archives.mkdir()
    (archives / "weak_split.json").write_text(json.dumps({"train": TRAIN, "test": TEST}))
    np.savez(archives / "test_frame_mask.npz", **{"01_0015": np.array([1, 0, 0, 1, 1], np.uint8)})
    for split, listed in (("train", TRAIN), ("test", TEST)):
        segments = {video["name"]: np.full((32, 4), 0.1, np.float16) for video in listed}
        np.savez(archives / f"features_32seg_{split}.npz", **segments)
    assert shanghaitech_weak(archives, tmp_path / "tree") == 4
    dataset = opened(tmp_path / "tree")
    assert ids(dataset) == IDS and by_id(dataset)["train/01_002"].recording.frames == 32 * 16
    assert np.load(dataset.videos()[0].path).dtype == np.float32


@pytest.mark.shared
def test_the_published_split_has_the_published_totals(shared: Path, tmp_path: Path) -> None:
    assert shanghaitech_weak(shared / "data" / "shanghaitech_i3d", tmp_path) == 437
    dataset = opened(tmp_path)
    assert totals(dataset.labels(video.id) for video in of_split(dataset, "test")) == (141_870, 7_962)
    abnormal = [video for video in dataset.videos() if video.annotation and video.annotation.abnormal]
    assert [sum(video.split == split for video in abnormal) for split in ("train", "test")] == [63, 44]
    assert sum(len(dataset.labels(video.id)) for video in abnormal if video.split == "test") == 17_472
    assert len(of_split(dataset, "train")) == 238
    assert not any("not there" in note or "published are" in note for note in dataset.notes())
    assert np.load(dataset.videos()[0].path).shape == (32, 2048)
