"""features verify --recompute: a sample is computed again, and the largest difference is said."""

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
import yaml

from features.cli import main
from features.errors import NotStored
from features.extract.recompute import Difference, largest_difference, recompute
from features.plan.planner import Asked, ask
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact
from tests.pipeline.conftest import Lab

Array = np.ndarray


def row_of(asked: Asked, video: str) -> int:
    return [each.id for each in asked.videos].index(video)


def put_other_numbers(lab: Lab, video: str, change: Callable[[Array], Array]) -> None:
    """Put flow of other numbers under the key of a video's flow, as a defective program would have made it."""
    asked = ask(lab.config())
    row = row_of(asked, video)
    key, stage = asked.state.keys["flow"][row], asked.stages.feature("flow")
    with asked.store.open("flow", key) as kept:
        numbers, spec = change(kept.raw("flow")[:]), spec_of(kept)
    path = asked.store.find("flow", key)
    assert path is not None
    path.unlink()
    inputs = {"source": asked.state.sources[row]}
    with asked.store.create("flow", key, recipe=stage.recipe, inputs=inputs, names=[video]) as out:
        out.add(spec)
        out.append("flow", numbers)


def spec_of(flow: Artifact) -> ArraySpec:
    _, *shape = flow.raw("flow").shape
    return ArraySpec("flow", "int16", tuple(shape), 1, scale_factor=1 / 64, fill_value=-32768)


def differences(lab: Lab, kind: str = "flow") -> dict[str, float]:
    """Video -> largest difference of its flow, over the whole store."""
    return {each.video: each.largest[kind] for each in recompute(lab.config(), 1.0) if each.kind == kind}


def test_on_one_machine_nothing_differs(finished: Lab) -> None:
    found = list(recompute(finished.config(), 1.0))
    assert {(each.kind, each.video) for each in found} == {
        (kind, video.id) for kind in ("flow", "boxes", "cubes") for video in ask(finished.config()).videos
    }
    assert {value for each in found for value in each.largest.values()} == {0.0}


def test_computing_again_leaves_the_store_as_it_was(finished: Lab) -> None:
    store = finished.folder / "store"
    before = {path: path.stat().st_mtime_ns for path in (store / "objects").rglob("*")}
    list(recompute(finished.config(), 0.5, seed=1))
    assert {path: path.stat().st_mtime_ns for path in (store / "objects").rglob("*")} == before


def test_a_share_is_a_share_and_at_least_one(finished: Lab) -> None:
    assert len(list(recompute(finished.config(), 0.25, seed=3))) == 3
    assert len(list(recompute(finished.config(), 0.001, seed=3))) == 1


def test_other_numbers_under_the_same_key_are_found_with_their_size(finished: Lab) -> None:
    def wrong(flow: Array) -> Array:
        flow[5, 1, 30, 40] += 96  # one and a half pixels, in one place
        return flow

    put_other_numbers(finished, "test/läufer", wrong)
    found = differences(finished)
    assert found.pop("test/läufer") == 1.5
    assert set(found.values()) == {0.0}


@pytest.mark.parametrize(
    "change", [lambda flow: flow[:-1], lambda flow: np.where(flow == flow.max(), -32768, flow).astype(np.int16)]
)
def test_another_number_of_rows_or_other_holes_are_no_number_apart(
    finished: Lab, change: Callable[[Array], Array]
) -> None:
    put_other_numbers(finished, "test/läufer", change)
    assert math.isinf(differences(finished)["test/läufer"])


def test_the_command_says_kind_video_array_and_difference(finished: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    values = finished.config().model_dump(mode="json", exclude_defaults=True)
    (finished.folder / "config.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    put_other_numbers(finished, "test/läufer", lambda flow: flow + np.int16(64))
    assert main(["verify", "--recompute", "100%", "--json"]) == 0
    found = [Difference(**each) for each in json.loads(capsys.readouterr().out)]
    assert {each.video for each in found if each.largest.get("flow")} == {"test/läufer"}
    assert main(["verify", "--recompute", "100%"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["flow", "test/läufer", "flow", "1"] in lines
    assert lines[0] == ["kind", "video", "array", "largest", "difference"]


def test_where_there_is_nothing_to_compare_that_is_an_error(lab: Lab) -> None:
    with pytest.raises(NotStored, match="nothing can be computed again; run the pipeline"):
        list(recompute(lab.config(), 1.0))


def test_an_artifact_is_at_no_distance_from_itself(finished: Lab) -> None:
    asked = ask(finished.config())
    with asked.store.open("cubes", asked.state.keys["cubes"][0]) as cubes:
        assert {largest_difference(cubes, cubes, name) for name in cubes.names} == {0.0}
