"""What the tests of all models share."""

from pathlib import Path

import pytest

from features.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", create=True)
