"""Around a detector network: frames into its input, its output into boxes. Pure functions of arrays.

Conventions of YOLOX (Megvii, yolox/data/data_augment.py preproc and yolox/utils/demo_utils.py) and of the mmdeploy
exports of RTMDet; measured on real weights in golden/onnx.
"""

import cv2
import numpy as np

GREY = 114
STRIDES = (8, 16, 32)


def letterbox(frame: np.ndarray, height: int, width: int) -> tuple[np.ndarray, float]:
    """The frame (h, w, 3) shrunk or grown into the upper left of a grey canvas, and by how much.

    A corner found on the canvas, divided by that ratio, is a corner in the frame.
    """
    ratio = min(height / frame.shape[0], width / frame.shape[1])
    h, w = (max(1, int(side * ratio)) for side in frame.shape[:2])
    canvas = np.full((height, width, 3), GREY, np.uint8)
    canvas[:h, :w] = cv2.resize(frame, (w, h), interpolation=cv2.INTER_LINEAR)
    return canvas, ratio


def network_input(canvases: np.ndarray, mean: np.ndarray | None, std: np.ndarray | None) -> np.ndarray:
    """float32 (b, 3, h, w), channels B, G, R, from uint8 (b, h, w, 3) RGB; 0..255, or less mean and over std (BGR)."""
    bgr = canvases[..., ::-1].astype(np.float32)
    if mean is not None and std is not None:
        bgr = (bgr - np.float32(mean)) / np.float32(std)
    return np.ascontiguousarray(bgr.transpose(0, 3, 1, 2))


def cells(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """(column, row) float32 (n, 2) and stride float32 (n, 1) of a YOLOX head's cells: by stride, then row by row."""
    columns_rows, strides = [], []
    for stride in STRIDES:
        rows, columns = np.indices((height // stride, width // stride), np.float32)
        columns_rows.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        strides.append(np.full((rows.size, 1), stride, np.float32))
    return np.concatenate(columns_rows), np.concatenate(strides)


def decode_raw(output: np.ndarray, height: int, width: int, floor: float) -> np.ndarray:
    """float32 (k, 6): x1, y1, x2, y2 on the canvas, score, label, from one raw YOLOX output (n, 5 + classes).

    Columns 0, 1: offset of the centre from its cell; 2, 3: log of the size, both in strides; 4: objectness; then the
    probabilities of the classes. Score is their product; each class above `floor` gives a row.
    """
    places, strides = cells(height, width)
    scores = output[:, 4:5] * output[:, 5:]
    row, label = np.nonzero(scores > floor)
    centre = (output[row, :2] + places[row]) * strides[row]
    half = np.exp(output[row, 2:4]) * strides[row] / 2
    columns = [centre - half, centre + half, scores[row, label][:, None], label[:, None]]
    return np.concatenate(columns, axis=1, dtype=np.float32)


def overlaps(boxes: np.ndarray) -> np.ndarray:
    """(k, k) intersection over union of boxes (k, 4 or more)."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:4], boxes[None, :, 2:4])
    sides = np.maximum(0, high - low)
    common = sides[..., 0] * sides[..., 1]
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return np.asarray(common / np.maximum(area[:, None] + area[None, :] - common, np.finfo(np.float32).tiny))


def suppressed(boxes: np.ndarray, threshold: float, limit: int, candidates: int = 1000) -> np.ndarray:
    """The rows of boxes (k, 6) left by greedy class-wise non-maximum suppression, best score first.

    A box goes if a better one of its class overlaps it by more than `threshold`; the best `candidates` are looked at
    (nms_pre of mmdet's YOLOv3) and the best `limit` returned.
    """
    boxes = boxes[np.argsort(-boxes[:, 4], kind="stable")[:candidates]]
    clash = (overlaps(boxes) > threshold) & (boxes[:, None, 5] == boxes[None, :, 5])
    alive = np.ones(len(boxes), bool)
    for row in range(len(boxes)):
        if alive[row]:
            alive[row + 1 :] &= ~clash[row, row + 1 :]
    return boxes[alive][:limit]
