"""One-stage poses: RTMO looks at the whole frame and gives boxes and joints at once (Lu et al., CVPR 2024).

Conventions of the exported files as in rtmlib 0.0.16 (tools/pose_estimation/rtmo.py): letterbox of grey 114 in the
upper left, 0..255 in the order B, G, R; boxes (batch, n, 5) and joints (batch, n, 17, 3) in pixels of the input. Unlike
there, boxes are kept, and where nothing is found there is nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from features.datasets.skeleton import COCO17
from features.errors import ConfigError, WeightsError
from features.extract.boxes.decode import letterbox, suppressed
from features.extract.boxes.feature import block_rows
from features.extract.feature import Machine, VideoInput
from features.extract.parameters import checked
from features.extract.poses.backend import FramePoses, PoseBackend, estimated_rows
from features.extract.poses.network import Channels, Network, NetworkRecipe
from features.extract.weights import find_weights
from features.plan.stages import Context
from features.store.recipe import Recipe

USUAL_SIZE = (640, 640)
BOX = 5


class RtmoRecipe(NetworkRecipe):
    """A network for whole frames.

    min_score  a person's box needs this score (0.7: rtmlib)
    nms        overlap above which the worse of two boxes goes
    limit      most persons of a frame
    """

    kind: ClassVar[str] = "poses"
    backend: ClassVar[str] = "rtmo"

    colour: Literal["rgb", "bgr"] = "bgr"
    mean: Channels = (0.0, 0.0, 0.0)
    std: Channels = (1.0, 1.0, 1.0)
    min_score: float = Field(0.7, ge=0, lt=1)
    nms: float = Field(0.45, gt=0, le=1)
    limit: int = Field(100, ge=1)


class Rtmo(PoseBackend):
    """Poses of an RTMO network; needs no boxes."""

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> RtmoRecipe:
        """The recipe for `weights` (a file's name) and what else `parameters` say."""
        if "weights" not in parameters:
            raise ConfigError("poses backend 'rtmo' needs weights: the name of an ONNX file, e.g. rtmo-s.onnx")
        weights = find_weights(parameters["weights"], context.weights)
        return checked(RtmoRecipe, "poses backend 'rtmo'", {**parameters, "weights": weights})

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, RtmoRecipe)
        self.parameters, self.machine = recipe, machine
        self.network = Network(recipe, machine, USUAL_SIZE)
        self.batch = self.network.batch(machine.batch)
        self.persons([np.zeros((self.network.height, self.network.width, 3), np.uint8)])

    def poses(self, video: VideoInput) -> Iterator[FramePoses]:
        """Persons by falling score of their boxes; a block of frames in memory at a time."""
        for frames in video.blocks(block_rows(video.height, video.width, self.machine.batch)):
            for start in range(0, len(frames), self.batch):
                for boxes, joints in self.persons(list(frames[start : start + self.batch])):
                    yield estimated_rows(boxes, joints), None

    def persons(self, frames: Sequence[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Boxes (k, 5) and joints (k, 17, 3) in pixels of each frame (h, w, 3) RGB; `batch` frames at most.

        Raises WeightsError for a network that gives something else.
        """
        size = self.network.height, self.network.width
        canvases, ratios = zip(*(letterbox(frame, *size) for frame in frames), strict=True)
        outputs = self.network.run(np.stack(canvases))
        shapes = [output.shape[1:] for output in outputs]
        if [shape[1:] for shape in shapes] != [(BOX,), (len(COCO17), 3)] or shapes[0][0] != shapes[1][0]:
            raise WeightsError(
                f"{self.network.name} gives {shapes} per frame, expected boxes (n, 5) and joints (n, {len(COCO17)}, 3)"
            )
        found = zip(*outputs, ratios, strict=True)
        return [self._best(boxes, joints, ratio) for boxes, joints, ratio in found]

    def _best(self, boxes: np.ndarray, joints: np.ndarray, ratio: float) -> tuple[np.ndarray, np.ndarray]:
        sure = boxes[:, BOX - 1] >= self.parameters.min_score
        # One label for all: a person suppresses any other.
        label = np.zeros((len(boxes), 1), np.float32)
        flat = joints.reshape(len(joints), 3 * len(COCO17))
        rows = np.concatenate([boxes, label, flat], axis=1)[sure]
        rows = suppressed(rows, self.parameters.nms, self.parameters.limit)
        placed = rows[:, BOX + 1 :].reshape(-1, len(COCO17), 3) / np.array([ratio, ratio, 1])
        return rows[:, :BOX] / np.array([ratio] * 4 + [1]), placed
