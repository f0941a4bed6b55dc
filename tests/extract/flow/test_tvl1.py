"""TV-L1 keeps what every backend of `flow` has to keep; OpenCV has it where its contributed modules are there."""

import cv2
import pytest

from features.errors import PackageMissing
from features.extract.feature import Machine
from features.extract.flow.recipe import flow_recipe
from features.extract.flow.tvl1 import Tvl1, Tvl1Recipe
from features.extract.frames.recipe import FramesRecipe
from features.plan.stages import Context
from tests.extract.conformance import FlowThatFollows

CONTEXT = Context("folder", (), {"frames": FramesRecipe()})


@pytest.mark.skipif(not hasattr(cv2, "optflow"), reason="OpenCV came without its contributed modules")
class TestTvl1(FlowThatFollows):
    @pytest.fixture
    def backend(self):
        return Tvl1(Tvl1Recipe(frames=FramesRecipe()), Machine())


def test_without_the_contributed_modules_a_plan_says_what_to_install(monkeypatch):
    monkeypatch.delattr(cv2, "optflow", raising=False)
    with pytest.raises(PackageMissing, match=r"needs OpenCV's contributed modules; pip install opencv-contrib-python-"):
        flow_recipe("tvl1", CONTEXT)
