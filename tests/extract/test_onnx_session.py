"""ONNX files opened on the device that is there."""

import numpy as np
import pytest

from features.errors import WeightsError
from features.extract.onnx_session import open_session, run_session
from tests.poses.nets import heatmap_net


def test_without_cuda_the_cpu_computes_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.warns(UserWarning, match=r"no CUDA, net\.onnx runs on the CPU; install onnxruntime-gpu"):
        session = open_session(str(heatmap_net(tmp_path / "net.onnx")), "net.onnx", "cuda:0")
    assert session.get_providers() == ["CPUExecutionProvider"]


def test_it_uses_the_jobs_threads(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    session = open_session(str(heatmap_net(tmp_path / "net.onnx")), "net.onnx", "cpu")
    assert session.get_session_options().intra_op_num_threads == 3


def test_an_input_of_another_shape_is_refused_in_one_line(tmp_path):
    session = open_session(str(heatmap_net(tmp_path / "net.onnx")), "net.onnx", "cpu")
    with pytest.raises(WeightsError, match=r"net\.onnx cannot compute an input of shape \(1, 3, 5, 5\): ") as raised:
        run_session(session, "net.onnx", {"image": np.zeros((1, 3, 5, 5), np.float32)})
    assert "\n" not in str(raised.value)
