"""Parameter names: from the authors' RAFT (princeton-vl/RAFT) to torchvision's."""

import re
from collections.abc import Mapping
from typing import TypeVar

Entry = TypeVar("Entry")

# (pattern, replacement) for names of the authors' files; every name matches exactly one of them.
# The encoders' `norm` layers are there in the large context encoder alone. Its blocks hold the norm of the shortcut
# twice, as `norm3` and as `downsample.1`; the former is dropped.
_ENCODERS = {"fnet": "feature_encoder", "cnet": "context_encoder"}
_IN_ENCODER = (
    (r"conv1\.", r"convnormrelu.0."),
    (r"norm1\.", r"convnormrelu.1."),
    (r"(layer\d\.\d)\.conv(\d)\.", r"\1.convnormrelu\2.0."),
    (r"(layer\d\.\d)\.norm([12])\.", r"\1.convnormrelu\2.1."),
    (r"(layer\d\.0\.downsample\.[01])\.", r"\1."),
    (r"conv2\.", r"conv."),
)
_IN_UPDATE = (
    (r"encoder\.convc(\d)\.", r"motion_encoder.convcorr\1.0."),
    (r"encoder\.convf(\d)\.", r"motion_encoder.convflow\1.0."),
    (r"encoder\.conv\.", r"motion_encoder.conv.0."),
    (r"gru\.conv([zrq])\.", r"recurrent_block.convgru1.conv\1."),
    (r"gru\.conv([zrq])([12])\.", r"recurrent_block.convgru\2.conv\1."),
    (r"flow_head\.", r"flow_head."),
)
_MASK = ((r"mask\.0\.", r"mask_predictor.convrelu.0."), (r"mask\.2\.", r"mask_predictor.conv."))


def torchvision_names(parameters: Mapping[str, Entry]) -> dict[str, Entry]:
    """The same entries under torchvision's names; torchvision's own files are returned as they are.

    Names that are neither stay, so that a strict loader refuses them.
    """
    if not any(name.startswith(("fnet.", "cnet.")) for name in parameters):
        return dict(parameters)
    return {_renamed(name): entry for name, entry in parameters.items() if ".norm3." not in name}


def _renamed(name: str) -> str:
    head, _, rest = name.partition(".")
    if head in _ENCODERS:
        return f"{_ENCODERS[head]}.{_first(_IN_ENCODER, rest)}"
    if head == "update_block":
        mask = _first(_MASK, rest)
        return mask if mask != rest else f"update_block.{_first(_IN_UPDATE, rest)}"
    return name


def _first(rules: tuple[tuple[str, str], ...], name: str) -> str:
    """The name by the first rule that fits its beginning, or as it is."""
    for pattern, replacement in rules:
        renamed, count = re.subn(f"^{pattern}", replacement, name)
        if count:
            return renamed
    return name
