"""Flow vectors as the grey levels that flow networks were trained on."""

import numpy as np

from features.extract.clips.view import FlowView


def levels(vectors: np.ndarray, view: FlowView) -> np.ndarray:
    """float32, of the same shape: vectors in pixels as grey levels; where there is no vector, as for none.

    rounded  yjxiong/dense_flow and open-mmlab/denseflow, src/common.cpp: cvRound(255 (f + b) / 2b), within 0..255
    float    v-iashin/video_features @a2f61b7, models/transforms.py: Clamp, ToUInt8 (which stays float: +20 is 256)
    """
    bound, step = np.float32(view.bound), np.float32(255 / (2 * view.bound))
    cut: np.ndarray = np.clip(np.nan_to_num(vectors, nan=0.0), -bound, bound)
    if view.levels == "rounded":
        return np.asarray(np.rint((cut + bound) * step))
    return np.asarray(np.rint(128 + step * cut))
