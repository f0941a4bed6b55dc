"""AIHub's CCTV sets: JSON labels of STG-NF's fork, XML labels, folders in any script."""

import json
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pytest

from features.datasets.aihub import Aihub, split_of
from features.datasets.aihub_labels import BlockLabels, EventLabels, seconds
from features.datasets.counts import check_counts
from features.errors import ConfigError, DatasetError
from features.plan.listing import Recording
from tests.datasets import layouts, posed_layouts

CLIP = "C021_A20_SY15_P01_S01_01DAS"
BLOCKS = [("A19", 0, 2), ("A20", 3, 5), ("A18", 6, 7)]
XML = """<annotation>
 <header><duration>00:00:10.0</duration><frames>300</frames></header>
 <event><starttime>00:00:04.5</starttime><duration>00:00:02.0</duration></event>
 <object><action><actionname>fall</actionname>
  <frame><start>140</start><end>149</end></frame><frame><start>200</start><end>200</end></frame>
 </action></object>
</annotation>"""


def blocks(path: Path, listed: list[tuple[str, int, int]]) -> Path:
    """The fork's label file; numbers are text there."""
    found = [{"block_detail": d, "start_frame_index": str(a), "end_frame_index": str(b)} for d, a, b in listed]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"file": [{"videos": {"block_information": found}}]}))
    return path


def opened(root: Path, **options: object) -> Aihub:
    return Aihub(root, root / "work", **options)


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """The fork's tree: poses of two clips, their labels beside."""
    tree = tmp_path / "data" / "AIHub"
    posed_layouts.tracked(tree / "pose" / "train", {"C031_A20_SY01_P01_S01_01DAS": [0, 9]})
    posed_layouts.tracked(tree / "pose" / "test", {CLIP: [0, 10]})
    blocks(tree / "labels" / f"{CLIP}.json", BLOCKS)
    return tmp_path


def test_poses_of_the_fork_are_clips(fork: Path) -> None:
    dataset = opened(fork, size="1920x1080")
    assert [video.id for video in dataset.videos()] == ["train/C031_A20_SY01_P01_S01_01DAS", f"test/{CLIP}"]
    assert dataset.videos()[0].recording == Recording(10, 1080, 1920, 30.0)


def test_blocks_of_the_target_in_the_name_are_abnormal(fork: Path) -> None:
    assert opened(fork).labels(f"test/{CLIP}").tolist() == [0, 0, 0, 1, 1, 1, 0, 0]


def test_frames_after_the_last_block_are_unknown(fork: Path) -> None:
    dataset = opened(fork, size="1920x1080")
    frames = dataset.videos()[1].recording.frames
    assert frames == 11
    assert dataset.labels_for(f"test/{CLIP}", frames).tolist() == [0, 0, 0, 1, 1, 1, 0, 0, -1, -1, -1]
    check_counts(dataset, {f"test/{CLIP}": 11})


def test_a_video_shorter_than_its_labels_is_refused(fork: Path) -> None:
    with pytest.raises(DatasetError, match=f"test/{CLIP} has 7 frames but its labels have 8"):
        check_counts(opened(fork), {f"test/{CLIP}": 7})


def test_without_videos_a_size_has_to_be_given(fork: Path) -> None:
    with pytest.raises(ConfigError, match="so its size is not known; set size: WIDTHxHEIGHT"):
        opened(fork).videos()


def test_arrays_that_the_fork_made_are_labels_too(fork: Path) -> None:
    (fork / "data" / "AIHub" / "labels" / f"{CLIP}.json").unlink()
    posed_layouts.frame_masks(fork / "data" / "AIHub" / "gt", {CLIP: [0, 1]})
    assert opened(fork).labels(f"test/{CLIP}").tolist() == [0, 1]


