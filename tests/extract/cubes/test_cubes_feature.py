"""The feature `cubes`: frames, boxes and flow of a video into one row per box."""

from types import SimpleNamespace

import numpy as np
import pytest

from features.errors import ConfigError
from features.extract.boxes.backend import COLUMNS
from features.extract.boxes.motion import GradientRecipe
from features.extract.boxes.recipe import BoxesRecipe
from features.extract.cubes.cut import cut, window
from features.extract.cubes.feature import Cubes
from features.extract.feature import Machine
from features.extract.flow.dis import DisRecipe
from features.extract.frames.recipe import FramesRecipe
from features.plan.stages import Context
from features.store.arrays import ArraySpec
from features.store.store import Store
from features.store.table import TableWriter

FRAMES = FramesRecipe()
FLOW = DisRecipe(frames=FRAMES, size=(512, 384))
BOXES = BoxesRecipe(frames=FRAMES, detector=None, motion=GradientRecipe(threshold=18, blur=3, min_area=100), keep=None)
COUNTS = [2, 0, 3, 1, 4, 2]


def choose(choice, with_flow=True):
    recipes = {"frames": FRAMES, "boxes": BOXES, **({"flow": FLOW} if with_flow else {})}
    return Cubes.recipe(choice, Context("ucsdped2", (), recipes))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", create=True)


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (6, 48, 64, 3), np.uint8)


@pytest.fixture
def tables():
    random = np.random.default_rng(1)
    found = []
    for count in COUNTS:
        rows = np.full((count, 7), -1, np.float32)
        rows[:, :2] = random.uniform(0, 30, (count, 2))
        rows[:, 2:4] = rows[:, :2] + random.uniform(2, 17, (count, 2))
        found.append(rows)
    return found


@pytest.fixture
def vectors():
    """Flow in whole steps of 1/64 px, so that storing changes nothing."""
    return np.random.default_rng(2).integers(-640, 640, (6, 2, 48, 64)).astype(np.float32) / 64


@pytest.fixture
def extract(store, pixels, tables, vectors):
    """The artifact that a config entry makes of the video."""
    opened = []

    def stored(kind, recipe, fill):
        with store.create(kind, kind[0].encode().hex() * 32, recipe=recipe, inputs={}) as out:
            fill(out)
        opened.append(store.open(kind, kind[0].encode().hex() * 32))
        return opened[-1]

    def fill_boxes(out):
        table = TableWriter(out, "boxes", COLUMNS)
        for rows in tables:
            table.frame(rows)
        table.close()

    def fill_flow(out, rows):
        out.add(ArraySpec("flow", "int16", (2, 48, 64), scale_factor=1 / 64, fill_value=-32768))
        out.append("flow", rows)

    def run(choice, with_flow=True, flow_rows=6, frames=6):
        recipe = choose(choice, with_flow)
        upstream = {"boxes": stored("boxes", BOXES, fill_boxes)}
        if recipe.flow is not None:
            upstream["flow"] = stored("flow", BOXES, lambda out: fill_flow(out, vectors[:flow_rows]))
        video = SimpleNamespace(
            upstream=upstream,
            frames=frames,
            height=48,
            width=64,
            blocks=lambda rows: (pixels[start : start + rows] for start in range(0, frames, rows)),
        )
        key = "c" * 64
        with store.create("cubes", key, recipe=recipe, inputs={}) as out:
            Cubes(recipe, Machine()).extract(video, out, lambda frames: None)
        opened.append(store.open("cubes", key))
        return opened[-1]

    yield run
    for artifact in opened:
        artifact.close()


@pytest.mark.parametrize(
    ("choice", "length"),
    [("lbrspr", 5), ("vec", 5), ({"context": 1, "border": "elastic"}, 3), ({"border": "predict", "context": 3}, 4)],
)
def test_a_cube_for_each_box_in_the_tables_order(extract, pixels, tables, choice, length):
    artifact = extract(choice)
    recipe = choose(choice)
    expected = [
        cut([pixels[n] for n in window(frame, 6, recipe.context, recipe.border)], rows, 32)
        for frame, rows in enumerate(tables)
    ]
    assert artifact["cubes"].shape == (sum(COUNTS), length, 32, 32, 3)
    np.testing.assert_array_equal(artifact["cubes"][:], np.concatenate(expected))
    np.testing.assert_array_equal(artifact.table("boxes").values, np.concatenate(tables))
    np.testing.assert_array_equal(np.diff(artifact.table("boxes").frame_offsets), COUNTS)


