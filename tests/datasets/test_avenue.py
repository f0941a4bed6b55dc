"""CUHK Avenue: official videos, frames, masks in both forms."""

from pathlib import Path

import numpy as np
import pytest

from features.datasets.avenue import Avenue
from features.errors import DatasetError
from tests.datasets import layouts


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """Some official videos with their masks; clip 10 sorts before clip 2 by name."""
    base = tmp_path / "Avenue Dataset"
    layouts.files(base, "training_videos/01.avi", "training_videos/16.avi")
    layouts.files(base, "testing_videos/02.avi", "testing_videos/10.avi", "testing_videos/._02.avi")
    layouts.vol_label(base / "ground_truth_demo" / "testing_label_mask" / "2_label.mat", [0, 1, 1])
    layouts.vol_label(base / "ground_truth_demo" / "testing_label_mask" / "10_label.mat", [1, 0])
    return tmp_path


def test_clips_come_by_number_and_masks_by_clip(official: Path) -> None:
    dataset = Avenue(official, official / "work")
    assert [video.id for video in dataset.videos()] == ["training/01", "training/16", "testing/02", "testing/10"]
    assert dataset.labels("testing/02").tolist() == [0, 1, 1]
    assert dataset.labels("testing/10").tolist() == [1, 0]
    assert [mask.sum() for mask in dataset.masks("testing/10")] == [1, 0]


def test_lengths_of_masks_are_known_without_reading_them(official: Path) -> None:
    dataset = Avenue(official, official / "work")
    assert [dataset.label_frames(video.id) for video in dataset.videos()] == [None, None, 3, 2]


def test_frames_in_folders_have_the_same_ids(tmp_path: Path) -> None:
    layouts.images(tmp_path / "training" / "frames" / "01", 2, ".jpg")
    layouts.images(tmp_path / "testing" / "frames" / "21", 2, ".jpg")
    layouts.vol_label(tmp_path / "ground_truth_demo" / "testing_label_mask" / "21_label.mat", [0, 1])
    dataset = Avenue(tmp_path, tmp_path / "work")
    assert [video.id for video in dataset.videos()] == ["training/01", "testing/21"]
    assert dataset.labels("testing/21").tolist() == [0, 1]


def test_a_clip_without_masks_is_named(official: Path) -> None:
    (official / "Avenue Dataset" / "ground_truth_demo" / "testing_label_mask" / "10_label.mat").unlink()
    with pytest.raises(DatasetError, match=r"expected masks or intervals for 2 test clips .*missing: 10"):
        Avenue(official, official / "work").videos()


def test_a_file_that_is_no_matlab_file_is_named(official: Path) -> None:
    path = official / "Avenue Dataset" / "ground_truth_demo" / "testing_label_mask" / "2_label.mat"
    path.write_bytes(b"<html>not found</html>" * 20)
    with pytest.raises(DatasetError, match=r"2_label\.mat is no MATLAB v5 file"):
        Avenue(official, official / "work").labels("testing/02")


def test_packed_masks_of_abnormal_frames_alone(tmp_path: Path) -> None:
    layouts.files(tmp_path, "videos/testing_08.avi", "videos/training_12.avi")
    packed = np.packbits(np.ones((2, 360, 640), bool), axis=-1)
    np.savez(tmp_path / "masks_x.npz", **{"08_length": 4, "08_frames": np.int32([1, 3]), "08_packed": packed})
    dataset = Avenue(tmp_path, tmp_path / "work")
    assert dataset.labels("testing/08").tolist() == [0, 1, 0, 1]
    assert [bool(mask.any()) for mask in dataset.masks("testing/08")] == [False, True, False, True]


@pytest.mark.shared
def test_the_published_masks_have_the_published_sums(shared: Path, tmp_path: Path) -> None:
    layouts.files(tmp_path, *(f"testing_videos/{number:02d}.avi" for number in range(1, 22)))
    masks = shared / "data" / "avenue_gt" / "masks_21clips.npz"
    dataset = Avenue(tmp_path, tmp_path / "work", masks=masks)
    labels = {video.id: dataset.labels(video.id) for video in dataset.videos()}
    assert [len(found) for found in labels.values()] == list(dataset.published.test_lengths)
    assert (sum(map(len, labels.values())), sum(found.sum() for found in labels.values())) == (15324, 3712)
    with np.load(shared / "data" / "avenue_gt" / "frame_labels.npz") as golden:
        for name, found in labels.items():
            np.testing.assert_array_equal(found, golden[f"vollabel_{name[-2:]}"])


@pytest.mark.shared
def test_three_official_clips_with_their_masks(shared: Path, tmp_path: Path) -> None:
    dataset = Avenue(shared / "data" / "avenue_gt", tmp_path)
    assert [video.id for video in dataset.videos()] == ["training/12", "testing/08", "testing/21"]
    assert (dataset.labels("testing/08").sum(), dataset.labels("testing/21").sum()) == (36, 53)
