"""Boxes around what moves: temporal gradients as in VEC, optical flow as in LBR-SPR."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import cv2
import numpy as np
from pydantic import Field

from features.errors import ConfigError
from features.extract.boxes.backend import MOTION, Block, BoxBackend, plain_rows
from features.extract.boxes.flow import frame_flows, grid_scale
from features.extract.boxes.presets import LBRSPR, LBRSPR_OTHER, VEC_GRADIENT, VEC_GRADIENT_OTHER, pixels
from features.extract.feature import Machine
from features.extract.flow.recipe import FlowRecipe
from features.extract.parameters import checked
from features.plan.stages import Context
from features.store.recipe import Recipe


class GradientRecipe(Recipe):
    """Frame gradients of VEC (1.6 and 2 of the facts): blur, differences to both neighbours, threshold, contours.

    threshold   grey levels that the summed differences must exceed
    blur        side of the Gaussian kernel in pixels, odd
    min_area    a contour's box must exceed it: pixels, or below 1 a share of the frame
    grow        pixels by which found boxes are grown before they are erased, and contours afterwards
    max_aspect  longest side over shortest must stay below
    join        width and height in pixels of the closing that joins the pieces of an object; None: as published
    wrap        the sum of the two differences wraps at 256, as published; False: it saturates
    """

    kind: ClassVar[str] = "boxes"
    backend: ClassVar[str] = "gradient"

    threshold: int = Field(ge=0, le=254)
    blur: int = Field(ge=1)
    min_area: float = Field(ge=0)
    grow: int = Field(2, ge=0)
    max_aspect: float = Field(10.0, gt=1)
    join: tuple[int, int] | None = None
    wrap: bool = True


class FlowMotionRecipe(Recipe):
    """Flow boxes of LBR-SPR: contours where the squared flow exceeds a threshold.

    threshold  squared pixels of the flow's working size: LBR-SPR never rescales the vectors of its 512 x 384 network
    min_area, grow, max_aspect   as for gradients
    """

    kind: ClassVar[str] = "boxes"
    backend: ClassVar[str] = "flow"

    flow: FlowRecipe
    threshold: float = Field(1.0, ge=0)
    min_area: float = Field(ge=0)
    grow: int = Field(2, ge=0)
    max_aspect: float = Field(10.0, gt=1)


def frame_gradients(padded: np.ndarray, blur: int, wrap: bool = True) -> np.ndarray:
    """uint8 (n, h, w, 3): |before - here| + |here - after| of n blurred frames, given with a neighbour at either end.

    As published the sum is one of uint8 and wraps at 256: strong motion can fall below the threshold again.
    """
    smooth = [cv2.GaussianBlur(frame, (blur, blur), 0) for frame in padded]
    steps = [cv2.absdiff(one, other) for one, other in pairwise(smooth)]
    add = np.add if wrap else cv2.add
    return np.stack([add(one, other) for one, other in pairwise(steps)])


def erased(mask: np.ndarray, boxes: np.ndarray, grow: int) -> np.ndarray:
    """A mask (h, w) with boxes (k, 4 or more), truncated to integers and grown, set to 0."""
    mask = mask.copy()
    for x1, y1, x2, y2 in boxes[:, :4].astype(np.int32):
        # The published slices include the grown corner, hence + 1; a box left or above the frame erases nothing.
        rows = slice(max(0, y1 - grow), max(0, y2 + grow + 1))
        mask[rows, max(0, x1 - grow) : max(0, x2 + grow + 1)] = 0
    return mask


def contour_boxes(mask: np.ndarray, min_area: float, grow: int, max_aspect: float) -> np.ndarray:
    """float32 (k, 4) boxes of a uint8 mask's outer contours, in OpenCV's order: large and compact ones, then grown.

    Corners stay within [0, width] x [0, height].
    """
    height, width = mask.shape
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = np.array([cv2.boundingRect(contour) for contour in contours], np.float32).reshape(-1, 4)
    x, y, w, h = found.T
    fits = ((w + 1) * (h + 1) > min_area) & (w / h < max_aspect) & (h / w < max_aspect)
    boxes = np.stack([x - grow, y - grow, x + w + grow, y + h + grow], axis=1)[fits]
    limits = np.array([width, height, width, height], np.float32)
    return np.clip(boxes, 0, limits)


def gradient_boxes(gradient: np.ndarray, found: np.ndarray, recipe: GradientRecipe) -> np.ndarray:
    """float32 (k, 4) boxes of one frame's gradient (h, w, 3), away from the boxes found before."""
    height, width = gradient.shape[:2]
    strong = cv2.threshold(gradient, recipe.threshold, 255, cv2.THRESH_BINARY)[1]
    # Grey is not zero where any channel is strong.
    mask = cv2.cvtColor(strong, cv2.COLOR_RGB2GRAY)
    if recipe.join is not None:
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, recipe.join))
    mask = erased(mask, found, recipe.grow)
    return contour_boxes(mask, pixels(recipe.min_area, height, width), recipe.grow, recipe.max_aspect)


