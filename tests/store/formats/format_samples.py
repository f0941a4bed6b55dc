"""What the tests of the file formats write."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py

KEY = hashlib.sha256(b"a key").hexdigest()
HEADER = {
    "recipe": {"kind": "flow", "backend": "dis", "version": 1, "parameters": {"größe": [384, 512]}},
    "recipe_digest": "0" * 64,
    "inputs": {"source": "1" * 64},
    "names": ["Test/Läufer 01", "行人"],
    "software": {"python": "3.11"},
    "device": "cpu",
}

Write = Callable[..., Path]


def flip_byte(path: Path, offset: int, mask: int = 0x10) -> None:
    """Change bits of one byte of a file."""
    with path.open("r+b") as file:
        file.seek(offset)
        old = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([old ^ mask]))


def chunk_place(path: Path, array: str, row: int) -> int:
    """A byte in the middle of the chunk that holds a row."""
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            chunks = [file[array].id.get_chunk_info(i) for i in range(file[array].id.get_num_chunks())]
            chunk = next(chunk for chunk in chunks if chunk.chunk_offset[0] == row)
            return int(chunk.byte_offset + chunk.size // 2)
    with zipfile.ZipFile(path) as archive:
        entry = next(entry for entry in archive.infolist() if entry.filename.startswith(f"{array}/c/{row}/"))
        return entry.header_offset + 30 + len(entry.filename) + entry.file_size // 2
