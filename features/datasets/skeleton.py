"""The joints of a person as COCO names them, and the order that STG-NF gives them."""

import numpy as np

# The 17 keypoints of COCO, in their order.
COCO17 = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
)
# Standard deviations of annotated joints as shares of the person's size: the sigmas of COCO's object keypoint
# similarity (cocodataset/cocoapi, cocoeval.py).
SIGMAS = np.array(
    [0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89]
) / 10  # fmt: skip
# Pairs of joints between which a bone is drawn.
BONES = (
    *((0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10)),
    *((5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16)),
)
# For each joint its counterpart on the other side of the body.
MIRRORED = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
SHOULDERS = (5, 6)
# OpenPose's order of 18, from COCO's 17 with the neck appended (orhir/STG-NF @edb5f32, dataset.py).
OPENPOSE18 = (0, 17, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)


def openpose18(keypoints: np.ndarray) -> np.ndarray:
    """Keypoints (..., 17, c) in COCO's order as (..., 18, c) in OpenPose's; the neck is the mean of the shoulders.

    All c values are averaged, the confidence too.
    """
    neck = keypoints[..., SHOULDERS, :].mean(axis=-2, keepdims=True)
    return np.concatenate([keypoints, neck], axis=-2)[..., OPENPOSE18, :]
