"""Training steps of STG-NF per second: the graph-matrix formulation against ours.

    python -m bench.stgnf --threads 1

Both start from the same parameters and take the same normalised windows, the same optimiser settings and the same
clipping of gradients. "graph matrix" is the network as published: the graph convolution multiplies every joint with an
18 x 18 matrix, every convolution runs over all joints, and Adamax goes from parameter to parameter.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bench.machine import save
from features.models.stgnf.network import EPSILON, JOINTS, Flow, Step, bits
from features.models.stgnf.optimiser import FlatAdamax

WINDOWS, BATCH, CENTRE = 2048, 256, 3.0
TrainStep = Callable[[int], float]


def main() -> None:
    """Time both for the two published window lengths, print the rows and write them to results/."""
    arguments = parser().parse_args()
    torch.set_num_threads(arguments.threads)
    rows = []
    for seg_len in (24, 16):
        rows += compare(seg_len, arguments.device, arguments.rounds)
    for row in rows:
        print(f"seg_len {row['seg_len']}  {row['how']:12}  {row['steps_per_second']:6.1f} steps/s", end="  ")
        print(f"{row['times_graph_matrix']:.1f} x")
    save("stgnf", {"threads": arguments.threads, "device": arguments.device, "batch": BATCH, "rows": rows})


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--threads", type=int, default=1)
    found.add_argument("--rounds", type=int, default=20)
    found.add_argument("--device", default="cpu")
    return found


def compare(seg_len: int, device: str, rounds: int) -> list[dict[str, Any]]:
    """One row per way, after a check that the first five losses are the same."""
    windows = torch.from_numpy(made(seg_len)).to(device)
    torch.manual_seed(0)
    start = Flow(seg_len).state_dict()
    ways = {"graph matrix": graph_matrix(start, seg_len, windows), "ours": ours(start, seg_len, windows)}
    losses = {how: [step(number) for number in range(5)] for how, step in ways.items()}
    np.testing.assert_allclose(losses["ours"], losses["graph matrix"], rtol=1e-4)
    seconds: dict[str, list[float]] = {how: [] for how in ways}
    for number in range(rounds):
        for how, step in ways.items():
            begin = time.perf_counter()
            step(number)
            seconds[how].append(time.perf_counter() - begin)
    middle = {how: float(np.median(times)) for how, times in seconds.items()}
    return [
        {
            "how": how,
            "seg_len": seg_len,
            "steps_per_second": 1 / middle[how],
            "times_graph_matrix": middle["graph matrix"] / middle[how],
        }
        for how in ways
    ]


def made(seg_len: int) -> np.ndarray:
    """float32 (n, 2, seg_len, 18): smooth noise, of mean 0 and variance 1 in each window."""
    random = np.random.default_rng(0).standard_normal((WINDOWS, 2, seg_len, JOINTS)).cumsum(axis=2)
    centred = random - random.mean(axis=(2, 3), keepdims=True)
    return (centred / centred.std(axis=(1, 2, 3), keepdims=True)).astype(np.float32)


def batch(windows: Tensor, number: int) -> Tensor:
    rows = np.random.default_rng(number).permutation(WINDOWS)[:BATCH]
    return windows[torch.from_numpy(rows).to(windows.device)]


def ours(start: dict[str, Tensor], seg_len: int, windows: Tensor) -> TrainStep:
    network = Flow(seg_len).to(windows.device)
    network.load_state_dict(start)
    optimiser = FlatAdamax(network)

    def step(number: int) -> float:
        loss = bits(network(batch(windows, number)), CENTRE).mean()
        optimiser.step(loss, 5e-4)
        return loss.item()

    return step


def graph_matrix(start: dict[str, Tensor], seg_len: int, windows: Tensor) -> TrainStep:
    network = MatrixFlow(seg_len).to(windows.device)
    network.load_state_dict(start)
    optimiser = torch.optim.Adamax(network.parameters(), lr=5e-4)

    def step(number: int) -> float:
        loss = bits(network(batch(windows, number)), CENTRE).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 100)
        optimiser.step()
        return loss.item()

    return step


class MatrixBlock(nn.Module):
    """The ST-GCN block as published, with the graph as a matrix."""

    def __init__(self, taps: int, residual: bool) -> None:
        super().__init__()
        self.register_buffer("graph", torch.full((1, JOINTS, JOINTS), 1 / JOINTS), persistent=False)
        self.gcn = nn.ModuleDict({"conv": nn.Conv2d(1, 2, 1)})
        self.tcn = nn.Sequential(
            nn.BatchNorm2d(2), nn.ReLU(), nn.Conv2d(2, 2, (taps, 1), padding=(taps // 2, 0)), nn.BatchNorm2d(2)
        )
        self.residual = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2)) if residual else None

    def forward(self, x: Tensor) -> Tensor:
        h = self.gcn["conv"](x)
        n, channels, t, joints = h.shape
        h = torch.einsum("nkctv,kvw->nctw", h.view(n, 1, channels, t, joints), self.graph)
        h = self.tcn(h.contiguous())
        return torch.relu(h if self.residual is None else h + self.residual(x))


class MatrixFlow(Flow):
    """The flow as published, over windows (n, 2, t, joints) in one tensor."""

    def __init__(self, seg_len: int) -> None:
        super().__init__(seg_len)
        for k, step in enumerate(self.steps):
            step.block = nn.ModuleList([MatrixBlock(seg_len // 2 + 1, residual=k > 0)])

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        z, total = windows, windows.new_zeros(len(windows))
        for step in self.steps:
            z, logdet = couple(step, *normalise(step, z))
            total = total + logdet
        return z, total


def normalise(step: Step, x: Tensor) -> tuple[Tensor, Tensor]:
    norm = step.actnorm
    if not norm.initialised:
        norm._initialise((x[:, :1], x[:, 1:]))
    logdet = norm.logs.sum() * (x.shape[2] * x.shape[3])
    return ((x + norm.bias) * torch.exp(norm.logs)).flip(1), logdet.expand(len(x))


def couple(step: Step, x: Tensor, logdet: Tensor) -> tuple[Tensor, Tensor]:
    first, second = x.chunk(2, dim=1)
    h = step.block[0](first)
    shift, scale = h[:, 0::2], torch.sigmoid(h[:, 1::2] + 2) + EPSILON
    second = (second + shift) * scale
    return torch.cat([first, second], dim=1), logdet + torch.log(scale).sum(dim=(1, 2, 3))


if __name__ == "__main__":
    main()
