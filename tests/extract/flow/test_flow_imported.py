"""Flow that others kept as pictures: what the pictures say, and what is said of a folder that does not fit."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from features.errors import ConfigError, SourceError
from features.extract.clips.levels import levels
from features.extract.clips.view import FlowView
from features.extract.feature import Machine
from features.extract.flow.feature import Flow
from features.extract.flow.imported import ImportRecipe, flow_pictures, vectors
from features.extract.flow.recipe import flow_recipe
from features.extract.frames.recipe import FramesRecipe, frames_recipe
from features.plan.published import Published
from features.plan.stages import Context
from features.store.artifact import Artifact
from features.store.store import Store
from features.video.source import list_images
from tests.extract.conformance import ArrayVideo

SIZE = (24, 32)


def write_pictures(folder: Path, shown: np.ndarray, name: str = "flow_{component}_{number:05d}.png", first: int = 0):
    """Pictures of grey levels, uint8 (rows, 2, height, width), named like denseflow's."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, pair in enumerate(shown, start=first):
        for component, picture in zip("xy", pair, strict=True):
            Image.fromarray(picture).save(folder / name.format(component=component, number=number))
    return folder


def noise(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (rows, 2, *SIZE), np.uint8)


def video(frames: int, folder: Path | None) -> ArrayVideo:
    found = ArrayVideo(np.zeros((frames, *SIZE, 3), np.uint8))
    found.files = {} if folder is None else {"flow": folder}
    return found


def stored(tmp_path: Path, source: ArrayVideo, batch: int = 4, **parameters: object) -> Artifact:
    recipe = ImportRecipe(frames=FramesRecipe(), **parameters)
    store = Store(tmp_path / "store", create=True)
    with store.create("flow", "0" * 64, recipe=recipe, inputs={"source": "1" * 64}) as out:
        Flow(recipe, Machine(batch=batch)).extract(source, out, lambda done: None)
    return store.open("flow", "0" * 64)


def test_level_0_is_minus_the_bound_and_level_255_the_bound():
    assert vectors(np.array([0, 255, 51], np.uint8), 20.0).tolist() == pytest.approx([-20, 20, -12])


@pytest.mark.parametrize("bound", [8, 20, 32])
def test_every_level_comes_out_of_the_store_as_it_was_in_the_picture(tmp_path, bound):
    every = np.resize(np.arange(256, dtype=np.uint8), (3, 2, *SIZE))
    with stored(tmp_path, video(4, write_pictures(tmp_path / "flow", every)), bound=bound) as artifact:
        found = artifact["flow"][:]
    assert np.abs(found - vectors(every, bound)).max() <= 1 / 128
    assert np.array_equal(levels(found, FlowView(at="source", levels="rounded", bound=bound)), every)


@pytest.mark.parametrize("batch", [1, 2, 16])
def test_rows_are_the_pictures_in_order_of_their_numbers(tmp_path, batch):
    shown = noise(11)
    folder = write_pictures(tmp_path / "flow", shown, name="flow_{component}_{number}.png", first=95)
    with stored(tmp_path, video(12, folder), batch) as artifact:
        assert np.abs(artifact["flow"][:] - vectors(shown, 20)).max() <= 1 / 128


@pytest.mark.parametrize("name", ["flow_{component}_{number:06d}.jpg", "AO8RW-{number:06d}{component}.jpg"])
def test_denseflow_and_charades_have_names_of_their_own(tmp_path, name):
    folder = write_pictures(tmp_path / "AO8RW", noise(3), name, first=1)
    shown = [[path.name for path in pair] for pair in flow_pictures(folder)]
    assert shown == [[name.format(component=each, number=number) for each in "xy"] for number in (1, 2, 3)]


def test_frames_that_lie_beside_the_pictures_are_the_video(tmp_path):
    folder = write_pictures(tmp_path / "clip", noise(2))
    for number in range(3):
        Image.fromarray(np.zeros((*SIZE, 3), np.uint8)).save(folder / f"img_{number:05d}.png")
    assert [image.name for image in list_images(folder)] == ["img_00000.png", "img_00001.png", "img_00002.png"]
    assert len(flow_pictures(folder)) == 2


def test_the_config_names_the_folder_of_the_videos_folders(tmp_path):
    folder = write_pictures(tmp_path / "tvl1" / "test" / "01_0014", noise(2))
    write_pictures(tmp_path / "tvl1" / "train" / "01_0014", noise(2))
    published = Published("flow", tmp_path / "tvl1", ["train/01_0014", "test/01_0014"])
    assert published.of("test/01_0014") == [folder]


def remove(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).unlink()


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: remove(folder, "flow_y_00002.png"), "flow picture y 2 is missing"),
        (lambda folder: remove(folder, "flow_x_00001.png", "flow_y_00001.png"), "flow picture x 1 is missing"),
        (lambda folder: remove(folder, "flow_x_00004.png", "flow_y_00004.png"), "4 pairs of flow pictures, expected 5"),
        (lambda folder: cut_off(folder / "flow_x_00003.png"), "flow_x_00003.png cannot be decoded"),
        (lambda folder: (folder / "flow_x_00000.png").write_bytes(b""), "flow_x_00000.png cannot be decoded"),
        (lambda folder: (folder / "flow_x_3.png").touch(), "two flow pictures of one number"),
        (lambda folder: remove(folder, *[f"flow_{c}_{n:05d}.png" for c in "xy" for n in range(5)]), "no flow pictures"),
        (
            lambda folder: Image.new("L", (16, 12)).save(folder / "flow_y_00001.png"),
            r"16x12 pixels, the frames are 32x24.*set frames: {max_side: 16}",
        ),
    ],
)
def test_a_folder_that_does_not_fit_is_refused(tmp_path, damage, message):
    folder = write_pictures(tmp_path / "flow", noise(5))
    damage(folder)
    with pytest.raises(SourceError, match=message):
        stored(tmp_path, video(6, folder))


def test_a_video_without_pictures_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"test/Test001 has no flow pictures; put them as Test001/flow_x_00001.jpg"):
        stored(tmp_path, video(6, None))


@pytest.mark.parametrize(
    ("parameters", "frames", "message"),
    [
        ({}, {"every": 2}, "flow from each frame to the next, and frames policy 'every' leaves frames out"),
        ({}, {"fps": 5}, "frames policy 'fps' leaves frames out"),
        ({"bound": 0}, "native", "bound: expected greater than 0"),
        ({"pairing": "lbrspr"}, "native", "pairing: expected 'forward'"),
        ({"size": [64, 48]}, "native", "size: expected nothing"),
    ],
)
def test_parameters_that_say_what_is_not_there_are_refused(parameters, frames, message):
    context = Context("plaza", (), {"frames": frames_recipe(frames)})
    with pytest.raises(ConfigError, match=message):
        flow_recipe({"backend": "import", **parameters}, context)


def test_frames_that_are_made_smaller_may_be_as_large_as_the_pictures():
    context = Context("plaza", (), {"frames": frames_recipe({"max_side": 340})})
    assert flow_recipe("import", context).frames.max_side == 340
