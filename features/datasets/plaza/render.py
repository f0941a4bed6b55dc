"""Draws frames of the plaza: people and furniture from far to near over the paving, with shadows and sensor noise."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from features.datasets.plaza.body import Drawn
from features.datasets.plaza.cast import SPLITS, Actor, Clip
from features.datasets.plaza.drone import Window
from features.datasets.plaza.furniture import SUN, Occluder
from features.datasets.plaza.scene import scene

# Identity of a pixel: 0 the square, FURNITURE a piece of furniture, else PARTS * track + number of the part.
PARTS = 64
FURNITURE = 1
# Standard deviation of the sensor noise in grey levels.
NOISE = 2.0
NOISE_TILE = 512


Upright = tuple[Actor, list[Drawn]] | Occluder


@dataclass(frozen=True)
class Outline:
    """Where a person is in a frame: the box x1, y1, x2, y2 around the pixels, edge to edge, and how many they are."""

    box: tuple[int, int, int, int]
    pixels: int


@dataclass(frozen=True)
class Frame:
    """A drawn frame and who is in it.

    people    everybody of the clip, with the parts they are drawn by in the camera's picture
    image     uint8 (h, w, 3) RGB
    identity  int32 (h, w): what is seen in each pixel
    outlines  of each person with any pixel in the frame, by track number, before anything covered them
    window    which part of the camera's picture the frame is
    """

    people: tuple[tuple[Actor, list[Drawn]], ...]
    image: np.ndarray
    identity: np.ndarray
    outlines: Mapping[int, Outline]
    window: Window


def layers(clip: Clip, frame: int) -> tuple[list[Upright], tuple[tuple[Actor, list[Drawn]], ...]]:
    """All that stands upright in a frame from far to near; and the people among it, by track number."""
    people = tuple((actor, actor.drawn(frame)) for actor in clip.actors)
    upright: list[tuple[float, Upright]] = [(piece.y, piece) for piece in scene(clip.camera, clip.seed).occluders]
    upright += [(float(actor.positions(np.asarray(frame))[1]), (actor, parts)) for actor, parts in people]
    upright.sort(key=lambda entry: -entry[0])
    return [entry for _, entry in upright], people


def draw(clip: Clip, frame: int) -> Frame:
    """One frame without sensor noise."""
    window = clip.window(frame)
    image = _shadowed(clip, frame)
    identity = np.zeros(image.shape[:2], np.int32)
    outlines = {}
    order, people = layers(clip, frame)
    for entry in order:
        _lay(entry, identity, image)
        if not isinstance(entry, Occluder):
            own = window.of(identity) // PARTS == entry[0].track
            if own.any():
                outlines[entry[0].track] = _outline(own)
    return Frame(people, window.of(image), window.of(identity), outlines, window)


def _outline(own: np.ndarray) -> Outline:
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return Outline(box, int(np.count_nonzero(own)))


def anomaly_mask(clip: Clip, frame: int) -> np.ndarray:
    """Pixels of people who do something abnormal, less what stands before them, as bool (h, w); no image is drawn."""
    identity, window = np.zeros((clip.camera.height, clip.camera.width), np.int32), clip.window(frame)
    abnormal = [actor for actor in clip.actors if actor.abnormal(frame)]
    if not abnormal:
        return window.of(identity).astype(bool)
    order, _ = layers(clip, frame)
    first = next(n for n, entry in enumerate(order) if not isinstance(entry, Occluder) and entry[0] in abnormal)
    for entry in order[first:]:
        _lay(entry, identity, None)
    mask: np.ndarray = np.isin(window.of(identity) // PARTS, [actor.track for actor in abnormal])
    return mask


def _lay(entry: Upright, identity: np.ndarray, image: np.ndarray | None) -> None:
    """Draw a person or a piece of furniture over what is there; only identities where there is no image."""
    if isinstance(entry, Occluder):
        _cover(image, identity, entry.picture, entry.x0, entry.y0, FURNITURE)
        return
    actor, parts = entry
    for number in sorted(range(len(parts)), key=lambda part: -parts[part].depth):
        _draw_part(image, identity, parts[number], PARTS * actor.track + number)


def _draw_part(image: np.ndarray | None, identity: np.ndarray, drawn: Drawn, number: int) -> None:
    height, width = identity.shape
    x1, y1, x2, y2 = drawn.extent()
    left, top = max(int(np.floor(x1)) - 1, 0), max(int(np.floor(y1)) - 1, 0)
    right, bottom = min(int(np.ceil(x2)) + 2, width), min(int(np.ceil(y2)) + 2, height)
    if left >= right or top >= bottom:
        return
    matrix = drawn.matrix - [[0, 0, left], [0, 0, top]]
    size = (right - left, bottom - top)
    picture = cv2.warpAffine(drawn.part.patch.picture, matrix, size, flags=cv2.INTER_LINEAR)
    _cover(image, identity, picture, left, top, number)


def _cover(
    image: np.ndarray | None, identity: np.ndarray, picture: np.ndarray, left: int, top: int, number: int
) -> None:
    """Lay a picture with alpha over a region; a pixel belongs to what covers at least half of it."""
    region = np.s_[top : top + picture.shape[0], left : left + picture.shape[1]]
    alpha = picture[..., 3:]
    if image is not None:
        behind = image[region].astype(np.uint16) * (255 - alpha.astype(np.uint16))
        image[region] = picture[..., :3] + ((behind + 127) // 255).astype(np.uint8)
    identity[region][alpha[..., 0] >= 128] = number


def _shadowed(clip: Clip, frame: int) -> np.ndarray:
    """The empty plaza with everybody's shadow, uint8 (h, w, 3)."""
    place = scene(clip.camera, clip.seed)
    shade = np.zeros_like(place.shade)
    for actor in clip.actors:
        _cast_shadow(shade, actor, frame)
    shade = cv2.max(cv2.GaussianBlur(shade, (3, 3), 0), place.shade)
    weight = cv2.merge([shade, shade, shade]).astype(np.uint16)
    mixed: np.ndarray = place.lit * (255 - weight) + place.shaded * weight
    return ((mixed + 127) // 255).astype(np.uint8)


def _cast_shadow(shade: np.ndarray, actor: Actor, frame: int) -> None:
    """Every part leaves the shadow of its capsule on the ground, along the sun's rays."""
    joints = actor.pose(frame)
    ground = joints.copy()
    ground[:, :2] += joints[:, 2:] * SUN
    ground[:, 2] = 0.0
    image, depth = actor.camera.project(ground)
    points = np.rint(np.clip(image, -4000, 4000) * 16).astype(np.int32)
    for part in actor.parts:
        radius = max(part.radii) * actor.camera.focal / float(depth[part.start])
        if part.wheel:
            axes = (round(radius * 0.8 * 16), round(radius * 0.35 * 16))
            cv2.ellipse(shade, points[part.start].tolist(), axes, 0, 0, 360, 255, 2, cv2.LINE_AA, shift=4)
            continue
        # Seen at a low angle, a round shadow is half as tall as it is wide.
        thickness = max(round(1.5 * radius), 1)
        cv2.line(shade, points[part.start].tolist(), points[part.end].tolist(), 255, thickness, cv2.LINE_AA, shift=4)


@lru_cache(maxsize=1)
def _noise_tile(seed: int) -> np.ndarray:
    """Sensor noise int8 (tile, tile, 3), partly the same in all colours."""
    rng = np.random.default_rng([seed, 3])
    size = (NOISE_TILE, NOISE_TILE)
    grey = rng.standard_normal((*size, 1), np.float32)
    colour = rng.standard_normal((*size, 3), np.float32)
    return np.rint(np.clip(NOISE * (0.8 * grey + 0.6 * colour), -100, 100)).astype(np.int8)


def noisy(image: np.ndarray, clip: Clip, frame: int) -> np.ndarray:
    """A frame as the sensor gives it: with noise that is new in every frame."""
    tile = _noise_tile(clip.seed)
    rng = np.random.default_rng([clip.seed, SPLITS[clip.split], clip.number, frame, 4])
    rows, columns = (
        np.arange(size) + offset for size, offset in zip(image.shape, rng.integers(NOISE_TILE, size=2), strict=False)
    )
    noise = tile.take(rows, axis=0, mode="wrap").take(columns, axis=1, mode="wrap")
    filmed: np.ndarray = cv2.add(image, noise, dtype=cv2.CV_8U)
    return filmed
