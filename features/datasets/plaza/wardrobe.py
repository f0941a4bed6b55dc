"""What people look like: textured patches for limbs, clothes, heads and bicycles.

A patch is drawn once for each person and carried by its limb from then on: frame after frame the same texture, moved
by an affine map. That is why the motion of every pixel of a person is known exactly.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from features.datasets.plaza.texture import paint

SKIN = ((236, 196, 168), (222, 172, 138), (196, 142, 106), (150, 102, 74), (108, 72, 54))
HAIR = ((46, 34, 28), (92, 62, 40), (150, 108, 62), (206, 172, 112), (60, 58, 60), (168, 166, 164), (120, 50, 30))
TOPS = (
    *((178, 44, 48), (34, 82, 148), (232, 226, 214), (226, 170, 52), (52, 112, 84), (92, 60, 110)),
    *((40, 44, 54), (216, 116, 74), (122, 168, 194), (158, 152, 142), (196, 108, 140), (68, 132, 138)),
)
BOTTOMS = ((44, 56, 86), (36, 36, 42), (92, 84, 74), (170, 150, 120), (70, 84, 60), (110, 112, 120), (62, 44, 40))
SHOES = ((36, 32, 32), (92, 62, 40), (226, 226, 226), (150, 40, 44))
BAGS = ((58, 96, 66), (150, 84, 40), (40, 60, 104), (176, 52, 52), (60, 56, 60))
PATTERNS = ("plain", "plain", "stripes", "check", "yoke")
RUBBER, STEEL = (38, 38, 40), (196, 60, 40)

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Patch:
    """A picture of one rigid part: a capsule from `start` to `end`, both on the row `axis`, or a wheel (start = end).

    picture   uint8 (h, w, 4): red, green, blue times alpha, and alpha
    radii     pixels of the patch, at the start and at the end
    """

    picture: np.ndarray
    start: float
    end: float
    axis: float
    radii: tuple[float, float]


@dataclass(frozen=True)
class Look:
    """What a person wears, drawn from the palettes."""

    skin: Colour
    hair: Colour
    top: Colour
    second: Colour
    bottom: Colour
    shoes: Colour
    bag: Colour | None
    pattern: str
    sleeves: bool
    coat: bool
    hat: bool

    @classmethod
    def draw(cls, rng: np.random.Generator, sporty: bool = False) -> "Look":
        """A look by chance; `sporty` ones have short sleeves and carry nothing."""

        def one_of(palette: tuple[Colour, ...]) -> Colour:
            return palette[int(rng.integers(len(palette)))]

        top, second = one_of(TOPS), one_of(TOPS)
        return cls(
            skin=one_of(SKIN),
            hair=one_of(HAIR),
            top=top,
            second=second if second != top else (240, 236, 226),
            bottom=one_of(BOTTOMS),
            shoes=one_of(SHOES),
            bag=one_of(BAGS) if rng.random() < 0.4 and not sporty else None,
            pattern=PATTERNS[int(rng.integers(len(PATTERNS)))],
            sleeves=bool(rng.random() < 0.6) and not sporty,
            coat=bool(rng.random() < 0.25) and not sporty,
            hat=bool(rng.random() < 0.15),
        )


def capsule(
    length: float,
    radii: tuple[float, float],
    colour: Colour,
    rng: np.random.Generator,
    *,
    pattern: str = "plain",
    second: Colour = (240, 236, 226),
    cloth: float = 0.13,
) -> Patch:
    """A limb of `length` pixels, rounded like a cylinder, with the grain of cloth; `cloth` is the grain's contrast."""
    patch, along, across = _outline(length, radii)
    colours = np.broadcast_to(paint(colour), (*along.shape, 3)).copy()
    colours[_pattern(pattern, along, across)] = second
    return _painted(patch, colours, _cylinder(across), rng, cloth)


def _outline(length: float, radii: tuple[float, float]) -> tuple[Patch, np.ndarray, np.ndarray]:
    """A patch that only has its alpha; and for each pixel where it lies along (0 to 1) and across (-1 to 1)."""
    pad, widest = 2.0, max(radii)
    start, axis = pad + radii[0], pad + widest
    shape = int(np.ceil(2 * axis)) + 1, int(np.ceil(length + sum(radii) + 2 * pad)) + 1
    rows, columns = np.indices(shape, dtype=np.float32)
    beyond = columns - start
    along = np.clip(beyond / max(length, 1e-6), 0, 1)
    radius = radii[0] + (radii[1] - radii[0]) * along
    across = (rows - axis) / radius
    outside = np.hypot(beyond - along * length, rows - axis) - radius
    alpha = np.clip(0.5 - outside, 0, 1)
    picture = np.zeros((*shape, 4), np.uint8)
    picture[..., 3] = np.rint(alpha * 255)
    return Patch(picture, start, start + length, axis, radii), along, across


