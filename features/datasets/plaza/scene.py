"""The empty plaza as the camera sees it: ground, houses, furniture and its shadows, drawn once for each size of frame.

Every ray through the picture is followed to the ground or to the houses, several rays a pixel, and coloured there by
a formula in metres; so the texture is rich near and far and nothing flickers.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from features.datasets.plaza.camera import MAST_METRES, Camera
from features.datasets.plaza.furniture import FURNITURE, Occluder, cast_shadow, occluder
from features.datasets.plaza.surfaces import HOUSES_METRES, houses, paving
from features.datasets.plaza.texture import as_bytes, clouds, paint

RAYS = 4
# Brightness in the shade: a little bluer than in the sun.
SHADE = (0.52, 0.535, 0.57)


@dataclass(frozen=True)
class Scene:
    """The empty plaza: `lit` and `shaded` uint8 (h, w, 3), `shade` uint8 (h, w) of the furniture's shadows."""

    lit: np.ndarray
    shaded: np.ndarray
    shade: np.ndarray
    occluders: tuple[Occluder, ...]


@lru_cache(maxsize=4)
def scene(camera: Camera, seed: int) -> Scene:
    """The plaza of a seed, as the camera sees it."""
    rng = np.random.default_rng([seed, 2])
    lit, ground = _surfaces(camera, rng)
    shaded = np.where(ground[..., None], lit * paint(SHADE), lit)
    occluders = tuple(occluder(piece, camera, rng) for piece in sorted(FURNITURE, key=lambda piece: -piece.y))
    shade = np.zeros((camera.height, camera.width), np.uint8)
    for piece in FURNITURE:
        cast_shadow(shade, piece, camera)
    return Scene(as_bytes(lit), as_bytes(shaded), cv2.GaussianBlur(shade, (0, 0), camera.height / 200), occluders)


def _surfaces(camera: Camera, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Colours float32 (h, w, 3) of ground and houses, and bool (h, w): the ground."""
    rays = camera.rays(RAYS)
    right, ahead, up = rays[..., 0], rays[..., 1], rays[..., 2]
    with np.errstate(divide="ignore"):
        reach = np.where(up < 0, -MAST_METRES / up, np.inf)
    wall = HOUSES_METRES / ahead
    is_ground = reach < wall
    colours = np.empty(rays.shape, np.float32)
    x, y = right * np.minimum(reach, wall), ahead * np.minimum(reach, wall)
    colours[is_ground] = paving(x[is_ground], y[is_ground], rng)
    height = MAST_METRES + up * wall
    colours[~is_ground] = houses(x[~is_ground], height[~is_ground], rng)
    colours *= (1 + 0.05 * clouds(colours.shape[:2], rng))[..., None]
    size = (camera.width, camera.height)
    seen = cv2.resize(colours, size, interpolation=cv2.INTER_AREA)
    seen *= (1 + 0.035 * clouds(seen.shape[:2], rng, 0.8))[..., None]
    return seen, cv2.resize(is_ground.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
