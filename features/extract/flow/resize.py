"""Frames to a backend's working size, and vectors back to the frame."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Working:
    """The size at which a backend sees frames of `height` x `width`: scaled to (`inner_height`, `inner_width`), then
    padded with the border repeated; the odd line goes right and below, as in RAFT's InputPadder.
    """

    height: int
    width: int
    inner_height: int
    inner_width: int
    padding: tuple[tuple[int, int], tuple[int, int]]

    def frames(self, frames: np.ndarray) -> np.ndarray:
        """uint8 (n, H, W, 3) for the backend from uint8 (n, height, width, 3); OpenCV's bilinear scaling."""
        if (self.inner_height, self.inner_width) != (self.height, self.width):
            size = (self.inner_width, self.inner_height)
            frames = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR) for frame in frames])
        return np.pad(frames, ((0, 0), *self.padding, (0, 0)), mode="edge") if np.any(self.padding) else frames

    def vectors(self, flow: np.ndarray) -> np.ndarray:
        """float32 (n, 2, height, width) in pixels of the frame from the backend's (n, 2, H, W)."""
        (top, _), (left, _) = self.padding
        flow = flow[:, :, top : top + self.inner_height, left : left + self.inner_width]
        if (self.inner_height, self.inner_width) == (self.height, self.width):
            return flow
        scale = np.array([self.width / self.inner_width, self.height / self.inner_height], np.float32)
        return np.stack([self._resized(pair, scale) for pair in flow])

    def _resized(self, flow: np.ndarray, scale: np.ndarray) -> np.ndarray:
        size = (self.width, self.height)
        planes = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in np.ascontiguousarray(flow)]
        return np.asarray(np.stack(planes) * scale[:, None, None])


def working(height: int, width: int, size: tuple[int, int] | None, min_side: int, multiple: int) -> Working:
    """The working size for frames of `height` x `width`; `size` is the recipe's (width, height)."""
    inner_width, inner_height = size or (width, height)
    padding = _padding(inner_height, min_side, multiple), _padding(inner_width, min_side, multiple)
    return Working(height, width, inner_height, inner_width, padding)


def _padding(side: int, min_side: int, multiple: int) -> tuple[int, int]:
    missing = max(-(-side // multiple) * multiple, min_side) - side
    return missing // 2, missing - missing // 2
