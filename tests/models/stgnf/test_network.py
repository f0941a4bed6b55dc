"""The network against arrays of the published code."""

import numpy as np
import pytest
import torch

from features.models.stgnf.network import ActNorm, Block, Fields, Flow, Step, bits
from features.models.stgnf.optimiser import FlatAdamax
from tests.models.stgnf.closed_form import fill, windows
from tests.models.stgnf.golden import arrays

GOLDEN = arrays("layers.npz")


def fields(x: torch.Tensor) -> Fields:
    return x[:, 0], x[:, 1]


def close(found: torch.Tensor, name: str, atol: float = 1e-5) -> None:
    np.testing.assert_allclose(found.detach().numpy(), GOLDEN[name], rtol=1e-5, atol=atol)


def filled(seg_len: int) -> Flow:
    flow = Flow(seg_len)
    fill(flow)
    flow.load(flow.state_dict())
    return flow.eval()


def test_act_norm_initialises_itself_on_its_first_batch() -> None:
    norm = ActNorm().train()
    z, logs = norm(fields(windows(4, 24)))
    close(torch.stack(z, dim=1), "actnorm_z")
    close((logs * 24 * 18).expand(4), "actnorm_logdet")
    close(norm.bias, "actnorm_bias")
    close(norm.logs, "actnorm_logs")


@pytest.mark.parametrize("residual", [False, True], ids=["without residual", "with residual"])
def test_the_mean_over_joints_is_the_published_graph_convolution(residual: bool) -> None:
    block = Block(13, residual)
    fill(block)
    shift, raw = block.eval()(windows(3, 24)[:, 0])
    found = torch.stack([shift.expand(3, 24, 18), raw.expand(3, 24, 18)], dim=1)
    close(found, f"stgcn_res{int(residual)}_y")


def test_one_step_and_its_inverse() -> None:
    step = Step(13, residual=True)
    assert fill(step) == GOLDEN["flowstep_param_order"].tolist()
    step.actnorm.initialised = True
    x = fields(windows(3, 24))
    z, logdet = step.eval()(x)
    close(torch.stack(z, dim=1), "flowstep_z")
    close(logdet, "flowstep_logdet")
    torch.testing.assert_close(step.inverse(z), x, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("seg_len", "centre"), [(24, 3.0), (16, 10.0)])
def test_the_whole_flow_with_labels_and_without(seg_len: int, centre: float) -> None:
    flow, x = filled(seg_len), windows(5, seg_len)
    with torch.no_grad():
        flowed = flow(x)
        close(flowed[0][:2], f"model_T{seg_len}_z")
        close(bits(flowed, centre * torch.tensor([1.0, -1, 1, -1, 1])), f"model_T{seg_len}_nll")
        close(bits(flowed, 0.0), f"model_T{seg_len}_nll_nolabel")
        torch.testing.assert_close(flow.inverse(flowed[0]), x, atol=3e-6, rtol=0)


def test_the_log_determinant_is_that_of_the_jacobian() -> None:
    flow, x = filled(4).double(), windows(1, 4).double()
    jacobian = torch.autograd.functional.jacobian(lambda window: flow(window)[0], x).reshape(144, 144)
    assert flow(x)[1].item() == pytest.approx(torch.linalg.slogdet(jacobian).logabsdet.item(), abs=1e-9)


def test_names_and_number_of_parameters_are_the_published_ones() -> None:
    flow = Flow(24)
    assert fill(flow) == GOLDEN["model_param_order"].tolist()
    assert sum(parameter.numel() for parameter in flow.parameters()) == 616
    assert sum(parameter.numel() for parameter in Flow(16).parameters()) == 488


def test_four_training_steps_from_the_published_start() -> None:
    """The convolutions' biases stand before batch norm: they have no gradient, and their published values are noise."""
    flow = Flow(24).train()
    fill(flow)
    optimiser = FlatAdamax(flow)
    for number, expected in enumerate(GOLDEN["train_loss"]):
        loss = bits(flow(windows(32, 24, 0.5 * number)), 3.0).mean()
        assert loss.item() == pytest.approx(expected, abs=1e-5)
        if number == 0:
            close(torch.cat([step.actnorm.bias.reshape(1, 2) for step in flow.steps]), "train_actnorm_bias_after_init")
            close(torch.cat([step.actnorm.logs.reshape(1, 2) for step in flow.steps]), "train_actnorm_logs_after_init")
        optimiser.step(loss, 5e-4)
        norm = optimiser.vector.grad.norm().item()  # type: ignore[union-attr]
        assert norm == pytest.approx(GOLDEN["train_gradnorm"][number], rel=1e-5)
    values = np.split(GOLDEN["train_final_params_flat"], np.cumsum([v.numel() for v in flow.state_dict().values()]))
    for (name, found), expected in zip(flow.state_dict().items(), values, strict=False):
        if not name.endswith(("conv.bias", "tcn.2.bias", "residual.0.bias", "running_mean")):
            np.testing.assert_allclose(found.flatten(), expected, atol=2e-5, err_msg=name)


def test_adamax_over_one_vector_is_adamax_over_each_parameter() -> None:
    flat, plain = Flow(8, steps=2).train(), Flow(8, steps=2).train()
    fill(flat)
    plain.load_state_dict(flat.state_dict())
    ours, theirs = FlatAdamax(flat), torch.optim.Adamax(plain.parameters())
    for number in range(3):
        x = windows(4, 8, number)
        ours.step(bits(flat(x), 3.0).mean(), 0.01)
        theirs.param_groups[0]["lr"] = 0.01
        theirs.zero_grad()
        bits(plain(x), 3.0).mean().backward()
        theirs.step()
    for (name, found), expected in zip(flat.state_dict().items(), plain.state_dict().values(), strict=True):
        torch.testing.assert_close(found, expected, msg=name)


def test_a_flow_that_was_never_trained_refuses_to_score() -> None:
    with pytest.raises(AssertionError, match="first batch of training"):
        Flow(8).eval()(windows(1, 8))
