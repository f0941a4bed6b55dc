"""Where, over whole videos: regions of masks, RBDC and the pixel-level criterion, and a model's own threshold."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from features.errors import DatasetError
from features.evaluate.evaluation import Place, Result, alarms, evaluate
from features.evaluate.localisation import Regions, rbdc, rbdc_tbdc, regions_of
from features.evaluate.metrics import Figure, Frames, rates_above
from features.evaluate.places import MaskedVideo, drawable, locate, sampled
from features.evaluate.protocols import find_protocols

EMPTY, CORNER = np.zeros((24, 32), bool), np.zeros((24, 32), bool)
CORNER[2:8, 3:9] = True


def video(*masks: np.ndarray, size: tuple[int, int] = (24, 32)) -> MaskedVideo:
    return MaskedVideo(lambda: iter(masks), *size)


def objects(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, float).reshape(-1, 6)


def test_regions_are_the_connected_parts_of_a_mask() -> None:
    mask = CORNER.copy()
    mask[8, 9] = True  # touches the corner of the square
    mask[20:, 30:] = True
    assert regions_of(mask).tolist() == [[3, 2, 9, 8], [30, 20, 31, 23]]
    assert regions_of(EMPTY).shape == (0, 4)


def test_rbdc_alone_is_the_first_figure_of_both() -> None:
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 20, (40, 2)).astype(float)
    boxes = np.concatenate([corners, corners + 8], axis=1)
    rows = Regions(np.zeros(40, np.int64), np.arange(40) // 2, boxes)
    truth = Regions(rows.video[:15], rows.frame[:15], boxes[5:20])
    scores = rng.random(40)
    both = rbdc_tbdc(truth, np.arange(15), rows, scores, 20)
    assert rbdc(truth, rows, scores, 20) == both[0] and 0 < both[0] < 1


HIT, MISS, ALARM = (1, 3, 2, 8, 7, 5.0), (1, 20, 12, 26, 18, 5.0), (0, 20, 12, 26, 18, 9.0)


@pytest.mark.parametrize(
    ("rows", "rbdc", "pixel_auc"),
    [
        pytest.param([HIT], 1.0, 1.0, id="found"),
        pytest.param([MISS], 0.0, 0.5, id="another place"),
        pytest.param([HIT, ALARM], 0.5, 0.0, id="a false alarm scores higher"),
        pytest.param([], 0.0, 0.5, id="nothing said"),
    ],
)
def test_one_anomaly_in_two_frames(rows: list[tuple[float, ...]], rbdc: float, pixel_auc: float) -> None:
    found = locate({"v": video(EMPTY, CORNER)}, {"model": lambda name: objects(*rows)})["model"]
    assert (found["rbdc"].value, found["pixel_auc"].value) == pytest.approx((rbdc, pixel_auc))


def test_frames_of_another_size_than_their_masks_are_scaled() -> None:
    half = objects((1, 1.5, 1, 4, 3.5, 5.0))
    found = locate({"v": video(EMPTY, CORNER, size=(12, 16))}, {"model": lambda name: half})["model"]
    assert found["rbdc"].value == 1 and found["pixel_auc"].value == 1


def test_masks_are_read_once_for_all_systems() -> None:
    read = []

    def masks() -> Iterator[np.ndarray]:
        read.append(1)
        return iter([EMPTY, CORNER])

    systems = {"one": lambda name: objects(HIT), "two": lambda name: objects(MISS)}
    found = locate({"v": MaskedVideo(masks, 24, 32)}, systems)
    assert [found[name]["rbdc"].value for name in systems] == [1, 0] and len(read) == 1


def test_without_any_region_the_figures_say_why() -> None:
    found = locate({"v": video(EMPTY)}, {"model": lambda name: objects(HIT)})["model"]
    assert found["rbdc"] == Figure(None, "no abnormal region")
    assert found["pixel_auc"].reason == "only normal frames"


def test_objects_without_a_box_or_a_score_say_nothing() -> None:
    rows = objects((2, 0, 0, 1, 1, 1.0), (0, np.nan, 0, 1, 1, 2.0), (1, 0, 0, 1, 1, np.nan), (0, 0, 0, 1, 1, 3.0))
    assert drawable(rows)[:, 5].tolist() == [3, 1]


def test_masks_of_the_frames_that_are_handed_out() -> None:
    masks = (np.full((1, 1), number) for number in range(9))
    assert [int(mask[0, 0]) for mask in sampled(masks, np.array([0, 3, 3, 8]), "v")] == [0, 3, 3, 8]


def test_masks_that_end_too_early_are_named() -> None:
    with pytest.raises(DatasetError, match="video 'v' has a frame 2, but its masks end before it"):
        list(sampled(iter([EMPTY, EMPTY]), np.arange(4), "v"))


@pytest.mark.parametrize(
    ("threshold", "false_alarms", "detections"), [(0.0, 0.5, 1.0), (0.4, 0.0, 0.5), (0.8, 0.0, 0.0)]
)
def test_alarms_are_the_frames_above_a_threshold(threshold: float, false_alarms: float, detections: float) -> None:
    labels, scores = {"v": np.array([0, 0, 1, 1, -1])}, {"v": np.array([0.0, 0.4, 0.4, 0.8, 9.0])}
    found = alarms("model", 0.99, threshold, scores, labels)
    assert (found.false_alarms.value, found.detections.value) == (false_alarms, detections)


def test_rates_of_a_class_that_is_not_there_say_so() -> None:
    assert rates_above(Frames(np.array([1]), np.array([1.0])), 0.0)[0].reason == "no normal frame"
    assert rates_above(Frames(np.array([0]), np.array([1.0])), 0.0)[1].reason == "no abnormal frame"


def test_alarms_and_places_survive_json() -> None:
    labels, scores = {"v": np.array([0, 1])}, {"v": np.array([0.1, 0.9])}
    result = evaluate(scores, labels, find_protocols(["raw"]))
    place = Place("model", "model", {"rbdc": Figure(0.5), "pixel_eer": Figure(None, "only normal frames")})
    whole = Result(
        result.rows,
        result.protocols,
        result.videos,
        alarms=(alarms("model", 0.99, 0.5, scores, labels),),
        places=(place,),
        places_note="how",
    )
    assert Result.from_json(json.loads(json.dumps(whole.to_json(), allow_nan=False))) == whole
