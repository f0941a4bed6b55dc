"""The feature `frames`: what its recipe says, what is written, and how it is read back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ConfigError
from features.extract.feature import Machine
from features.extract.frames import jpeg
from features.extract.frames.feature import Frames
from features.extract.frames.recipe import FramesRecipe, frames_recipe
from features.extract.frames.stored import StoredFrames
from features.plan.stages import Context
from features.store.store import Store
from tests.extract.conformance import ArrayVideo, texture

CONTEXT = Context("folder", (), {})


def stored(folder, choice, pixels):
    """The frames artifact of a video."""
    recipe = Frames.recipe(choice, CONTEXT)
    store = Store(folder, create=True)
    with store.create("frames", "0" * 64, recipe=recipe, inputs={"source": "1" * 64}) as out:
        Frames(recipe, Machine()).extract(ArrayVideo(pixels), out, lambda done: None)
    return store.open("frames", "0" * 64)


@pytest.fixture
def pixels():
    return np.stack([texture(48, 64, seed) for seed in range(7)])


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("native", {}),
        ("lossless", {"codec": "lossless"}),
        ("jpeg", {"codec": "jpeg", "quality": 95}),
        ({"codec": "jpeg", "quality": 80}, {"codec": "jpeg", "quality": 80}),
        ({"every": 3}, {"policy": "every", "every": 3}),
        ({"fps": 5}, {"policy": "fps", "fps": 5.0}),
        ({"preset": "lossless", "max_side": 640}, {"codec": "lossless", "max_side": 640}),
    ],
)
def test_a_config_entry_says_only_what_differs(choice, expected):
    assert frames_recipe(choice) == FramesRecipe(**expected)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("lossles", r"no preset 'lossles' \(did you mean 'lossless'\?\)"),
        ({"max_sid": 3}, r"no parameter 'max_sid' \(did you mean 'max_side'\?\)"),
        ({"max_side": 4}, "frames: max_side: .*greater than or equal to 16; found 4"),
        ({"codec": "lossless", "quality": 90}, "frames: 'quality' belongs to codec 'jpeg'"),
        ({"policy": "fps"}, "'fps' belongs to policy 'fps', which needs it"),
        ({"policy": "native", "every": 2}, "'every' belongs to policy 'every'"),
    ],
)
def test_a_wrong_entry_is_refused(choice, message):
    with pytest.raises(ConfigError, match=message):
        frames_recipe(choice)


def test_later_features_stand_on_pixels_not_on_how_they_are_stored():
    video, lossless, jpeg_frames = (frames_recipe(name) for name in ("native", "lossless", "jpeg"))
    assert lossless.pixels().digest == video.pixels().digest == video.digest
    assert jpeg_frames.pixels() == jpeg_frames
    assert (lossless.needed, jpeg_frames.needed) == ((), ("frames",))


@given(st.integers(1, 9), st.sampled_from([None, 64, 640]), st.sampled_from(["none", "lossless", "jpeg"]))
def test_pixels_of_pixels_are_the_same(every, max_side, codec):
    entry = {"max_side": max_side, "codec": codec} | ({"every": every} if every > 1 else {})
    recipe = frames_recipe(entry)
    assert recipe.pixels().pixels() == recipe.pixels()
    assert recipe.pixels().sampling == recipe.sampling


@pytest.mark.parametrize(("choice", "kept"), [("native", False), ("lossless", True), ("jpeg", True)])
def test_without_a_codec_nothing_is_stored(choice, kept):
    recipe = frames_recipe(choice)
    assert Frames.stored(recipe) == kept
    assert (Frames.estimated_bytes(recipe, 10, 100, 100) > 0) == kept


@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_lossless_frames_come_back_as_they_were(tmp_path, pixels, rows):
    with stored(tmp_path, "lossless", pixels) as artifact:
        assert np.array_equal(np.concatenate(list(StoredFrames(artifact).blocks(rows))), pixels)


@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_jpeg_frames_come_back_as_their_codec_makes_them(tmp_path, pixels, rows):
    expected = np.stack([jpeg.decode(jpeg.encode(frame, 90)) for frame in pixels])
    with stored(tmp_path, {"codec": "jpeg", "quality": 90}, pixels) as artifact:
        assert np.array_equal(np.concatenate(list(StoredFrames(artifact).blocks(rows))), expected)
    assert 0 < np.abs(expected.astype(int) - pixels).mean() < 3


def test_jpeg_keeps_red_red():
    red = np.broadcast_to(np.uint8([200, 30, 10]), (16, 16, 3))
    assert np.abs(jpeg.decode(jpeg.encode(red, 95)).astype(int) - red).max() < 6


@pytest.mark.parametrize("codec", ["lossless", "jpeg"])
def test_one_frame_is_read_by_its_number(tmp_path, pixels, codec):
    with stored(tmp_path, codec, pixels) as artifact:
        frames = StoredFrames(artifact)
        everything = next(frames.blocks(7))
        assert len(frames) == 7
        assert np.array_equal(frames[5], everything[5])
        assert np.array_equal(frames[-1], everything[6])
        with pytest.raises(IndexError):
            frames[7]


def test_frames_know_their_numbers_and_times(tmp_path, pixels):
    class EveryOther(ArrayVideo):
        def blocks(self, rows):
            yield self.pixels[::2]

    recipe = frames_recipe({"every": 2, "codec": "lossless"})
    store = Store(tmp_path, create=True)
    with store.create("frames", "0" * 64, recipe=recipe, inputs={"source": "1" * 64}) as out:
        Frames(recipe, Machine()).extract(EveryOther(pixels), out, lambda done: None)
    with store.open("frames", "0" * 64) as artifact:
        assert artifact["frame_numbers"][:].tolist() == [0, 2, 4, 6]
        np.testing.assert_allclose(artifact["seconds"][:], [0, 0.08, 0.16, 0.24])
