"""The surfaces of the plaza as formulas: colours of the ground at (x, y), of the row of houses at (x, z), in metres."""

import numpy as np

from features.datasets.plaza.texture import by_cell, paint

HOUSES_METRES = 21.0
HOUSES = ((226, 196, 146), (204, 132, 96), (232, 214, 182), (188, 154, 120), (214, 168, 112), (172, 178, 168))
SHUTTERS = ((74, 104, 84), (96, 66, 52), (84, 104, 132), (120, 52, 48))
AWNINGS = ((176, 52, 48), (46, 96, 84), (210, 152, 54), (60, 84, 136))


def paving(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Slabs in running bond, a round mosaic in the middle, darker bands across; colours (n, 3)."""
    row = np.floor(y / 0.55)
    shifted = x / 0.9 + 0.5 * (row % 2)
    column = np.floor(shifted)
    tone = 0.84 + 0.26 * by_cell(rng, row, column)
    warm = by_cell(rng, column, row)[:, None]
    stone = paint((196, 182, 162)) * (1 - warm) + paint((172, 168, 166)) * warm
    inside = np.minimum(np.abs(shifted - column - 0.5), 0.5)
    joint = (inside > 0.465) | (np.abs(y / 0.55 - row - 0.5) > 0.45)
    band = (np.abs((y - 8.2) % 6.0) < 0.34) | (np.abs((x + 3.3) % 6.6) < 0.34)
    stone = np.where(band[:, None], paint((148, 106, 86)), stone) * tone[:, None]
    stone = _mosaic(stone, x + 0.6, y - 13.0, rng)
    grain = 1 + 0.05 * (by_cell(rng, np.floor(x * 14), np.floor(y * 14))[:, None] * 2 - 1)
    near_wall = np.clip((HOUSES_METRES - y) / 1.4, 0.55, 1)[:, None]
    return np.where(joint[:, None], stone * 0.72, stone) * grain * near_wall


def _mosaic(stone: np.ndarray, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    cell = by_cell(rng, np.floor(radius / 0.16), np.floor(angle * np.maximum(radius, 0.2) / 0.16))[:, None]
    rays = (np.cos(angle * 8) > np.abs(radius - 1.5) / 1.5 * 2 - 1) & (radius < 2.5)
    ring = (np.abs(radius - 2.75) < 0.16) | (radius < 0.45)
    inlay = np.where(rays[:, None], paint((206, 168, 104)), paint((120, 132, 138)))
    inlay = np.where(ring[:, None], paint((112, 62, 52)), inlay) * (0.78 + 0.40 * cell)
    return np.where((radius < 2.95)[:, None], inlay, stone)


def houses(x: np.ndarray, z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A row of houses with doors, shop windows under awnings, and shuttered windows above; colours (n, 3)."""
    width = 3.6
    house = np.floor((x + 60) / width)
    across = (x + 60) / width - house
    pick = by_cell(rng, house, house * 0)
    wall = paint(HOUSES)[(house % len(HOUSES)).astype(int)] * (0.9 + 0.14 * pick[:, None])
    colours = wall * (1 + 0.06 * (by_cell(rng, np.floor(x * 9), np.floor(z * 9))[:, None] - 0.5))
    colours = _ground_floor(colours, across, z, pick, house)
    colours = _upper_floor(colours, across, z, house)
    colours = np.where((np.abs(z - 3.02) < 0.07)[:, None], wall * 0.72, colours)
    colours = np.where((np.minimum(across, 1 - across) < 0.012)[:, None], colours * 0.7, colours)
    return np.where((z < 0.35)[:, None], paint((128, 120, 114)), colours)


def _ground_floor(
    colours: np.ndarray, across: np.ndarray, z: np.ndarray, pick: np.ndarray, house: np.ndarray
) -> np.ndarray:
    door = (np.abs(across - 0.80) < 0.10) & (z < 2.15)
    shop = (np.abs(across - 0.36) < 0.25) & (z > 0.55) & (z < 2.1)
    glass = paint((92, 112, 122)) + 36 * np.sin(across * 47 + z * 3)[:, None] * paint((1, 1, 0.9))
    goods = (np.sin(across * 90) * np.sin(z * 14) > 0.35)[:, None] & (z < 1.2)[:, None]
    colours = np.where(shop[:, None], np.where(goods, paint((206, 170, 110)), glass), colours)
    colours = np.where(door[:, None], paint(SHUTTERS)[(house * 3 % 4).astype(int)] * 0.85, colours)
    frame = (np.abs(np.abs(across - 0.36) - 0.25) < 0.012) & (z < 2.1)
    colours = np.where(frame[:, None], paint((82, 66, 54)), colours)
    awning = (np.abs(across - 0.36) < 0.30) & (z > 1.95) & (z < 2.6) & (pick > 0.2)
    cloth = np.where(
        (np.sin(across * 75) > 0)[:, None], paint(AWNINGS)[(house % 4).astype(int)], paint((238, 232, 220))
    )
    return np.where(awning[:, None], cloth * (0.72 + 0.4 * (z - 1.95))[:, None], colours)


def _upper_floor(colours: np.ndarray, across: np.ndarray, z: np.ndarray, house: np.ndarray) -> np.ndarray:
    for centre in (0.27, 0.73):
        beside = np.abs(across - centre)
        tall = (z > 3.45) & (z < 5.0)
        shutter = (beside < 0.135) & tall
        louvre = (0.86 + 0.14 * np.sign(np.sin(z * 40)))[:, None]
        colours = np.where(shutter[:, None], paint(SHUTTERS)[(house % 4).astype(int)] * louvre, colours)
        colours = np.where(((beside < 0.07) & tall)[:, None], paint((70, 82, 94)), colours)
    return colours
