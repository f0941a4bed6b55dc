"""Street furniture: a kiosk, lamps, a tree, planters. People pass before and behind it; it throws shadows."""

from dataclasses import dataclass

import cv2
import numpy as np

from features.datasets.plaza.camera import Camera
from features.datasets.plaza.texture import as_bytes, clouds

# Furniture is painted this many times finer than the frame.
FINER = 4
# Where the sun's rays go while they fall by one metre: to the right, and a little away from the camera.
SUN = (0.72, 0.16)


@dataclass(frozen=True)
class Piece:
    """A piece of street furniture: what stands at (x, y), and the radius of ground it takes, metres."""

    kind: str
    x: float
    y: float
    radius: float


FURNITURE = (
    Piece("kiosk", 3.1, 12.6, 1.25),
    Piece("lamp", -1.9, 9.2, 0.12),
    Piece("lamp", 6.2, 17.4, 0.12),
    Piece("tree", -4.9, 13.8, 0.75),
    Piece("planter", 0.2, 17.0, 0.5),
    Piece("planter", -6.6, 18.0, 0.5),
)


@dataclass(frozen=True)
class Occluder:
    """A piece of furniture as seen: people farther away than `y` pass behind it.

    picture   uint8 (h, w, 4) of the region that begins at column `x0`, row `y0`; colour times alpha, and alpha
    """

    y: float
    x0: int
    y0: int
    picture: np.ndarray


def cast_shadow(shade: np.ndarray, piece: Piece, camera: Camera) -> None:
    """Add the shadow of a piece of furniture: its blocks, swept along the sun's rays."""
    blocks = {
        "kiosk": ((0.0, 2.5, 1.0),),
        "lamp": ((0.0, 3.4, 0.07), (3.0, 3.5, 0.22)),
        "tree": ((0.0, 1.7, 0.11), (1.5, 3.4, 1.1)),
        "planter": ((0.0, 0.55, 0.42), (0.5, 1.15, 0.5)),
    }[piece.kind]
    turn = np.linspace(0, 2 * np.pi, 24)
    for low, high, radius in blocks:
        rim = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius + [piece.x, piece.y]
        ground = np.concatenate([rim + np.multiply(SUN, low), rim + np.multiply(SUN, high)])
        image, _ = camera.project(np.column_stack([ground, np.zeros(len(ground))]))
        hull = cv2.convexHull(np.rint(image * 16).astype(np.int32))
        cv2.fillConvexPoly(shade, hull, 255, cv2.LINE_AA, shift=4)


def occluder(piece: Piece, camera: Camera, rng: np.random.Generator) -> Occluder:
    """A piece of furniture painted on a canvas of its own, finer than the frame, then shrunk."""
    canvas = Canvas(camera, piece)
    {"kiosk": _kiosk, "lamp": _lamp, "tree": _tree, "planter": _planter}[piece.kind](canvas, rng)
    return canvas.occluder(rng)


