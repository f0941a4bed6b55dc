"""One network on one device: its errors with and without gradient, by the fastest way that is right there."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from features.models.lbrspr import fast
from features.models.lbrspr.network import AutoEncoders, cube_errors

Errors = tuple[Tensor, Tensor | None]


@dataclass(frozen=True)
class Prepared:
    """What both passes over one batch share: composed kernels of each auto-encoder, or nothing on a GPU."""

    steps: Sequence[Sequence[fast.Composed]]


class Engine:
    """Runs an `AutoEncoders` network; `prepare` anew after each change of its parameters."""

    def __init__(self, network: AutoEncoders, device: torch.device, precision: str) -> None:
        self.device = device
        network.to(device)
        self.network = cast(AutoEncoders, network.to(memory_format=torch.channels_last)).train()  # type: ignore[call-overload]
        self._half = precision == "bfloat16"
        self._auto_encoders: list[nn.Sequential] = [network.raw_ae, *([network.of_ae] if network.use_flow else [])]
        self._composes = device.type == "cpu"

    def prepare(self) -> Prepared:
        """The work that a scoring pass and the training step after it have in common."""
        return Prepared([fast.compose_all(each) if self._composes else [] for each in self._auto_encoders])

    def train_errors(self, prepared: Prepared, frames: Tensor, flow: Tensor | None) -> Errors:
        """Errors (n,) of frames and flow in train mode, with gradient."""
        with self._precision():
            if self._composes:
                pairs = zip(self._auto_encoders, prepared.steps, strict=True)
                outs = [fast.run(each, steps, frames) for each, steps in pairs]
            else:
                outs = [each(frames) for each in self._auto_encoders]
        return _errors(outs, frames, flow)

    @torch.no_grad()
    def eval_errors(self, prepared: Prepared, frames: Tensor, flow: Tensor | None) -> Errors:
        """Errors (n,) of frames and flow in eval mode, without gradient; no flow wanted, none computed."""
        wanted = self._auto_encoders[: 1 if flow is None else 2]
        with self._precision():
            if self._composes:
                outs = [fast.run_eval(each, steps, frames) for each, steps in zip(wanted, prepared.steps, strict=False)]
            else:
                self.network.eval()
                outs = [each(frames) for each in wanted]
                self.network.train()
        return _errors(outs, frames, flow)

    def _precision(self) -> AbstractContextManager[object]:
        return torch.autocast(self.device.type, torch.bfloat16) if self._half else nullcontext()


def _errors(outs: Sequence[Tensor], frames: Tensor, flow: Tensor | None) -> Errors:
    raw = cube_errors(outs[0].float(), frames)
    return raw, None if flow is None else cube_errors(outs[1].float(), flow)


@contextmanager
def repeatable() -> Iterator[None]:
    """Algorithms that give the same bits twice, and full float32 products, on a GPU too."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield
