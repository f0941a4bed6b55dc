"""Published clips into a store and out of it again, by the commands a user would say."""

import json
from pathlib import Path

import numpy as np
import pytest

from features.datasets.clip_formats import clip_format
from features.extract.clips.segments import sultani_segments, unit_length
from features.plan.config import load_config
from features.plan.planner import ask, make_plan
from tests.clips.formats.samples import clips, table
from tests.commands import Run, commands
from tests.pipeline.conftest import write_video

FRAMES = 40
CONFIG = "{dataset: folder, root: videos, store: store, work: work, device: cpu}"
VIDEOS = ("train/1", "test/2", "test/3")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three videos with labels of the tested ones, and published clips of two of them, ten crops each."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    for number, name in enumerate(VIDEOS):
        write_video(tmp_path / "videos" / f"{name}.mp4", FRAMES, seed=number)
    labels = tmp_path / "videos" / "labels" / "test"
    labels.mkdir(parents=True)
    np.save(labels / "2.npy", np.repeat([0, 1], FRAMES // 2).astype(np.uint8))
    np.save(labels / "3.npy", np.zeros(FRAMES, np.uint8))
    publish(tmp_path, 1, 2)
    return tmp_path


def publish(project: Path, *numbers: int, crops: int = 10, name: str = "rtfm") -> None:
    files = ((str(number), table(clips(3, crops, seed=number))) for number in numbers)
    clip_format(name).write(project / "published", files)


@pytest.fixture
def features(project: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return commands(capsys)


class TestImport:
    def test_files_are_matched_by_name_and_the_rest_is_told(self, features: Run) -> None:
        code, out, _ = features("import", "clips", "published", "--json")
        assert code == 1
        (found,) = json.loads(out)["imported"]
        assert (found["kind"], found["videos"], found["imported"], found["there"]) == ("clips", 3, 2, 2)
        assert list(found["failed"]) == ["test/3"]

    def test_it_makes_what_a_run_with_such_a_config_makes(self, project: Path, features: Run) -> None:
        features("import", "clips", "published", "--provenance", "rtfm")
        config = load_config(
            project / "config.yaml",
            features={"clips": {"backend": "import", "provenance": "rtfm"}},
            published={"clips": "published"},
        )
        assert ask(config).state.present["clips"].sum() == 2
        assert not make_plan(config, 1).batches.get("clips")

    def test_a_changed_crop_is_imported_again_and_no_other_video(self, project: Path, features: Run) -> None:
        for path in (project / "published").iterdir():
            path.unlink()
        publish(project, 1, 2, crops=5, name="crop-files")
        features("import", "clips", "published")
        np.save(project / "published" / "2__3.npy", clips(3)[:, 0])
        (found,) = json.loads(features("import", "clips", "published", "--json")[1])["imported"]
        assert (found["imported"], found["there"]) == (1, 2)

    def test_clips_of_another_number_fail_their_video_with_both_rules(self, features: Run) -> None:
        code, out, _ = features("import", "clips", "published", "--tail", "drop")
        assert code == 1
        assert "1_i3d.npy has 3 clips, the video 40 frames" in out
        assert "by tail 'drop' there are 2; 3 are given by 'repeat' or 'repeat-extra'; name the tail" in out

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["--unpadded", "sort"], "--unpadded is no option of clips"),
            (["--tracks", "off"], "--tracks is no option of clips"),
            (["--format", "rtmf"], "did you mean 'rtfm'"),
            (["--rule", "evn"], "rule: expected 'even'"),
        ],
    )
    def test_mistakes_are_one_line(self, words: list[str], message: str, features: Run) -> None:
        code, _, err = features("import", "clips", "published", *words)
        assert code == 2
        assert message in err and err.count("\n") == 1

    def test_options_of_clips_are_none_of_poses(self, features: Run) -> None:
        assert "--layout is no option of poses" in features("import", "poses", "published", "--layout", "clips")[2]


