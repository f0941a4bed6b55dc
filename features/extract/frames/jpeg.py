"""Frames as JPEG files, one after the other in one array of bytes."""

import cv2
import numpy as np


def encode(frame: np.ndarray, quality: int) -> np.ndarray:
    """The JPEG file (uint8 vector) of a frame, uint8 (h, w, 3) RGB. OpenCV's encoder, colour at half resolution."""
    done, data = cv2.imencode(".jpg", frame[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"OpenCV cannot encode a frame of shape {frame.shape} as JPEG")
    return np.asarray(data, dtype=np.uint8).reshape(-1)


def decode(data: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) RGB from a JPEG file's bytes (uint8 vector)."""
    frame = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if frame is None:
        raise ValueError("these bytes are not a JPEG file")
    return np.ascontiguousarray(frame[:, :, ::-1])
