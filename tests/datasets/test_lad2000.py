"""The tree of LAD2000's code, for each of its data sets."""

from pathlib import Path

import numpy as np
import pytest

from features.datasets.lad2000 import CLASSES, NAMES, Lad2000, Part
from features.errors import DatasetError
from features.plan.listing import ABNORMAL, NORMAL, Annotation, Recording
from tests.datasets.weak_layouts import by_id, ids, lines, pickled

FALL, STREET, FIRE = "v_Falling_0_y_01_1", "v_Falling_0_n_02_1", "v_Fire_0_y_03_1"


def feature_file(root: Path, video: str, clips: int, inside: str = "i3d/combine") -> None:
    folder = root / "features_video" / inside / video
    folder.mkdir(parents=True)
    np.save(folder / "feature.npy", np.zeros((clips, 4), np.float32))


def write_tree(root: Path, train: list[str], test: list[str]) -> None:
    lines(root / "train_split.txt", *train, ends="\r\n")
    lines(root / "test_split.txt", *test)
    for name in dict.fromkeys([*train, *test]):
        feature_file(root, name.replace("Ped", "ped"), 2)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """LAD2000 below its own folder; labels (1, n), as MATLAB's are; a normal video has its folder's class."""
    root = tmp_path / "LAD2000"
    write_tree(root, [FALL, STREET], [FIRE])
    labels = {FALL: [[0, 1, 1, 0]], STREET: [[0, 0, 0]], FIRE: [[1, 0, 0, 0, 1]]}
    pickled(root / "GT" / "frame_label_IET.pickle", {name: np.array(found, np.uint8) for name, found in labels.items()})
    pickled(root / "GT" / "video_label_IET.pickle", {FALL: 5, STREET: 5, FIRE: np.int64(7)})
    return tmp_path


def opened(root: Path, **options: object) -> Lad2000:
    return Lad2000(root, root / "work", **options)


@pytest.mark.parametrize("inside", [".", "LAD2000"])
def test_training_videos_say_when_something_happens_and_what(tree: Path, inside: str) -> None:
    videos = by_id(opened(tree / inside))
    assert list(videos) == [f"train/{FALL}", f"train/{STREET}", f"test/{FIRE}"]
    assert videos[f"train/{FALL}"].annotation == Annotation("Falling", ((1, 3),))
    assert videos[f"test/{FIRE}"].annotation == Annotation("Fire", ((0, 1), (4, 5)))


def test_the_class_of_a_normal_video_is_that_of_its_folder_and_is_not_believed(tree: Path) -> None:
    assert by_id(opened(tree))[f"train/{STREET}"].annotation == Annotation(NORMAL)


def test_videos_are_as_long_as_their_labels(tree: Path) -> None:
    dataset = opened(tree)
    assert by_id(dataset)[f"train/{FALL}"].recording == Recording(4, height=240, width=320, fps=25.0)
    assert dataset.labels(f"train/{FALL}").tolist() == [0, 1, 1, 0] and dataset.labels(f"train/{STREET}").sum() == 0


@pytest.mark.parametrize("options, inside", [
    ({"modality": "rgb"}, "i3d/rgb"), ({"extractor": "c3d", "layer": "fc6", "modality": "flow"}, "c3d/fc6/flow"),
])  # fmt: skip
def test_options_choose_the_features(tree: Path, options: dict[str, str], inside: str) -> None:
    feature_file(tree / "LAD2000", FIRE, 3, inside)
    dataset = opened(tree, **options)
    assert ids(dataset) == [f"test/{FIRE}"]
    assert dataset.videos()[0].path.parent.parent == tree / "LAD2000" / "features_video" / inside
    assert f"features: {inside.split('/')[0]}, {options['modality']}" in dataset.notes()


def arnet_labels(root: Path, frames: dict[str, list[float]], videos: dict[str, float]) -> None:
    pickled(root / "GT" / "frame_label.pickle", {name: np.array(found) for name, found in frames.items()})
    pickled(root / "GT" / "video_label.pickle", {name: [label] for name, label in videos.items()})


@pytest.mark.parametrize("part, abnormal, category, size, fps", [
    ("shanghaitech", "01_0014", ABNORMAL, (480, 856), 24.0),
    ("UCF_Crime", "RoadAccidents021_x264", "RoadAccidents", (240, 320), 30.0),
    ("Avenue", "Avenue_a_01", ABNORMAL, (360, 640), 25.0),
    ("UCSDPed2", "Ped2_a_001", ABNORMAL, (240, 360), 10.0),
    ("LV", "lv_01", ABNORMAL, (240, 320), 25.0),
])  # fmt: skip
def test_other_data_sets_in_the_same_tree(
    tmp_path: Path, part: Part, abnormal: str, category: str, size: tuple[int, int], fps: float
) -> None:
    both = (abnormal, f"{abnormal}5")
    write_tree(tmp_path / part, [both[0]], [both[1]])
    arnet_labels(tmp_path / part, {name: [0.0, 1.0, 1.0] for name in both}, dict.fromkeys(both, 1.0))
    dataset = opened(tmp_path, part=part)
    assert dataset.name == NAMES[part]
    videos = dataset.videos()
    assert [video.split for video in videos] == ["train", "test"]
    assert {video.annotation for video in videos} == {Annotation(category, ((1, 3),))}
    assert videos[0].recording == Recording(3, *size, fps)


