"""Two artifacts of any kind, compared array by array."""

import numpy as np

from features.evaluate.compare.finding import Difference, Finding
from features.extract.recompute import largest_difference
from features.store.artifact import Artifact


def compare_arrays(one: Artifact, other: Artifact) -> Difference:
    """The largest difference of each array that both have, and which arrays only one has."""
    shared = [name for name in one.names if name in other.names]
    alone = sorted({*one.names, *other.names} - set(shared))
    found = {name: largest_difference(one, other, name) for name in shared}
    findings = [Finding("arrays", _said(name, one, other, found[name]), found[name] == 0) for name in shared]
    if alone:
        findings.append(Finding("arrays", f"only one has {', '.join(alone)}", False))
    equal = not alone and not any(found.values())
    findings.append(Finding("verdict", "equal: no number differs" if equal else "numbers differ", equal))
    return Difference(equal, tuple(findings), {name: value for name, value in found.items() if np.isfinite(value)})


def _said(name: str, one: Artifact, other: Artifact, apart: float) -> str:
    shapes = [str(tuple(artifact[name].shape)) for artifact in (one, other)]
    if shapes[0] != shapes[1]:
        return f"{name}: shapes {shapes[0]} and {shapes[1]}"
    return f"{name} {shapes[0]}: {'equal' if apart == 0 else f'{apart:g} apart at most'}"
