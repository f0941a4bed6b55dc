"""Flow, boxes, poses and any other arrays of two artifacts: each difference is made on purpose, and named."""

from pathlib import Path

import numpy as np
import pytest

from features.datasets.skeleton import MIRRORED
from features.errors import ConfigError
from features.evaluate.compare.artifacts import compare
from features.evaluate.compare.boxes import compare_boxes
from features.evaluate.compare.finding import Difference
from features.evaluate.compare.flow import compare_flow
from features.evaluate.compare.poses import compare_poses, joints
from features.extract.poses.table import COLUMNS, JOINTS
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact
from features.store.store import Store
from features.store.table import Table
from tests.cli.conftest import Dis

Array = np.ndarray
FRAMES = 30


def said(found: Difference, topic: str) -> str:
    return "; ".join(finding.said for finding in found.findings if finding.topic == topic)


@pytest.fixture(scope="module")
def flow() -> Array:
    """float32 (12, 2, 20, 24): motion that wanders, more across than down."""
    random = np.random.default_rng(1)
    drift = random.normal(0, 1, (12, 2, 1, 1)).cumsum(axis=0)
    return ((drift + random.normal(0, 0.5, (12, 2, 20, 24))) * [[[3.0]], [[1.0]]]).astype(np.float32)


class TestFlow:
    def test_steps_of_what_is_stored_are_no_difference(self, flow: Array) -> None:
        found = compare_flow(flow, flow + np.float32(1 / 256))
        assert found.equal
        assert found.verdict == "equal within 1/64 px, the step of what is stored"

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda flow: flow[:, ::-1], "in b x and y are swapped"),
            (lambda flow: flow[:, [0, 0]], "in b x stands in place of y"),
            (lambda flow: flow[:, [1, 1]], "in b y stands in place of x"),
            (lambda flow: -flow, "in b vectors point the other way"),
            (lambda flow: flow * np.float32([-1, 1])[:, None, None], "x is turned round, as in a mirrored picture"),
            (lambda flow: 2 * flow, "vectors of b are 2 times as long"),
            (lambda flow: flow + np.float32(0.1), "the same motion by another method or size"),
            (lambda flow: np.random.default_rng(5).normal(0, 1, flow.shape), "another video, or no flow at all"),
        ],
    )
    def test_what_was_done_to_vectors_is_named(self, change, words: str, flow: Array) -> None:
        found = compare_flow(flow, change(flow))
        assert not found.equal
        assert words in found.verdict

    @pytest.mark.parametrize(("first", "words"), [(1, "b is a frame early"), (0, "b is a frame late")])
    def test_a_frame_too_early_or_late(self, first: int, words: str, flow: Array) -> None:
        one, other = (flow[:-1], flow[1:]) if first else (flow[1:], flow[:-1])
        assert words in said(compare_flow(one, other), "time")

    def test_pixels_without_a_vector_are_left_out_and_one_sided_ones_a_difference(self, flow: Array) -> None:
        holed = flow.copy()
        holed[2, :, :3, :5] = np.nan
        found = compare_flow(flow, holed)
        assert not found.equal and "; 15 pixels of 5,760 have a vector in one alone" in said(found, "values")
        assert found.verdict == "equal within 1/64 px, the step of what is stored, where both have a vector"
        assert compare_flow(holed, holed).equal
        assert compare_flow(flow, np.full_like(flow, np.nan)).verdict == "no pixel has a vector in both"

    def test_frames_of_two_sizes_are_not_compared(self, flow: Array) -> None:
        found = compare_flow(flow, flow[..., :20])
        assert said(found, "shape") == "12 rows of 24x20 px and 12 rows of 20x20 px"
        assert "cannot be compared pixel by pixel" in found.verdict


def table(rows: Array, frames: Array, columns: tuple[str, ...]) -> Table:
    offsets = np.searchsorted(frames, np.arange(FRAMES + 1))
    return Table(rows, columns, offsets.astype(np.int64))


@pytest.fixture(scope="module")
def people() -> Table:
    """Three persons who cross the picture, with joints."""
    random = np.random.default_rng(2)
    frames = np.repeat(np.arange(FRAMES), 3)
    left = np.tile([20.0, 120.0, 220.0], FRAMES) + 5 * frames
    shape = random.uniform(0.1, 0.9, (17, 2))
    box = np.stack([left, 40 + 0 * left, left + 40, 140 + 0 * left], axis=1)
    points = box[:, None, :2] + shape * [40, 100] + random.normal(0, 0.5, (len(left), 17, 2))
    keypoints = np.concatenate([points, np.full((*points.shape[:2], 1), 0.9)], axis=2)
    ones = np.full((len(left), 1), 0.8)
    rows = np.concatenate([box, ones, ones, keypoints.reshape(len(left), -1)], axis=1, dtype=np.float32)
    return table(rows, frames, COLUMNS)


def changed(found: Table, values: Array) -> Table:
    return Table(values.astype(np.float32), found.columns, found.frame_offsets)


