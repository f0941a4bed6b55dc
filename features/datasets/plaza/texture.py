"""Random textures and colours: what makes stone, plaster and cloth look alive, and gives optical flow a hold."""

from collections.abc import Sequence

import cv2
import numpy as np


def paint(colour: Sequence[float] | Sequence[Sequence[float]]) -> np.ndarray:
    """Red, green, blue as float32 (3,), or a palette of them as (n, 3)."""
    return np.array(colour, np.float32)


def as_bytes(picture: np.ndarray) -> np.ndarray:
    """Rounded and clipped to uint8."""
    rounded: np.ndarray = np.rint(np.clip(picture, 0, 255)).astype(np.uint8)
    return rounded


def clouds(shape: tuple[int, ...], rng: np.random.Generator, sigma: float = 9.0) -> np.ndarray:
    """Random texture float32 of a shape, mean 0, deviation 1, smooth over `sigma` pixels."""
    blurred: np.ndarray = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), sigma)
    blurred /= blurred.std() + 1e-6
    return blurred


def by_cell(rng: np.random.Generator, *cells: np.ndarray) -> np.ndarray:
    """A number from 0 to 1 for each cell of a grid, the same for all points of a cell."""
    table = rng.random((256, 256)).astype(np.float32)
    first, second = (cell.astype(np.int64) % 256 for cell in cells)
    picked: np.ndarray = table[first, second]
    return picked
