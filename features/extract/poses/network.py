"""A pose network in an onnxruntime session: pictures in, finite numbers out."""

from typing import Any, Literal

import numpy as np
from pydantic import field_validator

from features.errors import WeightsError
from features.extract.feature import Machine
from features.extract.onnx_session import open_session, run_session
from features.extract.weights import weights_path
from features.store.recipe import Recipe, Weights

Size = tuple[int, int]
Channels = tuple[float, float, float]


class NetworkRecipe(Recipe):
    """A network and what it takes.

    size    height and width of its input; None: as the file says, or what is usual where it takes any
    colour  order of the channels
    mean, std   of 0..255 values, in that order: the input is less the mean and over the standard deviation
    """

    weights: Weights
    size: Size | None = None
    colour: Literal["rgb", "bgr"]
    mean: Channels
    std: Channels

    @field_validator("std")
    @classmethod
    def _positive(cls, value: Channels) -> Channels:
        if min(value) <= 0:
            raise ValueError("expected numbers above 0")
        return value


class Network:
    """A network with one image input (batch, 3, height, width).

    Raises WeightsError for a file that is no such network, or of another size than the recipe says.
    """

    def __init__(self, recipe: NetworkRecipe, machine: Machine, usual: Size) -> None:
        self.name = recipe.weights.name
        self.session = open_session(str(weights_path(recipe.weights)), self.name, machine.device)
        inputs = self.session.get_inputs()
        shape = inputs[0].shape
        coloured = len(shape) == 4 and (shape[1] == 3 or not isinstance(shape[1], int))
        if len(inputs) != 1 or not coloured or inputs[0].type != "tensor(float)":
            found = ", ".join(f"{entry.type} {entry.shape}" for entry in inputs)
            raise WeightsError(f"{self.name} takes {found}, expected one float32 image (batch, 3, height, width)")
        self._input: str = inputs[0].name
        self._fixed: int | None = shape[0] if isinstance(shape[0], int) else None
        self.height, self.width = self._size(shape[2:], recipe.size, usual)
        self._colour = recipe.colour
        self._mean, self._std = (np.array(values, np.float32)[:, None, None] for values in (recipe.mean, recipe.std))

    def _size(self, declared: list[Any], asked: Size | None, usual: Size) -> Size:
        own = (declared[0], declared[1]) if all(isinstance(side, int) for side in declared) else None
        if own and asked and own != asked:
            raise WeightsError(f"{self.name} takes images of {own} only, the recipe says {asked}; leave 'size' out")
        return asked or own or usual

    def batch(self, wished: int) -> int:
        """How many images to give it at a time: the file's own number, or the wished one where it takes any."""
        return self._fixed or wished

    def run(self, images: np.ndarray) -> list[np.ndarray]:
        """All outputs for uint8 (n, height, width, 3) RGB, n up to `batch`; the first axis of each is n.

        Raises WeightsError where an output has other rows, or numbers that are not finite.
        """
        count = len(images)
        given = self._given(images)
        if self._fixed and count < self._fixed:
            given = np.concatenate([given, np.zeros((self._fixed - count, *given.shape[1:]), np.float32)])
        outputs = run_session(self.session, self.name, {self._input: given})
        for output in outputs:
            if output.shape[:1] != given.shape[:1]:
                raise WeightsError(f"{self.name} gives {output.shape} for {len(given)} images, expected a row for each")
            if not np.isfinite(output).all():
                raise WeightsError(f"{self.name} gives numbers that are not finite; export it again, in float32")
        return [output[:count] for output in outputs]

    def _given(self, images: np.ndarray) -> np.ndarray:
        channels = images.transpose(0, 3, 1, 2)
        ordered = channels if self._colour == "rgb" else channels[:, ::-1]
        return np.ascontiguousarray((ordered - self._mean) / self._std)