def test_videos_are_joined_with_poses_and_labels_by_name(fork: Path) -> None:
    layouts.files(fork, f"원천데이터/이상행동/{CLIP}.mp4")
    videos = {video.id: video for video in opened(fork, size="1920x1080").videos()}
    video = videos[f"원천데이터/이상행동/{CLIP}"]
    assert (video.split, video.recording, set(video.files)) == ("test", None, {"poses"})
    assert f"test/{CLIP}" not in videos
    assert opened(fork, size="1920x1080").labels(video.id).sum() == 3


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_ids_are_the_same_in_both_forms_of_hangul(tmp_path: Path, form: str) -> None:
    folder = unicodedata.normalize(form, "2.Validation/원천데이터/실신")
    layouts.files(tmp_path, f"{folder}/710-2_cam01_swoon01_place01_day_spring_02.mp4")
    (tmp_path / folder / "710-2_cam01_swoon01_place01_day_spring_02.xml").write_text(XML)
    dataset = opened(tmp_path)
    (video,) = dataset.videos()
    assert video.id == unicodedata.normalize(
        "NFC", "2.Validation/원천데이터/실신/710-2_cam01_swoon01_place01_day_spring_02"
    )
    assert dataset.labels(video.id).sum() == 60


@pytest.mark.parametrize("video_id, split", [
    ("train/a", "train"),
    ("1.Training/원천데이터/a", "train"),
    ("01. training_data/a", None),
    ("[1]Training/a", "train"),
    ("2.Validation/b/a", "test"),
    ("Testing/a", "test"),
    ("training", None),
    ("trains/a", None),
    ("실신/train/a", None),
])  # fmt: skip
def test_the_first_folder_may_name_the_split(video_id: str, split: str | None) -> None:
    assert split_of(video_id) == split


def test_without_any_split_all_videos_are_test_videos(tmp_path: Path) -> None:
    layouts.files(tmp_path, "b/clip 10.mp4", "b/clip 9.mp4")
    dataset = opened(tmp_path, labels="none")
    assert [(video.id, video.split) for video in dataset.videos()] == [("b/clip 9", "test"), ("b/clip 10", "test")]
    assert dataset.notes() == ["no split is given: all 2 videos are test videos"]


def test_videos_outside_the_splits_are_left_out_and_counted(tmp_path: Path) -> None:
    layouts.files(tmp_path, "train/a.mp4", "extra/b.mp4")
    assert opened(tmp_path).notes() == ["1 videos lie outside folders of a split and are left out, e.g. extra/b"]


def test_labels_beside_a_video_are_its_own_even_where_others_have_its_name(tmp_path: Path) -> None:
    for number, abnormal in enumerate(([0, 1], [1, 1])):
        layouts.files(tmp_path, f"test/{number}/cut.mp4")
        posed_layouts.frame_masks(tmp_path / "test" / str(number), {"cut": abnormal})
    dataset = opened(tmp_path)
    assert [dataset.labels(f"test/{number}/cut").tolist() for number in (0, 1)] == [[0, 1], [1, 1]]
    (tmp_path / "test" / "0" / "cut.npy").rename(tmp_path / "cut.npy")
    layouts.files(tmp_path, "test/2/cut.mp4")
    with pytest.raises(DatasetError, match="may both be labels of test/0/cut; keep one"):
        opened(tmp_path).videos()


@pytest.mark.parametrize("rule, lead, abnormal", [
    ("event", 0.0, [(135, 195)]),
    ("event", 1.5, [(90, 195)]),
    ("event", 10.0, [(0, 195)]),
    ("actions", 0.0, [(140, 150), (200, 201)]),
])  # fmt: skip
def test_xml_labels_by_event_or_by_actions(
    tmp_path: Path, rule: str, lead: float, abnormal: list[tuple[int, int]]
) -> None:
    (tmp_path / "a.xml").write_text(XML)
    expected = np.zeros(300, int)
    for first, end in abnormal:
        expected[first:end] = 1
    np.testing.assert_array_equal(EventLabels(tmp_path / "a.xml", rule, lead).read(), expected)