def test_a_video_in_both_lists_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path, ["01_0014"], ["01_0014"])
    arnet_labels(tmp_path, {"01_0014": [0.0, 1.0]}, {})
    with pytest.raises(DatasetError, match="lists have 01_0014 in training and in testing; leave it out of one"):
        opened(tmp_path, part="shanghaitech").videos()


def test_a_list_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path, ["01_0014"], [])
    (tmp_path / "test_split.txt").write_bytes(b"\xff\xfe01\n")
    with pytest.raises(DatasetError, match=r"test_split\.txt is no UTF-8 text .*; save it as UTF-8"):
        opened(tmp_path, part="shanghaitech").videos()


def test_names_are_as_the_code_writes_them_when_it_opens_files(tmp_path: Path) -> None:
    write_tree(tmp_path, ["Ped2_a_001"], ["Ped2_n_002"])
    arnet_labels(tmp_path, {"ped2_a_001": [1.0], "Ped2_n_002": [0.0]}, {})
    assert ids(opened(tmp_path, part="UCSDPed2")) == ["train/ped2_a_001", "test/ped2_n_002"]


def test_training_videos_with_a_label_of_the_whole_alone_do_not_say_when(tmp_path: Path) -> None:
    write_tree(tmp_path, ["01_0014", "01_001"], ["01_0015"])
    arnet_labels(tmp_path, {"01_0015": [0.0, 1.0]}, {"01_0014": 1.0, "01_001": 0.0})
    videos = by_id(opened(tmp_path, part="shanghaitech"))
    assert videos["train/01_0014"].annotation == Annotation(ABNORMAL, None)
    assert videos["train/01_001"].annotation == Annotation(NORMAL)
    assert videos["train/01_0014"].recording.frames == 32


def test_labels_that_say_nothing_of_when_are_noted(tmp_path: Path) -> None:
    write_tree(tmp_path, ["Abuse001_x264", "Abuse002_x264"], ["Arson001_x264"])
    labels = {"Abuse001_x264": [1.0] * 9, "Abuse002_x264": [0.0, 1.0], "Arson001_x264": [0.0, 1.0]}
    arnet_labels(tmp_path, labels, {})
    notes = opened(tmp_path, part="UCF_Crime").notes()
    assert "1 of 2 abnormal training videos are labelled so throughout" in notes


def test_a_test_video_needs_frame_labels(tree: Path) -> None:
    (tree / "LAD2000" / "GT" / "frame_label_IET.pickle").unlink()
    with pytest.raises(DatasetError, match=f"{FIRE} is a test video without labels; get GT/frame_label_IET.pickle"):
        opened(tree).videos()


def test_without_frame_labels_the_name_of_a_training_video_says_whether_it_is_normal(tree: Path) -> None:
    (tree / "LAD2000" / "GT" / "frame_label_IET.pickle").unlink()
    annotations = [video.annotation for video in opened(tree, labels="none").videos()]
    assert annotations == [Annotation("Falling"), Annotation(NORMAL), None]


@pytest.mark.parametrize("file, content, problem", [
    ("frame_label_IET.pickle", [1], "holds list, expected a dict by the names of videos"),
    ("frame_label_IET.pickle", {FALL: np.array([0, 255])}, r"has labels int64 \(2,\); expected one 0 or 1"),
    ("frame_label_IET.pickle", {FALL: np.zeros((2, 3))}, r"has labels float64 \(2, 3\)"),
    ("video_label_IET.pickle", {FALL: 14}, "is of class 14; expected 0 to 13"),
    ("video_label_IET.pickle", {FALL: "Fire"}, "has the label 'Fire'; expected a number"),
    ("video_label_IET.pickle", {FALL: Path("x")}, "only plain data are read from pickles"),
])  # fmt: skip
def test_damaged_pickles_are_named(tree: Path, file: str, content: object, problem: str) -> None:
    pickled(tree / "LAD2000" / "GT" / file, content)
    with pytest.raises(DatasetError, match=problem):
        opened(tree).videos()


def test_without_lists_they_are_asked_for(tree: Path) -> None:
    (tree / "LAD2000" / "test_split.txt").unlink()
    with pytest.raises(DatasetError, match=r"expected train_split\.txt and test_split\.txt"):
        opened(tree).videos()


def test_there_are_fourteen_classes_by_index() -> None:
    assert len(CLASSES) == 14 and CLASSES[0] == "Crash" and CLASSES[13] == "Violence"
