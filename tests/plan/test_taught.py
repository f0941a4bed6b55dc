"""What a model is told of its training videos: it enters the model's key, and decides what the model may see."""

from pathlib import Path

import numpy as np
import pytest

from features.plan.listing import ABNORMAL, NORMAL, Annotation, Video
from features.plan.stages import ModelStage, Taught
from features.plan.state import State
from features.store.recipe import Recipe


class AnyModel(Recipe):
    kind = "model"
    backend = "any"


def video(name: str, split: str = "train", annotation: Annotation | None = None) -> Video:
    return Video(name, Path(name), split, annotation=annotation)  # type: ignore[arg-type]


def state(*videos: Video, sources: str = "abcdef") -> State:
    known, numbers = list(sources[: len(videos)]), np.full(len(videos), 9)
    everything = np.ones(len(videos), bool)
    clips = [f"clips of {source}" for source in known]
    return State(
        videos, known, [""] * len(videos), numbers, numbers, numbers, {}, {"clips": clips}, {"clips": everything},
        {"clips": {}},
    )  # fmt: skip


def stage(taught: Taught = "", trains_on: tuple[str, ...] = ("train",)) -> ModelStage:
    return ModelStage("any", "any", AnyModel(), ("clips",), trains_on, ("test",), taught)


FIGHT, CALM = Annotation("Fighting"), Annotation(NORMAL)


@pytest.mark.parametrize(("taught", "rows"), [("", [1, 2]), ("videos", [0, 1, 2]), ("frames", [0, 1, 2])])
def test_only_models_that_are_taught_see_abnormal_training_videos(taught: Taught, rows: list[int]) -> None:
    found = state(video("a", annotation=FIGHT), video("b", annotation=CALM), video("c"), video("d", "test", FIGHT))
    assert found.training_rows(stage(taught)) == rows


def test_a_model_that_trains_on_test_videos_untaught_sees_them_all() -> None:
    found = state(video("a", annotation=FIGHT), video("b", "test", FIGHT), video("c", "test", CALM))
    assert found.training_rows(stage(trains_on=("train", "test"))) == [1, 2]


def key(taught: Taught, *annotations: Annotation | None) -> str:
    videos = [video(str(number), annotation=each) for number, each in enumerate(annotations)]
    return state(*videos).model_key(stage(taught))


@pytest.mark.parametrize(
    ("taught", "other", "same"),
    [
        ("", Annotation(NORMAL, ()), True),
        ("videos", Annotation(ABNORMAL), False),
        ("videos", Annotation(NORMAL, ()), True),
        ("frames", Annotation(NORMAL, ()), False),
    ],
)
def test_what_a_model_is_told_and_no_more_enters_its_key(taught: Taught, other: Annotation, same: bool) -> None:
    assert (key(taught, CALM, FIGHT) == key(taught, other, FIGHT)) is same


@pytest.mark.parametrize(
    ("taught", "told"), [("", None), ("videos", FIGHT), ("frames", Annotation("Fighting", ((3, 7),)))]
)
def test_when_something_happens_is_told_to_models_that_are_taught_frames(
    taught: Taught, told: Annotation | None
) -> None:
    assert state(video("a", annotation=Annotation("Fighting", ((3, 7),)))).annotation(stage(taught), 0) == told


def test_what_videos_are_called_and_their_order_change_no_key() -> None:
    one = state(video("a", annotation=FIGHT), video("b", annotation=CALM), sources="xy")
    other = state(video("of calm", annotation=CALM), video("of a fight", annotation=FIGHT), sources="yx")
    assert one.model_key(stage("videos")) == other.model_key(stage("videos"))


@pytest.mark.parametrize(
    ("annotation", "labels"),
    [
        (Annotation(NORMAL), [0, 0, 0, 0]),
        (Annotation("Fighting"), [-1, -1, -1, -1]),
        (Annotation("Fighting", ((1, 2), (3, 9))), [0, 1, 0, 1]),
    ],
)
def test_an_abnormal_video_without_times_has_unknown_frames(annotation: Annotation, labels: list[int]) -> None:
    assert annotation.labels(4).tolist() == labels
