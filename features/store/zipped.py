"""Zip files of stored entries: written in one pass with the same bytes every time, read by ranges.

Python's `zipfile` writes what depends on its version and goes back to mend headers, and it cannot read a window of
entries in one request; the structures below (PKWARE's APPNOTE.TXT, sections 4.3 and 4.5) are all that is needed.
Every entry is stored as it is (method 0); compression is the business of the chunks.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from features.errors import Damaged
from features.store.ranges import Ranges
from features.store.seal import LENGTH, is_seal, seal_of

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64_MARK, _LOCATOR64_MARK = b"PK\x06\x06", b"PK\x06\x07"
# Zip's own date of nothing, 1980-01-01 00:00: (day 1, month 1, year 0) and no time.
_DATE, _TIME = 0x21, 0
_UTF8 = 0x800
_VERSION, _VERSION64 = 20, 45
_UNIX = 3 << 8
_FILE_MODE = 0o100644 << 16
_MOST16, _MOST32 = 0xFFFF, 0xFFFFFFFF
# Read from the end at first: the central directory of some 700 entries, and the metadata before it.
_TAIL = 65_536


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in a zip: where its local header begins, its size and CRC-32."""

    name: str
    offset: int
    size: int
    crc: int


class ZipWriter:
    """Appends entries to a file that was just begun, then the directory and the seal. Never seeks."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._entries: list[Entry] = []
        self._position = 0

    def add(self, name: str, data: bytes) -> None:
        """Append one entry."""
        entry = Entry(name, self._position, len(data), zlib.crc32(data))
        encoded = name.encode()
        header = _LOCAL.pack(
            *(_LOCAL_MARK, _VERSION, _UTF8, 0, _TIME, _DATE, entry.crc, entry.size, entry.size),
            *(len(encoded), 0),
        )
        self._write(header + encoded + data)
        self._entries.append(entry)

    def close(self) -> None:
        """Write the central directory, the end records and, as the archive's comment, the seal."""
        start = self._position
        for entry in self._entries:
            self._write(_central(entry))
        self._write(_end(len(self._entries), start, self._position))
        self._file.write(seal_of(self._digest))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._position += len(data)


def _central(entry: Entry) -> bytes:
    encoded = entry.name.encode()
    far = entry.offset >= _MOST32
    extra = struct.pack("<2HQ", 1, 8, entry.offset) if far else b""
    version = _VERSION64 if far else _VERSION
    header = _CENTRAL.pack(
        *(_CENTRAL_MARK, _UNIX | version, version, _UTF8, 0, _TIME, _DATE, entry.crc, entry.size, entry.size),
        *(len(encoded), len(extra), 0, 0, 0, _FILE_MODE, _MOST32 if far else entry.offset),
    )
    return header + encoded + extra


def _end(count: int, start: int, stop: int) -> bytes:
    """The end records; those of zip64 where the classic one has too few bits."""
    size = stop - start
    large = count >= _MOST16 or start >= _MOST32 or size >= _MOST32
    records = b""
    if large:
        records = _END64.pack(_END64_MARK, _END64.size - 12, _VERSION64, _VERSION64, 0, 0, count, count, size, start)
        records += _LOCATOR64.pack(_LOCATOR64_MARK, 0, stop, 1)
    few = min(count, _MOST16)
    numbers = (_MOST16, _MOST16, _MOST32, _MOST32) if large else (few, few, size, start)
    return records + _END.pack(_END_MARK, 0, 0, *numbers, LENGTH)


