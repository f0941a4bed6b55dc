"""Top-down poses: each box is cut out and shown to a network, which gives heat maps or SimCC."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from features.datasets.skeleton import COCO17
from features.errors import ConfigError, WeightsError
from features.extract.boxes.backend import COLUMNS, DETECTOR, IMPORTED, MOTION
from features.extract.boxes.feature import block_rows
from features.extract.boxes.recipe import BoxesRecipe
from features.extract.feature import Machine, VideoInput
from features.extract.parameters import checked
from features.extract.poses.backend import FramePoses, PoseBackend, estimated_rows
from features.extract.poses.crop import cut, put_back, regions
from features.extract.poses.decode import dark, shifted, simcc
from features.extract.poses.network import Channels, Network, NetworkRecipe
from features.extract.weights import find_weights
from features.plan.registry import find
from features.plan.stages import Context
from features.store.recipe import Recipe

USUAL_SIZE = (256, 192)
# Crops are small: so many go through the network where one frame would.
CROPS_PER_FRAME = 4
PERSON = 0
Origin = Literal["detector", "motion", "imported"]
ORIGINS: dict[Origin, int] = {"detector": DETECTOR, "motion": MOTION, "imported": IMPORTED}
SCORE, LABEL, ORIGIN = (COLUMNS.index(name) for name in ("score", "label", "origin"))


class TopDownRecipe(NetworkRecipe):
    """A network for one person at a time, and the boxes it is shown.

    origins    which boxes: a detector's (of these only persons), motion's, imported ones
    min_score  a detector's box needs this score; the others have none
    padding    sides of a box are grown to so many times theirs (1.25: mmpose, AlphaPose, GluonCV)
    mean, std  by default ImageNet's, as mmpose and GluonCV train with
    heatmap    how heat maps are read: `shift`, a quarter cell towards the higher neighbour, or `dark`
    blur       cells of DARK's kernel, odd: 11 for maps trained with a sigma of 2, 17 for 3
    simcc      score of a SimCC joint: the lesser of both axes' maxima (mmpose), or their `mean` (rtmlib)

    Networks with heat maps ignore `simcc`, those with SimCC the other two.
    """

    kind: ClassVar[str] = "poses"
    backend: ClassVar[str] = "onnx"

    boxes: BoxesRecipe
    origins: tuple[Origin, ...] = Field(("detector",), min_length=1)
    min_score: float = Field(0.3, ge=0, le=1)
    padding: float = Field(1.25, ge=1)
    colour: Literal["rgb", "bgr"] = "rgb"
    mean: Channels = (123.675, 116.28, 103.53)
    std: Channels = (58.395, 57.12, 57.375)
    heatmap: Literal["shift", "dark"] = "shift"
    blur: int = Field(11, ge=3)
    simcc: Literal["min", "mean"] = "min"

    @field_validator("origins", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("origins")
    @classmethod
    def _in_order(cls, value: tuple[Origin, ...]) -> tuple[Origin, ...]:
        return tuple(sorted(set(value), key=ORIGINS.__getitem__))

    @field_validator("blur")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("expected an odd number")
        return value


class TopDown:
    """A network that gives the joints of one person per image; found out by a first pass what it puts out."""

    def __init__(self, recipe: TopDownRecipe, machine: Machine) -> None:
        self.recipe = recipe
        self.network = Network(recipe, machine, USUAL_SIZE)
        self.height, self.width = self.network.height, self.network.width
        self.batch = self.network.batch(CROPS_PER_FRAME * machine.batch)
        self.joints(np.zeros((1, self.height, self.width, 3), np.uint8))

    def joints(self, crops: np.ndarray) -> np.ndarray:
        """float32 (n, 17, 3): x, y in pixels of the crops and score, for uint8 (n, height, width, 3) RGB, n <= batch.

        Raises WeightsError where the output is neither heat maps nor SimCC of 17 joints.
        """
        outputs = self.network.run(crops)
        shapes = [output.shape[1:] for output in outputs]
        if any(len(shape) < 2 or shape[0] != len(COCO17) for shape in shapes):
            raise WeightsError(f"{self.network.name} gives {shapes} per person, expected {len(COCO17)} joints (COCO's)")
        if [len(shape) for shape in shapes] == [3]:
            return self._from_maps(outputs[0])
        splits = [shape[1] / side for shape, side in zip(shapes, (self.width, self.height), strict=False)]
        if [len(shape) for shape in shapes] == [2, 2] and splits[0] == splits[1]:
            return simcc(outputs[0], outputs[1], splits[0], self.recipe.simcc)
        raise WeightsError(
            f"{self.network.name} gives {shapes} per person of {self.height} x {self.width} pixels: neither heat maps "
            "(17, h, w) nor SimCC (17, width x split), (17, height x split)"
        )

    def _from_maps(self, maps: np.ndarray) -> np.ndarray:
        stride = (self.width / maps.shape[3], self.height / maps.shape[2])
        return shifted(maps, stride) if self.recipe.heatmap == "shift" else dark(maps, stride, self.recipe.blur)

    def persons(self, frames: np.ndarray | Sequence[np.ndarray], boxes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """float64 (k, 17, 3) for each frame (h, w, 3) RGB and its boxes (k, 4 or more), in pixels of the frame.

        Boxes of all frames share the batches.
        """
        counts = [len(rows) for rows in boxes]
        owners = np.repeat(np.arange(len(frames)), counts)
        places = regions(np.concatenate([rows[:, :4] for rows in boxes]), self.width / self.height, self.recipe.padding)
        found = np.empty((len(owners), len(COCO17), 3))
        for start in range(0, len(owners), self.batch):
            part = slice(start, start + self.batch)
            shown = zip(owners[part], places[part], strict=True)
            crops = np.stack([cut(frames[owner], place, self.height, self.width) for owner, place in shown])
            found[part] = put_back(self.joints(crops), places[part], self.height, self.width)
        return np.split(found, np.cumsum(counts)[:-1])


class Onnx(PoseBackend):
    """Poses of an ONNX network in the boxes of each frame; where there is no box, there is nobody."""

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> TopDownRecipe:
        """The recipe for `weights` (a file's name) and what else `parameters` say."""
        what = "poses backend 'onnx'"
        if "weights" not in parameters:
            raise ConfigError(f"{what} needs weights: the name of an ONNX file, e.g. rtmpose-s.onnx")
        if "boxes" not in context.recipes:
            raise ConfigError("poses stands on boxes; add it below 'features' in the config")
        weights = find_weights(parameters["weights"], context.weights)
        boxes = context.recipes["boxes"]
        assert isinstance(boxes, BoxesRecipe)
        recipe = checked(TopDownRecipe, what, {**parameters, "weights": weights, "boxes": boxes})
        there = origins_of(boxes)
        if missing := [origin for origin in recipe.origins if origin not in there]:
            raise ConfigError(f"{what}: origins: no box comes from {', '.join(missing)}; boxes are {', '.join(there)}")
        return recipe

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """Boxes."""
        return ("boxes",)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, TopDownRecipe)
        self.parameters, self.machine = recipe, machine
        self.estimator = TopDown(recipe, machine)

    def poses(self, video: VideoInput) -> Iterator[FramePoses]:
        """Persons in the order of their boxes; a block of frames in memory at a time."""
        table = video.upstream["boxes"].table("boxes")
        first = 0
        for frames in video.blocks(block_rows(video.height, video.width, self.machine.batch)):
            boxes = [shown(table.frame(first + i), self.parameters) for i in range(len(frames))]
            for rows, joints in zip(boxes, self.estimator.persons(frames, boxes), strict=True):
                yield estimated_rows(rows, joints), None
            first += len(frames)


def origins_of(boxes: BoxesRecipe) -> tuple[Origin, ...]:
    """Where the boxes of a recipe come from."""
    parts = [part for part in (boxes.detector, boxes.motion) if part is not None]
    numbers = {find("boxes", part.backend).origin for part in parts}
    return tuple(origin for origin, number in ORIGINS.items() if number in numbers)


def shown(boxes: np.ndarray, recipe: TopDownRecipe) -> np.ndarray:
    """float32 (k, 5): corners and score of the rows of the table `boxes` that the network is shown.

    Boxes without an inside hold nobody.
    """
    chosen = np.isin(boxes[:, ORIGIN], [ORIGINS[origin] for origin in recipe.origins])
    person = (boxes[:, LABEL] == PERSON) & (boxes[:, SCORE] >= recipe.min_score)
    solid = (boxes[:, 2:4] > boxes[:, :2]).all(axis=1)
    kept: np.ndarray = boxes[chosen & solid & (person | (boxes[:, ORIGIN] != DETECTOR)), : SCORE + 1]
    return kept
