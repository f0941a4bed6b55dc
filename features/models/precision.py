"""Products in fewer bits, where a recipe asks for them; sums, norms, scores and losses stay in float32."""

from typing import Literal

import torch

Precision = Literal["float32", "bfloat16"]


def products(precision: Precision, device: torch.device) -> torch.autocast:
    """A context in which layers multiply in this precision; what comes out is made float32 by the caller."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