class ZipReader:
    """The entries of a sealed zip. `entries` is by name, in the order of the file.

    Opening costs one read of the last 64 kB, and one more where the directory is longer. Raises Damaged for a file
    without an end record or a seal: one that was cut, or never finished.
    """

    def __init__(self, ranges: Ranges, where: str) -> None:
        self._ranges, self._where = ranges, where
        self._tail_start = max(0, ranges.size - _TAIL)
        self._tail = ranges.read(self._tail_start, ranges.size)
        count, size, start = self._end_record()
        self._directory_start = start
        try:
            found = _parse_directory(self.bytes_between(start, start + size), count)
        except (struct.error, UnicodeDecodeError, ValueError) as error:
            raise self._damaged(f"its directory cannot be read ({error})") from error
        self.entries = {entry.name: entry for entry in found}
        if len(self.entries) != len(found):
            raise self._damaged("it holds two entries of one name")
        order = sorted(found, key=lambda entry: entry.offset)
        stops = [*(entry.offset for entry in order), start][1:]
        self._stops = {entry.name: stop for entry, stop in zip(order, stops, strict=True)}

    def span(self, name: str) -> tuple[int, int]:
        """(start, stop) of an entry with its header.

        Raises Damaged where it is not there.
        """
        if name not in self.entries:
            raise self._damaged(f"{name} is missing")
        return self.entries[name].offset, self._stops[name]

    def bytes_between(self, start: int, stop: int) -> bytes:
        """Bytes of the file, without a read where the tail holds them."""
        if start >= self._tail_start:
            return self._tail[start - self._tail_start : stop - self._tail_start]
        return self._ranges.read(start, stop)

    def content(self, name: str, data: bytes | memoryview) -> bytes | memoryview:
        """The content of an entry, from the bytes of its span.

        Raises Damaged where the header is another's, or the CRC-32 does not fit.
        """
        entry = self.entries[name]
        if len(data) < _LOCAL.size:
            raise self._damaged(f"{name} has no header")
        mark, *_, name_length, extra_length = _LOCAL.unpack(data[: _LOCAL.size])
        start = _LOCAL.size + name_length
        if mark != _LOCAL_MARK or bytes(data[_LOCAL.size : start]) != name.encode():
            raise self._damaged(f"the header of {name} is not its own")
        content = data[start + extra_length : start + extra_length + entry.size]
        if len(content) != entry.size or zlib.crc32(content) != entry.crc:
            raise self._damaged(f"the bytes of {name} are not those written (CRC-32)")
        return content

    def read(self, name: str) -> bytes:
        """The content of one entry."""
        return bytes(self.content(name, self.bytes_between(*self.span(name))))

    def _damaged(self, what: str) -> Damaged:
        return Damaged(f"{self._where}: {what}; delete it and run again, or see features verify")

    def _end_record(self) -> tuple[int, int, int]:
        """(entries, directory size, directory start)."""
        at = len(self._tail) - LENGTH - _END.size
        if at < 0 or self._tail[at : at + 4] != _END_MARK or not is_seal(self._tail[-LENGTH:]):
            raise self._damaged("it does not end with a directory and a seal, so it was cut or never finished")
        *_, count, size, start, comment = _END.unpack(self._tail[at : at + _END.size])
        if comment != LENGTH:
            raise self._damaged("its end record is not the one written")
        locator = self._tail[max(0, at - _LOCATOR64.size) : at]
        if locator[:4] == _LOCATOR64_MARK:
            count, size, start = self._end64(at - _LOCATOR64.size - _END64.size)
        if start + size > self._ranges.size:
            raise self._damaged("its directory would lie beyond its end")
        return count, size, start

    def _end64(self, at: int) -> tuple[int, int, int]:
        if at < 0 or self._tail[at : at + 4] != _END64_MARK:
            raise self._damaged("its zip64 end record is not there")
        *_, count, size, start = _END64.unpack(self._tail[at : at + _END64.size])
        return count, size, start


def _parse_directory(data: bytes, count: int) -> list[Entry]:
    found = []
    at = 0
    for _ in range(count):
        mark, _, _, _, method, _, _, crc, packed, size, name_length, extra_length, comment_length, _, _, _, offset = (
            _CENTRAL.unpack_from(data, at)
        )
        if mark != _CENTRAL_MARK or method != 0 or packed != size:
            raise ValueError("an entry is not a stored one")
        start = at + _CENTRAL.size
        name = data[start : start + name_length].decode()
        at = start + name_length + extra_length
        if offset == _MOST32:
            offset = _offset64(data[start + name_length : at])
        at += comment_length
        found.append(Entry(name, offset, size, crc))
    if at != len(data):
        raise ValueError("it has another length than it says")
    return found


def _offset64(extra: bytes) -> int:
    """The offset in the zip64 field (tag 1) of an entry whose other numbers fit in 32 bits."""
    tag, length, offset = struct.unpack("<2HQ", extra[:12])
    if (tag, length) != (1, 8):
        raise ValueError("an entry far into the file does not say where")
    return int(offset)
