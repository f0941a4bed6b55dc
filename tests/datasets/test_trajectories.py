"""Trajectories of skeletons in CSV files: HR-ShanghaiTech and HR-Avenue."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from examples.trajectories_from_npz import trajectories, write_tree
from features.datasets.trajectories import Trajectories
from features.errors import ConfigError, DatasetError
from features.plan.listing import Recording
from features.plan.receipts import receipts
from tests.datasets import posed_layouts
from tests.pipeline.conftest import Lab, computed


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two cameras, and the union of all cameras."""
    root = tmp_path / "HR-ShanghaiTech"
    train, test = root / "training" / "trajectories", root / "testing" / "trajectories"
    posed_layouts.persons(train / "01" / "01_001", (3, 10), (20, 4))
    posed_layouts.persons(train / "02" / "02_005", (0, 6))
    posed_layouts.persons(train / "00" / "01_001", (3, 10), (20, 4))
    posed_layouts.persons(train / "00" / "02_005", (0, 6))
    posed_layouts.persons(test / "01" / "0014", (0, 2))
    posed_layouts.persons(test / "02" / "0128", (1, 3))
    posed_layouts.frame_masks(root / "testing" / "frame_level_masks" / "01", {"01_0014": [0, 1, 1]})
    posed_layouts.frame_masks(root / "testing" / "frame_level_masks" / "02", {"02_0128": [0, 0, 0, 1, 1]})
    return tmp_path


def opened(root: Path, **options: object) -> Trajectories:
    return Trajectories(root, root / "work", **options)


@pytest.mark.parametrize("inside", [".", "HR-ShanghaiTech"])
def test_a_video_is_a_folder_of_persons_named_by_camera_and_video(tree: Path, inside: str) -> None:
    dataset = opened(tree / inside)
    assert [video.id for video in dataset.videos()] == [
        *("training/01_001", "training/02_005", "testing/01_0014", "testing/02_0128")
    ]
    video = dataset.videos()[2]
    assert video.path.name == "0014" and video.files == {"poses": video.path}
    assert dataset.name == "hr-shanghaitech"


def test_test_videos_are_as_long_as_their_masks_and_training_videos_end_with_their_last_pose(tree: Path) -> None:
    recordings = [video.recording for video in opened(tree).videos()]
    assert [recording.frames for recording in recordings] == [24, 6, 3, 5]
    assert recordings[0] == Recording(24, height=480, width=856, fps=24.0)


def test_labels_are_joined_by_name(tree: Path) -> None:
    dataset = opened(tree)
    assert dataset.labels("testing/02_0128").tolist() == [0, 0, 0, 1, 1]
    assert dataset.labels("training/02_005").tolist() == [0] * 6


def test_the_union_of_all_cameras_is_read_only_when_asked_for(tree: Path) -> None:
    dataset = opened(tree, union=True)
    train = [video for video in dataset.videos() if video.split == "train"]
    assert [video.id for video in train] == ["training/01_001", "training/02_005"]
    assert all(video.path.parent.name == "00" for video in train)


def test_notes_say_which_cameras_are_there(tree: Path) -> None:
    posed_layouts.frame_masks(tree / "HR-ShanghaiTech" / "testing" / "frame_level_masks" / "12", {"12_0152": [0]})
    notes = opened(tree).notes()
    assert "test clips of the cameras 01, 02; published figures are over 12 cameras" in notes
    assert "masks without trajectories are left out: 12_0152" in notes
    assert any("4 of 4 clips are there as poses only, at 24 frames per second" in note for note in notes)


def test_avenue_has_its_own_size_and_rate(tmp_path: Path) -> None:
    posed_layouts.persons(tmp_path / "training" / "trajectories" / "01" / "01_16", (0, 4))
    posed_layouts.persons(tmp_path / "testing" / "trajectories" / "01" / "21", (0, 2))
    posed_layouts.frame_masks(tmp_path / "testing" / "frame_level_masks" / "01", {"01_21": [0, 1]})
    dataset = opened(tmp_path, part="avenue")
    assert [video.id for video in dataset.videos()] == ["training/01_16", "testing/01_21"]
    assert dataset.videos()[1].recording == Recording(2, height=360, width=640, fps=25.0)
    assert dataset.name == "hr-avenue"


def test_masks_may_lie_elsewhere_in_one_folder(tree: Path) -> None:
    (tree / "HR-ShanghaiTech" / "testing" / "frame_level_masks").rename(tree / "unused")
    with pytest.raises(DatasetError, match=r"labels for 2 test clips .* found 0 .*labels: none"):
        opened(tree).videos()
    posed_layouts.frame_masks(tree / "masks", {"01_0014": [1, 1], "02_0128": [0]})
    assert opened(tree, masks=tree / "masks").labels("testing/01_0014").tolist() == [1, 1]


