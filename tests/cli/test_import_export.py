"""Published poses into a store and out of it again, by the commands a user would say."""

import json
from pathlib import Path

import numpy as np
import pytest

from features.datasets.formats import pose_format
from features.datasets.people import People, people
from features.plan.config import load_config
from features.plan.planner import ask, make_plan
from tests.commands import Run, commands
from tests.formats.crowds import crowd, same
from tests.pipeline.conftest import write_video

FRAMES = 14
CONFIG = "{dataset: folder, root: videos, store: store, work: work, device: cpu}"


def walkers(seed: int, frames: int = FRAMES) -> People:
    """Two persons within 96 x 72 pixels."""
    found = crowd(persons=2, frames=frames)
    found.keypoints[..., :2] = found.keypoints[..., :2] % 60 + seed
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three videos, and published poses of two of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    for number, name in enumerate(("train/1", "test/2", "test/3")):
        write_video(tmp_path / "videos" / f"{name}.mp4", FRAMES, seed=number)
    for number in (1, 2):
        pose_format("tracked-person").write(walkers(number), tmp_path / "published" / f"{number}.json")
    return tmp_path


@pytest.fixture
def features(project: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return commands(capsys)


class TestImport:
    def test_files_are_matched_by_name_and_the_rest_is_told(self, features: Run) -> None:
        code, out, _ = features("import", "poses", "published", "--json")
        assert code == 1
        poses, tracks = json.loads(out)["imported"]
        assert (poses["kind"], poses["videos"], poses["imported"], poses["there"]) == ("poses", 3, 2, 2)
        assert (tracks["kind"], tracks["there"]) == ("tracks", 2)
        assert list(poses["failed"]) == ["test/3"]
        assert "test/3 has no published poses; put e.g. 3_alphapose_tracked_person.json" in poses["failed"]["test/3"]

    def test_the_summary_is_a_table_with_failures_and_remarks(self, project: Path, features: Run) -> None:
        pose_format("tracked-person").write(People.nobody(), project / "published" / "3.json")
        code, out, _ = features("import", "poses", "published")
        assert code == 0
        assert [line.split() for line in out.split("\n")[1:3]] == [
            ["poses", "3", "3", "3", "0"],
            ["tracks", "3", "3", "3", "0"],
        ]
        assert "remarks\n  test/3: 3.json has no poses: nobody in 14 frames" in out

    def test_it_makes_what_a_run_with_such_a_config_makes(self, project: Path, features: Run) -> None:
        features("import", "poses", "published", "--provenance", "njust")
        config = load_config(
            project / "config.yaml",
            features={"poses": {"backend": "import", "provenance": "njust"}, "tracks": "import"},
            published={"poses": "published"},
        )
        state = ask(config).state
        assert state.present["poses"].sum() == state.present["tracks"].sum() == 2
        assert not make_plan(config, 1).batches.get("poses")

    def test_what_is_there_is_not_imported_again(self, features: Run) -> None:
        features("import", "poses", "published")
        poses = json.loads(features("import", "poses", "published", "--json")[1])["imported"][0]
        assert (poses["imported"], poses["there"], len(poses["failed"])) == (0, 2, 1)

    def test_a_changed_file_is_imported_again(self, project: Path, features: Run) -> None:
        features("import", "poses", "published")
        pose_format("tracked-person").write(walkers(9), project / "published" / "1.json")
        poses = json.loads(features("import", "poses", "published", "--json")[1])["imported"][0]
        assert (poses["imported"], poses["there"]) == (1, 2)

    def test_a_file_that_counts_from_one(self, project: Path, features: Run) -> None:
        found = walkers(1)
        late = people(found.frames + 1, found.ids, found.keypoints, found.scores)
        pose_format("tracked-person").write(late, project / "published" / "1.json")
        code, out, _ = features("import", "poses", "published")
        assert code == 1
        assert "off by one, the file counts from 1; say first_frame: 1" in out
        assert "failed\n  train/1" in out.replace("remarks", "")

    def test_a_missing_folder_is_one_line(self, features: Run) -> None:
        code, _, err = features("import", "poses", "nowhere")
        assert code == 2
        assert err.startswith("features import: published: nowhere, the folder of poses, is not there")

    def test_names_are_left_in_the_store_and_other_features_kept(self, project: Path, features: Run) -> None:
        (project / "config.yaml").write_text(CONFIG.replace("}", ", features: {boxes: motion}}"))
        features("import", "poses", "published")
        out = features("ls", "folder")[1]
        assert out.split("\n")[0].split() == ["video", "boxes", "poses", "tracks"]


class TestExportPoses:
    @pytest.fixture(autouse=True)
    def _imported(self, features: Run) -> None:
        features("import", "poses", "published")

    @pytest.mark.parametrize("name", ["tracked-person", "alphapose", "coco"])
    def test_what_was_imported_comes_out_again(self, name: str, project: Path, features: Run) -> None:
        code, out, _ = features("export", "poses", "folder/test/2", "--format", name, "--out", "out")
        path = Path("out") / pose_format(name).file_name("2")
        assert (code, out) == (0, f"{path}: 28 poses\n")
        same(pose_format(name).read(path), walkers(2))

    def test_a_whole_part_is_exported_and_what_has_no_poses_is_told(self, features: Run) -> None:
        code, out, _ = features("export", "poses", "folder", "--out", "out")
        assert code == 1
        assert {path.name for path in Path("out").iterdir()} == {f"{n}_alphapose_tracked_person.json" for n in (1, 2)}
        assert "not exported\n  no folder/test/3/poses in store; it failed: test/3 has no published poses" in out

    def test_what_is_lost_is_told(self, features: Run) -> None:
        code, out, _ = features("export", "poses", "folder/test/2", "--format", "trajectories", "--out", "out")
        assert code == 0
        assert "scores of joints were left out" in out
        assert {path.name for path in Path("out/2").iterdir()} == {"0001.csv", "0002.csv"}

    def test_sampled_and_scaled_poses_are_exported_in_frames_and_pixels_of_the_source(
        self, project: Path, features: Run
    ) -> None:
        frames = "features: {frames: {every: 2, max_side: 48}}"
        (project / "config.yaml").write_text(CONFIG.replace("}", f", {frames}}}"))
        features("import", "poses", "published")
        features("export", "poses", "folder/test/2", "--out", "out")
        found = pose_format("tracked-person").read(Path("out/2_alphapose_tracked_person.json"))
        whole = walkers(2)
        assert found.frames.tolist() == [frame for frame in range(0, FRAMES, 2) for _ in range(2)]
        np.testing.assert_allclose(found.keypoints, whole.keypoints[whole.frames % 2 == 0])

    def test_poses_without_tracks_are_not_written_where_ids_are_needed(self, project: Path, features: Run) -> None:
        found = walkers(2)
        nameless = people(found.frames, np.full(len(found), -1), found.keypoints, found.scores)
        pose_format("alphapose").write(nameless, project / "published" / "2.json")
        features("import", "poses", "published", "--tracks", "off")
        code, out, _ = features("export", "poses", "folder/test/2", "--out", "out")
        assert code == 1
        assert "folder/test/2 has poses but no tracks, which tracked-person needs; add tracks" in out
        assert features("export", "poses", "folder/test/2", "--out", "out", "--format", "alphapose")[0] == 0

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["poses", "folder/nobody"], "no video 'nobody' in folder"),
            (["poses", "elsewhere/1"], "begins with no data set"),
            (["poses"], "name the videos whose poses are wanted"),
            (["labels", "folder"], "leave out the videos"),
            (["poses", "folder", "--format", "njustt"], "did you mean 'njust'"),
        ],
    )
    def test_mistakes_are_one_line(self, words: list[str], message: str, features: Run) -> None:
        code, _, err = features("export", *words, "--out", "out")
        assert code == 2
        assert message in err
        assert err.count("\n") == 1


