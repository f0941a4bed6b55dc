"""Pickles are opened without running anything in them."""

import collections
import io
import os
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.datasets.formats.unpickle import read_plain
from features.errors import SourceError

PLAIN: list[Any] = [
    {1: {2: [np.arange(4.0), np.ones((17, 3), np.float32)]}},
    {"1": (np.float64(2.5), np.int64(3), np.str_("car"), True, None, b"bytes", 2**70, -1.5, {1, 2}, frozenset("a"))},
    [np.array([], np.float64), np.zeros((0, 51)), np.array([[1, 2], [3, 4]], order="F"), np.array(["a", "bcd"])],
    np.arange(6, dtype=">i2").reshape(2, 3)[:, ::2],
]


def pickled(folder: Path, value: Any, protocol: int) -> Path:
    path = folder / "clip.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    return path


def equal(one: Any, other: Any) -> bool:
    if isinstance(other, np.ndarray):
        return bool(one.shape == other.shape and one.dtype == other.dtype and (one == other).all())
    if isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in other)
    if isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("value", PLAIN)
def test_plain_data_of_every_protocol(value: Any, protocol: int, tmp_path: Path) -> None:
    assert equal(read_plain(pickled(tmp_path, value, protocol)), value)


@pytest.mark.parametrize("protocol", range(6))
def test_scalars_come_as_numbers_and_text(protocol: int, tmp_path: Path) -> None:
    assert [type(entry) for entry in read_plain(pickled(tmp_path, [np.float32(1), np.str_("x")], protocol))] == [
        float,
        str,
    ]


def test_ordered_and_default_dicts_come_as_dicts(tmp_path: Path) -> None:
    value = collections.defaultdict(dict, {1: collections.OrderedDict(a=1)})
    found = read_plain(pickled(tmp_path, value, 4))
    assert type(found) is dict
    assert found == {1: {"a": 1}}


