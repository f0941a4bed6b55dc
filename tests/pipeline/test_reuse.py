"""What is computed again, and what is not."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.conftest import Lab, computed, planned, write_video

IMPORTED = {"backend": "import", "files": "boxes.npz"}


def test_a_first_run_computes_everything_and_a_second_nothing(lab: Lab) -> None:
    first = lab.run()
    assert planned(first) == {
        "index": 4, "flow": 4, "boxes": 4, "cubes": 4, "train": 1, "score": 1, "evaluate": 1,
    }  # fmt: skip
    assert (lab.folder / "work" / "report.html").exists()
    second = lab.plan()
    assert planned(second) == {}
    assert second.report


def test_touching_a_video_computes_nothing_anew(finished: Lab) -> None:
    os.utime(finished.videos / "test" / "läufer.mp4")
    assert set(computed(finished.run())) <= {"index"}


def test_moving_the_store_computes_nothing_anew(finished: Lab) -> None:
    shutil.move(finished.folder / "store", finished.folder / "elsewhere")
    assert planned(finished.plan(store=finished.folder / "elsewhere")) == {}


def test_a_fresh_work_folder_beside_an_old_store_computes_nothing_anew(finished: Lab) -> None:
    shutil.rmtree(finished.folder / "work")
    plan = finished.plan()
    assert planned(plan) == {}


def test_a_renamed_video_computes_nothing_anew(finished: Lab) -> None:
    (finished.videos / "test" / "läufer.mp4").rename(finished.videos / "test" / "runner.mp4")
    again = computed(finished.run())
    assert set(again) <= {"index", "evaluate"}


def test_another_video_recomputes_what_stands_on_it(finished: Lab) -> None:
    write_video(finished.videos / "test" / "läufer.mp4", speed=1, seed=9)
    again = computed(finished.run())
    for kind in ("index", "flow", "boxes", "cubes"):
        assert again[kind] == ["test/läufer"]
    assert again["train"] == again["score"] == ["lbrspr"]


def test_another_video_to_train_on_leaves_a_model_of_the_test_videos(finished: Lab) -> None:
    write_video(finished.videos / "train" / "walk 0.mp4", speed=1, seed=9)
    assert set(computed(finished.run())) == {"index", "flow", "boxes", "cubes"}


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"features": {"flow": {"backend": "dis", "quality": "fast"}, "boxes": "motion", "cubes": "lbrspr"}},
         {"flow", "cubes", "train", "score", "evaluate"}),
        ({"features": {"flow": "dis", "boxes": {"preset": "motion", "motion": {"backend": "gradient", "threshold": 30}},
                       "cubes": "lbrspr"}},
         {"boxes", "cubes", "train", "score", "evaluate"}),
        ({"models": [{"name": "lbrspr", "mode": "test", "epochs": 2, "batch": 8}]}, {"train", "score", "evaluate"}),
        ({"protocols": ["raw", "lbrspr-per-video"]}, {"evaluate"}),
        ({"format": "hdf5"}, set()),
        ({"batch": 1, "device": "auto"}, set()),
    ],
)  # fmt: skip
def test_a_parameter_recomputes_exactly_what_depends_on_it(finished: Lab, changes: dict, kinds: set[str]) -> None:
    assert set(planned(finished.plan(**changes))) == kinds


def test_a_lost_artifact_is_computed_again_and_nothing_else(finished: Lab) -> None:
    flow = next((finished.folder / "store" / "objects").glob("*/*.flow.zarr.zip"))
    flow.unlink()
    assert planned(finished.plan()) == {"flow": 1}


def test_a_label_file_recomputes_the_evaluation_alone(finished: Lab) -> None:
    labels = finished.videos / "labels" / "test"
    labels.mkdir(parents=True)
    (labels / "läufer.csv").write_text("\n".join(["0"] * 7 + ["1"] * 7))
    assert set(planned(finished.plan())) == {"evaluate"}


def test_another_weights_file_recomputes_what_stands_on_it_and_a_touched_one_nothing(lab: Lab) -> None:
    """Imported boxes are a weights file to the recipe, as a network is."""
    asked = {"weights": lab.folder / "weights", "models": [], "features": {"flow": "dis", "boxes": IMPORTED}}
    file = lab.folder / "weights" / "boxes.npz"
    file.parent.mkdir()
    write_boxes(lab, file, width=20)
    lab.run(**asked)
    assert planned(lab.plan(**asked)) == {}
    os.utime(file)
    assert planned(lab.plan(**asked)) == {}
    write_boxes(lab, file, width=21)
    assert planned(lab.plan(**asked)) == {"boxes": 4, "evaluate": 1}


def write_boxes(lab: Lab, file: Path, width: int) -> None:
    """One box in each of the 14 frames of every video, as published boxes are written."""
    boxes = np.tile(np.array([8, 24, 8 + width, 50], np.float32), (14, 1))
    clips = [path.stem for path in lab.videos.rglob("*.mp4")]
    np.savez(file, **{f"{clip}_boxes": boxes for clip in clips}, **{f"{clip}_offsets": np.arange(15) for clip in clips})


def test_going_back_to_an_earlier_config_computes_nothing_but_writes_its_report(finished: Lab) -> None:
    finished.run(protocols=["raw", "lbrspr-per-video"])
    page = (finished.folder / "work" / "report.html").read_text(encoding="utf-8")
    back = finished.run()
    assert computed(back) == {}
    assert (finished.folder / "work" / "report.html").read_text(encoding="utf-8") != page


def test_plan_all_plans_what_is_there(finished: Lab) -> None:
    assert planned(finished.plan(plan="all"))["flow"] == 4


def test_a_plan_knows_nothing_of_videos_that_were_never_read(lab: Lab) -> None:
    assert planned(lab.plan())["train"] == 1
    assert not list(Path(lab.folder / "store" / "objects").glob("*/*"))
