"""Parameter names of Inception I3D: from those of hassony2's port and its copies to piergiaj's, which are used here."""

import re
from collections.abc import Mapping
from typing import TypeVar

Entry = TypeVar("Entry")

# hassony2/kinetics_i3d_pytorch @786fbae, src/i3dpt.py -> piergiaj/pytorch-i3d @05783d1, pytorch_i3d.py.
_RULES = (
    (r"conv3d_0c_1x1\.", "logits."),
    (r"conv3d_(\d\w_)", r"Conv3d_\1"),
    (r"mixed_(\d\w)\.branch_0\.", r"Mixed_\1.b0."),
    (r"mixed_(\d\w)\.branch_([12])\.0\.", r"Mixed_\1.b\2a."),
    (r"mixed_(\d\w)\.branch_([123])\.1\.", r"Mixed_\1.b\2b."),
)


def slash_names(parameters: Mapping[str, Entry]) -> dict[str, Entry]:
    """The same entries under piergiaj's names; his own files are returned as they are.

    Names that are neither stay, so that a strict loader refuses them.
    """
    return {_renamed(name): entry for name, entry in parameters.items()}


def _renamed(name: str) -> str:
    for pattern, replacement in _RULES:
        renamed, count = re.subn(f"^{pattern}", replacement, name)
        if count:
            return renamed.replace(".batch3d.", ".bn.")
    return name