def test_videos_that_would_be_one_file_are_refused(project: Path, features: Run) -> None:
    write_video(project / "videos" / "test" / "1.mp4", FRAMES, seed=9)
    pose_format("tracked-person").write(walkers(1), project / "published" / "train" / "1.json")
    (project / "published" / "1.json").rename(project / "published" / "test.json")
    features("import", "poses", "published")
    code, _, err = features("export", "poses", "folder", "--out", "out")
    assert code == 2
    assert "train/1 and test/1 would be one file, 1; export them to two folders" in err


class TestExportLabels:
    @pytest.fixture
    def labels(self, project: Path) -> dict[str, np.ndarray]:
        """Frame labels of the two test videos, 1 abnormal."""
        found = {"2": np.repeat([0, 1], FRAMES // 2), "3": np.zeros(FRAMES, int)}
        folder = project / "videos" / "labels" / "test"
        folder.mkdir(parents=True)
        for name, values in found.items():
            np.save(folder / f"{name}.npy", values.astype(np.uint8))
        return found

    @pytest.mark.parametrize(
        ("layout", "ending", "abnormal"), [("shanghaitech", ".npy", 1), ("ubnormal", "_tracks.txt", 0)]
    )
    def test_labels_of_the_test_videos_in_a_trainers_words(
        self, layout: str, ending: str, abnormal: int, labels: dict[str, np.ndarray], features: Run
    ) -> None:
        code, out, _ = features("export", "labels", "--layout", layout, "--out", "gt/test_frame_mask")
        assert (code, out) == (0, f"gt/test_frame_mask: 2 files, {2 * FRAMES} frames, {FRAMES // 2} abnormal\n")
        for name, values in labels.items():
            with (Path("gt/test_frame_mask") / f"{name}{ending}").open("rb") as file:
                assert ((np.load(file, allow_pickle=False) == abnormal) == (values == 1)).all()

    def test_videos_without_labels_are_counted(self, labels: dict[str, np.ndarray], features: Run) -> None:
        Path("videos/labels/test/3.npy").unlink()
        assert features("export", "labels", "--out", "gt")[1].endswith("; 1 videos have no labels\n")

    def test_a_data_set_without_labels_is_told(self, features: Run) -> None:
        code, _, err = features("export", "labels", "--out", "gt")
        assert code == 2
        assert "folder has no frame labels of test videos" in err
