"""Where networks run: the device, its threads, and exact arithmetic on it."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
from filelock import FileLock, Timeout

from features.errors import ConfigError
from features.extract.feature import Machine

# Frames per forward pass: what keeps a GPU busy; on a CPU more than a few only fall out of its caches.
BATCH = {"cpu": 4, "cuda": 16}
# What a system with a usable GPU shows: NVIDIA's driver on Linux, and its bridge in Windows' Linux.
DRIVERS = ("/dev/nvidiactl", "/dev/dxg")

_TAKEN: list[FileLock] = []


def machine_for(device: str, threads: int) -> Machine:
    """The machine for a config's `device` (auto, cpu, cuda, cuda:N), with numeric libraries held to `threads`.

    `auto` is a GPU where there is one, else the CPU. Of several GPUs, `auto` and `cuda` take one that no other job on
    this host has taken.

    Raises ConfigError where the device is not there.
    """
    chosen = _chosen(device)
    use_threads(threads)
    return Machine(chosen, BATCH[chosen.partition(":")[0]])


def _chosen(device: str) -> str:
    if device == "cpu":
        return device
    kind, _, number = device.partition(":")
    if device != "auto" and (kind != "cuda" or not (number.isdigit() or device == "cuda")):
        raise ConfigError(f"device {device!r} is not known; there are: auto, cpu, cuda, cuda:N")
    count = gpu_count()
    if device == "auto" and not count:
        return "cpu"
    if int(number or 0) >= count:
        raise ConfigError(f"device {device!r} is not here: torch sees {count} GPUs; say device: cpu")
    return device if number else f"cuda:{free_gpu(count)}"


def gpu_count() -> int:
    """GPUs that torch can use; where the system has no driver for any, torch is not even asked, which takes seconds."""
    if not any(Path(name).exists() for name in DRIVERS):
        return 0
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def free_gpu(count: int, folder: Path | None = None) -> int:
    """The number of a GPU that no other process has taken, which is then this process's until it ends.

    Snakemake gives local jobs no GPU of their own. Where all are taken they are shared, evenly by process number.
    """
    if count == 1:
        return 0
    place = folder or Path(tempfile.gettempdir()) / "vad-features-gpus"
    place.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        lock = FileLock(place / f"{number}.lock", timeout=0)
        with suppress(Timeout):
            lock.acquire()
            _TAKEN.append(lock)
            return number
    return os.getpid() % count


def use_threads(threads: int) -> None:
    """Hold this process's numeric libraries to a job's share of the cores, those that are loaded later too."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    cv2.setNumThreads(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


@contextmanager
def exact() -> Iterator[None]:
    """Full float32 on GPUs: TF32, on by default for convolutions, keeps 10 bits of the mantissa; autocast less."""
    import torch

    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False), torch.autocast("cuda", enabled=False):
        yield