def _cylinder(across: np.ndarray) -> np.ndarray:
    """Brightness of a rounded body lit from the front, a little from one side."""
    facing = np.sqrt(np.clip(1 - across**2, 0, 1))
    light: np.ndarray = 0.62 + 0.42 * facing - 0.08 * across
    return light


def _pattern(pattern: str, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Where the second colour goes, bool."""
    second: np.ndarray = np.zeros(along.shape, bool)
    if pattern == "stripes":
        second = np.sin(2 * np.pi * along * 4.5) > 0.45
    elif pattern == "check":
        second = (np.sin(2 * np.pi * along * 3.5) > 0.2) ^ (np.sin(np.pi * across * 2.2) > 0.2)
    elif pattern == "yoke":
        second = along > 0.62
    return second


def _painted(patch: Patch, colours: np.ndarray, light: np.ndarray, rng: np.random.Generator, grain: float) -> Patch:
    cloth = _grain(light.shape, rng)
    lit = np.clip(colours * (light * (1 + grain * cloth))[..., None], 0, 255)
    patch.picture[..., :3] = np.rint(lit * (patch.picture[..., 3:] / 255.0))
    return patch


def _grain(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Cloud-like texture at two scales, mean 0, deviation 1: what optical flow holds on to."""
    fine, coarse = (
        cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
        for sigma in (0.9, 2.6)
    )
    grain: np.ndarray = 0.55 * fine / (fine.std() + 1e-6) + 0.65 * coarse / (coarse.std() + 1e-6)
    return grain


def head(size: float, look: Look, aside: float, ahead: float, rng: np.random.Generator) -> Patch:
    """A head from chin to crown, `size` pixels high.

    `aside` and `ahead` are the parts of the gaze that go to the right in the image and towards the camera.
    """
    radius = 0.37 * size
    patch, along, across = _outline(size - 2 * radius, (radius * 0.92, radius))
    height = (np.indices(along.shape, dtype=np.float32)[1] - patch.start + radius) / size
    face = (np.hypot((across - 0.75 * aside) / 0.95, (height - 0.36) / 0.40) < 1) & (ahead > -0.35)
    colours = np.where(face[..., None], paint(look.skin), paint(look.hair)).astype(np.float32)
    eyes = (np.abs(height - 0.5) < 0.07) & (np.abs(np.abs(across - 0.62 * aside) - 0.34) < 0.14)
    colours[eyes & face] = (58, 40, 36)
    if look.hat:
        colours[height > 0.66] = look.second
    neck = (height < 0.1) & (np.abs(across) < 0.6)
    colours[neck] = look.skin
    return _painted(patch, colours, _cylinder(across), rng, 0.05)


def wheel(radius: float, rng: np.random.Generator) -> Patch:
    """A bicycle's wheel seen from the side, `radius` in pixels: tyre, rim, spokes, and a reflector."""
    size = int(np.ceil(2 * (radius + 2))) + 1
    centre = (size - 1) / 2
    rows, columns = np.indices((size, size), dtype=np.float32) - centre
    distance, angle = np.hypot(rows, columns), np.arctan2(rows, columns)
    tyre = np.clip(1.5 - np.abs(distance - radius * 0.94) / (0.055 * radius), 0, 1)
    spokes = np.clip(1.2 - np.abs(np.sin(angle * 4)) * distance / 1.1, 0, 1) * (distance < radius * 0.9) * 0.55
    hub = np.clip(0.09 * radius + 0.7 - distance, 0, 1)
    alpha = np.clip(np.maximum(np.maximum(tyre, spokes), hub), 0, 1)
    colours = np.where((tyre > 0.3)[..., None], paint(RUBBER), paint((176, 178, 182))).astype(np.float32)
    reflector = (np.hypot(rows - 0.45 * radius, columns) < max(0.11 * radius, 0.9)) & (distance < radius * 0.8)
    colours[reflector], alpha[reflector] = (240, 150, 40), 1
    picture = np.zeros((size, size, 4), np.uint8)
    picture[..., 3] = np.rint(alpha * 255)
    patch = Patch(picture, centre, centre, centre, (radius, radius))
    return _painted(patch, colours, np.ones_like(distance), rng, 0.08)
