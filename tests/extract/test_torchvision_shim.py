"""torchvision can be used whether its C++ extension loads or not."""

import subprocess
import sys

import pytest

from features.errors import PackageMissing
from features.extract import torchvision_shim
from features.extract.torchvision_shim import extension_loads, torchvision


def test_networks_can_be_built():
    assert hasattr(torchvision("torchvision.models.optical_flow"), "raft_large")


def test_it_works_in_a_fresh_process_with_warnings_as_errors():
    code = "from features.extract.torchvision_shim import torchvision; print(torchvision().__name__)"
    answer = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip() == "torchvision", answer.stderr


def test_a_library_that_is_none_does_not_load(tmp_path):
    assert not extension_loads(tmp_path / "without")
    (tmp_path / "_C.so").write_bytes(b"no library")
    assert not extension_loads(tmp_path)


def test_without_the_package_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(torchvision_shim.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PackageMissing, match="pip install"):
        torchvision("torchvision.ops")
