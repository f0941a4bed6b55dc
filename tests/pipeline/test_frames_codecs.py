"""How frames are stored: without loss they change no key and no number, as JPEG they are other frames."""

from pathlib import Path
from typing import Any

import pytest

from features.plan.plan import Plan
from features.plan.planner import ask
from features.store.artifact import Artifact
from tests.pipeline.conftest import Lab, computed, planned

FEATURES = {"flow": "dis", "boxes": "motion", "cubes": "lbrspr"}
KINDS = tuple(FEATURES)
VIDEOS = ["test/fußgänger", "test/läufer", "train/walk 0", "train/walk 1"]


def with_frames(frames: Any) -> dict[str, Any]:
    return {"features": {"frames": frames, **FEATURES}, "models": []}


def keys(lab: Lab, **changes: Any) -> dict[str, list[str]]:
    """Kind -> keys of all videos."""
    state = ask(lab.config(**changes)).state
    return {kind: list(state.keys[kind]) for kind in KINDS}


def same_numbers(first: Artifact, second: Artifact) -> bool:
    return first.names == second.names and all(
        first.raw(name)[:].tobytes() == second.raw(name)[:].tobytes() for name in first.names
    )


def label(lab: Lab, video: str, labels: list[int]) -> None:
    path = (lab.videos / "labels" / video).with_suffix(".csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(str, labels)))


def evaluation(lab: Lab, plan: Plan) -> Artifact:
    """The evaluation that a run left behind, found by its only file."""
    (file,) = (lab.folder / "store" / "objects").glob("*/*.evaluation.*")
    return ask(plan.config).store.open("evaluation", file.name.split(".")[0])


def test_lossless_frames_change_no_key(finished: Lab) -> None:
    assert keys(finished, **with_frames("lossless")) == keys(finished, **with_frames("native"))


def test_storing_lossless_frames_later_computes_the_frames_alone(finished: Lab) -> None:
    assert set(planned(finished.plan(**with_frames("lossless")))) == {"frames", "evaluate"}


def test_features_of_stored_frames_equal_those_of_decoded_ones(finished: Lab) -> None:
    decoded = ask(finished.config()).store
    elsewhere = {**with_frames("lossless"), "store": finished.folder / "other"}
    assert computed(finished.run(**elsewhere))["frames"] == VIDEOS
    stored = ask(finished.config(**elsewhere)).store
    for kind, listed in keys(finished, **elsewhere).items():
        for key in listed:
            with decoded.open(kind, key) as first, stored.open(kind, key) as second:
                assert same_numbers(first, second), kind
                assert first.meta["digest"] == second.meta["digest"]


@pytest.mark.parametrize("quality", [{}, {"quality": 80}])
def test_jpeg_frames_are_other_frames(finished: Lab, quality: dict[str, int]) -> None:
    other = keys(finished, **with_frames({"codec": "jpeg", **quality}))
    native = keys(finished, **with_frames("native"))
    assert all(not set(other[kind]) & set(native[kind]) for kind in KINDS)


def test_what_stands_on_jpeg_frames_waits_for_them(lab: Lab) -> None:
    plan = lab.plan(**with_frames("jpeg"))
    assert planned(plan)["frames"] == 4
    assert all("frames" in plan.reads[kind] for kind in KINDS)


def test_a_run_over_jpeg_frames_reads_the_stored_frames(lab: Lab) -> None:
    plan = lab.run(**with_frames("jpeg"))
    assert computed(plan)["cubes"] == VIDEOS
    asked = ask(plan.config)
    with asked.store.open("flow", asked.state.keys["flow"][0]) as flow:
        assert set(flow.meta["inputs"]) == {"source", "frames"}
        assert flow.meta["inputs"]["frames"] == asked.state.keys["frames"][0]


MODEL = {"name": "lbrspr", "mode": "test", "epochs": 1, "batch": 8}


@pytest.mark.parametrize(
    ("frames", "count", "models"),
    [({"every": 3}, 5, [MODEL]), ({"fps": 10}, 6, []), ({"fps": 10, "codec": "lossless", "max_side": 48}, 6, [])],
)
def test_a_sampling_policy_holds_from_the_frames_to_the_curves(
    lab: Lab, frames: dict[str, Any], count: int, models: list[dict[str, Any]]
) -> None:
    """The videos have 14 frames at 25 per second; labels are for all of them."""
    label(lab, "test/läufer", [0] * 6 + [1] * 8)
    plan = lab.run(features={"frames": frames, **FEATURES}, models=models)
    asked = ask(plan.config)
    row = [video.id for video in asked.videos].index("test/läufer")
    with asked.store.open("flow", asked.state.keys["flow"][row]) as flow:
        assert flow["flow"].shape[0] == count - 1
    with asked.store.open("boxes", asked.state.keys["boxes"][row]) as boxes:
        assert boxes.table("boxes").frames == count
    with evaluation(lab, plan) as result:
        assert result["video_offsets"][:].tolist() == [0, count, 2 * count]
        assert result["curves"].shape[0] == 2 * count


@pytest.mark.parametrize(("frames", "kept"), [({"every": 3}, [0, 3, 6, 9, 12]), ({"fps": 10}, [0, 2, 5, 7, 10, 12])])
def test_labels_are_sampled_with_the_frames(lab: Lab, frames: dict[str, Any], kept: list[int]) -> None:
    labels = [0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1]
    label(lab, "test/läufer", labels)
    with evaluation(lab, lab.run(features={"frames": frames, "boxes": "motion"}, models=[])) as result:
        offsets, found = result["video_offsets"][:], result["labels"][:]
    assert found[offsets[0] : offsets[1]].tolist() == [-1] * len(kept)
    assert found[offsets[1] : offsets[2]].tolist() == [labels[number] for number in kept]


def test_frames_cut_down_while_decoding_have_features_of_their_size(lab: Lab) -> None:
    plan = lab.run(**with_frames({"max_side": 48}))
    asked = ask(plan.config)
    with asked.store.open("flow", asked.state.keys["flow"][0]) as flow:
        assert flow["flow"].shape == (13, 2, 36, 48)
    with asked.store.open("boxes", asked.state.keys["boxes"][0]) as boxes:
        assert boxes.table("boxes").values[:, 2].max() <= 48


def test_a_store_that_lost_a_lossless_frames_artifact_still_serves_the_features(finished: Lab) -> None:
    finished.run(**with_frames("lossless"))
    lost = next(Path(finished.folder / "store" / "objects").glob("*/*.frames.*"))
    lost.unlink()
    assert planned(finished.plan(**with_frames("lossless"))) == {"frames": 1}