def flow_boxes(flow: np.ndarray, found: np.ndarray, recipe: FlowMotionRecipe) -> np.ndarray:
    """float32 (k, 4) boxes where flow (h, w, 2), in pixels of its working size, is large, away from `found`."""
    height, width = flow.shape[:2]
    moving = (np.sum(flow**2, axis=2) > recipe.threshold).astype(np.uint8)
    mask = erased(moving, found, recipe.grow)
    if mask.all():
        # The published min-max normalisation turns a constant map to zeros: where everything moves, nothing is found.
        return np.empty((0, 4), np.float32)
    return contour_boxes(mask, pixels(recipe.min_area, height, width), recipe.grow, recipe.max_aspect)


class GradientMotion(BoxBackend):
    """Boxes around temporal gradients."""

    origin = MOTION

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> GradientRecipe:
        """VEC's numbers for the data set, and what `parameters` say otherwise."""
        numbers = VEC_GRADIENT.get(context.dataset, VEC_GRADIENT_OTHER)
        published = {"threshold": numbers.threshold, "blur": numbers.blur, "min_area": numbers.area}
        return checked(GradientRecipe, "boxes backend 'gradient'", published | dict(parameters))

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, GradientRecipe)
        self.parameters = recipe

    def boxes(self, block: Block, found: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One table for each frame; no scores."""
        gradients = frame_gradients(block.padded, self.parameters.blur, self.parameters.wrap)
        pairs = zip(gradients, found, strict=True)
        return [plain_rows(gradient_boxes(gradient, known, self.parameters)) for gradient, known in pairs]


class FlowMotion(BoxBackend):
    """Boxes around large flow, read from the flow artifact."""

    origin = MOTION

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> FlowMotionRecipe:
        """LBR-SPR's numbers for the data set, on the config's flow."""
        if "flow" not in context.recipes:
            raise ConfigError("boxes backend 'flow' stands on flow; add 'flow' below 'features', or say motion: off")
        area = LBRSPR.get(context.dataset, LBRSPR_OTHER).area
        published = {"flow": context.recipes["flow"], "min_area": area}
        return checked(FlowMotionRecipe, "boxes backend 'flow'", published | dict(parameters))

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """The flow of the same video."""
        return ("flow",)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, FlowMotionRecipe)
        self.parameters = recipe

    def boxes(self, block: Block, found: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One table for each frame; no scores."""
        scale = grid_scale(self.parameters.flow, *block.frames.shape[1:3])
        flows = frame_flows(block.video.upstream["flow"]["flow"], block.numbers)
        pairs = zip((flow * scale for flow in flows), found, strict=True)
        return [plain_rows(flow_boxes(flow, known, self.parameters)) for flow, known in pairs]
