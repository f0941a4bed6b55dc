"""A video that cannot be used stops nobody else."""

import json
from pathlib import Path

import pytest

from features.cli import main
from features.errors import DatasetError, NoSpace
from features.plan.planner import make_plan
from features.plan.receipts import receipts
from features.plan.stages import resolve
from features.plan.state import look, open_dataset, open_store
from tests.pipeline.conftest import Lab, computed, planned, write_video


def broken(lab: Lab) -> Path:
    path = lab.videos / "test" / "broken.mp4"
    path.write_bytes(b"this is no video")
    return path


def test_an_undecodable_video_is_recorded_and_the_others_go_on(lab: Lab) -> None:
    broken(lab)
    plan = lab.run()
    assert computed(plan)["cubes"] == ["test/fußgänger", "test/läufer", "train/walk 0", "train/walk 1"]
    index = [receipt for receipt in receipts(plan.folder) if receipt.rule == "index"]
    assert [name for receipt in index for name in receipt.failed] == ["test/broken"]


def test_a_recorded_failure_is_not_tried_again(lab: Lab) -> None:
    broken(lab)
    lab.run()
    assert planned(lab.plan()) == {}


def test_the_summary_ends_with_the_failures_and_their_reasons(lab: Lab) -> None:
    broken(lab)
    lab.run()
    summary = (lab.folder / "work" / "summary.txt").read_text(encoding="utf-8")
    assert "1 failure (tried again with --config retry=failed)" in summary
    assert "test/broken" in summary


def test_a_video_that_cannot_be_decoded_is_listed_as_failed(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    broken(lab)
    lab.run()
    capsys.readouterr()
    assert main(["ls", "folder", "--store", str(lab.folder / "store"), "--json"]) == 0
    listed = {row["video"]: set(row["features"].values()) for row in json.loads(capsys.readouterr().out)}
    assert listed["test/broken"] == {"failed"} and listed["test/läufer"] == {"there"}


def test_a_failure_is_tried_again_on_request(finished: Lab) -> None:
    config = finished.config()
    store = open_store(config)
    listing = open_dataset(config)
    stages = resolve(config, listing.name)
    state = look(listing.videos(), stages, store)
    key = state.keys["flow"][0]
    store.find("flow", key).unlink()
    store.fail("flow", key, "the GPU fell over", name=state.videos[0].id)
    assert "flow" not in planned(finished.plan())
    assert planned(finished.plan(retry="failed"))["flow"] == 1


def test_an_undecodable_video_is_read_again_on_request(lab: Lab) -> None:
    broken(lab)
    lab.run()
    assert planned(lab.plan(retry="failed"))["index"] == 1


def test_a_dry_run_with_retry_forgets_nothing(lab: Lab) -> None:
    broken(lab)
    lab.run()
    lab.plan(retry="failed")
    assert planned(lab.plan()) == {}


def test_a_mended_video_is_new_content_and_computed(lab: Lab) -> None:
    path = broken(lab)
    lab.run()
    write_video(path, seed=4)
    assert computed(lab.run())["cubes"] == ["test/broken"]


def test_labels_for_another_number_of_frames_stop_the_run_before_the_first_feature(lab: Lab) -> None:
    (lab.videos / "labels" / "test").mkdir(parents=True)
    (lab.videos / "labels" / "test" / "läufer.csv").write_text("\n".join("01" * 20))
    with pytest.raises(DatasetError, match=r"läufer.*14.*40|läufer.*40.*14"):
        lab.run()
    assert not list((lab.folder / "store" / "objects").glob("*/*"))


def test_a_plan_that_cannot_fit_on_the_disk_is_refused(finished: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"total": 10, "used": 9, "free": 1})
    monkeypatch.setattr("features.plan.estimate.shutil.disk_usage", lambda path: usage)
    flow = next((finished.folder / "store" / "objects").glob("*/*.flow.zarr.zip"))
    flow.unlink()
    with pytest.raises(NoSpace, match="say --config force=true"):
        make_plan(finished.config(), 2)
    assert planned(finished.plan(force=True)) == {"flow": 1}
