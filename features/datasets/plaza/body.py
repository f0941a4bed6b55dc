"""A person as drawn: parts that hang on joints, each with its patch, and where they are in a frame."""

from dataclasses import dataclass

import numpy as np

from features.datasets.plaza.camera import Camera
from features.datasets.plaza.figure import ANKLE, HEAD, INDEX, WHEEL_METRES
from features.datasets.plaza.wardrobe import RUBBER, STEEL, Look, Patch, capsule, head, wheel

# Patches are drawn a little finer than they are seen at the person's mean distance.
FINENESS = 1.3
SIDES = ("left", "right")


@dataclass(frozen=True)
class Part:
    """One rigid part: from joint `start` to joint `end`; a wheel turns about `start` in the vertical plane of travel.

    radii     metres at both joints
    nearer    metres by which the part is drawn nearer than its middle is, to settle which part covers which
    """

    name: str
    start: int
    end: int
    radii: tuple[float, float]
    patch: Patch
    nearer: float = 0.0
    wheel: bool = False


@dataclass(frozen=True)
class Drawn:
    """A part in one frame: `matrix` float64 (2, 3) takes points of the patch to points of the image."""

    part: Part
    matrix: np.ndarray
    depth: float

    def extent(self) -> np.ndarray:
        """Smallest box x1, y1, x2, y2 in pixels around the part, not clipped."""
        patch = self.part.patch
        ends = np.array([[patch.start, patch.axis, 1.0], [patch.end, patch.axis, 1.0]]) @ self.matrix.T
        reach = np.outer(patch.radii, np.linalg.norm(self.matrix[:, :2], axis=1))
        return np.concatenate([(ends - reach).min(axis=0), (ends + reach).max(axis=0)])


class Wardrobe:
    """Makes the parts of one person, at `fine` pixels of a patch per metre, for the given stature in metres."""

    def __init__(self, look: Look, stature: float, fine: float, rng: np.random.Generator) -> None:
        self.look, self.stature, self.fine, self.rng = look, stature, fine, rng

    def limb(
        self, name: str, ends: tuple[str, str], length: float, radii: tuple[float, float], colour: tuple[int, int, int],
        nearer: float = 0.0, pattern: str = "plain", cloth: float = 0.13,
    ) -> Part:  # fmt: skip
        """A capsule between two joints; length in shares of the stature, radii in metres for a stature of 1.7 m."""
        scaled = (radii[0] * self.stature / 1.7, radii[1] * self.stature / 1.7)
        pixels = (scaled[0] * self.fine, scaled[1] * self.fine)
        patch = capsule(
            length * self.stature * self.fine, pixels, colour, self.rng,
            pattern=pattern, second=self.look.second, cloth=cloth,
        )  # fmt: skip
        return Part(name, INDEX[ends[0]], INDEX[ends[1]], scaled, patch, nearer)

    def dressed(self, aside: float, ahead: float) -> list[Part]:
        """Everything but a bicycle; `aside` and `ahead` as in `head`, 1 and 0 in profile."""
        look = self.look
        # A torso is deeper than it looks from the side: half the width of the shoulders.
        girth = 0.115 + 0.055 * abs(ahead)
        parts = [self.limb("neck", ("neck", "chin"), 0.06, (0.052, 0.05), look.skin, cloth=0.05)]
        parts.append(
            self.limb("torso", ("pelvis", "neck"), 0.288, (girth * 0.92, girth * 0.86), look.top, 0.02, look.pattern)
        )
        if look.coat:
            parts += [
                self.limb(f"{s}_tail", (f"{s}_hip", f"{s}_knee"), 0.245, (0.115, 0.1), look.top, 0.03) for s in SIDES
            ]
        if look.bag is not None:
            parts.append(self.limb("bag", ("back", "neck"), 0.13, (0.13, 0.1), look.bag, 0.0, "yoke"))
        for side in SIDES:
            parts += self._side(side)
        tall = HEAD * self.stature
        face = head(tall * 1.12 * self.fine, look, aside, ahead, self.rng)
        parts.append(Part("head", INDEX["chin"], INDEX["crown"], (tall * 0.37, tall * 0.40), face, 0.03))
        return parts

    def _side(self, side: str) -> list[Part]:
        look = self.look
        lower_sleeve = look.top if look.sleeves else look.skin
        return [
            self.limb(f"{side}_thigh", (f"{side}_hip", f"{side}_knee"), 0.245, (0.088, 0.066), look.bottom),
            self.limb(f"{side}_shin", (f"{side}_knee", f"{side}_ankle"), 0.246, (0.062, 0.046), look.bottom),
            self.limb(f"{side}_foot", (f"{side}_ankle", f"{side}_toe"), 0.11, (ANKLE * 1.45, 0.036), look.shoes),
            self.limb(f"{side}_upper_arm", (f"{side}_shoulder", f"{side}_elbow"), 0.186, (0.06, 0.048), look.top, 0.04),
            self.limb(f"{side}_forearm", (f"{side}_elbow", f"{side}_wrist"), 0.146, (0.046, 0.036), lower_sleeve, 0.05),
            self.limb(f"{side}_hand", (f"{side}_wrist", f"{side}_hand"), 0.05, (0.038, 0.034), look.skin, 0.05),
        ]

    def bicycle(self) -> list[Part]:
        """Wheels, frame, saddle and handlebar."""
        tubes = (
            *(("bracket", "saddle"), ("bracket", "fork"), ("saddle", "fork"), ("rear_hub", "bracket")),
            *(("rear_hub", "saddle"), ("front_hub", "bars")),
        )
        parts = [
            Part(
                f"{hub}_wheel",
                INDEX[hub],
                INDEX[hub],
                (WHEEL_METRES,) * 2,
                wheel(WHEEL_METRES * self.fine, self.rng),
                -0.05,
                True,
            )
            for hub in ("rear_hub", "front_hub")
        ]
        parts += [self.limb(f"{a}_{b}", (a, b), 0.4, (0.026, 0.026), STEEL) for a, b in tubes]
        parts += [self.limb(f"{s}_bar", ("bars", f"{s}_wrist"), 0.13, (0.024, 0.024), RUBBER) for s in SIDES]
        return [*parts, self.limb("seat", ("saddle", "pelvis"), 0.03, (0.075, 0.06), RUBBER, 0.02)]


