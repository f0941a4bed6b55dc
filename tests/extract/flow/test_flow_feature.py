"""The feature `flow`: pairs, blocks, sizes, and what is written."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ConfigError, WeightsError
from features.extract.feature import Machine
from features.extract.flow.dis import Dis, DisRecipe
from features.extract.flow.feature import Flow
from features.extract.flow.pairing import pairs
from features.extract.flow.recipe import flow_recipe
from features.extract.flow.resize import working
from features.extract.frames.recipe import FramesRecipe, frames_recipe
from features.plan.stages import Context
from features.store.store import Store
from tests.extract.conformance import ArrayVideo, panned


def context(frames="native", weights=(), dataset="ucsdped2"):
    return Context(dataset, tuple(weights), {"frames": frames_recipe(frames)})


@pytest.mark.parametrize(
    ("pairing", "frames", "rows"),
    [
        ("forward", 1, []),
        ("forward", 4, [[0, 1], [1, 2], [2, 3]]),
        ("lbrspr", 1, [[0, 0]]),
        ("lbrspr", 2, [[0, 0], [0, 1]]),
        ("lbrspr", 5, [[0, 0], [1, 2], [2, 3], [3, 4], [3, 4]]),
        ("hf2vad", 1, [[0, 0]]),
        ("hf2vad", 4, [[0, 0], [0, 1], [1, 2], [2, 3]]),
    ],
)
def test_rows_are_the_pairs_of_the_published_code(pairing, frames, rows):
    assert pairs(pairing, frames).tolist() == rows


@given(st.sampled_from(["forward", "lbrspr", "hf2vad"]), st.integers(1, 50))
def test_pairs_can_be_computed_while_frames_are_read(pairing, frames):
    rows = pairs(pairing, frames)
    assert (np.diff(rows[:, 1]) >= 0).all()
    assert ((rows[:, 1] - rows[:, 0] <= 1) & (rows[:, 0] >= 0) & (rows[:, 1] < frames)).all()


class Recorded(Dis):
    """DIS that notes which frames and pairs it was given; a frame is known by its first pixel."""

    def __init__(self, recipe, machine):
        super().__init__(recipe, machine)
        self.encoded, self.matched = [], []

    def encode(self, frames):
        self.encoded += frames[:, 0, 0, 0].tolist()
        return super().encode(frames)

    def match(self, first, second):
        self.matched += [(int(one[0, 0]), int(other[0, 0])) for one, other in zip(first, second, strict=True)]
        return super().match(first, second)


def numbered(frames, size=(32, 40)):
    """Gray frames that are their own number everywhere."""
    return np.broadcast_to(np.arange(frames, dtype=np.uint8)[:, None, None, None], (frames, *size, 3)).copy()


@pytest.mark.parametrize("batch", [1, 2, 3, 16])
@pytest.mark.parametrize("pairing", ["forward", "lbrspr", "hf2vad"])
def test_each_frame_is_encoded_once_and_each_pair_matched_once(pairing, batch):
    flow = Flow(DisRecipe(frames=FramesRecipe(), pairing=pairing), Machine(batch=batch))
    flow.backend = Recorded(flow.parameters, flow.machine)
    rows = [row for block, _ in flow.backend.rows(ArrayVideo(numbered(6)), flow.parameters, batch) for row in block]
    wanted = [tuple(pair) for pair in pairs(pairing, 6).tolist()]
    assert len(rows) == len(wanted)
    assert flow.backend.encoded == list(range(6))
    assert flow.backend.matched == sorted(set(wanted))


def stored(tmp_path, recipe, pixels, batch=4):
    """The flow artifact of a video."""
    store = Store(tmp_path, create=True)
    with store.create("flow", "0" * 64, recipe=recipe, inputs={"source": "1" * 64}) as out:
        Flow(recipe, Machine(batch=batch)).extract(ArrayVideo(pixels), out, lambda done: None)
    return store.open("flow", "0" * 64)


def test_vectors_are_kept_to_half_a_64th_of_a_pixel(tmp_path):
    pixels = panned(5, 64, 80, (2, 1))
    recipe = flow_recipe("dis", context())
    exact = Dis(recipe, Machine()).pairs(pixels[:-1], pixels[1:])
    with stored(tmp_path, recipe, pixels) as artifact:
        flow = artifact["flow"]
        assert flow.shape == (4, 2, 64, 80)
        assert artifact.raw("flow")[:].dtype == np.int16
        assert np.abs(flow[:] - exact).max() <= 1 / 128


@pytest.mark.parametrize(("pairing", "rows"), [("forward", 0), ("lbrspr", 1), ("hf2vad", 1)])
def test_a_video_of_one_frame_is_a_video(tmp_path, pairing, rows):
    recipe = flow_recipe({"backend": "dis", "pairing": pairing}, context())
    with stored(tmp_path, recipe, panned(1, 48, 48, (0, 0))) as artifact:
        assert artifact["flow"].shape == (rows, 2, 48, 48)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_the_batch_changes_nothing(tmp_path, batch):
    pixels = panned(5, 48, 64, (1, 2))
    recipe = flow_recipe({"preset": "lbrspr", "backend": "dis"}, context())
    with stored(tmp_path / "a", recipe, pixels, batch) as one, stored(tmp_path / "b", recipe, pixels, 3) as other:
        assert np.array_equal(one.raw("flow")[:], other.raw("flow")[:])


def test_progress_counts_frames():
    seen = []
    recipe = flow_recipe("dis", context())

    class Nowhere:
        def add(self, spec): ...
        def append(self, name, rows): ...

    Flow(recipe, Machine(batch=2)).extract(ArrayVideo(numbered(5)), Nowhere(), seen.append)
    assert seen == [2, 4, 5]


@pytest.mark.parametrize(
    ("size", "frame", "seen"),
    [
        (None, (240, 320), (320, 240)),
        ((512, 384), (240, 360), (512, 384)),
        (256, (240, 320), (341, 256)),
        (256, (320, 240), (256, 341)),
        (256, (480, 856), (456, 256)),
    ],
)
def test_frames_are_seen_at_a_size_or_with_a_shorter_side(size, frame, seen):
    assert flow_recipe({"backend": "dis", "size": size}, context()).seen(*frame) == seen


def test_a_shorter_side_says_the_same_as_the_size_it_makes(tmp_path):
    pixels = panned(3, 48, 64, (1, 2))
    by_side, by_size = (flow_recipe({"backend": "dis", "size": size}, context()) for size in (96, [128, 96]))
    with stored(tmp_path / "a", by_side, pixels) as one, stored(tmp_path / "b", by_size, pixels) as other:
        assert np.array_equal(one.raw("flow")[:], other.raw("flow")[:])


def test_vectors_found_at_a_working_size_are_in_pixels_of_the_frame():
    size = working(240, 360, (512, 384), 1, 1)
    flow = np.broadcast_to(np.float32([512, 384])[None, :, None, None], (1, 2, 384, 512))
    assert np.array_equal(size.vectors(flow)[0, :, 100, 100], [360, 240])


def test_what_is_padded_for_a_backend_is_cut_off_again():
    size = working(237, 355, None, 128, 8)
    pixels = panned(1, 237, 355, (0, 0))
    padded = size.frames(pixels)
    assert padded.shape == (1, 240, 360, 3)
    assert np.array_equal(size.vectors(padded.transpose(0, 3, 1, 2)), pixels.transpose(0, 3, 1, 2))


CHOICES = {
    "dis": {"backend": "dis", "size": None, "pairing": "forward", "quality": "medium"},
    "raft-small": {"backend": "raft", "model": "small", "iterations": 12, "colour": "rgb"},
    "lbrspr": {"backend": "raft", "model": "large", "size": (512, 384), "pairing": "lbrspr", "colour": "bgr"},
    "hf2vad": {"backend": "raft", "size": (1024, 768), "pairing": "hf2vad", "colour": "bgr"},
}


@pytest.fixture
def weights(tmp_path):
    """A folder with files of the default names; what is in them matters only when they are loaded."""
    for name in ("raft-small.pth", "raft_large_C_T_SKHT_V2-ff5fadd5.pth"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


@pytest.mark.parametrize(("choice", "expected"), CHOICES.items())
def test_a_word_in_the_config_names_a_preset_or_a_backend(weights, choice, expected):
    recipe = flow_recipe(choice, context(weights=[weights]))
    assert {name: getattr(recipe, name) for name in expected} == expected


def test_a_preset_takes_another_backend_and_parameters():
    recipe = flow_recipe({"preset": "lbrspr", "backend": "dis", "quality": "fast", "size": [256, 192]}, context())
    assert (recipe.backend, recipe.pairing, recipe.size, recipe.quality) == ("dis", "lbrspr", (256, 192), "fast")


def test_hf2vad_works_at_another_size_on_shanghaitech(weights):
    recipe = flow_recipe("hf2vad", context(weights=[weights], dataset="shanghaitech"))
    assert recipe.size == (1024, 640)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("disk", r"flow has no preset or backend 'disk' \(did you mean 'dis'\?\)"),
        ({"preset": "lbrsp", "backend": "dis"}, r"no preset 'lbrsp' \(did you mean 'lbrspr'\?\)"),
        ({"pairing": "forward"}, "flow: no backend named; there are: dis, import, raft"),
        ({"backend": "dis", "qualty": "fast"}, r"no parameter 'qualty' \(did you mean 'quality'\?\)"),
        ({"backend": "dis", "quality": "slow"}, "flow backend 'dis': quality: .*'medium'.*found 'slow'"),
        ({"backend": "dis", "size": [8, 8]}, "width and height must be 16 or more"),
        ({"backend": "dis", "size": 8}, "width and height must be 16 or more"),
        ({"backend": "raft", "model": "tiny"}, "flow backend 'raft': model: .*found 'tiny'"),
    ],
)
def test_a_wrong_choice_is_refused_with_the_nearest_right_one(choice, message):
    with pytest.raises(ConfigError, match=message):
        flow_recipe(choice, context())


def test_missing_weights_say_where_they_were_looked_for(tmp_path):
    with pytest.raises(WeightsError, match=rf"'raft-small.pth' are in none of {tmp_path}"):
        flow_recipe("raft-small", context(weights=[tmp_path]))


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"iterations": 13}, False),
        ({"size": [360, 240]}, False),
        ({"model": "small"}, True),
        ({"colour": "bgr"}, False),
    ],
)
def test_what_changes_the_numbers_changes_the_digest(weights, changed, same):
    one = flow_recipe("raft-small", context(weights=[weights]))
    other = flow_recipe({"preset": "raft-small", **changed}, context(weights=[weights]))
    assert (one.digest == other.digest) == same


def test_another_weights_file_is_another_recipe_and_another_name_is_not(weights):
    (weights / "same.pth").write_bytes(b"raft-small.pth")
    (weights / "other.pth").write_bytes(b"other")
    where = context(weights=[weights])
    digests = [flow_recipe({"preset": "raft-small", "weights": n}, where).digest for n in ("same.pth", "other.pth")]
    assert flow_recipe("raft-small", where).digest == digests[0] != digests[1]


@pytest.mark.parametrize(("frames", "same", "reads"), [("lossless", True, ()), ("jpeg", False, ("frames",))])
def test_flow_of_frames_kept_without_loss_is_flow_of_the_video(frames, same, reads):
    of_video, of_stored = flow_recipe("dis", context()), flow_recipe("dis", context(frames))
    assert (of_video.digest == of_stored.digest) == same
    assert Flow.reads(of_stored) == reads
