"""A drone that hovers over the plaza: its film is a window that wanders over the picture of a camera at rest.

It wanders by whole pixels. So nothing is interpolated, and all that is true of the camera's picture stays exact.
"""

from dataclasses import dataclass

import numpy as np

from features.datasets.plaza.camera import Camera

# The camera's picture is so many times as wide and high as the film; people appear larger by as much.
WIDER = 1.25
# The drone drifts in seconds and shakes in fractions of one: shares of the spare picture, and ranges of periods.
DRIFT, DRIFT_SECONDS = 0.65, (2.0, 3.0)
SHAKE, SHAKE_SECONDS = 0.35, (0.4, 0.6)


@dataclass(frozen=True)
class Window:
    """What a frame shows of the camera's picture: so many pixels from column `left` and row `top`."""

    left: int
    top: int
    width: int
    height: int

    def of(self, picture: np.ndarray) -> np.ndarray:
        """The part of a picture (h, w, ...) that is shown."""
        shown = picture[self.top : self.top + self.height, self.left : self.left + self.width]
        return np.ascontiguousarray(shown)


def camera_over(width: int, height: int) -> Camera:
    """The camera whose picture a film of this size wanders over."""
    return Camera(round(width * WIDER), round(height * WIDER))


def hovering(camera: Camera, size: tuple[int, int], seconds: float, rng: np.random.Generator) -> Window:
    """Where the drone looks after so many seconds; the same generator gives the same flight."""
    spare = np.array([camera.width, camera.height]) - size
    drift = _swing(seconds, DRIFT_SECONDS, rng)
    shake = _swing(seconds, SHAKE_SECONDS, rng)
    left, top = np.rint(spare * (1 + DRIFT * drift + SHAKE * shake) / 2).astype(int).tolist()
    return Window(left, top, *size)


def _swing(seconds: float, periods: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """A number from -1 to 1 for each direction: a sine of its own period and phase."""
    period, phase = rng.uniform(*periods, 2), rng.uniform(0, 2 * np.pi, 2)
    return np.asarray(np.sin(2 * np.pi * seconds / period + phase))