def kept(found: Table, keep: Array) -> Table:
    return table(found.values[keep], found.frame_numbers()[keep], found.columns)


class TestBoxes:
    def test_equal_tables(self, people: Table) -> None:
        assert compare_boxes(people, people).equal

    def test_boxes_of_one_only_are_counted(self, people: Table) -> None:
        found = compare_boxes(people, kept(people, np.arange(len(people)) % 3 > 0))
        assert said(found, "rows") == "60 boxes in both, 30 in a only, 0 in b only"
        assert found.figures["matched_share"] == pytest.approx(0.8)

    def test_boxes_that_are_a_little_elsewhere(self, people: Table) -> None:
        found = compare_boxes(people, changed(people, people.values + np.float32(2)))
        assert found.verdict.startswith("100.0 % match; their overlap is 0.87")

    def test_frames_late(self, people: Table) -> None:
        late = kept(people, people.frame_numbers() < FRAMES - 2)
        late = table(late.values, late.frame_numbers() + 2, people.columns)
        fast = Table(people.values * np.float32(1), people.columns, people.frame_offsets)
        assert "b is 2 frames late" in said(compare_boxes(fast, late), "time")

    def test_frames_of_another_size(self, people: Table) -> None:
        found = compare_boxes(people, changed(people, people.values * np.float32(2)))
        assert said(found, "size") == "b's frames are 2 times as large as a's"
        assert found.verdict == "100.0 % match; their overlap is 1 on average"

    def test_nothing_in_common(self, people: Table) -> None:
        away = people.values.copy()
        away[:, :4] += [[0, 150, 0, 150]]
        assert "no boxes match: another video" in compare_boxes(people, changed(people, away)).verdict


class TestPoses:
    def test_equal_tables(self, people: Table) -> None:
        assert compare_poses(people, people).equal

    def test_left_and_right_swapped(self, people: Table) -> None:
        other = people.values.copy()
        other[:, JOINTS] = joints(people)[:, list(MIRRORED)].reshape(len(people), -1)
        assert "left and right are swapped in b" in said(compare_poses(people, changed(people, other)), "joints")

    def test_joints_that_lie_elsewhere_are_measured_by_the_person(self, people: Table) -> None:
        other = people.values.copy()
        other[:, JOINTS] += np.tile([3.0, 4.0, 0.0], 17)
        found = compare_poses(people, changed(people, other))
        assert "joints are 7.2 % of a person's height apart (median)" in said(found, "joints")
        assert 0.5 < float(found.figures["oks"]) < 1  # type: ignore[arg-type]

    def test_persons_without_a_box_are_matched_by_their_joints(self, people: Table) -> None:
        other = people.values.copy()
        other[:, :4] = np.nan
        assert "90 persons in both" in said(compare_poses(people, changed(people, other)), "rows")

    def test_frames_of_another_size_are_scaled_first(self, people: Table) -> None:
        other = people.values.copy()
        other[:, :4] *= 2
        other[:, JOINTS] *= np.tile([2.0, 2.0, 1.0], 17)
        found = compare_poses(people, changed(people, other))
        assert said(found, "size") == "b's frames are 2 times as large as a's"
        assert float(found.figures["oks"]) == pytest.approx(1, abs=1e-4)  # type: ignore[arg-type]


class TestArtifacts:
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return Store(tmp_path / "store", create=True)

    def put(self, store: Store, kind: str, values: Array, name: str = "masks") -> Artifact:
        key = f"{len(list(store.artifacts())) + 1:064x}"
        with store.create(kind, key, recipe=Dis(), inputs={}) as out:
            out.add(ArraySpec(name, str(values.dtype), values.shape[1:], 4))
            out.append(name, values)
        return store.open(kind, key)

    def test_a_kind_that_is_not_known_is_compared_array_by_array(self, store: Store) -> None:
        values = np.arange(12, dtype=np.float32).reshape(6, 2)
        with self.put(store, "cubes", values) as one, self.put(store, "cubes", values + 0.5) as other:
            found = compare(one, other)
            assert said(found, "arrays") == "masks (6, 2): 0.5 apart at most"
            assert compare(one, one).equal

    def test_arrays_of_one_only_and_other_shapes_are_named(self, store: Store) -> None:
        values = np.zeros((6, 2), np.float32)
        with self.put(store, "cubes", values) as one, self.put(store, "cubes", values[:5]) as other:
            assert said(compare(one, other), "arrays") == "masks: shapes (6, 2) and (5, 2)"
        with self.put(store, "cubes", values) as one, self.put(store, "cubes", values, "edges") as other:
            assert "only one has edges, masks" in said(compare(one, other), "arrays")

    def test_two_kinds_are_refused(self, store: Store, flow: Array) -> None:
        with self.put(store, "flow", flow, "flow") as one, self.put(store, "cubes", flow) as other:
            with pytest.raises(ConfigError, match="flow cannot be compared with cubes"):
                compare(one, other)
            assert compare(one, one).verdict.startswith("equal")