def test_arrays_of_numpy_1_are_read(tmp_path: Path) -> None:
    path = pickled(tmp_path, np.arange(3.0), 3)
    path.write_bytes(path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    assert read_plain(path).tolist() == [0, 1, 2]


def test_arrays_of_python_2_are_read(tmp_path: Path) -> None:
    data = np.arange(2.0).tobytes()
    text = b"".join(
        (
            b"\x80\x02}q\x00U\x01aq\x01cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85",
            b"U\x01b\x87R(K\x01K\x02\x85cnumpy\ndtype\nq\x04U\x02f8K\x00K\x01\x87R(K\x03U\x01<NNN",
            b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x10" + data + b"tbs.",
        )
    )
    (tmp_path / "clip.pkl").write_bytes(text)
    assert read_plain(tmp_path / "clip.pkl")["a"].tolist() == [0, 1]


def test_what_is_shared_is_walked_once(tmp_path: Path) -> None:
    value: list[Any] = [np.zeros(1)]
    for _ in range(60):  # 2^60 arrays, if each were looked at
        value = [value, value]
    found = read_plain(pickled(tmp_path, value, 4))
    assert found[0] is found[1]


class Hostile:
    """Calls something when it is opened."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def reach(_: Any) -> None:
    raise AssertionError("a pickle was run")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Hostile(os.system, "true"), "it wants posix.system"),
        (Hostile(eval, "1"), r"it wants \w+\.eval"),
        (Hostile(getattr, "", "join"), r"it wants \w+\.getattr"),
        (Hostile(reach, 1), "it wants tests.formats.test_unpickle.reach"),
        (Hostile(np.fromfile, "/dev/zero"), "it wants numpy.*fromfile"),
        (Hostile(bytearray, 10**15), r"it wants \w+\.bytearray"),
        (Hostile(range, 10**15), r"it wants \w+\.x?range"),
        (np.array([Hostile(reach, 1)], object), "it wants"),
        (np.array([{}, []], object), "it holds an array of objects|it holds an array of 'O8'"),
        (np.zeros(2, [("x", float), ("y", int)]), "it holds an array of records|it wants"),
        (np.zeros(2, "M8[s]"), "it holds an array of 'M8'|it wants"),
        (collections.Counter("ab"), "it wants collections.Counter"),
        (Path("x"), "it wants pathlib"),
        (io.BytesIO, "it wants _io.BytesIO"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 5])
def test_everything_else_is_refused_by_name(value: Any, wanted: str, protocol: int, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f"clip.pkl is not opened: .*({wanted})"):
        read_plain(pickled(tmp_path, value, protocol))


def opcodes(*parts: Any) -> bytes:
    codes = {opcode.name: opcode.code.encode("latin-1") for opcode in pickletools.opcodes}
    return b"".join(part if isinstance(part, bytes) else codes[part] for part in parts)


RECONSTRUCT = opcodes("GLOBAL", b"numpy.core.multiarray\n_reconstruct\n", "GLOBAL", b"numpy\nndarray\n")
DTYPE = opcodes("GLOBAL", b"numpy\ndtype\n", "UNICODE", b"f8\n", "NEWFALSE", "NEWTRUE", "TUPLE3", "REDUCE")


@pytest.mark.parametrize(
    "data",
    [
        opcodes("PROTO", b"\4", "NONE", "LONG_BINPUT", b"\xff\xff\xff\x7f", "STOP"),
        opcodes("PROTO", b"\4", "BINBYTES8", b"\xff" * 7 + b"\x00", "STOP"),
        opcodes("PROTO", b"\4", "BINUNICODE", b"\xff\xff\xff\x7f", "STOP"),
        opcodes("BINPERSID", "STOP"),
        opcodes("UNICODE", b"posix system\n", "BINPERSID", "STOP"),
        opcodes("GLOBAL", b"numpy\ndtype\n", "EMPTY_DICT", "UNICODE", b"x\n", "NONE", "SETITEM", "BUILD", "STOP"),
        RECONSTRUCT + opcodes("EMPTY_TUPLE", "NONE", "TUPLE3", "REDUCE", "STOP"),
        DTYPE + opcodes("STOP"),
        opcodes("GLOBAL", b"builtins\ndict\n", "EMPTY_TUPLE", "REDUCE", "STOP"),
        opcodes("GLOBAL", b"numpy\n__builtins__\n", "STOP"),
        opcodes("INT", b"9" * 10_000 + b"\n", "STOP"),
        opcodes("EMPTY_LIST", "POP", "STOP"),
        b"\x80\x04" + b"]" * 50_000 + b"a" * 49_999 + b".",
        b"not a pickle",
        b"\x80\x09.",
        b"",
    ],
)
def test_pickles_made_by_hand_are_one_line_too(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "clip.pkl").write_bytes(data)
    with pytest.raises(SourceError, match=r"clip.pkl is (not opened|no whole pickle|empty)") as error:
        read_plain(tmp_path / "clip.pkl")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kept", [1, 30, 200, -1])
def test_a_pickle_that_is_cut_short_is_refused(kept: int, tmp_path: Path) -> None:
    path = pickled(tmp_path, {1: {2: [np.arange(4.0), np.arange(51.0)]}}, 4)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(SourceError, match="is no whole pickle"):
        read_plain(path)


def test_an_array_is_not_made_before_its_bytes_are_there(tmp_path: Path) -> None:
    path = pickled(tmp_path, np.zeros(3), 2)
    path.write_bytes(path.read_bytes().replace(b"K\x03\x85", b"J\xff\xff\xff\x7f\x85"))
    with pytest.raises(SourceError, match="is no whole pickle"):
        read_plain(path)


@pytest.mark.shared
def test_the_object_names_of_ubnormal(shared: Path) -> None:
    names = read_plain(shared / "data/pose_samples/ubnormal/object_names_per_video.pkl")
    assert len(names) == 91
    assert names["abnormal_scene_7_scenario_4"] == {5: "car"}