class Canvas:
    """Paint in metres from a piece's foot, parallel to the picture; colours are darkened towards one side by hand."""

    def __init__(self, camera: Camera, piece: Piece) -> None:
        self.camera, self.piece = camera, piece
        self.colour = np.zeros((camera.height * FINER, camera.width * FINER, 3), np.uint8)
        self.alpha = np.zeros(self.colour.shape[:2], np.uint8)

    def polygon(self, points: list[tuple[float, float, float]], colour: tuple[float, ...]) -> None:
        """Fill a polygon; points are metres right of, behind and above the foot of the piece."""
        world = np.add(points, [self.piece.x, self.piece.y, 0.0])
        image, _ = self.camera.project(world)
        corners = np.rint((image + 0.5) * FINER).astype(np.int32)
        cv2.fillPoly(self.colour, [corners], colour, cv2.LINE_8)
        cv2.fillPoly(self.alpha, [corners], 255, cv2.LINE_8)

    def blob(self, point: tuple[float, float, float], radius: float, colour: tuple[float, ...]) -> None:
        """Fill a ball of `radius` metres."""
        image, depth = self.camera.project(np.add(point, [self.piece.x, self.piece.y, 0.0]))
        centre = tuple(int(value) for value in np.rint((image + 0.5) * FINER))
        pixels = max(round(radius * self.camera.focal / float(depth) * FINER), 1)
        cv2.circle(self.colour, centre, pixels, colour, cv2.FILLED)
        cv2.circle(self.alpha, centre, pixels, 255, cv2.FILLED)

    def occluder(self, rng: np.random.Generator) -> Occluder:
        """What was painted, at the size of the frame, with a little grain."""
        size = (self.camera.width, self.camera.height)
        grained = self.colour * (1 + 0.04 * clouds(self.alpha.shape, rng, 3.0))[..., None]
        weight = (self.alpha > 0)[..., None]
        colour = cv2.resize((np.clip(grained, 0, 255) * weight).astype(np.float32), size, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(self.alpha.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
        if not rows.size:
            return Occluder(self.piece.y, 0, 0, np.zeros((0, 0, 4), np.uint8))
        inside = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        picture = as_bytes(np.dstack([colour, alpha])[inside])
        return Occluder(self.piece.y, int(columns[0]), int(rows[0]), picture)


def _box(canvas: Canvas, half: float, low: float, high: float, colour: tuple[int, int, int]) -> None:
    """A block: front, the side that is seen, and top."""
    front, back = -half, half
    seen = half if canvas.piece.x < 0 else -half
    side = np.multiply(colour, 0.66 if seen > 0 else 1.1).clip(0, 255)
    canvas.polygon([(seen, front, low), (seen, back, low), (seen, back, high), (seen, front, high)], tuple(side))
    canvas.polygon([(-half, front, low), (half, front, low), (half, front, high), (-half, front, high)], colour)
    top = tuple(np.multiply(colour, 1.2).clip(0, 255))
    canvas.polygon([(-half, front, high), (half, front, high), (half, back, high), (-half, back, high)], top)


def _kiosk(canvas: Canvas, rng: np.random.Generator) -> None:
    _box(canvas, 0.9, 0.0, 2.15, (70, 108, 92))
    for left, right, colour in ((-0.78, -0.02, (60, 72, 74)), (0.06, 0.78, (74, 86, 86))):
        canvas.polygon([(left, -0.91, 1.0), (right, -0.91, 1.0), (right, -0.91, 1.75), (left, -0.91, 1.75)], colour)
    for number in range(16):
        x, z = -0.72 + 0.1 * number, 1.02 + 0.42 * rng.random()
        cover = tuple(float(value) for value in rng.integers(70, 250, 3))
        canvas.polygon([(x, -0.92, 1.02), (x + 0.08, -0.92, 1.02), (x + 0.08, -0.92, z), (x, -0.92, z)], cover)
    canvas.polygon([(-0.9, -0.92, 0.86), (0.9, -0.92, 0.86), (0.9, -0.92, 0.98), (-0.9, -0.92, 0.98)], (214, 196, 150))
    for stripe in range(10):
        left, right = -1.1 + 0.22 * stripe, -0.88 + 0.22 * stripe
        colour = (196, 58, 50) if stripe % 2 else (240, 234, 222)
        canvas.polygon([(left, -1.3, 1.95), (right, -1.3, 1.95), (right, -0.8, 2.5), (left, -0.8, 2.5)], colour)
    roof = [(-1.1, -0.8, 2.5), (1.1, -0.8, 2.5), (0.9, 0.9, 2.62), (-0.9, 0.9, 2.62)]
    canvas.polygon(roof, (150, 66, 56))


def _lamp(canvas: Canvas, rng: np.random.Generator) -> None:
    iron = (48, 54, 56)
    canvas.polygon([(-0.13, 0, 0), (0.13, 0, 0), (0.09, 0, 0.5), (-0.09, 0, 0.5)], iron)
    canvas.polygon([(-0.055, 0, 0.4), (0.055, 0, 0.4), (0.04, 0, 3.1), (-0.04, 0, 3.1)], iron)
    canvas.polygon([(-0.03, 0, 0.4), (-0.005, 0, 0.4), (-0.005, 0, 3.1), (-0.025, 0, 3.1)], (104, 112, 112))
    canvas.polygon([(-0.10, 0, 3.1), (0.10, 0, 3.1), (0.16, 0, 3.5), (-0.16, 0, 3.5)], (250, 236, 190))
    canvas.polygon([(-0.2, 0, 3.5), (0.2, 0, 3.5), (0, 0, 3.75)], iron)


def _tree(canvas: Canvas, rng: np.random.Generator) -> None:
    _box(canvas, 0.55, 0.0, 0.45, (150, 128, 106))
    canvas.polygon([(-0.1, 0, 0.4), (0.1, 0, 0.4), (0.07, 0, 2.0), (-0.07, 0, 2.0)], (92, 72, 56))
    _leaves(canvas, rng, count=260, low=1.5, high=3.3, spread=1.05, size=0.15)


def _planter(canvas: Canvas, rng: np.random.Generator) -> None:
    _box(canvas, 0.42, 0.0, 0.55, (158, 96, 70))
    _leaves(canvas, rng, count=110, low=0.55, high=1.1, spread=0.5, size=0.09)
    for _ in range(14):
        x, z = 0.8 * (rng.random() - 0.5), 0.65 + 0.4 * rng.random()
        canvas.blob((x, -0.45, z), 0.045, (226, 84, 104) if rng.random() < 0.6 else (244, 212, 90))


def _leaves(
    canvas: Canvas, rng: np.random.Generator, count: int, low: float, high: float, spread: float, size: float
) -> None:
    """Blobs in a ball, dark ones first, brighter towards the sun on the upper left."""
    middle, tall = (low + high) / 2, (high - low) / 2
    for number in range(count):
        angle, reach = 2 * np.pi * rng.random(), np.sqrt(rng.random())
        x, z = spread * reach * np.cos(angle), middle + tall * reach * np.sin(angle)
        sunny = (
            0.55 + 0.45 * number / count + 0.18 * (z - middle) / tall - 0.12 * x / spread + 0.2 * (rng.random() - 0.5)
        )
        colour = tuple(float(value) for value in np.clip(np.multiply((96, 132, 62), sunny), 0, 255))
        canvas.blob((x, -0.2, z), size * (0.6 + 0.7 * rng.random()), colour)
