"""From a config entry to a recipe of boxes."""

import hashlib

import pytest

from features.errors import ConfigError, WeightsError
from features.extract.boxes.feature import Boxes
from features.extract.flow.recipe import FlowRecipe
from features.extract.frames.recipe import FramesRecipe
from features.plan.stages import Context

NATIVE = FramesRecipe()
NETWORKS = ("yolox_nano.onnx", "rtmdet_nano.onnx")


@pytest.fixture
def context(tmp_path):
    """What a config knows: a data set, a folder with (empty) networks, frames and flow."""
    for name in NETWORKS:
        (tmp_path / name).write_text(name)

    def make(dataset="ucsdped2", frames=NATIVE, flow=True):
        recipes = {"frames": frames, **({"flow": FlowRecipe(frames=frames)} if flow else {})}
        return Context(dataset, (tmp_path,), recipes)

    return make


LBRSPR_AREAS = {"ucsdped1": 100, "ucsdped2": 100, "avenue": 1600, "shanghaitech": 900, "plaza": 0.0026}


@pytest.mark.parametrize("dataset", LBRSPR_AREAS)
def test_lbrspr_has_the_published_numbers_of_each_data_set(context, dataset):
    recipe = Boxes.recipe("lbrspr", context(dataset))
    area = LBRSPR_AREAS[dataset]
    assert recipe.keep.model_dump() == {"score": 0.2, "min_area": area, "cover": 0.6, "clip": True}
    assert (recipe.motion.threshold, recipe.motion.min_area, recipe.motion.grow) == (1, area, 2)


@pytest.mark.parametrize(
    ("preset", "dataset", "keep", "gradient"),
    [
        ("vec", "ucsdped1", (0.5, 144, 0.6), (15, 3, 144)),
        ("vec", "ucsdped2", (0.5, 100, 0.6), (18, 3, 100)),
        ("vec", "avenue", (0.25, 1600, 0.6), (18, 5, 1600)),
        ("vec", "shanghaitech", (0.5, 64, 0.65), (15, 5, 64)),
        ("hf2vad", "ucsdped2", (0.5, 100, 0.6), (18, 3, 100)),
        ("hf2vad", "shanghaitech", (0.5, 64, 0.65), (15, 5, 1600)),
        ("vec", "plaza", (0.5, 0.0026, 0.6), (18, 5, 0.0026)),
    ],
)
def test_vec_and_hf2vad_have_the_published_numbers_of_each_data_set(context, preset, dataset, keep, gradient):
    recipe = Boxes.recipe(preset, context(dataset))
    assert (recipe.keep.score, recipe.keep.min_area, recipe.keep.cover) == keep
    assert (recipe.motion.threshold, recipe.motion.blur, recipe.motion.min_area) == gradient
    assert recipe.motion.wrap and not recipe.motion.join and not recipe.keep.clip


@pytest.mark.parametrize(
    ("choice", "detector", "motion", "reads"),
    [
        ("motion", None, "gradient", ()),
        ("lbrspr", "onnx", "flow", ("flow",)),
        ("vec", "onnx", "gradient", ()),
        ("gradient", None, "gradient", ()),
        ("flow", None, "flow", ("flow",)),
        ({"preset": "lbrspr", "motion": False}, "onnx", None, ()),
        ({"preset": "lbrspr", "motion": "off"}, "onnx", None, ()),
        ({"preset": "lbrspr", "motion": "gradient"}, "onnx", "gradient", ()),
        ({"preset": "lbrspr", "detector": "off"}, None, "flow", ("flow",)),
        ({"preset": "motion", "detector": "rtmdet_nano.onnx"}, "onnx", "gradient", ()),
        ({"backend": "onnx", "weights": "yolox_nano.onnx"}, "onnx", None, ()),
        ({"backend": "import", "files": "yolox_nano.onnx"}, "import", None, ()),
        ({"backend": "gradient", "blur": 5}, None, "gradient", ()),
    ],
)
def test_entries(context, choice, detector, motion, reads):
    recipe = Boxes.recipe(choice, context())
    found = [part and part.backend for part in (recipe.detector, recipe.motion)]
    assert (found, Boxes.reads(recipe)) == ([detector, motion], reads)


