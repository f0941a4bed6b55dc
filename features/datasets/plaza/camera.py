"""The camera of the plaza: a pinhole on a mast, looking down at the square.

World coordinates in metres: x to the right, y away from the camera, z up; the ground is z = 0 and the camera stands
at x = y = 0. Image coordinates in pixels: x to the right, y down, (0, 0) the centre of the first pixel.
"""

from dataclasses import dataclass

import numpy as np

MAST_METRES = 4.0
PITCH = np.deg2rad(16.0)
# Focal length in image heights: persons are 32 to 90 pixels tall at a height of 240.
FOCAL = 380 / 240


@dataclass(frozen=True)
class Camera:
    """A camera whose frames are `width` x `height` pixels."""

    width: int
    height: int

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return FOCAL * self.height

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """World points (..., 3) as image points (..., 2) and their depths (...) along the optical axis, in metres."""
        x, y, z = points[..., 0], points[..., 1], points[..., 2] - MAST_METRES
        depth = y * np.cos(PITCH) - z * np.sin(PITCH)
        up = y * np.sin(PITCH) + z * np.cos(PITCH)
        scale = self.focal / np.maximum(depth, 0.1)
        image = np.stack([x * scale + (self.width - 1) / 2, (self.height - 1) / 2 - up * scale], axis=-1)
        return image, depth

    def rays(self, oversampling: int) -> np.ndarray:
        """Directions (h * k, w * k, 3) through the pixels of a frame, k by k rays in each."""
        step = 1 / oversampling
        columns = (np.arange(self.width * oversampling) + 0.5) * step - self.width / 2
        rows = (np.arange(self.height * oversampling) + 0.5) * step - self.height / 2
        right, down = np.meshgrid(columns / self.focal, rows / self.focal)
        ahead = np.cos(PITCH) - down * np.sin(PITCH)
        up = -np.sin(PITCH) - down * np.cos(PITCH)
        return np.stack([right, ahead, up], axis=-1)

    def half_width(self, y: float) -> float:
        """Metres of ground that are seen to either side at the distance `y`."""
        depth = y * np.cos(PITCH) + MAST_METRES * np.sin(PITCH)
        return float(self.width / 2 / self.focal * depth)
