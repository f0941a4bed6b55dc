"""How people move: joints in metres, from a few angles. Forward kinematics of walking, running, cycling, falling.

A pose is a float64 array (joints, 3) in body coordinates: forward, left, up, with the ground at 0 below the body.
Proportions are those of Winter, Biomechanics and Motor Control of Human Movement, fig. 4.1, as shares of the stature.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Role = Literal["walker", "runner", "cyclist", "fall"]

# The 17 keypoints of COCO in their order, then the points that only the drawing needs.
COCO = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
)
JOINTS = (
    *COCO,
    *("pelvis", "neck", "chin", "crown", "back", "left_hand", "right_hand", "left_toe", "right_toe"),
    *("rear_hub", "front_hub", "bracket", "saddle", "bars", "fork"),
)
INDEX = {name: number for number, name in enumerate(JOINTS)}

THIGH, SHIN, FOOT, ANKLE = 0.245, 0.246, 0.11, 0.039
TORSO, NECK, HEAD = 0.288, 0.06, 0.125
UPPER_ARM, FOREARM, HAND = 0.186, 0.146, 0.06
HIPS, SHOULDERS = 0.052, 0.112
WHEEL_METRES = 0.34
# Metres ridden in one turn of the pedals.
GEAR_METRES = 4.6
SIDES = (("left", 1.0), ("right", -1.0))


@dataclass(frozen=True)
class Gait:
    """One way of walking or running; angles in radians.

    stride   metres in one cycle of two steps, as a share of the stature
    swing    amplitude of the thigh; `lean` of the torso, forward
    knee     largest flexion in the swing phase
    arms     amplitude of the upper arm; `elbow` its least flexion
    bounce   metres that the body leaves the ground between steps
    """

    stride: float
    swing: float
    knee: float
    arms: float
    elbow: float
    lean: float
    bounce: float


WALK = Gait(stride=0.80, swing=0.42, knee=1.0, arms=0.40, elbow=0.25, lean=0.04, bounce=0.0)
RUN = Gait(stride=1.45, swing=0.80, knee=1.85, arms=0.75, elbow=1.5, lean=0.20, bounce=0.08)


@dataclass(frozen=True)
class Angles:
    """Joint angles of one moment, (left, right) each; 0 hangs straight down, positive goes forward."""

    thigh: tuple[float, float]
    knee: tuple[float, float]
    arm: tuple[float, float]
    elbow: tuple[float, float]
    lean: float


def gait_angles(gait: Gait, phase: float) -> Angles:
    """The angles at a phase of the cycle (radians; at 0 the left heel strikes)."""
    phases = (phase, phase + np.pi)
    thigh = [gait.swing * np.cos(p) + 0.08 for p in phases]
    knee = [0.12 + 0.2 * _bump(p, 0.9, 0.5) + gait.knee * _bump(p, 4.5, 0.75) for p in phases]
    arm = [-gait.arms * np.cos(p) for p in phases]
    elbow = [gait.elbow + 0.3 * max(0.0, -np.cos(p)) for p in phases]
    return Angles(_pair(thigh), _pair(knee), _pair(arm), _pair(elbow), gait.lean)


def _bump(phase: float, centre: float, width: float) -> float:
    apart = np.angle(np.exp(1j * (phase - centre)))
    return float(np.exp(-0.5 * (apart / width) ** 2))


def _pair(values: list[float]) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def on_foot(stature: float, gait: Gait, metres: float) -> np.ndarray:
    """Pose after walking or running so many metres; the lower foot stands on the ground, or both are in the air."""
    phase = 2 * np.pi * metres / (gait.stride * stature)
    joints = assemble(stature, gait_angles(gait, phase))
    return grounded(joints, stature, gait.bounce * abs(np.sin(phase)) ** 2)


def grounded(joints: np.ndarray, stature: float, height: float = 0.0) -> np.ndarray:
    """The pose moved up or down until its lowest foot is at `height` metres."""
    ankles = min(joints[INDEX[f"{side}_ankle"], 2] for side, _ in SIDES) - ANKLE * stature
    toes = min(joints[INDEX[f"{side}_toe"], 2] for side, _ in SIDES) - 0.012 * stature
    joints[:, 2] += height - min(ankles, toes)
    return joints


def assemble(stature: float, angles: Angles) -> np.ndarray:
    """The pose with its pelvis at the origin."""
    joints = np.zeros((len(JOINTS), 3))
    _upper_body(joints, stature, angles.lean)
    for side, (name, left) in enumerate(SIDES):
        hip = np.array([0.0, left * HIPS * stature, 0.0])
        knee = hip + THIGH * stature * _hanging(angles.thigh[side])
        ankle = knee + SHIN * stature * _hanging(angles.thigh[side] - angles.knee[side])
        _leg(joints, name, hip, knee, ankle, FOOT * stature, angles.thigh[side] - angles.knee[side])
        shoulder = joints[INDEX[f"{name}_shoulder"]]
        elbow = shoulder + UPPER_ARM * stature * (_hanging(angles.arm[side]) + np.array([0.0, left * 0.12, 0.0]))
        bent = _hanging(angles.arm[side] + angles.elbow[side])
        _arm(joints, name, elbow, elbow + FOREARM * stature * bent, bent, stature)
    return joints


def _hanging(angle: float) -> np.ndarray:
    return np.array([np.sin(angle), 0.0, -np.cos(angle)])


def _upper_body(joints: np.ndarray, stature: float, lean: float) -> None:
    up = np.array([np.sin(lean), 0.0, np.cos(lean)])
    head_up = np.array([np.sin(lean * 0.4), 0.0, np.cos(lean * 0.4)])
    ahead = np.array([head_up[2], 0.0, -head_up[0]])
    left = np.array([0.0, 1.0, 0.0])
    neck = TORSO * stature * up
    chin = neck + NECK * stature * head_up
    head = chin + 0.5 * HEAD * stature * head_up
    back = 0.62 * neck - 0.075 * stature * np.array([up[2], 0.0, -up[0]])
    points = {"neck": neck, "chin": chin, "crown": chin + HEAD * stature * head_up, "back": back}
    points["nose"] = head + stature * (0.052 * ahead - 0.006 * head_up)
    for name, sign in SIDES:
        points[f"{name}_eye"] = head + stature * (0.046 * ahead + sign * 0.02 * left + 0.012 * head_up)
        points[f"{name}_ear"] = head + stature * (sign * 0.042 * left)
        points[f"{name}_shoulder"] = neck * 0.97 + sign * SHOULDERS * stature * left
    for name, point in points.items():
        joints[INDEX[name]] = point


def _leg(
    joints: np.ndarray, name: str, hip: np.ndarray, knee: np.ndarray, ankle: np.ndarray, foot: float, tilt: float
) -> None:
    for joint, point in (("hip", hip), ("knee", knee), ("ankle", ankle)):
        joints[INDEX[f"{name}_{joint}"]] = point
    # A planted foot is level; one that is lifted behind points down.
    down = np.clip(-tilt - 0.25, 0.0, 1.1)
    joints[INDEX[f"{name}_toe"]] = ankle + foot * np.array([np.cos(down), 0.0, -0.25 - np.sin(down)])


def _arm(
    joints: np.ndarray, name: str, elbow: np.ndarray, wrist: np.ndarray, along: np.ndarray, stature: float
) -> None:
    joints[INDEX[f"{name}_elbow"]] = elbow
    joints[INDEX[f"{name}_wrist"]] = wrist
    joints[INDEX[f"{name}_hand"]] = wrist + HAND * stature * along


def falling(stature: float, metres: float, seconds: float) -> np.ndarray:
    """Pose of somebody who trips at `metres` of a walk and is on the way down, or lies and stirs, `seconds` later."""
    down = min(seconds / 0.85, 1.0) ** 1.8
    stir = np.sin(2 * np.pi * 0.8 * seconds) * min(max(seconds - 0.9, 0.0), 1.0)
    walk = gait_angles(WALK, 2 * np.pi * metres / (WALK.stride * stature))
    angles = Angles(
        thigh=(walk.thigh[0] * (1 - down) + 0.35 * stir + 0.5 * down, walk.thigh[1] * (1 - down) - 0.25 * stir),
        knee=(walk.knee[0] + 0.55 * down + 0.4 * stir, walk.knee[1] + 0.25 * down - 0.2 * stir),
        arm=(
            walk.arm[0] * (1 - down) + (1.9 + 0.45 * stir) * down,
            walk.arm[1] * (1 - down) + (2.5 - 0.4 * stir) * down,
        ),
        elbow=(walk.elbow[0] + 0.5 * down, walk.elbow[1] + 0.3 * down - 0.3 * stir),
        lean=walk.lean + 0.3 * np.sin(np.pi * down),
    )
    joints = grounded(assemble(stature, angles), stature)
    tilt = down * np.deg2rad(86)
    turned = joints.copy()
    turned[:, 0] = joints[:, 0] * np.cos(tilt) + joints[:, 2] * np.sin(tilt)
    turned[:, 2] = joints[:, 2] * np.cos(tilt) - joints[:, 0] * np.sin(tilt)
    # Lying, a body is as thick as it is deep.
    turned[:, 2] = np.maximum(turned[:, 2] + 0.1 * down, 0.05)
    return turned


def cycling(stature: float, metres: float) -> np.ndarray:
    """Pose of a cyclist with the bicycle, after so many metres."""
    joints = assemble(stature, Angles((0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0), lean=0.62))
    saddle = np.array([-0.22, 0.0, 0.93])
    joints += saddle + np.array([0.0, 0.0, 0.05])
    bicycle = {"rear_hub": (-0.50, WHEEL_METRES), "front_hub": (0.56, WHEEL_METRES), "bracket": (-0.04, 0.29)}
    bicycle |= {"saddle": (-0.20, 0.90), "bars": (0.38, 1.02), "fork": (0.42, 0.82)}
    for name, (ahead, up) in bicycle.items():
        joints[INDEX[name]] = (ahead, 0.0, up)
    crank = -2 * np.pi * metres / GEAR_METRES
    for side, (name, left) in enumerate(SIDES):
        turn = crank + np.pi * side
        pedal = joints[INDEX["bracket"]] + [0.17 * np.cos(turn), left * 0.10, 0.17 * np.sin(turn) + 0.06]
        hip = joints[INDEX[f"{name}_hip"]]
        knee = _bend(hip, pedal, THIGH * stature, SHIN * stature, np.array([1.0, 0.0, 0.3]))
        _leg(joints, name, hip, knee, pedal, FOOT * stature, 0.0)
        grip = joints[INDEX["bars"]] + [0.04, left * 0.22, 0.02]
        elbow = _bend(
            joints[INDEX[f"{name}_shoulder"]], grip, UPPER_ARM * stature, FOREARM * stature, np.array([0, 0, -1.0])
        )
        _arm(joints, name, elbow, grip, np.array([0.6, 0.0, -0.2]), stature)
    return joints


def _bend(start: np.ndarray, end: np.ndarray, upper: float, lower: float, towards: np.ndarray) -> np.ndarray:
    """The middle joint of a limb of two bones between two points, bent `towards` a direction; stretched if too far."""
    reach = end - start
    distance = float(np.linalg.norm(reach))
    along = reach / distance
    near = (upper**2 - lower**2 + distance**2) / (2 * distance)
    aside = np.sqrt(max(upper**2 - near**2, 0.0))
    across = towards - along * (towards @ along)
    middle: np.ndarray = start + near * along + aside * across / np.linalg.norm(across)
    return middle


def placed(joints: np.ndarray, x: float, y: float, heading: float) -> np.ndarray:
    """A pose in world coordinates: standing at (x, y), facing `heading` radians, counter-clockwise from the x axis."""
    cos, sin = np.cos(heading), np.sin(heading)
    ahead, left, up = joints.T
    return np.stack([x + ahead * cos - left * sin, y + ahead * sin + left * cos, up], axis=1)
