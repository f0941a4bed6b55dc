"""Pickles opened without running anything in them: plain containers, numbers, text, NumPy arrays and scalars.

A pickle is a program. Here the only names it may use are those that NumPy and plain containers need, and each stands
for a function below, never for the real thing: so nothing is called that a file could abuse, and no array is made
before its size has been compared with its bytes.
"""

import io
import math
import pickle
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from features.errors import SourceError

# Numbers and text of fixed length; arrays of objects, of records and of dates are refused.
_DTYPE = re.compile("[biufUS][0-9]{1,6}")
_ARRAY = "numpy.ndarray"
# What default dicts make of missing keys: named, never called.
_FACTORIES = ("dict", "list", "int", "float", "str", "tuple")
# Opcodes whose argument is a place in a table that the reader makes as long as the argument says.
_PLACES = {"PUT", "BINPUT", "LONG_BINPUT"}


def read_plain(path: Path) -> Any:
    """What a pickle of protocol 0 to 5 holds, of Python 2 too: dicts, lists, tuples, sets, numbers, text, arrays.

    Ordered and default dicts come as dicts, NumPy scalars as Python's numbers and text.

    Raises SourceError where it is cut short, and where it wants anything else, naming it.
    """
    data = path.read_bytes()
    if not data:
        raise SourceError(f"{path} is empty; get it again")
    try:
        _check_places(data)
        # Text of Python 2 was bytes: latin-1 keeps each of them.
        return _finished(_Plain(io.BytesIO(data), encoding="latin1").load(), {})
    except _Unwanted as error:
        raise SourceError(f"{path} is not opened: {error}, and only plain data are read from pickles") from None
    except RecursionError:
        raise SourceError(f"{path} is not opened: it is nested too deeply") from None
    except (pickle.UnpicklingError, EOFError, MemoryError, OverflowError, *_DAMAGE) as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise SourceError(f"{path} is no whole pickle ({reason}); get it again") from None


# What the reader of pickles raises for bytes that make no sense.
_DAMAGE = (ValueError, TypeError, AttributeError, KeyError, IndexError)


class _Unwanted(Exception):
    """A pickle asks for something that is not plain data; the message says what."""


def _check_places(data: bytes) -> None:
    """Refuse pickles that would have a table made that is longer than themselves. Runs nothing."""
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in _PLACES and isinstance(argument, int) and argument > len(data):
            raise ValueError(f"it puts something at place {argument} of {len(data)} bytes")


@dataclass
class _Dtype:
    """A dtype in the making: its code, then its state, which says the byte order."""

    code: str
    order: str = "|"

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or any(part is not None for part in state[2:5]):
            raise _Unwanted("it holds an array of records")
        self.order = state[1]

    def real(self) -> np.dtype[Any]:
        if not _DTYPE.fullmatch(self.code) or self.order not in ("<", ">", "|", "="):
            raise _Unwanted(f"it holds an array of {self.code!r}")
        return np.dtype(self.order + self.code)


class _Array:
    """An array in the making: empty until its state comes."""

    value: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        self.value = _array(data, dtype, shape, "F" if fortran else "C")


def _array(data: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
    kind = _real(dtype)
    raw = data.encode("latin-1") if isinstance(data, str) else data
    if not isinstance(raw, bytes | bytearray):
        raise _Unwanted("it holds an array of objects")
    if len(raw) != math.prod(shape) * kind.itemsize or min(shape, default=0) < 0:
        raise ValueError(f"an array of shape {shape} with {len(raw)} bytes")
    return np.frombuffer(bytearray(raw), kind).reshape(shape, order="F" if order == "F" else "C")


def _real(dtype: Any) -> np.dtype[Any]:
    if not isinstance(dtype, _Dtype):
        raise _Unwanted("it holds an array of an unknown type")
    return dtype.real()


def _plain_module(module: str) -> str:
    """A module by one name: NumPy 1 says `numpy.core.`, NumPy 2 `numpy._core.`; Python 2 `__builtin__`."""
    for private in ("numpy._core.", "numpy.core."):
        module = module.replace(private, "numpy.") if module.startswith(private) else module
    return "builtins" if module == "__builtin__" else module


class _Plain(pickle.Unpickler):
    """Knows a handful of names; each is a method of this object, so that a pickle cannot change them for others."""

    def find_class(self, module: str, name: str) -> Any:
        """What a pickle means by a name. Raises _Unwanted for all but those below."""
        wanted = _plain_module(module), name
        known: dict[tuple[str, str], Any] = {
            ("numpy", "ndarray"): _ARRAY,
            ("numpy", "dtype"): self._dtype,
            ("numpy.multiarray", "_reconstruct"): self._reconstruct,
            ("numpy.multiarray", "scalar"): self._scalar,
            ("numpy.numeric", "_frombuffer"): self._frombuffer,
            ("collections", "OrderedDict"): self._dict,
            ("collections", "defaultdict"): self._dict,
            ("_codecs", "encode"): self._encode,
            ("builtins", "set"): set,
            ("builtins", "frozenset"): frozenset,
            ("builtins", "bytes"): self._no_bytes,
            **{("builtins", factory): factory for factory in _FACTORIES},
        }
        if wanted not in known:
            raise _Unwanted(f"it wants {module}.{name}")
        return known[wanted]

    def persistent_load(self, pid: Any) -> NoReturn:
        """Refuse what lies outside of the file."""
        raise _Unwanted("it refers to something outside of it")

    def _dict(self, *arguments: Any) -> dict[Any, Any]:
        pairs = [argument for argument in arguments if not isinstance(argument, str)]
        return dict(*pairs)

    def _dtype(self, code: Any, *_: Any) -> _Dtype:
        return _Dtype(str(code))

    def _reconstruct(self, kind: Any, *_: Any) -> _Array:
        if kind != _ARRAY:
            raise _Unwanted("it holds an array of another class")
        return _Array()

    def _frombuffer(self, data: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
        return _array(data, dtype, shape, order)

    def _scalar(self, dtype: Any, data: Any) -> Any:
        return _array(data, dtype, (), "C").item()

    def _no_bytes(self) -> bytes:
        """How protocols before 3 say `b""`."""
        return b""

    def _encode(self, text: str, coding: str = "latin1") -> bytes:
        if coding not in ("latin1", "latin-1"):
            raise _Unwanted(f"it wants a text as {coding!r}")
        return text.encode("latin-1")


def _finished(value: Any, done: dict[int, Any]) -> Any:
    """The value with its arrays in place, each container walked once however often it is referred to."""
    if id(value) in done:
        return done[id(value)]
    make = _MAKERS.get(type(value))
    if make is None:
        if not isinstance(value, bool | int | float | complex | str | bytes | np.ndarray | None):
            raise _Unwanted(f"it holds {type(value).__name__}")
        return value
    done[id(value)] = made = make(value, done)
    return made


def _finished_array(value: _Array, done: dict[int, Any]) -> np.ndarray:
    if value.value is None:
        raise ValueError("an array without content")
    return value.value


_MAKERS: dict[type, Callable[[Any, dict[int, Any]], Any]] = {
    dict: lambda value, done: {key: _finished(entry, done) for key, entry in value.items()},
    list: lambda value, done: [_finished(entry, done) for entry in value],
    tuple: lambda value, done: tuple(_finished(entry, done) for entry in value),
    set: lambda value, done: {_finished(entry, done) for entry in value},
    frozenset: lambda value, done: frozenset(_finished(entry, done) for entry in value),
    _Array: _finished_array,
}
