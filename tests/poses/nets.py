"""Small networks whose answer is known: real ONNX files that point at the brightest place of a picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

JOINTS = 17
STRIDE = 4


def heatmap_net(path: Path, batch: int | str = "batch", size: tuple = (64, 48), joints: int = JOINTS, gain: float = 1):
    """Heat maps (n, joints, h / 4, w / 4): mean brightness of 4 x 4 pixels, less of it for each further joint."""
    weights = np.ones((joints, 3, STRIDE, STRIDE), np.float32) / (3 * STRIDE**2)
    weights *= gain * (1 - np.arange(joints, dtype=np.float32) / 100)[:, None, None, None]
    nodes = [helper.make_node("Conv", ["image", "weights"], ["maps"], strides=[STRIDE, STRIDE])]
    return saved(path, nodes, {"weights": weights}, [batch, 3, *size], ["maps"])


def simcc_net(
    path: Path,
    batch: int | str = "batch",
    size: tuple = (64, 48),
    split: int = 2,
    turned: bool = False,
    inner: tuple = (),
):
    """SimCC (n, 17, w * split), (n, 17, h * split): the brightest value of each column, of each row.

    `turned`: rows before columns; `inner`: the size that it computes with, where `size` says another.
    """
    height, width = inner or size
    nodes, outputs = [], []
    for name, axes in (("x", [1, 2]), ("y", [1, 3])):
        nodes += [
            helper.make_node("ReduceMax", ["image"], [f"{name}1"], axes=axes, keepdims=0),
            helper.make_node("Reshape", [f"{name}1", f"{name}_column"], [f"{name}2"]),
            helper.make_node("Tile", [f"{name}2", "bins"], [f"{name}3"]),
            helper.make_node("Reshape", [f"{name}3", f"{name}_row"], [f"{name}4"]),
            helper.make_node("Tile", [f"{name}4", "joints"], [name]),
        ]
        outputs.append(name)
    constants = {
        "x_column": np.array([-1, width, 1]),
        "y_column": np.array([-1, height, 1]),
        "x_row": np.array([-1, 1, width * split]),
        "y_row": np.array([-1, 1, height * split]),
        "bins": np.array([1, 1, split]),
        "joints": np.array([1, JOINTS, 1]),
    }
    return saved(path, nodes, constants, [batch, 3, *size], outputs[::-1] if turned else outputs)


def rtmo_net(path: Path, batch: int | str = "batch", size: tuple = (64, 64), offsets: Sequence[tuple] = ()):
    """Boxes (n, k, 5) of 20 x 40 pixels about the brightest pixel, joints (n, k, 17, 3) at it.

    One candidate for each of `offsets`: (right, below, factor of the score); scores are the brightness over 255. Joint
    j lies j pixels below the middle, with a score j hundredths lower.
    """
    offsets = offsets or [(0, 0, 1.0)]
    right, below, factor = np.array(offsets, np.float32).T
    boxes = {name: np.zeros((1, len(offsets), 5), np.float32) for name in "xysc"}
    joints = {name: np.zeros((1, len(offsets), JOINTS, 3), np.float32) for name in "xysc"}
    for corner, across, down in ((0, -10, -20), (2, 10, 20)):
        boxes["x"][..., corner] = boxes["y"][..., corner + 1] = 1
        boxes["c"][..., corner], boxes["c"][..., corner + 1] = right + across, below + down
    boxes["s"][..., 4] = factor / 255
    joints["x"][..., 0] = joints["y"][..., 1] = 1
    joints["c"][..., 0] = right[:, None]
    joints["c"][..., 1] = below[:, None] + np.arange(JOINTS)
    joints["s"][..., 2] = factor[:, None] / 255 * (1 - np.arange(JOINTS) / 100)
    nodes = [
        helper.make_node("ReduceMax", ["image"], ["grey"], axes=[1], keepdims=0),
        helper.make_node("Reshape", ["grey", "line"], ["pixels"]),
        helper.make_node("ReduceMax", ["pixels"], ["s"], axes=[1], keepdims=1),
        helper.make_node("ArgMax", ["pixels"], ["place"], axis=1, keepdims=1),
        helper.make_node("Cast", ["place"], ["number"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["number", "width"], ["ratio"]),
        helper.make_node("Floor", ["ratio"], ["y"]),
        helper.make_node("Mul", ["y", "width"], ["before"]),
        helper.make_node("Sub", ["number", "before"], ["x"]),
    ]
    constants = {"line": np.array([-1, size[0] * size[1]]), "width": np.array([size[1]], np.float32)}
    for output, tables, rank in (("boxes", boxes, 3), ("joints", joints, 4)):
        constants |= {f"{output}_{name}": table for name, table in tables.items()}
        constants[f"{output}_shape"] = np.array([-1] + [1] * (rank - 1))
        for name in "xys":
            nodes.append(helper.make_node("Reshape", [name, f"{output}_shape"], [f"{output}_{name}_wide"]))
            nodes.append(
                helper.make_node("Mul", [f"{output}_{name}_wide", f"{output}_{name}"], [f"{output}_{name}_part"])
            )
        parts = [f"{output}_{name}_part" for name in "xys"] + [f"{output}_c"]
        nodes.append(helper.make_node("Sum", parts, [output]))
    return saved(path, nodes, constants, [batch, 3, *size], ["boxes", "joints"])


def constant_net(path: Path, outputs: dict, size: tuple = (64, 48), batch: int = 1):
    """Whatever it is shown, these arrays (plus nought times the brightness of the picture)."""
    nodes = [
        helper.make_node("ReduceMax", ["image"], ["light"], keepdims=0),
        helper.make_node("Mul", ["light", "nought"], ["nothing"]),
    ]
    nodes += [helper.make_node("Add", ["nothing", f"{name}_is"], [name]) for name in outputs]
    constants = {f"{name}_is": np.asarray(array, np.float32) for name, array in outputs.items()}
    constants["nought"] = np.float32([0])
    return saved(path, nodes, constants, [batch, 3, *size], list(outputs))


def saved(path: Path, nodes: list, constants: dict, shape: list, outputs: list) -> Path:
    """A file of float32 outputs of one image input; arrays of integers are shapes."""
    arrays = [
        numpy_helper.from_array(np.asarray(array, np.int64 if array.dtype.kind == "i" else np.float32), name)
        for name, array in constants.items()
    ]
    given = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(nodes, "net", [given], made, arrays)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 12)], ir_version=8)
    onnx.save(model, str(path))
    return path
