"""How the clips of a video become a fixed number of rows: the published rules, as functions of arrays.

Clips stand along the first axis; what follows (crops, channels) is carried along. Segments are averages of neighbouring
clips; a video with fewer clips than segments repeats some of them.
"""

from collections.abc import Callable, Mapping

import numpy as np

SEGMENTS = 32

Bounds = tuple[np.ndarray, np.ndarray]


def linspace_bounds(clips: int, count: int = SEGMENTS) -> Bounds:
    """int64 (count,) twice: first clip of each segment, and the one after its last; each has one clip at least.

    The floor of linspace(0, clips, count + 1), in the floating point numbers of NumPy as published (tianyu0207/RTFM
    @cf938f4 utils.py; Roc-Ng/DeepMIL @f11b964; henrryzh1/UR-DMU @40cfdf5).
    """
    edges = np.linspace(0, _some(clips), count + 1, dtype=np.int64)
    return edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)


def sultani_bounds(clips: int, count: int = SEGMENTS) -> Bounds:
    """As `linspace_bounds`, for the C3D segments of UCF-Crime: edges are round(linspace(1, clips, count + 1)) from 1.

    Halves are rounded up, as MATLAB does (WaqasSultani/AnomalyDetectionCVPR2018 @8aa957c,
    Save_C3DFeatures_32Segments.m). So the last clip is in no segment, but where segments are single clips.
    """
    # Whole numbers, so that halves are halves: floor(1 + k (clips - 1) / count + 1 / 2), then counted from 0.
    edges = (2 * np.arange(count + 1) * (_some(clips) - 1) + count) // (2 * count)
    return edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)


def arnet_bounds(clips: int, count: int = SEGMENTS) -> Bounds:
    """As `linspace_bounds`, for the 32-segment files that were made of AR-Net's features of ShanghaiTech.

    Sultani's rule with NumPy's rounding (halves to even), and with the last clip left out also where segments are
    single clips. Read off the files themselves (callbarian/test @3e075d6): in all videos with fewer than 32 clips.
    """
    kept = max(1, _some(clips) - 1)
    edges = np.round(1 + np.arange(count + 1) * kept / count).astype(np.int64) - 1
    start = np.minimum(edges[:-1], kept - 1)
    return start, np.minimum(np.maximum(edges[1:], start + 1), kept)


SEGMENT_RULES: Mapping[str, Callable[[int, int], Bounds]] = {
    "linspace": linspace_bounds,
    "sultani": sultani_bounds,
    "arnet": arnet_bounds,
}


def average_segments(features: np.ndarray, count: int = SEGMENTS) -> np.ndarray:
    """(count, ...) means of a video's clips (clips, ...) by `linspace_bounds`, dtype kept: RTFM, DeepMIL, UR-DMU, MGFN.

    Raises ValueError for a video without clips, as all of these do.
    """
    return segment_means(features, linspace_bounds(len(features), count))


def sultani_segments(features: np.ndarray, count: int = SEGMENTS) -> np.ndarray:
    """(count, ...) means of a video's clips (clips, ...) by `sultani_bounds`, dtype kept; not yet of unit length."""
    return segment_means(features, sultani_bounds(len(features), count))


def segment_means(features: np.ndarray, bounds: Bounds) -> np.ndarray:
    """(count, ...) means of clips (clips, ...), one for each pair of first clip and clip after the last."""
    return np.stack([features[first:after].mean(axis=0) for first, after in zip(*bounds, strict=True)])


def unit_length(features: np.ndarray) -> np.ndarray:
    """Features (..., channels) divided by their L2 norms; zeros stay zeros."""
    norms = np.linalg.norm(features, axis=-1, keepdims=True)
    found: np.ndarray = features / np.where(norms > 0, norms, 1)
    return found


def xd_pick(features: np.ndarray, count: int = 200) -> tuple[np.ndarray, int]:
    """(count, ...) of a video's clips (clips, ...), and how many of them are real: evenly picked, or filled with zeros.

    The clips at the floor of linspace(0, clips - 1, count) where there are more (Roc-Ng/XDVioDet @f846d8c, utils.py).
    """
    if len(features) <= count:
        return zero_filled(features, count), len(features)
    return features[np.linspace(0, len(features) - 1, count, dtype=np.int64)], count


def vadclip_segments(features: np.ndarray, count: int = 256) -> tuple[np.ndarray, int]:
    """(count, ...) of a video's clips (clips, ...), and how many of them are real: averaged, or filled with zeros.

    nwpu-zxr/VadCLIP @f643c91, utils/tools.py (training).
    """
    if len(features) <= count:
        return zero_filled(features, count), len(features)
    return average_segments(features, count), count


def vadclip_blocks(features: np.ndarray, length: int = 256) -> np.ndarray:
    """(blocks, length, ...): a video's clips (clips, ...) cut into blocks, the last filled with zeros.

    There are clips // length + 1 blocks as published (nwpu-zxr/VadCLIP @f643c91, utils/tools.py): one of zeros alone
    where the clips fill their blocks.
    """
    blocks = len(features) // length + 1
    return zero_filled(features, blocks * length).reshape(blocks, length, *features.shape[1:])


def mist_parts(clips: int, parts: int = SEGMENTS, length: int = 7) -> np.ndarray:
    """int64 (parts,): the first clips of the parts of `length` clips that MIST takes of a video.

    The floor of linspace(0, clips - length, parts + 1) without its last (fjchange/MIST_VAD @d720cab); 0 where the video
    has fewer clips than a part.
    """
    return np.linspace(0, max(0, clips - length), parts + 1, dtype=np.int64)[:-1]


def zero_filled(features: np.ndarray, count: int) -> np.ndarray:
    """(count, ...): clips (up to `count`, ...) with zeros after the last."""
    filled = np.zeros((count, *features.shape[1:]), features.dtype)
    filled[: len(features)] = features
    return filled


def _some(clips: int) -> int:
    if clips < 1:
        raise ValueError("a video without clips has no segments")
    return clips
