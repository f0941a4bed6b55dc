"""Detectors as ONNX files: YOLOX with raw output, RTMDet and other mmdeploy exports with suppression inside."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from features.errors import ConfigError, WeightsError
from features.extract.boxes.backend import DETECTOR, Block, BoxBackend
from features.extract.boxes.decode import decode_raw, letterbox, network_input, suppressed
from features.extract.feature import Machine
from features.extract.onnx_session import open_session
from features.extract.parameters import checked
from features.extract.weights import find_weights, weights_path
from features.plan.stages import Context
from features.store.recipe import Recipe, Weights

ANY_SIZE = (320, 320)
RTMDET_MEAN = (103.53, 116.28, 123.675)
RTMDET_STD = (57.375, 57.12, 58.395)


class OnnxRecipe(Recipe):
    """A detector network.

    size    height and width of the network's input; None: as the file says, or 320 x 320 where it takes any
    input   `plain` (0..255, YOLOX), `normalised` (mean and std of RTMDet's training), or `auto`: plain for raw outputs,
            normalised where the file suppresses by itself
    floor   scores at or below it are dropped before suppression
    nms     overlap above which the worse of two boxes of a class goes; files that suppress by themselves ignore it
    limit   most boxes of a frame
    """

    kind: ClassVar[str] = "boxes"
    backend: ClassVar[str] = "onnx"

    weights: Weights
    size: tuple[int, int] | None = None
    input: Literal["auto", "plain", "normalised"] = "auto"
    floor: float = Field(0.05, ge=0, lt=1)
    nms: float = Field(0.45, gt=0, le=1)
    limit: int = Field(100, ge=1)


class Detector:
    """A network in an onnxruntime session; what its file says of itself."""

    def __init__(self, path: str, recipe: OnnxRecipe, machine: Machine) -> None:
        self.recipe = recipe
        self.session = open_session(path, recipe.weights.name, machine.device)
        inputs = self.session.get_inputs()
        shape = inputs[0].shape
        if len(inputs) != 1 or len(shape) != 4:
            raise WeightsError(f"{recipe.weights.name} takes {len(inputs)} inputs of shape {shape}, expected one image")
        self.input_name: str = inputs[0].name
        self.batch = machine.batch if not isinstance(shape[0], int) else shape[0]
        self.height, self.width = self._size(shape[2], shape[3])

    def _size(self, height: Any, width: Any) -> tuple[int, int]:
        own = (height, width) if isinstance(height, int) and isinstance(width, int) else None
        asked = self.recipe.size
        if own and asked and own != asked:
            raise WeightsError(f"{self.recipe.weights.name} takes frames of {own} only, the recipe says {asked}")
        return asked or own or ANY_SIZE

    @cached_property
    def raw(self) -> bool:
        """Whether its output is raw (one array of cells), else boxes with scores and labels."""
        shapes = [output.shape for output in self.session.get_outputs()]
        columns = shapes[0][2] if len(shapes[0]) == 3 else None
        if len(shapes) == 1 and isinstance(columns, int) and columns > 5:
            return True
        # mmdeploy's exports may name the last axis instead of giving its length.
        if len(shapes) == 2 and (columns == 5 or isinstance(columns, str)):
            return False
        raise WeightsError(
            f"{self.recipe.weights.name} gives outputs {shapes}: neither raw YOLOX (1, cells, 5 + classes) nor "
            "boxes and labels (batch, n, 5), (batch, n)"
        )

    @cached_property
    def normalised(self) -> bool:
        """Whether its input is less the mean and over the standard deviation."""
        return not self.raw if self.recipe.input == "auto" else self.recipe.input == "normalised"

    def detect(self, frames: Sequence[np.ndarray]) -> list[np.ndarray]:
        """float32 (k, 6) for each frame (h, w, 3) RGB: corners in the frame, score, label; best score first."""
        found: list[np.ndarray] = []
        for start in range(0, len(frames), self.batch):
            found += self._detect(frames[start : start + self.batch])
        return found

    def _detect(self, frames: Sequence[np.ndarray]) -> list[np.ndarray]:
        canvases, ratios = zip(*(letterbox(frame, self.height, self.width) for frame in frames), strict=True)
        mean, std = (np.array(RTMDET_MEAN), np.array(RTMDET_STD)) if self.normalised else (None, None)
        outputs = self.session.run(None, {self.input_name: network_input(np.stack(canvases), mean, std)})
        boxes = [self._boxes([output[row] for output in outputs]) for row in range(len(frames))]
        for table, ratio in zip(boxes, ratios, strict=True):
            table[:, :4] /= ratio
        return boxes

    def _boxes(self, outputs: Sequence[np.ndarray]) -> np.ndarray:
        recipe = self.recipe
        if self.raw:
            return suppressed(decode_raw(outputs[0], self.height, self.width, recipe.floor), recipe.nms, recipe.limit)
        table = np.concatenate([outputs[0], outputs[1][:, None]], axis=1, dtype=np.float32)
        # A batch's tables are padded with zero rows to the longest; the floor takes them out.
        table = table[table[:, 4] > recipe.floor]
        return table[np.argsort(-table[:, 4], kind="stable")[: recipe.limit]]


class Onnx(BoxBackend):
    """Detections of an ONNX network."""

    origin = DETECTOR

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> OnnxRecipe:
        """The recipe for `weights` (a file's name) and what else `parameters` say."""
        if "weights" not in parameters:
            raise ConfigError("boxes backend 'onnx' needs weights: the name of an ONNX file, e.g. yolox_nano.onnx")
        weights = find_weights(parameters["weights"], context.weights)
        return checked(OnnxRecipe, "boxes backend 'onnx'", dict(parameters) | {"weights": weights})

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, OnnxRecipe)
        self.detector = Detector(str(weights_path(recipe.weights)), recipe, machine)

    def boxes(self, block: Block, found: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One table for each frame, best score first."""
        return self.detector.detect(list(block.frames))
