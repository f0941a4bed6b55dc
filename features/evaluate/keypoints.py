"""How near estimated joints are to the true ones: object keypoint similarity, percentage of correct keypoints."""

import numpy as np

from features.datasets.skeleton import SIGMAS

# Yang & Ramanan (PAMI 2013) call a joint correct within a share of the longer side of the person's box: 0.2 for bodies.
PCK_SHARE = 0.2


def oks(found: np.ndarray, truth: np.ndarray, visible: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """float64 (n,): object keypoint similarity of n persons, 0 to 1; NaN for one without a visible joint.

    `found`, `truth` (n, 17, 2 or more) are x, y in pixels, `visible` (n, 17) says which true joints count, `areas` (n,)
    are squared pixels. The mean over the joints that count of exp(-d^2 / (2 s^2 k^2)) with s^2 the area and k twice the
    joint's sigma (cocodataset/cocoapi, PythonAPI/pycocotools/cocoeval.py, computeOks). COCO takes the area of the
    person's mask; that of its box, where no mask is known, gives higher figures.
    """
    squared = _squared_distances(found, truth)
    similar = np.exp(-squared / (2 * np.asarray(areas, np.float64)[:, None] * (2 * SIGMAS) ** 2))
    return _mean_of(similar, visible)


def pck(
    found: np.ndarray, truth: np.ndarray, visible: np.ndarray, sizes: np.ndarray, share: float = PCK_SHARE
) -> float:
    """The share (0 to 1) of all visible joints that lie within `share` times the person's size of their true place.

    `found`, `truth` (n, 17, 2 or more) in pixels, `visible` (n, 17), `sizes` (n,) in pixels: the longer side of the box
    (Yang & Ramanan, PAMI 2013; open-mmlab/mmpose 1.3.2, PCKAccuracy with norm_item `bbox`). NaN without visible joints.
    """
    near = _squared_distances(found, truth) <= (share * np.asarray(sizes, np.float64)[:, None]) ** 2
    visible = np.asarray(visible, bool)
    return float(near[visible].mean()) if visible.any() else float("nan")


def _squared_distances(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.asarray(((found[..., :2].astype(np.float64) - truth[..., :2]) ** 2).sum(axis=-1))


def _mean_of(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The mean of each row's chosen values; NaN where none is."""
    counts = np.asarray(chosen, bool).sum(axis=1)
    sums = np.where(chosen, values, 0).sum(axis=1)
    return np.asarray(np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0))
