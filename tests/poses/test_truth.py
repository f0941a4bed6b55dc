"""The real network on rendered people, whose joints are known."""

import numpy as np
import pytest

from features.datasets.plaza import Plaza
from features.evaluate.keypoints import oks, pck
from features.extract.boxes.recipe import BoxesRecipe
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.extract.poses.onnx import TopDown, TopDownRecipe
from features.extract.weights import find_weights

VISIBLE = 2
BOXES = BoxesRecipe(frames=FramesRecipe(), detector=None, motion=None, keep=None)


def walkers(truth, frames):
    """Image, boxes and joints of those of a frame who are hardly covered."""
    for frame in frames:
        people = [person for person in truth.people(frame) if person.visible > 0.9]
        if people:
            joints = np.array([person.keypoints for person in people])
            yield truth.image(frame), np.array([person.box for person in people]), joints


@pytest.mark.shared
@pytest.mark.parametrize(("heatmap", "least"), [("shift", 0.70), ("dark", 0.71)])
def test_joints_of_rendered_walkers(shared, tmp_path, heatmap, least):
    """In their true boxes, 109 pixels high in the median: mean OKS 0.75, PCK@0.2 0.92 and PCK@0.1 0.82 of the box."""
    weights = find_weights("onnx/ultralight_simplepose_256x192.onnx", [shared / "weights"])
    network = TopDown(TopDownRecipe(weights=weights, boxes=BOXES, heatmap=heatmap), Machine())
    plaza = Plaza(None, tmp_path, size=(640, 480))
    seen = [row for clip in ("train/1", "train/2") for row in walkers(plaza.truth(clip), range(5, 110, 20))]
    images, boxes, truths = zip(*seen, strict=True)
    found = np.concatenate(network.persons(images, boxes))
    truth, sides = np.concatenate(truths), np.concatenate([rows[:, 2:] - rows[:, :2] for rows in boxes])
    visible = truth[..., 2] == VISIBLE
    assert np.nanmean(oks(found, truth, visible, sides.prod(axis=1))) > least
    assert pck(found, truth, visible, sides.max(axis=1), 0.2) > 0.9
    assert pck(found, truth, visible, sides.max(axis=1), 0.1) > 0.8
