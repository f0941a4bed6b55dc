"""Training step by step: seeded, stopped and resumed with the same numbers, its loss told, its snapshots kept."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from features.errors import ConfigError, FeaturesError
from features.models.checkpoint import below, moments, read_state, restore_moments, write_state

REPORT_STEPS = 100
SAVE_SECONDS = 60.0
NETWORK, OPTIMISER = "network.", "optimiser."

LossesOf = Callable[[int], Tensor]
AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)


@dataclass(frozen=True)
class Schedule:
    """How a network is trained, with Adam.

    steps      how many there are
    snapshots  how many states are kept, equally spaced; the last is that after the last step

    Raises ConfigError where there are more snapshots than steps.
    """

    steps: int
    learning_rate: float
    weight_decay: float
    seed: int
    snapshots: int

    def __post_init__(self) -> None:
        if self.snapshots > self.steps:
            raise ConfigError(f"{self.snapshots} snapshots are asked for of {self.steps} training steps; ask for fewer")

    @property
    def early(self) -> dict[int, int]:
        """The number of each snapshot but the last, by the steps after which it is taken."""
        return {self.steps * number // self.snapshots: number for number in range(1, self.snapshots)}


@dataclass(frozen=True)
class State:
    """Where training is kept.

    folder    one of its own
    identity  the training that the files in it belong to
    """

    folder: Path
    identity: str

    @property
    def file(self) -> Path:
        """The latest state."""
        return self.folder / "training.safetensors"

    def snapshot(self, number: int) -> Path:
        """The parameters of a snapshot."""
        return self.folder / f"snapshot-{number}.safetensors"


@dataclass(frozen=True)
class Trained:
    """What came of a training.

    parameters  the network's state_dict, on the CPU
    snapshots   the files of all snapshots but the last
    losses      means over every 100 steps: the total, then its parts
    """

    parameters: dict[str, Tensor]
    snapshots: tuple[Path, ...]
    losses: list[list[float]]


def seeded(seed: int, build: Callable[[], AnyNetwork]) -> AnyNetwork:
    """A network as `build` draws it, the same for the same seed on every device."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def train_steps(
    network: nn.Module, losses_of: LossesOf, schedule: Schedule, state: State, say: Callable[[str], None]
) -> Trained:
    """Train a network, where it lies; `losses_of` a step (from 0) gives its total loss and the parts of it, (k,).

    What `losses_of` draws from PyTorch's generators is seeded by the step. Stopped and started again the training
    gives, on a CPU with the same number of threads, the same bits as in one go.

    Raises FeaturesError where the loss is no number any more, or the files are damaged or of another training.
    """
    training = _Training(network.train(), losses_of, schedule, state)
    training.load()
    saved = time.monotonic()
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        while training.steps < schedule.steps:
            say(training.stretch())
            if time.monotonic() - saved > SAVE_SECONDS:
                training.save()
                saved = time.monotonic()
    parameters = {name: value.detach().cpu() for name, value in network.state_dict().items()}
    return Trained(parameters, tuple(map(state.snapshot, schedule.early.values())), training.losses)


class _Training:
    """A training between two steps.

    steps   how many are behind us
    losses  means over every 100 of them: the total, then its parts
    """

    def __init__(self, network: nn.Module, losses_of: LossesOf, schedule: Schedule, state: State) -> None:
        self._network, self._losses_of, self._schedule, self._state = network, losses_of, schedule, state
        self._device = next(network.parameters()).device
        self._optimiser = torch.optim.Adam(
            network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay, fused=True
        )
        self.steps = 0
        self.losses: list[list[float]] = []

    def stretch(self) -> str:
        """Train up to the next report, and report."""
        until, early = min(self._schedule.steps, self.steps + REPORT_STEPS), self._schedule.early
        losses: list[Tensor] = []
        while self.steps < until:
            losses.append(self._step())
            if self.steps in early:
                write_state(self._state.snapshot(early[self.steps]), self._state.identity, self._network.state_dict())
        self.losses.append(torch.stack(losses).double().mean(dim=0).tolist())
        if not np.isfinite(self.losses[-1]).all():
            raise FeaturesError(f"the loss before step {self.steps} is not a number; lower learning_rate")
        return f"step {self.steps} of {self._schedule.steps}: loss {self.losses[-1][0]:.5f}"

    def save(self) -> None:
        """Keep where we are."""
        tensors = {NETWORK + name: value for name, value in self._network.state_dict().items()}
        tensors |= {OPTIMISER + name: value for name, value in moments(self._network, self._optimiser).items()}
        write_state(self._state.file, self._state.identity, tensors, steps=self.steps, losses=self.losses)

    def load(self) -> None:
        """Go on from where `save` was last called, if it was."""
        found = read_state(self._state.file, self._state.identity)
        if found is not None:
            tensors, facts = found
            self._network.load_state_dict(below(tensors, NETWORK))
            restore_moments(self._network, self._optimiser, below(tensors, OPTIMISER))
            self.steps, self.losses = facts["steps"], facts["losses"]

    def _step(self) -> Tensor:
        with torch.random.fork_rng(devices=[self._device] if self._device.type == "cuda" else []):
            torch.manual_seed(int(np.random.SeedSequence([self._schedule.seed, self.steps]).generate_state(1)[0]))
            losses = self._losses_of(self.steps)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(losses[0])
        self._optimiser.step()
        self.steps += 1
        return losses.detach()
