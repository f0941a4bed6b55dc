"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A law is a law on a busy machine, too: no test is timed.
settings.register_profile("untimed")
settings.load_profile("untimed")

os.environ.setdefault("OMP_NUM_THREADS", "1")

PROJECT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FEATURES_SHARED", PROJECT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with golden data, weights and videos; tests that need it are skipped loudly without it."""
    if not (SHARED / "golden").is_dir():
        pytest.skip(f"no golden data at {SHARED}; set FEATURES_SHARED to its folder")
    return SHARED


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's folder."""
    return PROJECT