def test_the_order_of_rows_and_the_case_of_a_suffix_change_no_length(tree: Path) -> None:
    file = tree / "HR-ShanghaiTech" / "training" / "trajectories" / "01" / "01_001" / "0002.csv"
    file.rename(file.with_suffix(".CSV")).write_text("\n".join(reversed(file.with_suffix(".CSV").read_text().split())))
    assert opened(tree).videos()[0].recording.frames == 24


@pytest.mark.parametrize("content", ["frame,x,y\n", "", ",".join(["99000000"] + ["1"] * 34)])
def test_a_clip_whose_poses_cannot_be_read_is_listed_with_one_frame(tree: Path, content: str) -> None:
    (tree / "HR-ShanghaiTech" / "training" / "trajectories" / "01" / "01_001" / "0003.csv").write_text(content)
    assert [video.recording.frames for video in opened(tree).videos()] == [1, 6, 3, 5]


def test_it_fails_where_its_poses_are_imported_and_the_others_go_on(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tree / "HR-ShanghaiTech" / "training" / "trajectories" / "01" / "01_001" / "0003.csv"
    broken.write_text("frame,x,y\n")
    monkeypatch.chdir(tree)
    asked = {"dataset": "trajectories", "root": tree, "features": {"poses": "import", "tracks": "import"}, "models": []}
    plan = Lab(tree).run(**asked)
    others = ["testing/01_0014", "testing/02_0128", "training/02_005"]
    assert (computed(plan)["poses"], computed(plan)["tracks"]) == (others, others)
    (failure,) = [receipt.failed for receipt in receipts(plan.folder) if receipt.failed]
    assert list(failure) == ["training/01_001"]
    assert f"{broken} is no table of numbers" in failure["training/01_001"]
    broken.unlink()
    assert computed(Lab(tree).run(**asked))["poses"] == ["training/01_001"]


@pytest.mark.parametrize("options, problem", [
    ({"part": "shanghai"}, r"option 'part' of dataset 'trajectories'.*\(did you mean 'shanghaitech'\?\)"),
    ({"masks": Path("/nowhere")}, r"/nowhere is no folder; check the option masks"),
])  # fmt: skip
def test_wrong_options_are_refused(tree: Path, options: dict[str, object], problem: str) -> None:
    with pytest.raises((ConfigError, DatasetError), match=problem):
        opened(tree, **options).videos()


@pytest.fixture
def archive(tmp_path: Path) -> Callable[[str], Path]:
    """Two persons of two videos, as an archive of one camera."""

    def write(name: str) -> Path:
        xy = np.random.default_rng(0).random((34, 7), np.float32) * 800
        frame, video = np.int32([5, 6, 7, 0, 1, 2, 3]), np.int16([14, 14, 14, 15, 15, 15, 15])
        np.savez(tmp_path / f"{name}.npz", frame=frame, xy=xy, video=video, person=np.int32([2, 2, 2, 3, 3, 3, 3]))
        return tmp_path / f"{name}.npz"

    return write


def test_archives_become_a_tree_that_is_a_data_set(tmp_path: Path, archive: Callable[[str], Path]) -> None:
    archive("training_01"), archive("testing_01")
    posed_layouts.frame_masks(
        tmp_path / "test_frame_mask", {"01_0014": [0] * 8, "01_0015": [1] * 4, "01_0130": [1] * 3}
    )
    assert write_tree(tmp_path, tmp_path / "tree") == 4
    dataset = opened(tmp_path / "tree")
    assert [(video.id, video.recording.frames) for video in dataset.videos()] == [
        *(("training/01_014", 8), ("training/01_015", 4), ("testing/01_0014", 8), ("testing/01_0015", 4))
    ]


def test_the_numbers_of_an_archive_are_kept_to_the_last_bit(tmp_path: Path, archive: Callable[[str], Path]) -> None:
    path = archive("testing_01")
    write_tree(tmp_path, tmp_path / "tree")
    for video, person, rows in trajectories(path):
        written = tmp_path / "tree" / "testing" / "trajectories" / "01" / f"{video:04d}" / f"{person:04d}.csv"
        np.testing.assert_array_equal(np.loadtxt(written, delimiter=",", ndmin=2), rows)
    assert written.read_text().startswith("0.000000000000000000e+00,")


@pytest.mark.shared
def test_one_camera_of_the_archives_makes_its_clips(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "hr_shanghaitech_skeletons"
    for name in ("testing_02.npz", "test_frame_mask"):
        (tmp_path / name).symlink_to(source / name)
    assert write_tree(tmp_path, tmp_path / "tree") == 165
    dataset = opened(tmp_path / "tree")
    videos = dataset.videos()
    assert [video.id for video in videos] == ["testing/02_0128", "testing/02_0161", "testing/02_0164"]
    assert (sum(v.recording.frames for v in videos), sum(dataset.labels(v.id).sum() for v in videos)) == (1155, 662)
    xy = np.load(source / "testing_02.npz")["xy"]
    rows = [np.loadtxt(path, delimiter=",", ndmin=2) for v in videos for path in sorted(v.path.glob("*.csv"))]
    np.testing.assert_array_equal(np.concatenate(rows)[:, 1:].astype(np.float32), xy.T)