def draw_part(part: Part, image: np.ndarray, depth: np.ndarray, camera: Camera) -> Drawn:
    """Where a capsule is, given the image points (joints, 2) and depths (joints,) of its person."""
    first, last = image[part.start], image[part.end]
    middle = float(depth[part.start] + depth[part.end]) / 2
    scale = camera.focal / middle
    reach = last - first
    length = float(np.linalg.norm(reach))
    along = reach / length if length > 1e-9 else np.array([1.0, 0.0])
    across = np.array([-along[1], along[0]])
    radii, patch = np.array(part.radii) * scale, part.patch
    stretch = (length + radii.sum()) / (patch.end - patch.start + sum(patch.radii))
    # The whole capsule, caps included, is stretched evenly: it stays a disc where a limb points at the camera.
    centre = (first - along * radii[0] + last + along * radii[1]) / 2
    patch_centre = (patch.start - patch.radii[0] + patch.end + patch.radii[1]) / 2
    axes = np.stack([along * stretch, across * radii.max() / max(patch.radii)], axis=1)
    offset = centre - axes @ [patch_centre, patch.axis]
    return Drawn(part, np.column_stack([axes, offset]), middle - part.nearer)


def draw_wheel(part: Part, hub: np.ndarray, ahead: np.ndarray, turned: float, camera: Camera) -> Drawn:
    """Where a wheel is: `hub` in world coordinates, rolling along the unit vector `ahead`, `turned` radians so far."""
    up = np.array([0.0, 0.0, 1.0])
    radius, patch = part.radii[0], part.patch
    spoke = np.cos(turned) * ahead - np.sin(turned) * up
    second = -np.sin(turned) * ahead - np.cos(turned) * up
    image, depth = camera.project(np.stack([hub, hub + radius * spoke, hub + radius * second]))
    axes = np.stack([image[1] - image[0], image[2] - image[0]], axis=1) / patch.radii[0]
    offset = image[0] - axes @ [patch.start, patch.axis]
    return Drawn(part, np.column_stack([axes, offset]), float(depth[0]) - part.nearer)
