"""Snapshots of a model's training, and the one that test labels like best: to compare with papers that chose so."""

from collections.abc import Mapping

import numpy as np

from features.errors import DatasetError
from features.evaluate.guards import Joined, NonFinite, join
from features.evaluate.metrics import Frames, auc, pooled


def best_snapshot(
    snapshots: Mapping[str, np.ndarray] | None, labels: Mapping[str, np.ndarray], non_finite: NonFinite = "refuse"
) -> tuple[Joined | None, str]:
    """The snapshot with the highest micro AUC, the first of equals, joined with the labels; and what to tell of it.

    `snapshots`: video id -> scores (frames, snapshots), in the order of training. None where there are no snapshots, or
    no AUC: the labels are of one class.

    Raises DatasetError where videos have another number of snapshots, or scores and labels do not fit.
    """
    if not snapshots:
        return None, ""
    counts = {values.shape[1] for values in snapshots.values()}
    if len(counts) > 1:
        raise DatasetError(f"videos have {min(counts)} to {max(counts)} snapshots of scores; score the model anew")
    (count,) = counts

    def joined(at: int) -> Joined:
        return join({video: scores[:, at] for video, scores in snapshots.items()}, labels, non_finite)

    reached = [_micro_auc(joined(at)) for at in range(count)]
    if not count or None in reached:
        return None, ""
    values = np.array(reached, np.float64)
    best = int(values.argmax())
    told = (
        f"snapshot {best + 1} of {count}, chosen on the test labels; micro AUC of the snapshots "
        f"{values.min():.4f} to {values.max():.4f}, of the last {values[-1]:.4f}"
    )
    return joined(best), told


def _micro_auc(joined: Joined) -> float | None:
    return auc(pooled({name: Frames.known(known, joined.scores[name]) for name, known in joined.labels.items()})).value
