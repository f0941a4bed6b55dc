"""What stands beside exported features: lists whose line number is the label, ground truth, labels as pickles."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.datasets.clip_formats.lists import ClipVideo, Written, flat_truth, write_pickle
from features.datasets.clip_formats.trainers import TRAINERS, trainer
from features.datasets.formats.unpickle import read_plain
from features.errors import ConfigError
from features.plan.listing import NORMAL, Annotation


def video(name: str, split: str = "test", category: str = NORMAL, frames: int = 50, **changes: object) -> ClipVideo:
    """A video of three clips and two frames; its anomaly lasts from frame 10 to 19."""
    annotation = Annotation(category, ((10, 20),) if category != NORMAL else ())
    facts: dict[str, object] = {"labels": annotation.labels(frames), "rows": frames // 16, "aligned": True}
    return ClipVideo(name, split, annotation, **(facts | changes))  # type: ignore[arg-type]


VIDEOS = [
    video("n1", "train"),
    video("a1", "train", "Fighting", labels=np.full(50, -1, np.int8)),
    video("n2", "train"),
    video("n3"),
    video("a2", "test", "Arson"),
    video("a3", "test", "Fighting", frames=60, rows=4),
]
CROPS = 10


def finished(
    name: str, folder: Path, videos: Sequence[ClipVideo] = VIDEOS, crops: int = CROPS, classes: Sequence[str] = ()
) -> list[str]:
    files: Mapping[str, Sequence[Path]] = {
        one.name: [Path(f"/f/{one.name}__{crop}.npy") for crop in range(crops)] for one in videos
    }
    return TRAINERS[name].finish(Written(folder, videos, files, "ucf", classes))


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


class TestPathLists:
    def test_abnormal_videos_come_first_and_how_many_is_told(self, tmp_path: Path) -> None:
        remarks = finished("rtfm", tmp_path, crops=1)
        assert lines(tmp_path / "ucf-i3d-train-10crop.list") == [f"/f/{name}__0.npy" for name in ("a1", "n1", "n2")]
        assert lines(tmp_path / "ucf-i3d-test-10crop.list") == [f"/f/{name}__0.npy" for name in ("a2", "a3", "n3")]
        assert remarks[0].startswith("ucf-i3d-train-10crop.list: 3 lines, the first 1 abnormal; the trainer takes the ")
        assert remarks[1:] == [
            "ucf-i3d-test-10crop.list: 3 lines, the first 2 abnormal",
            "gt-ucf.npy: 160 frames, 20 abnormal",
        ]

    def test_the_ground_truth_has_sixteen_labels_a_clip_in_the_lists_order(self, tmp_path: Path) -> None:
        finished("rtfm", tmp_path, crops=1)
        truth = np.load(tmp_path / "gt-ucf.npy")
        assert truth.dtype == np.float64
        assert np.flatnonzero(truth).tolist() == [*range(10, 20), *range(58, 68)]

    def test_urdmu_lists_every_crop(self, tmp_path: Path) -> None:
        remarks = finished("urdmu", tmp_path)
        assert lines(tmp_path / "ucf_Train.list")[:11] == [*(f"/f/a1__{n}.npy" for n in range(10)), "/f/n1__0.npy"]
        assert "30 lines, the first 10 abnormal" in remarks[0]

    def test_deepmil_lists_the_first_crop_alone(self, tmp_path: Path) -> None:
        finished("deepmil", tmp_path)
        assert lines(tmp_path / "ucf_train.list") == [f"/f/{name}__0.npy" for name in ("a1", "n1", "n2")]

    def test_vadclip_names_classes_and_tests_on_the_sixth_crop(self, tmp_path: Path) -> None:
        finished("vadclip", tmp_path)
        assert lines(tmp_path / "ucf_train.csv")[:2] == ["path,label", "/f/a1__0.npy,Fighting"]
        assert lines(tmp_path / "ucf_test.csv") == [
            "path,label",
            "/f/a2__5.npy,Arson",
            "/f/a3__5.npy,Fighting",
            "/f/n3__5.npy,Normal",
        ]

    def test_vadclip_takes_all_codes_of_xd_violence_from_the_name(self, tmp_path: Path) -> None:
        named = [video("x__#1_label_B1-B6-0", "train", "fighting"), video("y_label_A", "train")]
        finished("vadclip", tmp_path, named, crops=1)
        assert [line.rpartition(",")[2] for line in lines(tmp_path / "ucf_train.csv")] == ["label", "B1-B6-0", "A"]

    def test_hlnet_takes_the_label_from_the_name(self, tmp_path: Path) -> None:
        named = [video("x__#1_label_B1-0-0", "train", "B1"), video("y_label_A", "train"), video("z_label_A")]
        TRAINERS["xd"].check(named)
        finished("xd", tmp_path, named, crops=5)
        assert len(lines(tmp_path / "rgb.list")) == 10
        assert len(np.load(tmp_path / "gt.npy")) == 48
        with pytest.raises(ConfigError, match="n1: HL-Net takes the label from the name"):
            TRAINERS["xd"].check(VIDEOS)

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"labels": None}, "the labels of t are not known"),
            ({"labels": np.full(50, -1, np.int8)}, "the labels of t are not known"),
            ({"aligned": False}, "rows of t are not clips of 16 frames side by side"),
        ],
    )
    def test_without_a_ground_truth_it_is_said_why(self, changes: dict[str, object], why: str, tmp_path: Path) -> None:
        remarks = finished("rtfm", tmp_path, [video("t", **changes)])
        assert remarks[-1].startswith(f"no ground truth: {why}")
        assert not list(tmp_path.glob("gt*"))

    def test_clips_that_no_rule_cuts_from_as_many_frames_have_no_ground_truth(self, tmp_path: Path) -> None:
        remarks = finished("rtfm", tmp_path, [video("t", frames=50, rows=9)])
        assert "no ground truth: t: 50 labels are 3 clips of 16 frames under 'drop', the features have 9" in remarks[-1]

    def test_where_clips_reach_beyond_the_video_its_last_label_counts(self) -> None:
        one = video("t", labels=np.repeat([0, 1], [40, 10]).astype(np.int8), rows=4)
        assert flat_truth([one]).tolist() == [0.0] * 40 + [1.0] * 24


class TestLabelFiles:
    def test_arnet_gets_splits_and_pickles(self, tmp_path: Path) -> None:
        remarks = finished("arnet", tmp_path)
        assert lines(tmp_path / "train_split.txt") == ["n1", "a1", "n2"]
        frames = read_plain(tmp_path / "GT" / "frame_label.pickle")
        assert sorted(frames) == ["a2", "a3", "n1", "n2", "n3"]
        assert (frames["a2"].shape, int(frames["a2"].sum())) == ((50,), 10)
        assert read_plain(tmp_path / "GT" / "video_label.pickle")["a1"] == [1.0]
        assert remarks[-1] == "GT/frame_label.pickle: 5 of 6 videos"

    def test_lad2000_gets_classes_by_name_and_normal_last(self, tmp_path: Path) -> None:
        known = [one for one in VIDEOS if one.known]
        TRAINERS["lad2000"].check(known)
        finished("lad2000", tmp_path, known)
        labels = read_plain(tmp_path / "GT" / "video_label_IET.pickle")
        assert labels == {"n1": 2, "n2": 2, "n3": 2, "a2": 0, "a3": 1}
        assert read_plain(tmp_path / "GT" / "frame_label_IET.pickle")["a3"].shape == (1, 60)

    def test_lad2000_numbers_all_classes_of_the_data_set_whichever_are_there(self, tmp_path: Path) -> None:
        known = [one for one in VIDEOS if one.known]
        finished("lad2000", tmp_path, known, classes=("Abuse", "Arson", "Burglary", "Fighting"))
        labels = read_plain(tmp_path / "GT" / "video_label_IET.pickle")
        assert labels == {"n1": 4, "n2": 4, "n3": 4, "a2": 1, "a3": 3}

    def test_lad2000_is_fully_supervised(self) -> None:
        with pytest.raises(ConfigError, match=r"needs the labels of all frames, and those of 1 are unknown, e\.g\. a1"):
            TRAINERS["lad2000"].check(VIDEOS)

    def test_mist_gets_lengths_of_normal_videos_and_masks_of_others(self, tmp_path: Path) -> None:
        TRAINERS["mist"].check(VIDEOS)
        finished("mist", tmp_path)
        assert lines(tmp_path / "SH_Train_new.txt") == ["n1,0", "a1,1", "n2,0"]
        assert lines(tmp_path / "SH_Test_NEW.txt") == ["n3,0,50", "a2,1", "a3,1"]
        masks = {path.stem: np.load(path) for path in (tmp_path / "test_frame_mask").iterdir()}
        assert {name: (len(mask), int(mask.sum())) for name, mask in masks.items()} == {"a2": (50, 10), "a3": (60, 10)}
        assert lines(tmp_path / "Temporal_Anomaly_Annotation_New.txt")[1] == "a2.mp4  Arson  11  20  -1  -1  50"

    def test_sultanis_annotation_counts_from_one_and_holds_two_stretches(self, tmp_path: Path) -> None:
        finished("sultani", tmp_path)
        assert lines(tmp_path / "Temporal_Anomaly_Annotation.txt") == [
            "n3.mp4  Normal  -1  -1  -1  -1",
            "a2.mp4  Arson  11  20  -1  -1",
            "a3.mp4  Fighting  11  20  -1  -1",
        ]
        many = replace(VIDEOS[4], annotation=Annotation("Arson", ((0, 1), (3, 4), (6, 7))))
        assert finished("sultani", tmp_path, [many]) == [
            "no Temporal_Anomaly_Annotation.txt: a2 has 3 abnormal stretches, and UCF-Crime's annotation holds two"
        ]

    def test_pickles_name_arrays_as_old_numpy_does(self, tmp_path: Path) -> None:
        write_pickle(tmp_path / "labels.pickle", {"v": np.zeros(3, np.float32)})
        content = (tmp_path / "labels.pickle").read_bytes()
        assert b"numpy.core.multiarray" in content and b"numpy._core" not in content
        assert read_plain(tmp_path / "labels.pickle")["v"].tolist() == [0.0, 0.0, 0.0]


def test_an_unknown_trainer_gets_the_nearest_known_one() -> None:
    with pytest.raises(ConfigError, match=r"trainer 'rtmf' is not known .did you mean 'rtfm'"):
        trainer("rtmf")
