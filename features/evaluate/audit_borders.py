"""Whether scores were smoothed over all videos in one row, across the borders between them: seen from scores alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Frames to both sides of a border over which a change is looked at: a clip.
REACH = 16
SHUFFLES = 999
LEAST_BORDERS = 5
# Below this share of the change, and of the jump in another order, a border is not felt.
LOST = 0.5
UNLIKELY = 0.01


@dataclass(frozen=True)
class Borders:
    """What happens where one video ends and the next begins, in one order of videos.

    sharp     the jump from the last to the first frame, over the change from 16 frames before to 16 after; about 1
              where each video stands for itself
    ordered   the jumps over those in shuffled orders; about 1 where the order says nothing
    chance    share of shuffled orders with jumps as small
    """

    sharp: float
    ordered: float
    chance: float

    @property
    def crossed(self) -> bool:
        """Whether the borders are washed out, and in this order alone: a sign of smoothing across them."""
        return self.sharp < LOST and self.ordered < LOST and self.chance <= UNLIKELY


def look_at_borders(scores: Sequence[np.ndarray]) -> Borders | None:
    """What happens at the borders of videos that stand in this order; None for too few, or without any change.

    Scores that fade in every video, as from zeros beyond its ends, are smooth in any order and so are not meant.
    """
    videos = [values for values in scores if len(values)]
    if len(videos) <= LEAST_BORDERS:
        return None
    first, last = np.array([values[0] for values in videos]), np.array([values[-1] for values in videos])
    early = np.array([values[min(REACH, len(values) - 1)] for values in videos])
    late = np.array([values[max(-1 - REACH, -len(values))] for values in videos])
    jump = np.abs(first[1:] - last[:-1]).sum()
    change = np.abs(early[1:] - late[:-1]).sum()
    random = np.random.default_rng(0)
    orders = (random.permutation(len(videos)) for _ in range(SHUFFLES))
    shuffled = np.array([np.abs(first[order[1:]] - last[order[:-1]]).sum() for order in orders])
    if change == 0 or shuffled.mean() == 0:
        return None
    chance = (1 + np.count_nonzero(shuffled <= jump)) / (1 + SHUFFLES)
    return Borders(float(jump / change), float(jump / shuffled.mean()), float(chance))
