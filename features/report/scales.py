"""Where scales of scores end, so that a few extreme scores do not flatten all others."""

import numpy as np


def far_out(scores: np.ndarray) -> float:
    """The score above which finite `scores` are far out: three interquartile ranges above the third quartile.

    Tukey, Exploratory Data Analysis, 1977. Likelihoods have such long tails that between the ends of them everything
    else would be one colour, or one line. Where half of all scores are equal nothing is far out: the highest is given.
    """
    first, third = np.percentile(scores, (25, 75)).tolist()
    return third + 3 * (third - first) if third > first else float(np.max(scores))
