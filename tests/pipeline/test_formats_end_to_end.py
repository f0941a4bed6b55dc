"""Both file formats from the videos to the report, alone and mixed; and a reader in another process."""

import os
import subprocess
import sys

import pytest

from features.plan.planner import ask
from features.store.verify import check
from tests.pipeline.conftest import Lab, computed, planned, write_video

HEAVY = ("torch", "snakemake", "cv2", "pydantic", "rfc8785", "av", "matplotlib", "sklearn")

READER = f"""
import sys
import features

library = features.open(sys.argv[1])
for dataset in library.datasets():
    for video in library.videos(dataset):
        with library.read(dataset, video, "flow") as flow, library.read(dataset, video, "boxes") as boxes:
            print(video, *flow["flow"][3:5].shape, flow["flow"].dtype, boxes.table("boxes").frames)
print([name for name in {HEAVY} if name in sys.modules])
"""


def suffixes(lab: Lab) -> set[str]:
    return {path.name.split(".", 2)[2] for path in (lab.folder / "store" / "objects").glob("*/*")}


def test_an_hdf5_store_serves_a_whole_run_and_a_second_one_computes_nothing(lab: Lab) -> None:
    first = lab.run(format="hdf5")
    assert set(computed(first)) == {"index", "flow", "boxes", "cubes", "train", "score", "evaluate"}
    assert suffixes(lab) == {"h5"}
    assert (lab.folder / "work" / "report.html").exists()
    assert planned(lab.plan(format="hdf5")) == {}
    assert [finding for stored in ask(lab.config()).store.artifacts() for finding in check(stored.path)] == []


def test_the_content_of_an_artifact_is_the_same_in_both_formats(finished: Lab) -> None:
    elsewhere = {"store": finished.folder / "other", "format": "hdf5"}
    finished.run(**elsewhere, models=[])
    zarr, hdf5 = ask(finished.config()), ask(finished.config(**elsewhere))
    for kind, keys in zarr.state.keys.items():
        assert list(hdf5.state.keys[kind]) == list(keys)
        for key in keys:
            with zarr.store.open(kind, key) as one, hdf5.store.open(kind, key) as other:
                assert one.meta["digest"] == other.meta["digest"], kind


def test_another_format_computes_nothing_anew_and_is_used_for_what_is_new(finished: Lab) -> None:
    assert planned(finished.plan(format="hdf5")) == {}
    write_video(finished.videos / "test" / "läufer.mp4", speed=1, seed=9)
    again = computed(finished.run(format="hdf5"))
    assert again["cubes"] == ["test/läufer"]
    assert suffixes(finished) == {"zarr.zip", "h5"}
    assert planned(finished.plan()) == {}


@pytest.mark.parametrize("form", ["zarr", "hdf5"])
def test_another_process_reads_by_name_and_loads_nothing_heavy(lab: Lab, form: str) -> None:
    lab.run(format=form, features={"flow": "dis", "boxes": "motion"}, models=[])
    words = [sys.executable, "-c", READER, str(lab.folder / "store")]
    answer = subprocess.run(words, cwd="/", env={**os.environ, "PYTHONUTF8": "1"}, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    *videos, heavy = answer.stdout.splitlines()
    assert heavy == "[]"
    assert videos == [
        f"{video} 2 2 72 96 float32 14" for video in ("train/walk 0", "train/walk 1", "test/fußgänger", "test/läufer")
    ]
