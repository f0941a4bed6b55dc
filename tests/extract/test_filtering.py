"""The matrices of minimal filtering give the definition's results."""

import numpy as np
import pytest

from features.extract.filtering import matrices


@pytest.mark.parametrize(("results", "taps"), [(1, 1), (1, 3), (2, 3), (4, 3), (8, 3), (2, 4), (4, 4), (8, 4)])
def test_the_matrices_filter_along_one_axis(results: int, taps: int) -> None:
    output, kernel, entry = (matrix.numpy() for matrix in matrices(results, taps))
    rng = np.random.default_rng(0)
    data, weights = rng.normal(size=results + taps - 1), rng.normal(size=taps)
    expected = np.correlate(data, weights, "valid")
    assert np.allclose(output @ ((kernel @ weights) * (entry @ data)), expected, atol=1e-9)
