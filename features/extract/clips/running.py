"""What networks over clips share once they run: parameters from a file or drawn from a seed, arrays in and out."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from features.errors import WeightsError
from features.extract.devices import exact
from features.extract.weights import load_torch
from features.store.recipe import Weights

AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)
Parameters = Mapping[str, Tensor]


def loaded(
    make: Callable[[], AnyNetwork],
    weights: Weights | None,
    seed: int,
    what: str,
    read: Callable[[Weights], Parameters] = load_torch,
) -> AnyNetwork:
    """A network in evaluation mode with the parameters of a file, or with those that the seed draws if there is none.

    `what` names the network in messages.

    Raises WeightsError for a file of another network.
    """
    return drawn(make, seed) if weights is None else filled(make(), read(weights), weights.name, what)


def filled(network: AnyNetwork, parameters: Parameters, name: str, what: str) -> AnyNetwork:
    """The network in evaluation mode with these parameters, which stand under its own names.

    BatchNorm's counters, which change no result, may be missing.

    Raises WeightsError where other names or shapes differ; `name` is the file's, `what` the network's.
    """
    counters = {key: value for key, value in network.state_dict().items() if key.endswith("num_batches_tracked")}
    try:
        network.load_state_dict(counters | dict(parameters), strict=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(f"{name} is not {what}: {reason}") from None
    return network.eval()


def drawn(make: Callable[[], AnyNetwork], seed: int) -> AnyNetwork:
    """An untrained network in evaluation mode, the same for the same seed.

    Convolutions are drawn as He et al. (ICCV 2015) do, so that activations neither vanish nor explode.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = make()
        for module in network.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return network.eval()


class Running:
    """A function of tensors on a device, as a function of arrays."""

    def __init__(self, function: Callable[[Tensor], Tensor], device: str) -> None:
        self.function, self.device = function, torch.device(device)

    def __call__(self, clips: np.ndarray) -> np.ndarray:
        """float32 results for float32 input, in full precision on every device."""
        given = torch.from_numpy(np.ascontiguousarray(clips, np.float32))
        if self.device.type == "cuda":
            # From pinned memory the copy runs beside what the device is at.
            given = given.pin_memory().to(self.device, non_blocking=True)
        with torch.inference_mode(), exact():
            return self.function(given).float().cpu().numpy()


class Divided:
    """A function of a batch of clips on the CPU, the clips divided among as many threads as torch may use.

    Its steps are too small to be divided themselves: threads would wait for each other after every one.
    """

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.function = function
        self._threads: tuple[int, ThreadPoolExecutor] | None = None

    def __call__(self, clips: Tensor) -> Tensor:
        """What the function gives for all of them."""
        threads = torch.get_num_threads()
        if threads == 1 or len(clips) == 1:
            return self.function(clips)
        parts = torch.tensor_split(clips, min(threads, len(clips)))
        return torch.cat(list(self._pool(threads).map(self._alone, parts)))

    def _alone(self, clips: Tensor) -> Tensor:
        with torch.inference_mode():
            return self.function(clips)

    def _pool(self, threads: int) -> ThreadPoolExecutor:
        """Threads that compute by themselves; torch's number of threads is a property of each."""
        if self._threads is None or self._threads[0] != threads:
            self._threads = threads, ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        return self._threads[1]


def channels_last(network: nn.Module, device: str) -> Callable[[Tensor], Tensor]:
    """The network on a device, in the layout in which most convolutions over clips are fastest."""
    placed = network.to(torch.device(device))
    for module in placed.modules():
        if isinstance(module, nn.Conv3d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)
    return lambda clips: placed(clips.contiguous(memory_format=torch.channels_last_3d))
