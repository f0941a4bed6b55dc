"""The project's root in the store: which videos are whose content, and which keys are in use."""

import os
from collections.abc import Mapping
from pathlib import Path

from features.plan.stages import Stages
from features.plan.state import State
from features.store.roots import Root, new_root, project_id
from features.store.store import Store


def write_project_root(store: Store, dataset: str, stages: Stages, state: State, evaluation: str) -> None:
    """Publish what this project refers to; what it says of other data sets stays."""
    root = project_root(store, dataset, stages, state, evaluation)
    store.write_root(root.project, root)


def project_root(store: Store, dataset: str, stages: Stages, state: State, evaluation: str) -> Root:
    """The project's root, with everything of one data set as it is asked for now."""
    former = former_root(store)
    datasets = {**former.datasets, dataset: _sources(state)}
    features = {**former.features, dataset: _feature_keys(state)}
    named = {
        kind: {**_of_others(former.named.get(kind, {}), dataset), **names}
        for kind, names in _named_keys(dataset, stages, state, evaluation).items()
    }
    return new_root(Path.cwd(), datasets, features, named)


def root_is_current(store: Store, dataset: str, stages: Stages, state: State, evaluation: str) -> bool:
    """Whether the store's root of this project says what it would say if it were written now."""
    former, now = former_root(store), project_root(store, dataset, stages, state, evaluation)
    return (former.datasets, former.features, former.named) == (now.datasets, now.features, now.named)


def former_root(store: Store) -> Root:
    """The root that this project has in the store; an empty one where it has none."""
    project = project_id(Path.cwd())
    found = (root for root in store.roots() if root.project == project)
    return next(found, new_root(Path(os.curdir), {}, {}, {}))


def _sources(state: State) -> dict[str, str]:
    return {video.id: source for video, source in zip(state.videos, state.sources, strict=True) if source}


def _feature_keys(state: State) -> dict[str, dict[str, str]]:
    return {
        kind: {source: key for source, key in zip(state.sources, keys, strict=True) if source}
        for kind, keys in state.keys.items()
    }


def _named_keys(dataset: str, stages: Stages, state: State, evaluation: str) -> dict[str, dict[str, str]]:
    return {
        "model": {f"{dataset}/{stage.label}": state.model_key(stage) for stage in stages.models},
        "scores": {f"{dataset}/{stage.label}": state.scores_key(stage) for stage in stages.models},
        "evaluation": {dataset: evaluation} if evaluation else {},
    }


def _of_others(names: Mapping[str, str], dataset: str) -> dict[str, str]:
    """The entries of other data sets."""
    return {name: key for name, key in names.items() if name != dataset and not name.startswith(f"{dataset}/")}
