"""The config: what a user asks for, checked when it is read."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from features.errors import ConfigError
from features.plan.refusals import only_known, refusal
from features.plan.registry import names, require_name

Choice = str | dict[str, Any]


class Extra(BaseModel):
    """What is added for one data set: what it alone can give, such as published poses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: dict[str, Choice] = Field(default_factory=dict)
    models: tuple[dict[str, Any], ...] = ()

    @field_validator("models", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return _by_name(value)


class Config(BaseModel):
    """Everything that can be said in `config.yaml` or by `snakemake --config key=value`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Choice = Field("plaza", description="name of the data set, or a mapping with `name` and its options")
    root: Path | None = Field(None, description="folder of the data set; plaza makes its own below `work`")
    store: Path = Field(Path("store"), description="folder of the feature store")
    work: Path = Field(Path("work"), description="folder for plans, logs, checkpoints and the report")
    weights: tuple[Path, ...] = Field((), description="folders in which weights files are looked up by name")
    published: dict[str, Path] = Field(
        default_factory=dict, description="role (poses, ...) -> folder of published files, named like the videos"
    )
    format: Literal["zarr", "hdf5"] = Field("zarr", description="file format of new artifacts; both are always read")
    device: str = Field("auto", description="auto, cpu, cuda or cuda:N")
    batch: int | None = Field(None, ge=1, description="videos per job; by default jobs of about ten minutes")
    features: dict[str, Choice] = Field(default_factory=dict, description="feature -> preset, backend or mapping")
    models: tuple[dict[str, Any], ...] = Field((), description="models to train and score, each with `name`")
    only: dict[str, Extra] = Field(
        default_factory=dict, description="data set -> features and models that are added for it alone"
    )
    protocols: tuple[str, ...] = Field(("raw",), description="how scores become figures: declared protocols by name")
    plan: Literal["missing", "all"] = Field("missing", description="`all` plans what the store holds already, too")
    retry: Literal["", "failed"] = Field("", description="`failed` tries recorded failures again")
    force: bool = Field(False, description="go on where the disk is estimated to be too small")

    @field_validator("weights", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str | Path) else value

    @field_validator("protocols", mode="before")
    @classmethod
    def _one_protocol(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("models", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return _by_name(value)

    @field_validator("device")
    @classmethod
    def _device(cls, value: str) -> str:
        if not re.fullmatch("auto|cpu|cuda(:[0-9]+)?", value):
            raise ValueError("expected auto, cpu, cuda or cuda:N")
        return value

    @field_validator("retry", mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        return value or ""

    @property
    def dataset_name(self) -> str:
        """The name in the registry of data sets."""
        return self.dataset if isinstance(self.dataset, str) else str(self.dataset.get("name", ""))

    @property
    def dataset_options(self) -> dict[str, Any]:
        """The data set's own options, e.g. `{"part": "ped2"}`."""
        return {} if isinstance(self.dataset, str) else {k: v for k, v in self.dataset.items() if k != "name"}


def _by_name(value: Any) -> Any:
    """A model or a list of them, each as a mapping: a name alone says all. What is neither is left to be refused."""
    listed = [value] if isinstance(value, str | dict) else value or ()
    if not isinstance(listed, list | tuple):
        return value
    return [{"name": entry} if isinstance(entry, str) else entry for entry in listed]


def _with_extras(config: Config) -> Config:
    """The config with what is said for its data set alone; `only` is empty then, so that it is added once."""
    for name in config.only:
        require_name("dataset", name)
    extra = config.only.get(config.dataset_name, Extra())
    return config.model_copy(
        update={
            "features": {**config.features, **extra.features},
            "models": (*config.models, *extra.models),
            "only": {},
        }
    )


def read_config(values: Mapping[str, Any]) -> Config:
    """The checked config.

    Raises ConfigError naming the key, what was found there, and the nearest valid name.
    """
    only_known("config", values, Config.model_fields, "key")
    try:
        config = Config.model_validate(dict(values))
    except ValidationError as error:
        where, what = refusal(error, Config)
        raise ConfigError(f"config key {where!r}: {what}") from None
    require_name("dataset", config.dataset_name)
    config = _with_extras(config)
    for kind in config.features:
        require_name("feature", kind)
    for model in config.models:
        if "name" not in model:
            raise ConfigError(f"config key 'models': {model} has no name; there are: {', '.join(names('model'))}")
        require_name("model", str(model["name"]))
    return config


def load_config(path: Path, **changes: Any) -> Config:
    """The config of a YAML file, with single keys replaced.

    Raises ConfigError where the file is missing or not a YAML mapping.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise ConfigError(f"no config file at {path}; say --config-file or go to the project's folder") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path} is not valid YAML: {reason}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds {type(values).__name__}, expected a mapping of config keys")
    return read_config({**values, **changes})
