"""Pictures to the size of a recipe, with the arithmetic of the library that the recipe names."""

import numpy as np
from PIL import Image

from features.extract.clips.view import Resize

PILLOW = {
    "pil-bilinear": Image.Resampling.BILINEAR,
    "pil-bicubic": Image.Resampling.BICUBIC,
    "pil-lanczos": Image.Resampling.LANCZOS,
}


def target(resize: Resize, height: int, width: int) -> tuple[int, int, float | None]:
    """(height, width) that a picture is brought to, and the scale where the rule is one, else None.

    `shorter` rounds the longer side down, as torchvision and video_features do; `at-least` to the nearest, as OpenCV
    does with a scale.
    """
    if isinstance(resize.size, tuple):
        return *resize.size, None
    shorter = min(height, width)
    if resize.size is None or shorter == resize.size or (resize.rule == "at-least" and shorter > resize.size):
        return height, width, None
    scale = resize.size / shorter
    if resize.rule == "at-least":
        return round(height * scale), round(width * scale), scale
    if height <= width:
        return resize.size, resize.size * width // height, scale
    return resize.size * height // width, resize.size, scale


def resized(picture: np.ndarray, resize: Resize) -> np.ndarray:
    """(H, W, channels) of uint8 or float32 (height, width, channels); of the same type, but float32 from torch."""
    height, width, scale = target(resize, *picture.shape[:2])
    if (height, width) == picture.shape[:2]:
        return picture
    if resize.filter in PILLOW:
        return _pillow(picture, height, width, PILLOW[resize.filter])
    if resize.filter == "torch-bilinear":
        return _torch(picture, height, width, scale)
    return _opencv(picture, height, width, scale if resize.rule == "at-least" else None)


def _opencv(picture: np.ndarray, height: int, width: int, scale: float | None) -> np.ndarray:
    """Bilinear without widening, of uint8 in fixed point; as `_torch` where a scale is given."""
    import cv2

    if scale is not None:
        return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR))
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR))


def _pillow(picture: np.ndarray, height: int, width: int, how: Image.Resampling) -> np.ndarray:
    """Pillow widens its filters where it makes pictures smaller; it knows three channels of uint8, or one of either."""
    if picture.dtype == np.uint8 and picture.shape[2] == 3:
        return np.asarray(Image.fromarray(picture).resize((width, height), how))
    planes = [np.ascontiguousarray(picture[:, :, channel]) for channel in range(picture.shape[2])]
    return np.stack([np.asarray(Image.fromarray(plane).resize((width, height), how)) for plane in planes], axis=2)


def _torch(picture: np.ndarray, height: int, width: int, scale: float | None) -> np.ndarray:
    """Bilinear without widening; where a scale is given it, not the sizes, says where each pixel comes from."""
    import torch

    planes = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).float()[None]
    how = {"size": (height, width)} if scale is None else {"scale_factor": scale, "recompute_scale_factor": False}
    smooth = torch.nn.functional.interpolate(planes, mode="bilinear", align_corners=False, **how)
    return smooth[0].permute(1, 2, 0).numpy()


def padded(picture: np.ndarray, multiple: int) -> np.ndarray:
    """The picture with its border repeated until both sides are multiples; the odd line goes right and below.

    RAFT's InputPadder does so (princeton-vl/RAFT, core/utils/utils.py).
    """
    missing = [-side % multiple for side in picture.shape[:2]]
    if not any(missing):
        return picture
    return np.pad(picture, (*((less // 2, less - less // 2) for less in missing), (0, 0)), mode="edge")