def test_a_wish_changes_one_number_and_leaves_the_others_as_published(context):
    recipe = Boxes.recipe({"preset": "vec", "score": 0.4, "motion": {"threshold": 30}}, context("avenue"))
    assert (recipe.keep.score, recipe.keep.min_area) == (0.4, 1600)
    assert (recipe.motion.threshold, recipe.motion.blur) == (30, 5)


def test_another_network_takes_the_place_of_the_presets(context):
    wish = {"preset": "lbrspr", "detector": {"backend": "onnx", "weights": "rtmdet_nano.onnx", "size": [608, 608]}}
    recipe = Boxes.recipe(wish, context())
    assert recipe.detector.weights.sha256 == hashlib.sha256(b"rtmdet_nano.onnx").hexdigest()
    assert recipe.detector.size == (608, 608)


def test_nothing_is_chosen_among_imported_boxes_or_without_a_detector(context):
    assert Boxes.recipe({"backend": "import", "files": ["yolox_nano.onnx"]}, context()).keep is None
    assert Boxes.recipe("motion", context()).keep is None


def test_frames_kept_without_loss_give_the_same_boxes_as_frames_from_the_video(context):
    stored = Boxes.recipe("motion", context(frames=FramesRecipe(codec="lossless")))
    assert stored.digest == Boxes.recipe("motion", context()).digest


def test_jpeg_frames_are_read_from_the_store(context):
    frames = FramesRecipe(codec="jpeg", quality=90)
    recipe = Boxes.recipe("lbrspr", context(frames=frames))
    assert Boxes.reads(recipe) == ("frames", "flow")


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("lbrsrp", "no preset or backend 'lbrsrp' (did you mean 'lbrspr'?)"),
        ({"preset": "lbrspr", "min_aera": 3}, "no parameter 'min_aera' (did you mean 'min_area'?)"),
        ({"preset": "vec", "motion": {"treshold": 3}}, "no parameter 'treshold' (did you mean 'threshold'?)"),
        ({"preset": "vec", "score": 3}, "boxes: score: expected less than or equal to 1; found 3"),
        ({"preset": "vec", "motion": "gradeint"}, "boxes 'gradeint' is not known (did you mean 'gradient'?)"),
        ({"preset": "vec", "motion": "onnx"}, "backend 'onnx' is no motion; put it under 'detector'"),
        ({"preset": "vec", "motion": 3}, "motion is 3, expected off, a backend's name, or a mapping"),
        ({"preset": "motion", "detector": {"weights": "x"}}, "detector names no backend"),
        ({"preset": "motion", "motion": "off"}, "neither a detector nor motion"),
        ({"preset": "motion", "score": 0.3}, "score choose among a detector's boxes, and there is no detector"),
        ({"backend": "onnx"}, "needs weights: the name of an ONNX file"),
        ({"backend": "import"}, "needs files: the names of npz files"),
        ({}, "neither a detector nor motion; name a preset"),
    ],
)
def test_mistakes_name_the_place_and_the_nearest_valid_name(context, choice, message):
    with pytest.raises(ConfigError) as error:
        Boxes.recipe(choice, context())
    assert message in str(error.value)


def test_flow_boxes_without_flow_say_what_to_add(context):
    with pytest.raises(ConfigError, match="stands on flow; add 'flow' below 'features', or say motion: off"):
        Boxes.recipe("lbrspr", context(flow=False))


def test_a_missing_network_says_where_it_was_looked_for(context, tmp_path):
    with pytest.raises(WeightsError, match=str(tmp_path)):
        Boxes.recipe({"preset": "lbrspr", "detector": "yolov3.onnx"}, context())
