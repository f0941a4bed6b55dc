"""Where networks run: the device, its threads, and exact arithmetic on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from features.errors import ConfigError
from features.extract.feature import Machine

# Frames per forward pass: what keeps a GPU busy; on a CPU more than a few only fall out of its caches.
BATCH = {"cpu": 4, "cuda": 16}


def machine_for(device: str, threads: int) -> Machine:
    """The machine for a config's `device` (auto, cpu, cuda, cuda:N), with torch and OpenCV held to `threads`.

    `auto` is the first GPU that torch sees, else the CPU.

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
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return "cuda:0" if count else "cpu"
    if int(number or 0) >= count:
        raise ConfigError(
            f"device {device!r} is not here: torch {torch.__version__} sees {count} GPUs; say device: cpu"
        )
    return f"cuda:{int(number or 0)}"


def use_threads(threads: int) -> None:
    """Hold this process's numeric libraries to a job's share of the cores."""
    import cv2
    import torch

    os.environ["OMP_NUM_THREADS"] = str(threads)  # onnxruntime sessions made later read it
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)


@contextmanager
def exact() -> Iterator[None]:
    """Full float32 on GPUs: TF32, on by default for convolutions, keeps 10 bits of the mantissa; autocast less."""
    import torch

    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False), torch.autocast("cuda", enabled=False):
        yield
