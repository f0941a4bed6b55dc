"""Training step by step, whatever the network."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from features.errors import ConfigError, FeaturesError
from features.models.steps import Schedule, State, seeded, train_steps


def schedule(steps: int, snapshots: int = 0) -> Schedule:
    return Schedule(steps, learning_rate=0.1, weight_decay=0.0, seed=0, snapshots=snapshots)


def noisy(network: nn.Module, step: int) -> Tensor:
    """A loss that is lower where the network answers 1, and that chance disturbs."""
    loss = (network(torch.rand(4, 3)) - 1).square().mean()
    return torch.stack([loss, loss * 2])


def line() -> nn.Linear:
    return seeded(0, lambda: nn.Linear(3, 1))


def test_losses_are_means_over_a_hundred_steps_with_their_parts(tmp_path: Path) -> None:
    network, said = line(), []
    trained = train_steps(network, lambda step: noisy(network, step), schedule(250), State(tmp_path, "x"), said.append)
    assert [text.split(":")[0] for text in said] == ["step 100 of 250", "step 200 of 250", "step 250 of 250"]
    totals, doubled = np.array(trained.losses).T
    np.testing.assert_allclose(doubled, 2 * totals)
    assert totals[2] < totals[1] < totals[0]


def test_chance_is_seeded_by_the_step_and_left_alone_outside(tmp_path: Path) -> None:
    drawn: list[list[float]] = []
    for _ in range(2):
        network = line()
        losses = train_steps(
            network, lambda step, net=network: noisy(net, step), schedule(5), State(tmp_path, "x"), lambda text: None
        ).losses
        drawn.append([*losses[0], torch.rand(1).item()])
    assert drawn[0][:2] == drawn[1][:2] and drawn[0][2] != drawn[1][2]


@pytest.mark.parametrize(
    ("steps", "snapshots", "early"), [(9, 0, {}), (9, 1, {}), (9, 3, {3: 1, 6: 2}), (10, 4, {2: 1, 5: 2, 7: 3})]
)
def test_snapshots_are_equally_spaced_and_the_last_is_the_model(steps: int, snapshots: int, early: dict) -> None:
    assert schedule(steps, snapshots).early == early


def test_more_snapshots_than_steps_are_refused() -> None:
    with pytest.raises(ConfigError, match="6 snapshots are asked for of 5 training steps; ask for fewer"):
        schedule(5, 6)


def test_a_loss_that_is_no_number_ends_the_training(tmp_path: Path) -> None:
    network = line()
    with pytest.raises(FeaturesError, match="the loss before step 5 is not a number; lower learning_rate"):
        train_steps(
            network, lambda step: noisy(network, step) * np.nan, schedule(5), State(tmp_path, "x"), lambda text: None
        )


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    state, network = State(tmp_path, "x"), line()
    state.file.write_bytes(b"no tensors")
    with pytest.raises(FeaturesError, match="damaged"):
        train_steps(network, lambda step: noisy(network, step), schedule(5), state, lambda text: None)
