"""Chunk codecs of the zarr form: from one chunk's values to bytes and back, by zarr v3's codec names."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import prod
from typing import Any

import numpy as np

from features.errors import Damaged, PackageMissing, StoreError
from features.store.arrays import Array, ArraySpec

PCODEC = "numcodecs.pcodec"
Codecs = Sequence[Mapping[str, Any]]
Encode = Callable[[Array], bytes]
Decode = Callable[[bytes], Array]
_BytesToBytes = Callable[[Any], Any]


def codecs_for(spec: ArraySpec) -> list[dict[str, Any]]:
    """The `codecs` of an array's zarr.json. Measured for each kind of array in docs/store-format.md."""
    itemsize = np.dtype(spec.dtype).itemsize
    fixed_point = spec.scale_factor is not None and itemsize > 1
    if spec.codec == "pcodec" or (spec.codec == "default" and fixed_point):
        return [{"name": PCODEC, "configuration": {"level": 8}}]
    as_bytes = {"name": "bytes", "configuration": {"endian": "little"}} if itemsize > 1 else {"name": "bytes"}
    if spec.codec == "zstd":
        return [as_bytes, {"name": "zstd", "configuration": {"level": 3, "checksum": False}}]
    blosc = {"typesize": itemsize, "cname": "zstd", "clevel": 5, "shuffle": "shuffle", "blocksize": 0}
    return [as_bytes, {"name": "blosc", "configuration": blosc}]


def encoder(codecs: Codecs) -> Encode:
    """A function from a chunk (little-endian, C order) to its bytes; the same values always give the same bytes."""
    last = codecs[-1]
    settings = last.get("configuration", {})
    if last["name"] == PCODEC:
        pcodec = _pcodec()(level=settings["level"])
        return lambda chunk: bytes(pcodec.encode(chunk.reshape(-1)))
    if last["name"] == "zstd":
        zstd = _numcodecs("zstd").Zstd(level=settings["level"], checksum=settings["checksum"])
        return lambda chunk: bytes(zstd.encode(chunk))
    blosc = _blosc()
    packer = blosc.Blosc(cname=settings["cname"], clevel=settings["clevel"], shuffle=blosc.SHUFFLE)
    return lambda chunk: bytes(packer.encode(chunk))


def decoder(codecs: Codecs, array: str, dtype: str, shape: tuple[int, ...]) -> Decode:
    """A function from a chunk's bytes to its values, of the given type and shape.

    Raises StoreError for codecs that this reader does not know, and PackageMissing where pcodec is not installed;
    the function raises Damaged for bytes that do not decode to a chunk.
    """
    unpack = _unpacker(codecs, array, np.dtype(dtype).newbyteorder("<"))

    def decode(data: bytes) -> Array:
        try:
            values = unpack(data)
        except Exception as error:  # each codec has its own exceptions, and some raise plain RuntimeError
            raise Damaged(f"a chunk of {array!r} does not decode ({error})") from error
        if values.size != prod(shape) or values.dtype != np.dtype(dtype):
            raise Damaged(f"a chunk of {array!r} holds {values.size} x {values.dtype}, {shape} x {dtype} expected")
        return values.reshape(shape)

    return decode


def _unpacker(codecs: Codecs, array: str, dtype: np.dtype[Any]) -> Decode:
    names = [codec["name"] for codec in codecs]
    if names == [PCODEC]:
        pcodec = _pcodec()()
        return lambda data: np.asarray(pcodec.decode(data))
    if names[:1] == ["bytes"] and codecs[0].get("configuration", {}).get("endian", "little") == "little":
        steps = [_step(codec, array) for codec in reversed(codecs[1:])]
        return lambda data: np.frombuffer(_through(steps, data), dtype)
    raise _unknown(names[0] if names else "none", array)


def _through(steps: Sequence[_BytesToBytes], data: bytes) -> Any:
    for step in steps:
        data = step(data)
    return data


def _step(codec: Mapping[str, Any], array: str) -> _BytesToBytes:
    """The decoder of one bytes-to-bytes codec."""
    if codec["name"] == "blosc":
        return _blosc().Blosc().decode  # type: ignore[no-any-return]
    if codec["name"] == "zstd":
        return _numcodecs("zstd").Zstd().decode  # type: ignore[no-any-return]
    if codec["name"] == "gzip":
        return _numcodecs("gzip").GZip().decode  # type: ignore[no-any-return]
    raise _unknown(codec["name"], array)


def _unknown(codec: str, array: str) -> StoreError:
    package = f"numcodecs ({codec.removeprefix('numcodecs.')})" if codec.startswith("numcodecs.") else "zarr"
    return StoreError(
        f"array {array!r} is stored with codec {codec!r}, which this reader does not know; read it with the package "
        f"{package}, or update vad-features"
    )


@cache
def _numcodecs(module: str) -> Any:
    try:
        return __import__(f"numcodecs.{module}", fromlist=[module])
    except ImportError as error:
        raise PackageMissing(f"this artifact needs numcodecs ({error}); pip install numcodecs") from error


@cache
def _blosc() -> Any:
    blosc = _numcodecs("blosc")
    # Blosc's threads write blocks in the order in which they finish, so bytes would vary; and they do not survive fork.
    blosc.use_threads = False
    return blosc


@cache
def _pcodec() -> Any:
    try:
        from numcodecs.pcodec import PCodec
    except ImportError as error:
        raise PackageMissing("this artifact is compressed with pcodec; pip install pcodec numcodecs") from error
    return PCodec
