"""Networks as ONNX files: opened by onnxruntime on the job's device, with the job's threads."""

import os
import warnings
from typing import Any

from features.errors import PackageMissing, WeightsError


def open_session(path: str, name: str, device: str) -> Any:
    """An onnxruntime session of a file; `name` is what messages call it, `device` is `cpu` or `cuda:N`.

    Raises WeightsError for a file that onnxruntime cannot load, PackageMissing without onnxruntime.
    """
    onnxruntime = _onnxruntime(name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=_providers(onnxruntime, name, device))
    except _errors(onnxruntime) as error:
        raise WeightsError(f"{name} is not an ONNX file that onnxruntime can load: {_first_line(error)}") from None


def run_session(session: Any, name: str, inputs: dict[str, Any]) -> list[Any]:
    """All outputs of a session for these inputs.

    Raises WeightsError where the network does not take them.
    """
    try:
        outputs: list[Any] = session.run(None, inputs)
    except _errors(_onnxruntime(name)) as error:
        shapes = ", ".join(str(value.shape) for value in inputs.values())
        raise WeightsError(f"{name} cannot compute an input of shape {shapes}: {_first_line(error)}") from None
    return outputs


def threads() -> int:
    """Threads of a session: OMP_NUM_THREADS, which Snakemake sets to a job's share, else the usable cores."""
    return int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0)))


def _onnxruntime(name: str) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise PackageMissing(f"{name} needs onnxruntime: pip install onnxruntime") from None
    return onnxruntime


def _errors(onnxruntime: Any) -> tuple[type[Exception], ...]:
    """What onnxruntime raises; its exceptions have no common ancestor of their own."""
    state = onnxruntime.capi.onnxruntime_pybind11_state
    names = ("Fail", "InvalidProtobuf", "InvalidGraph", "InvalidArgument", "NotImplemented", "RuntimeException")
    return tuple(getattr(state, name) for name in names)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _providers(onnxruntime: Any, name: str, device: str) -> list[Any]:
    """The CUDA provider where the device is one and onnxruntime has it; said aloud where it has not."""
    if not device.startswith("cuda"):
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        warnings.warn(f"this onnxruntime has no CUDA, {name} runs on the CPU; install onnxruntime-gpu", stacklevel=3)
        return ["CPUExecutionProvider"]
    number = int(device.partition(":")[2] or 0)
    return [("CUDAExecutionProvider", {"device_id": number}), "CPUExecutionProvider"]
