"""Every backend of `flow` keeps what all have to keep."""

import numpy as np
import pytest
import torch

from features.errors import WeightsError
from features.extract.feature import Machine
from features.extract.flow.dis import Dis, DisRecipe
from features.extract.flow.network import Raft as Network
from features.extract.flow.raft import Raft
from features.extract.flow.recipe import flow_recipe
from features.extract.frames.recipe import FramesRecipe
from features.plan.stages import Context
from tests.extract.conformance import FlowConformance, FlowThatFollows, panned


def context(folder):
    return Context("folder", (folder,), {"frames": FramesRecipe()})


def random_weights(folder, size):
    """A weights file of a network that was never trained."""
    torch.manual_seed(0)
    torch.save(Network(size).model.state_dict(), folder / f"{size}.pth")
    return context(folder)


@pytest.mark.parametrize("quality", ["ultrafast", "fast", "medium"])
class TestDis(FlowThatFollows):
    @pytest.fixture
    def backend(self, quality):
        return Dis(DisRecipe(frames=FramesRecipe(), quality=quality), Machine())


class TestRaftOfRandomWeights(FlowConformance):
    tolerance = 1e-3  # an untrained network does not converge: rounding grows in each of its iterations

    @pytest.fixture(scope="class")
    def backend(self, tmp_path_factory):
        where = random_weights(tmp_path_factory.mktemp("weights"), "small")
        return Raft(flow_recipe({"preset": "raft-small", "weights": "small.pth", "iterations": 3}, where), Machine())


@pytest.mark.shared
class TestRaftSmall(FlowThatFollows):
    @pytest.fixture(scope="class")
    def backend(self, shared):
        return Raft(flow_recipe("raft-small", context(shared / "weights")), Machine())


def test_a_recipe_that_says_bgr_feeds_blue_first(tmp_path):
    where = random_weights(tmp_path, "small")
    choice = {"preset": "raft-small", "weights": "small.pth", "iterations": 1}
    red_first, blue_first = (
        Raft(flow_recipe({**choice, "colour": colour}, where), Machine()) for colour in ("rgb", "bgr")
    )
    first, second = panned(2, 128, 128, (1, 1))[:, None]
    flow = blue_first.pairs(first, second)
    assert np.array_equal(flow, red_first.pairs(first[..., ::-1], second[..., ::-1]))
    assert not np.array_equal(flow, red_first.pairs(first, second))


def test_pairs_are_computed_fewer_at_a_time_where_memory_says_so(tmp_path, monkeypatch):
    where = random_weights(tmp_path, "small")
    backend = Raft(flow_recipe({"preset": "raft-small", "weights": "small.pth", "iterations": 1}, where), Machine())
    frames = panned(4, 128, 128, (1, 1))
    together = backend.pairs(frames[:-1], frames[1:])
    monkeypatch.setattr("features.extract.flow.raft.CORRELATION_BYTES", 1)
    np.testing.assert_allclose(backend.pairs(frames[:-1], frames[1:]), together, atol=1e-4)


def test_a_weights_file_of_another_network_is_refused(tmp_path):
    where = random_weights(tmp_path, "small")
    recipe = flow_recipe({"backend": "raft", "model": "large", "weights": "small.pth"}, where)
    with pytest.raises(WeightsError, match=r"small\.pth is not a RAFT large network"):
        Raft(recipe, Machine())
