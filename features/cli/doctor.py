"""Look at what works here: packages and their versions, devices, and whether a store can live on this disk.

Exit code 1 if something that the pipeline needs does not work.
"""

import argparse
import importlib
import importlib.util
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from features.cli import common
from features.errors import FeaturesError
from features.text import size

EXAMPLE = """
features doctor
features doctor --store /data/store --json
"""

READING = ("numpy", "zarr", "numcodecs", "pcodec", "h5py")
PIPELINE = (
    "av", "filelock", "jinja2", "matplotlib", "onnxruntime", "open-clip-torch", "opencv-contrib-python-headless",
    "pillow", "psutil", "pydantic", "pygments", "PyYAML", "rfc8785", "safetensors", "scikit-learn", "scipy",
    "snakemake", "supervision", "torch", "torchvision", "trackers",
)  # fmt: skip
OPTIONAL = {"decord": "faster decoding of closed-GOP mp4 and mkv", "fsspec": "stores over HTTP and S3"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `state` is ok, note (works, but know this) or broken (the pipeline needs it)."""

    what: str
    state: str
    says: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    common.add_store(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Look at everything."""
    findings = list(examine(common.store_path(args)))
    rows = [(finding.what, finding.state, finding.says) for finding in findings]
    common.emit(args, [asdict(finding) for finding in findings], lambda: common.table(("what", "state", "says"), rows))
    return 1 if any(finding.state == "broken" for finding in findings) else 0


def examine(store: Path) -> Iterator[Finding]:
    """All findings, one after the other."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.platform()}, {cores} cores to use")
    for name in (*READING, *PIPELINE):
        yield package(name)
    for name, purpose in OPTIONAL.items():
        yield package(name, purpose)
    yield guarded("torch", devices)
    yield guarded("torchvision", torchvision_operators)
    yield from disk(store)


def package(name: str, optional: str = "") -> Finding:
    """Whether a package is installed, and which version."""
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        state, why = ("note", f"{optional}; ") if optional else ("broken", "")
        return Finding(name, state, f"not installed; {why}pip install {name}")


def guarded(name: str, look: Callable[[], Finding]) -> Finding:
    """A finding that needs a package which may be absent, or be there and not load."""
    if importlib.util.find_spec(name) is None:
        return Finding(f"{name} at work", "note", f"{name} is not installed")
    try:
        return look()
    except (ImportError, OSError, RuntimeError) as error:
        return Finding(f"{name} at work", "broken", f"does not load: {' '.join(str(error).split())[:200]}")


def devices() -> Finding:
    """The CUDA devices that torch can use."""
    torch = importlib.import_module("torch")
    if not torch.cuda.is_available():
        built = f"torch is built for CUDA {torch.version.cuda}" if torch.version.cuda else "torch is built for CPU only"
        return Finding("devices", "note", f"no CUDA device ({built}); all runs on the CPU")
    names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return Finding("devices", "ok", f"CUDA {torch.version.cuda}: {', '.join(names)}")


def torchvision_operators() -> Finding:
    """Whether torchvision works, and its compiled operators with it: a wheel for another torch build lacks them."""
    from features.extract.torchvision_shim import extension_loads, torchvision

    module = torchvision()
    if extension_loads(Path(str(module.__file__)).parent):
        return Finding("torchvision at work", "ok", "with its compiled operators")
    return Finding("torchvision at work", "note", "its compiled operators are of another torch build; not needed here")


def disk(store: Path) -> Iterator[Finding]:
    """Free space, and whether files can be written and published in the store's folder."""
    from features.store.layout import may_become_store

    folder = next(path for path in (store.absolute(), *store.absolute().parents) if path.is_dir())
    there = "" if folder == store.absolute() else f" ({store} is not there yet; its disk is looked at)"
    free = shutil.disk_usage(folder).free
    yield Finding("free space", "ok" if free > 10e9 else "note", f"{size(free)} in {folder}{there}")
    try:
        with tempfile.TemporaryDirectory(prefix=".features-doctor-", dir=folder) as scratch:
            yield Finding("store writable", "ok", str(folder))
            yield links(Path(scratch))
    except OSError as error:
        yield Finding("store writable", "note", f"no ({error.strerror}): reading works, computing needs another store")
    if (store / "format").exists():
        yield layout(store)
    elif store.exists() and not (store.is_dir() and may_become_store(store)):
        yield Finding("store layout", "broken", f"{store} holds other things; give the store a folder of its own")


def links(scratch: Path) -> Finding:
    """Whether the file system has hard links, by which artifacts are published."""
    (scratch / "file").write_bytes(b"")
    try:
        (scratch / "link").hardlink_to(scratch / "file")
    except OSError as error:
        return Finding(
            "hard links", "note", f"no ({error.strerror}): artifacts are published by renaming, which is safe"
        )
    return Finding("hard links", "ok", "artifacts are published without ever replacing a file")


def layout(store: Path) -> Finding:
    """Whether the store is one that this version reads."""
    from features.store.layout import check_layout

    try:
        check_layout(store)
    except FeaturesError as error:
        return Finding("store layout", "broken", str(error))
    return Finding("store layout", "ok", (store / "format").read_text(encoding="utf-8").strip())