def test_the_rule_of_xml_labels_is_noted(tmp_path: Path) -> None:
    layouts.files(tmp_path, "test/a.mp4")
    (tmp_path / "test" / "a.xml").write_text(XML)
    assert opened(tmp_path, lead=10).notes() == ["XML labels by the rule 'event', from 10 s before"]


@pytest.mark.parametrize("change, problem", [
    (("00:00:04.5", "4.5 s"), "'4.5 s' is no time H:M:S"),
    (("<frames>300</frames>", ""), "header/frames is missing"),
    (("00:00:10.0", "00:00:00"), "division by zero"),
    (("00:00:04.5", "00:00:14.5"), "abnormal from frame 435"),
    (("</annotation>", ""), "is no XML file"),
    (("<annotation>", '<!DOCTYPE a [<!ENTITY b "c">]><annotation>'), "declares a document type"),
])  # fmt: skip
def test_xml_labels_that_make_no_sense_are_named(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    (tmp_path / "a.xml").write_text(XML.replace(*change))
    with pytest.raises(DatasetError, match=rf"a\.xml.*{problem}"):
        EventLabels(tmp_path / "a.xml", "event", 0.0).read()


@pytest.mark.parametrize("text, expected", [("00:02:10.5", 130.5), ("1:00:00", 3600.0), (" 00:00:01. ", 1.0)])
def test_times_are_hours_minutes_and_seconds(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("content, problem", [
    ("{}", "has no blocks .KeyError"),
    ('{"file": []}', "has no blocks .IndexError"),
    ("[", "has no blocks"),
])  # fmt: skip
def test_json_without_blocks_is_named(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DatasetError, match=problem):
        BlockLabels(tmp_path / "a.json", "A20").read()


def test_a_block_beyond_the_last_is_refused(tmp_path: Path) -> None:
    path = blocks(tmp_path / "a.json", [("A20", 3, 9), ("A18", 6, 7)])
    with pytest.raises(DatasetError, match="block A20 is from frame 3 to 9 of 8"):
        BlockLabels(path, "A20").read()


@pytest.mark.shared
def test_labels_agree_with_those_that_the_fork_makes(shared: Path, tmp_path: Path) -> None:
    samples = shared / "data" / "pose_samples" / "constructed"
    np.testing.assert_array_equal(BlockLabels(samples / f"{CLIP}.json", "A20").read(), np.load(samples / f"{CLIP}.npy"))
    with zipfile.ZipFile(shared / "golden" / "stgnf" / "aihub_inputs.zip") as packed:
        packed.extractall(tmp_path)
    (tmp_path / "data" / "AIHub" / "gt").rename(tmp_path.parent / f"{tmp_path.name}-gt")
    dataset = opened(tmp_path, size="1920x1080")
    with np.load(shared / "golden" / "stgnf" / "synthetic_aihub_pipeline.npz") as golden:
        for video in dataset.videos():
            np.testing.assert_array_equal(dataset.labels(video.id), golden[f"gt_{video.id.split('/')[1]}"])
    assert len(dataset.videos()) == 5


@pytest.mark.shared
def test_real_cuts_with_arrays_beside_them(shared: Path, tmp_path: Path) -> None:
    dataset = Aihub(shared / "data" / "pose_samples" / "aihub", tmp_path)
    videos = dataset.videos()
    assert len(videos) == 2 and all(video.path.suffix == ".mp4" for video in videos)
    assert sum(dataset.labels(video.id).sum() for video in videos) > 0


@pytest.mark.shared
def test_the_made_up_xml_file_is_abnormal_for_its_event(shared: Path) -> None:
    path = shared / "data" / "pose_samples" / "constructed" / "aihub_swoon_like.xml"
    labels = EventLabels(path, "event", 0.0).read()
    assert len(labels) == 9000 and np.flatnonzero(labels).tolist() == list(range(3915, 4515))
