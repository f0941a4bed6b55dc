"""What a measurement was made on: `python -m bench.machine` prints it."""

import json
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from features.plan.workflow import LARGE_PAGES

RESULTS = Path(__file__).resolve().parent / "results"
_PACKAGES = (
    "numpy",
    "numcodecs",
    "pcodec",
    "zarr",
    "h5py",
    "opencv-contrib-python-headless",
    "av",
    "torch",
    "torchvision",
)


def describe() -> dict[str, Any]:
    """Processor, cores, memory, GPU, system, versions, and how busy the machine is: JSON for a data file."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpu": _gpu(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "load": [round(value, 1) for value in os.getloadavg()],
    }


def as_a_job() -> None:
    """Start this program again as the pipeline starts its jobs, in large pages, unless it was."""
    name, value = LARGE_PAGES
    if name not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, name: value})


def save(name: str, result: dict[str, Any]) -> Path:
    """Write `results/<name>.json`: the result and the machine."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": describe(), **result}, indent=1) + "\n", encoding="utf-8")
    return path


def shared(*parts: str) -> Path:
    """A file of the folder with test data (`FEATURES_SHARED`, by default beside the project).

    Ends the program, with a line that says why, where it is missing.
    """
    root = os.environ.get("FEATURES_SHARED", Path(__file__).resolve().parents[2] / "shared")
    path = Path(root, *parts)
    if not path.exists():
        print(f"skipped: needs {path}; set FEATURES_SHARED to the folder of the test data")
        raise SystemExit(0)
    return path


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _gpu() -> str | None:
    try:
        import torch
    except ImportError:
        return None
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    print(json.dumps(describe(), indent=1))
