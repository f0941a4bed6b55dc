"""Digests: sha256 over canonical JSON, each preimage prefixed with what it is."""

import hashlib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:
    """RFC 8785 bytes of a JSON value, text normalised to NFC first (the RFC leaves Unicode alone)."""
    return rfc8785.dumps(_normalised(value))


def _normalised(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {_normalised(name): _normalised(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_normalised(entry) for entry in value]
    return value


def digest(what: str, value: Any) -> str:
    """sha256 (64 hex digits) of a JSON value; `what` keeps digests of different things apart."""
    return hashlib.sha256(what.encode() + b"\0" + canonical_json(value)).hexdigest()


def artifact_key(recipe_digest: str, inputs: Iterable[str]) -> str:
    """The key of an artifact: sha256 over its recipe's digest and the sorted digests or keys it is made from.

    All parts are hex text, so the canonical JSON can be written directly; planning a million keys takes a second.
    """
    listed = ",".join(f'"{entry}"' for entry in sorted(inputs))
    preimage = f'key\0{{"inputs":[{listed}],"recipe":"{recipe_digest}"}}'
    return hashlib.sha256(preimage.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 (64 hex digits) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