class TestExport:
    @pytest.fixture(autouse=True)
    def _imported(self, project: Path, features: Run) -> None:
        publish(project, 3)
        features("import", "clips", "published")

    @pytest.mark.parametrize("name", ["rtfm", "crop-files"])
    def test_what_was_imported_comes_out_again(self, name: str, features: Run) -> None:
        code, out, _ = features("export", "clips", "folder/test/2", "--format", name, "--out", "out")
        assert code == 0
        assert out.rstrip().endswith("3 clips")
        files = sorted(Path("out").iterdir())
        found = clip_format(name).load(files, "2")
        np.testing.assert_array_equal(found.read(0, 3), clips(3, 10, seed=2))

    def test_one_crop_for_formats_of_one_view(self, features: Run) -> None:
        assert (
            "2 has 10 crops, and arnet holds one view"
            in features("export", "clips", "folder/test/2", "--format", "arnet", "--out", "out")[2]
        )
        features("export", "clips", "folder/test/2", "--format", "arnet", "--crop", "4", "--out", "out")
        np.testing.assert_array_equal(np.load("out/2/feature.npy"), clips(3, 10, seed=2)[:, 4])

    def test_for_rtfm_with_lists_and_ground_truth(self, features: Run) -> None:
        code, out, _ = features("export", "clips", "--layout", "rtfm", "--out", "out")
        assert code == 0
        assert "folder-i3d-test-10crop.list: 2 lines, the first 1 abnormal" in out
        (first, second) = Path("out/folder-i3d-test-10crop.list").read_text().splitlines()
        assert np.load(first).shape == (3, 10, 6)
        assert (Path(first).name, Path(second).name) == ("2_i3d.npy", "3_i3d.npy")
        truth = np.load("out/gt-folder.npy")
        assert np.flatnonzero(truth).tolist() == list(range(20, 48))
        assert len(truth) == 2 * 48

    def test_for_arnet_in_its_folders(self, features: Run) -> None:
        features("export", "clips", "--layout", "arnet", "--crop", "0", "--modality", "combine", "--out", "out")
        assert np.load("out/features_video/i3d/combine/1/feature.npy").shape == (3, 6)
        assert Path("out/test_split.txt").read_text() == "2\n3\n"

    def test_for_sultani_as_segments_of_unit_length(self, features: Run) -> None:
        features("export", "clips", "--layout", "sultani", "--crop", "0", "--out", "out")
        path = Path("out/features/test/2_C.txt")
        found = clip_format("sultani").load([path], "2").read(0, 32)[:, 0]
        wanted = unit_length(sultani_segments(clips(3, 10, seed=2)[:, 0]))
        np.testing.assert_allclose(found, wanted, atol=5e-7)
        assert Path("out/features/normal/1_C.txt").exists()

    def test_videos_without_clips_are_told(self, project: Path, features: Run) -> None:
        (project / "published" / "3_i3d.npy").unlink()
        features("import", "clips", "published")
        code, out, _ = features("export", "clips", "--layout", "urdmu", "--out", "out")
        assert code == 1
        assert "features of 2 videos" in out
        assert "not exported\n  no folder/test/3/clips in store" in out

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["clips"], "name the videos whose clips are wanted"),
            (["clips", "folder", "--layout", "rtfm"], "leave out the videos"),
            (["clips", "--layout", "rtmf"], "did you mean 'rtfm'"),
            (["clips", "folder", "--format", "rtmf"], "did you mean 'rtfm'"),
            (["clips", "folder", "--crop", "10"], "has 10 crops, so there is no --crop 10"),
            (["labels", "--layout", "rtfm"], "labels have no layout 'rtfm'"),
        ],
    )
    def test_mistakes_are_one_line(self, words: list[str], message: str, features: Run) -> None:
        code, _, err = features("export", *words, "--out", "out")
        assert code == 2
        assert message in err and err.count("\n") == 1


def test_segments_come_out_as_they_went_in(project: Path, features: Run) -> None:
    for path in (project / "published").iterdir():
        path.unlink()
    segments = unit_length(clips(32, channels=16))
    clip_format("sultani").write(project / "published", [(number, table(segments)) for number in "123"])
    assert features("import", "clips", "published", "--layout", "segments")[0] == 0
    features("export", "clips", "--layout", "sultani", "--out", "out")
    assert Path("out/features/test/2_C.txt").read_text() == Path("published/2_C.txt").read_text()


def test_where_labels_are_intervals_a_video_is_as_long_as_its_pictures(project: Path, features: Run) -> None:
    name = "Abuse001_x264"
    (project / "config.yaml").write_text(CONFIG.replace("folder", "ucf_crime").replace("root: videos", "root: ucf"))
    write_video(project / "ucf" / f"{name}.mp4", FRAMES, seed=1)
    (project / "ucf" / "Temporal_Anomaly_Annotation.txt").write_text(f"{name}.mp4  Abuse  5  10  -1  -1\n")
    clip_format("rtfm").write(project / "ucf" / "clips", [(name, table(clips(2, 1)))])
    assert features("import", "clips", "ucf/clips")[0] == 0
    features("export", "clips", "--layout", "mist", "--out", "out")
    annotated = Path("out/Temporal_Anomaly_Annotation_New.txt").read_text().split()
    assert annotated == [f"{name}.mp4", "Abuse", "5", "10", "-1", "-1", str(FRAMES)]
    assert np.load(f"out/test_frame_mask/{name}.npy").shape == (FRAMES,)
