"""Recipes: frozen typed parameters that say exactly how an artifact is computed."""

from functools import cached_property
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from features.store.digest import digest


class Weights(BaseModel):
    """A weights file. Only its digest counts for a key; the name is for people and for finding the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str


class Recipe(BaseModel):
    """All parameters that can change the numbers, and nothing else.

    `kind` is the artifact kind (`flow`), `backend` the name of what computes it (`raft`), `version` an integer that
    the authors raise when the same parameters would give other numbers. Fields may be recipes themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    kind: ClassVar[str]
    backend: ClassVar[str]
    version: ClassVar[int] = 1

    def content(self) -> dict[str, Any]:
        """The recipe as JSON, every default written out: what the digest covers and what an artifact records."""
        parameters = {name: _content(getattr(self, name)) for name in type(self).model_fields}
        return {"kind": self.kind, "backend": self.backend, "version": self.version, "parameters": parameters}

    @cached_property
    def digest(self) -> str:
        """sha256 (64 hex digits) of the recipe."""
        return digest("recipe", _without_names(self.content()))

    @cached_property
    def unseeded(self) -> str:
        """The same of all but the recipe's own `seed`: equal for trainings that differ by it alone."""
        content = self.content()
        parameters = {name: value for name, value in content["parameters"].items() if name != "seed"}
        return digest("unseeded recipe", _without_names({**content, "parameters": parameters}))


def _content(value: Any) -> Any:
    if isinstance(value, Recipe):
        return value.content()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple | list):
        return [_content(entry) for entry in value]
    if isinstance(value, dict):
        return {name: _content(entry) for name, entry in value.items()}
    return value


def _without_names(value: Any) -> Any:
    """The content less the names of weights files: renaming a file changes no number."""
    if isinstance(value, dict):
        if value.keys() == {"name", "sha256"}:
            return {"sha256": value["sha256"]}
        return {name: _without_names(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_without_names(entry) for entry in value]
    return value
