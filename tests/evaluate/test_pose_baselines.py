"""Baselines of poses: by hand, and on real skeletons of ShanghaiTech Campus."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from features.datasets.people import People, people
from features.errors import DatasetError
from features.evaluate.baselines import BASELINES, available, baseline_scores
from features.evaluate.evaluation import evaluate
from features.evaluate.protocols import find_protocols
from features.extract.poses.table import COLUMNS, rows_of
from features.store.table import Table

SPEED, PERSONS = BASELINES["speed of the body's centre"], BASELINES["number of persons"]
CAMERAS = ("01", "02", "04", "07", "08")


class Stored(dict[str, np.ndarray]):
    """Arrays by name, and the table of poses, as an artifact has them; tracks are of these poses."""

    key = "0" * 64
    meta: ClassVar[dict[str, Any]] = {"inputs": {"poses": key}}

    def table(self, name: str) -> Table:
        return Table(self[name], COLUMNS, self["frame_offsets"])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self)


def artifacts(found: People, frames: int) -> dict[str, Any]:
    offsets = np.searchsorted(found.frames, np.arange(frames + 1))
    return {
        "poses": Stored(poses=rows_of(found), frame_offsets=offsets),
        "tracks": Stored(ids=found.ids, frame_offsets=offsets),
    }


def person(*joints: tuple[float, float]) -> np.ndarray:
    """Somebody with these joints, the others missing."""
    there = [(x, y, 1.0) for x, y in joints]
    return np.array(there + [(0.0, 0.0, 0.0)] * (17 - len(there)))


def walk(*seen: tuple[int, int, np.ndarray]) -> People:
    frames, ids, bodies = zip(*seen, strict=True)
    return people(np.array(frames), np.array(ids), np.stack(bodies))


HERE, THERE, FAR = person((0, 0), (2, 0)), person((4, 4)), person((100, 0))


@pytest.mark.parametrize(
    ("seen", "speeds"),
    [
        pytest.param([(0, 1, HERE), (1, 1, THERE)], [0, 5, 0, 0], id="centre of the joints that are there"),
        pytest.param([(0, 1, HERE), (2, 1, FAR)], [0, 0, 0, 0], id="frames that do not follow each other"),
        pytest.param([(0, 1, HERE), (1, 2, FAR)], [0, 0, 0, 0], id="another person"),
        pytest.param([(0, -1, HERE), (1, -1, FAR)], [0, 0, 0, 0], id="nobody knows who it is"),
        pytest.param([(0, 1, HERE), (1, 1, person()), (2, 1, FAR)], [0, 0, 0, 0], id="no joint in between"),
        pytest.param([(2, 1, HERE), (2, 7, HERE), (3, 7, FAR), (3, 1, THERE)], [0, 0, 0, 99], id="the fastest"),
    ],
)
def test_the_speed_of_a_bodys_centre(seen: list[tuple[int, int, np.ndarray]], speeds: list[float]) -> None:
    assert SPEED.compute(artifacts(walk(*seen), 4), 4).tolist() == speeds


def test_persons_without_any_joint_are_not_counted() -> None:
    found = walk((0, 1, HERE), (0, 2, person()), (2, -1, FAR), (2, 5, HERE))
    assert PERSONS.compute(artifacts(found, 4), 4).tolist() == [1, 0, 2, 0]


@pytest.mark.parametrize("baseline", [SPEED, PERSONS], ids=lambda baseline: baseline.name)
def test_without_anybody_all_frames_score_zero(baseline: Any) -> None:
    assert baseline.compute(artifacts(People.nobody(), 3), 3).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("kinds", "there"),
    [
        (["poses"], [PERSONS]),
        (["tracks"], []),
        (["frames", "poses", "tracks"], [SPEED, PERSONS]),
    ],
)
def test_they_stand_wherever_all_that_they_read_is_there(kinds: list[str], there: list[Any]) -> None:
    assert [baseline for baseline in available(kinds) if baseline.reads] == there


@pytest.mark.parametrize("short", ["poses", "tracks"])
def test_an_artifact_of_another_length_is_named(short: str) -> None:
    found, other = artifacts(walk((0, 1, HERE)), 4), artifacts(walk((0, 1, HERE)), 3)
    read = SimpleNamespace(of=lambda video, kind: (other if kind == short else found)[kind])
    with pytest.raises(DatasetError, match=f"video 'v' has 4 frames and {short} of 3; compute its {short} anew"):
        baseline_scores(SPEED, {"v": 4}, read.of)


@pytest.mark.shared
def test_the_reference_lines_on_shanghaitech_skeletons(shared: Path) -> None:
    """Five cameras of HR-ShanghaiTech (Morais et al., CVPR 2019), 63 test clips: no learning at all."""
    stored, labels = skeletons(shared / "data/hr_shanghaitech_skeletons")
    assert (len(labels), sum(map(len, labels.values()))) == (63, 23_611)
    assert sum(int(values.sum()) for values in labels.values()) == 9_704
    figures = {(SPEED, "raw"): 0.7183, (SPEED, "stgnf-per-video"): 0.7566}
    figures |= {(PERSONS, "raw"): 0.6610, (PERSONS, "stgnf-per-video"): 0.6645}
    frames = {video: len(values) for video, values in labels.items()}
    for (baseline, protocol), expected in figures.items():
        scores = baseline_scores(baseline, frames, lambda video, kind: stored[video][kind])
        found = evaluate(scores, labels, find_protocols([protocol]), role="baseline")
        assert found.row("model", protocol).metrics["micro_auc"].value == pytest.approx(expected, abs=1e-3)


def skeletons(folder: Path) -> tuple[Mapping[str, dict[str, Any]], dict[str, np.ndarray]]:
    """Clip -> artifacts, and clip -> labels. A joint at 0, 0 is missing; so is a person all of whose joints are."""
    stored, labels = {}, {}
    for camera in CAMERAS:
        arrays = np.load(folder / f"testing_{camera}.npz")
        joints = arrays["xy"].T.reshape(-1, 17, 2)
        there = (joints != 0).any(axis=2)
        bodies = np.concatenate([joints, there[..., None]], axis=2)
        for clip in np.unique(arrays["video"]).tolist():
            rows = (arrays["video"] == clip) & there.any(axis=1)
            name = f"{camera}_{clip:04d}"
            labels[name] = np.load(folder / "test_frame_mask" / f"{name}.npy")
            found = people(arrays["frame"][rows], arrays["person"][rows], bodies[rows])
            stored[name] = artifacts(found, len(labels[name]))
    return stored, labels
