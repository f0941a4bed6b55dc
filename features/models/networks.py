"""Networks in a model artifact: one array for each parameter, and those of the snapshots beside them."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from features.models.checkpoint import read_state
from features.models.steps import AnyNetwork, State, Trained
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact, ArtifactWriter

_CHUNK_NUMBERS = 1_048_576


def write_trained(out: ArtifactWriter, trained: Trained, state: State) -> None:
    """The parameters by their names, and those of each snapshot but the last as `snapshot-1.<name>`, ..."""
    write_parameters(out, trained.parameters)
    for path in trained.snapshots:
        kept = read_state(path, state.identity)
        assert kept is not None, path
        write_parameters(out, kept[0], f"{path.stem}.")


def write_parameters(out: ArtifactWriter, parameters: Mapping[str, Tensor], prefix: str = "") -> None:
    """One array for each parameter."""
    for name, tensor in parameters.items():
        values = np.atleast_1d(tensor.contiguous().numpy())
        rows = max(1, _CHUNK_NUMBERS * len(values) // values.size)
        out.add(ArraySpec(prefix + name, values.dtype.name, values.shape[1:], min(len(values), rows)))
        out.append(prefix + name, values)


def read_networks(model: Artifact, build: Callable[[], AnyNetwork], snapshots: int, device: str) -> list[AnyNetwork]:
    """The networks of all snapshots, the trained one last; it alone where none were kept. In eval mode."""
    prefixes = [f"snapshot-{number}." for number in range(1, snapshots)]
    return [_read(model, build(), prefix).to(torch.device(device)).eval() for prefix in [*prefixes, ""]]


def _read(model: Artifact, network: AnyNetwork, prefix: str) -> AnyNetwork:
    network.load_state_dict(
        {
            name: torch.from_numpy(np.array(model[prefix + name][:])).reshape(value.shape)
            for name, value in network.state_dict().items()
        }
    )
    return network
