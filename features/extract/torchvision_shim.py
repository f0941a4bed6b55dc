"""torchvision where its C++ extension does not load.

The package index's Linux wheel of torchvision is a CUDA build. Beside a CPU build of torch its extension cannot be
loaded, and `import torchvision` then stops with "operator torchvision::nms does not exist": it describes two operators
(for tracing) that only the extension would have defined. Declaring their schemas first is all it takes; networks,
transforms and image models need no compiled operator. Where the extension loads nothing is declared, since the two
would clash.
"""

import importlib
import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import torch

from features.errors import PackageMissing

# The operators that torchvision 0.28 describes without defining them (torchvision/_meta_registrations.py).
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@cache
def torchvision(module: str = "torchvision") -> ModuleType:
    """The module `torchvision` or one below it (`torchvision.models`), imported so that it works without a compiler.

    Compiled operators (`torchvision.ops.nms`) still need the extension, and say so where it is missing.

    Raises PackageMissing if torchvision is not installed.
    """
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise PackageMissing("torchvision is not installed; install the extra: pip install 'vad-features[pipeline]'")
    if not extension_loads(Path(spec.origin).parent):
        _declare()
    return importlib.import_module(module)


@cache
def extension_loads(folder: Path) -> bool:
    """Whether the C++ extension in torchvision's folder loads into this torch.

    Tried rather than guessed from `torch.cuda.is_available()`: a CPU build of torchvision loads without a GPU.
    """
    libraries = [*folder.glob("_C*.so"), *folder.glob("_C*.pyd")]
    try:
        for library in libraries:
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
    except OSError:
        return False
    return bool(libraries)


@cache
def _declare() -> torch.library.Library:
    """Declare the missing operators once; they exist as long as the returned library does."""
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    return library
