"""The documented example of reading features runs."""

import subprocess
import sys
from pathlib import Path

from features.store.roots import Root
from features.store.store import Store
from tests.store.engine.stand_ins import key_of, put


def test_the_example_prints_what_the_features_hold(project: Path, tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    put(store, key_of(1))
    source = key_of("source")
    store.write_root(
        "mine",
        Root("mine", "u", "/p", 0.0, {"ped2": {"Test/Test001": source}}, {"ped2": {"flow": {source: key_of(1)}}}),
    )
    words = [sys.executable, str(project / "examples" / "read_features.py"), str(tmp_path)]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert out == "ped2/Test/Test001/flow: flow (3, 2, 6, 8) float32, first rows (3, 2, 6, 8)\n"
