"""Weights files: found by name in the config's folders, known by their digest, loaded without running their code."""

import pickle
import zipfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from features.errors import ConfigError, WeightsError
from features.store.digest import file_digest
from features.store.recipe import Weights

_FOUND: dict[str, Path] = {}  # digest -> where this process found the file


def find_weights(name: str, folders: Sequence[Path]) -> Weights:
    """The weights file called `name` (a path below one of the folders, or an absolute one) with its digest.

    The first folder that has it counts. The process remembers where it was: see `weights_path`.

    Raises ConfigError where the config names no file, WeightsError saying where it was looked for.
    """
    if not isinstance(name, str) or not name:
        raise ConfigError(f"weights is {name!r}, expected the name of a file; name one, or leave weights out")
    places = [Path(folder) / name for folder in folders] or [Path(name)]
    for path in places:
        if path.is_file():
            weights = Weights(name=name, sha256=_digest(path))
            _FOUND[weights.sha256] = path
            return weights
    if not folders:
        raise WeightsError(f"weights {name!r} are not here; name their folder under 'weights' in the config")
    raise WeightsError(f"weights {name!r} are in none of {', '.join(map(str, folders))}; put them there")


def weights_path(weights: Weights) -> Path:
    """Where the file lies. Recipes hold no paths, so this process must have resolved the recipe (`find_weights`).

    Raises WeightsError if it has not, or if the file has changed since.
    """
    path = _FOUND.get(weights.sha256)
    if path is None:
        raise WeightsError(f"weights {weights.name!r} were not looked up; name their folder under 'weights'")
    if not path.is_file() or _digest(path) != weights.sha256:
        raise WeightsError(f"weights {path} have changed since the plan was made; start the run again")
    return path


def load_torch(weights: Weights) -> dict[str, Any]:
    """The parameters in a torch file, by name, on the CPU; a wrapping `state_dict` and `module.` prefixes are removed.

    Raises WeightsError for a file of anything else.
    """
    import torch

    path = weights_path(weights)
    content = torch_content(path)
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not all(isinstance(entry, torch.Tensor) for entry in content.values()):
        raise WeightsError(f"{path} does not hold tensors by name; export the network's state_dict")
    return {str(name).removeprefix("module."): tensor for name, tensor in content.items()}


def torch_content(path: Path, also: Sequence[type] = ()) -> Any:
    """What a torch file holds, tensors on the CPU. Only tensors, plain containers and the classes `also` are unpickled.

    Raises WeightsError, in words of our own, for a file of anything else, and for a damaged one.
    """
    import torch

    try:
        with torch.serialization.safe_globals([*also]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes make the unpickler stumble over anything: struct.error, IndexError, ...
        if isinstance(error, pickle.UnpicklingError) and zipfile.is_zipfile(path):
            reason = "holds more than tensors and settings, and was not opened; export its state_dict"
        else:
            reason = "is not a torch file that can be read safely, or is damaged; get it anew, or export its state_dict"
        raise WeightsError(f"{path} {reason}") from None


def _digest(path: Path) -> str:
    stat = path.stat()
    return _digest_of(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)


@lru_cache(maxsize=256)
def _digest_of(path: Path, size: int, mtime_ns: int, inode: int) -> str:
    """The digest of a file that size, time and inode say is unchanged."""
    return file_digest(path)