def test_flow_cubes_are_cut_from_the_flow_of_the_same_frames(extract, tables, vectors):
    artifact = extract("lbrspr")
    images = np.ascontiguousarray(np.moveaxis(vectors, 1, -1))
    expected = np.concatenate([cut(images[window(f, 6, 2, "hard")], rows, 32) for f, rows in enumerate(tables)])
    assert artifact["flow_cubes"].shape == (sum(COUNTS), 5, 2, 32, 32)
    np.testing.assert_allclose(artifact["flow_cubes"][:], np.moveaxis(expected, -1, 2), atol=1 / 128 + 1e-6)


def test_the_grid_of_the_published_vectors_stands_in_the_statistics(extract):
    statistics = extract("lbrspr").meta["statistics"]
    assert statistics["flow_grid"] == {"x": 8.0, "y": 8.0}
    assert (statistics["cubes"], statistics["boxes_without_pixels"]) == (sum(COUNTS), 0)


def test_forward_flow_lends_the_last_frame_the_row_before(extract, vectors):
    artifact = extract("lbrspr", flow_rows=5)
    last = artifact["flow_cubes"][sum(COUNTS) - 1]
    np.testing.assert_array_equal(last[2], last[1])


@pytest.mark.parametrize("choice", [{"preset": "lbrspr", "with_flow": False}, {"patch": 8, "with_flow": False}])
def test_without_flow_there_are_no_flow_cubes(extract, choice):
    artifact = extract(choice)
    assert "flow_cubes" not in artifact.names
    assert artifact["cubes"].shape[2] == choice.get("patch", 32)


def test_boxes_that_hold_no_pixel_give_no_cube_and_are_counted(extract, tables):
    tables[0][0, :4] = [70, 5, 90, 20]
    tables[2][1, :4] = [5.1, 5, 5.9, 20]
    artifact = extract("lbrspr")
    assert artifact.meta["statistics"]["boxes_without_pixels"] == 2
    assert len(artifact["cubes"]) == len(artifact.table("boxes").values) == sum(COUNTS) - 2
    assert np.diff(artifact.table("boxes").frame_offsets).tolist() == [1, 0, 2, 1, 4, 2]


def test_a_video_without_boxes_has_no_cubes(extract, tables):
    tables[:] = [np.empty((0, 7), np.float32)] * 6
    artifact = extract("lbrspr")
    assert artifact["cubes"].shape == (0, 5, 32, 32, 3)
    assert artifact.table("boxes").frames == 6


@pytest.mark.parametrize(
    ("choice", "with_flow", "reads"),
    [
        ("lbrspr", True, ("boxes", "flow")),
        ("lbrspr", False, ("boxes",)),
        ({"with_flow": False}, True, ("boxes",)),
    ],
)
def test_flow_is_read_where_the_config_has_it_and_cubes_want_it(choice, with_flow, reads):
    assert Cubes.reads(choose(choice, with_flow)) == reads


def test_cubes_with_and_without_flow_are_different_artifacts():
    assert choose("lbrspr").digest != choose({"with_flow": False}).digest


@pytest.mark.parametrize(
    ("choice", "with_flow", "message"),
    [
        ("lbrsrp", True, "no preset 'lbrsrp' (did you mean 'lbrspr'?)"),
        ({"pathc": 8}, True, "no parameter 'pathc' (did you mean 'patch'?)"),
        ({"border": "soft"}, True, "cubes: border: expected 'hard', 'elastic' or 'predict'; found 'soft'"),
        ({"with_flow": "yes"}, True, "with_flow is 'yes', expected true or false"),
        ({"with_flow": True}, False, "cubes stands on flow; add it below 'features'"),
    ],
)
def test_mistakes_name_the_place_and_the_nearest_valid_name(choice, with_flow, message):
    with pytest.raises(ConfigError) as error:
        choose(choice, with_flow)
    assert message in str(error.value)
