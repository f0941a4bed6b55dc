"""Scoring: windows to bits, bits to persons in frames, persons to frames. High is abnormal everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from features.errors import SourceError
from features.models.stgnf.network import Flow, bits
from features.models.stgnf.persons import Person
from features.models.stgnf.recipe import StgnfRecipe
from features.models.stgnf.samples import rule_of

BATCH = 1024


@dataclass(frozen=True)
class Scored:
    """The scored persons of one video.

    objects  float64 (n, 6): frame, x1, y1, x2, y2, score, by person, then by frame
    ids      int64 (n,): who each of them is
    """

    objects: np.ndarray
    ids: np.ndarray

    def frames(self, count: int) -> np.ndarray:
        """float64 (count,): the highest score in each frame, NaN where nobody has one."""
        highest = np.full(count, -np.inf)
        np.maximum.at(highest, self.objects[:, 0].astype(np.int64), self.objects[:, 5])
        return np.where(np.isneginf(highest), np.nan, highest)


@torch.no_grad()
def window_scores(network: Flow, windows: np.ndarray, centre: float) -> np.ndarray:
    """float64 (n,): negative log-likelihood of normalised windows (n, 2, t, 18) as normal ones, in bits per number."""
    device = next(network.parameters()).device
    parts = [
        bits(network(torch.from_numpy(windows[start : start + BATCH]).to(device)), centre).cpu().numpy()
        for start in range(0, len(windows), BATCH)
    ]
    return np.concatenate([np.empty(0, np.float32), *parts]).astype(np.float64)


def score_persons(network: Flow, found: Sequence[Person], height: int, recipe: StgnfRecipe) -> Scored:
    """The persons of a video in the frames where its rule scores them.

    Raises SourceError where a score is no number.
    """
    rule = rule_of(recipe)
    objects, ids = [np.empty((0, 6))], [np.empty(0, np.int64)]
    cuts = [rule.cut(person, recipe.seg_len, 1) for person in found]
    windows = [rule.normalised(cut.joints, height) for cut in cuts]
    scores = window_scores(network, np.concatenate(windows), recipe.R) if windows else np.empty(0)
    for person, cut, part in zip(found, cuts, np.split(scores, np.cumsum([len(cut) for cut in cuts])), strict=False):
        if not np.isfinite(part).all():
            raise SourceError(f"scores of person {person.id} are no numbers; look at its joints")
        frames, values = rule.on_frames(cut.starts, part, recipe.seg_len)
        objects.append(np.column_stack([frames, person.boxes_at(frames), values]))
        ids.append(np.full(len(frames), person.id, np.int64))
    return Scored(np.concatenate(objects), np.concatenate(ids))


def with_nobody(frame_scores: Sequence[np.ndarray]) -> tuple[list[np.ndarray], float]:
    """Scores of many videos, where frames without a scored person (NaN) get the lowest score of all, and that score.

    Nobody in sight is as normal as can be: orhir/STG-NF @edb5f32, utils/scoring_utils.py. 0 where nobody is scored.
    """
    everything = np.concatenate([np.empty(0), *frame_scores])
    known = everything[np.isfinite(everything)]
    lowest = float(known.min()) if len(known) else 0.0
    return [np.where(np.isnan(scores), lowest, scores) for scores in frame_scores], lowest
