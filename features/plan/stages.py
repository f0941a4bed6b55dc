"""The stages of a config: which features and models, by which recipes, standing on what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import SerializeAsAny

from features.errors import ConfigError
from features.plan.config import Config
from features.plan.registry import find, names
from features.store.digest import artifact_key
from features.store.recipe import Recipe


@dataclass(frozen=True)
class Context:
    """What a recipe may depend on beside its own parameters, known before anything is computed.

    dataset    name of the data set with its part: `ucsdped2`, `avenue`, `plaza`, ...
    weights    folders in which weights files are looked up by name
    recipes    recipes of the features that were resolved before, by kind
    """

    dataset: str
    weights: tuple[Path, ...]
    recipes: Mapping[str, Recipe]


# What a model is told of the videos it is trained on: nothing, the category of each, or also which frames are abnormal.
Taught = Literal["", "videos", "frames"]


class ScoresRecipe(Recipe):
    """Scores of a model: how it scores is part of the model's own recipe."""

    kind = "scores"
    backend = "model"
    model: SerializeAsAny[Recipe]


@dataclass(frozen=True)
class FeatureStage:
    """One feature of the config: its recipe, the kinds it reads, and the roles of the published files it reads."""

    kind: str
    recipe: Recipe
    reads: tuple[str, ...]
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelStage:
    """One model of the config: `label` tells it from others of its name in tables and file names."""

    label: str
    name: str
    recipe: Recipe
    reads: tuple[str, ...]
    trains_on: tuple[str, ...]
    scores_on: tuple[str, ...]
    taught: Taught = ""

    @cached_property
    def scores(self) -> ScoresRecipe:
        """The recipe of its scores."""
        return ScoresRecipe(model=self.recipe)


@dataclass(frozen=True)
class Stages:
    """All stages of a config, features in the order in which they are computed.

    recipes   kind -> recipe of every feature, with those that need no artifact (frames that are not stored)
    """

    recipes: Mapping[str, Recipe]
    features: tuple[FeatureStage, ...]
    models: tuple[ModelStage, ...]

    def feature(self, kind: str) -> FeatureStage:
        """The stage of one kind.

        Raises ConfigError where the config does not ask for it.
        """
        if kind not in self._by_kind:
            raise ConfigError(f"the config has no feature {kind!r}; add it below 'features'")
        return self._by_kind[kind]

    def model(self, label: str) -> ModelStage:
        """The stage of one model.

        Raises ConfigError where the config has none of this label.
        """
        for stage in self.models:
            if stage.label == label:
                return stage
        raise ConfigError(f"the config has no model {label!r}; there are: {[stage.label for stage in self.models]}")

    @cached_property
    def _by_kind(self) -> dict[str, FeatureStage]:
        return {stage.kind: stage for stage in self.features}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of artifact per video, in the order in which they are computed."""
        return tuple(stage.kind for stage in self.features)

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The roles of published files that any feature reads."""
        return tuple(dict.fromkeys(role for stage in self.features for role in stage.files))

    def keys(self, source: str, files: Mapping[str, str]) -> dict[str, str]:
        """Kind -> key of every feature of one video, from the digests of its source and of its published files."""
        keys: dict[str, str] = {}
        for stage in self.features:
            inputs = [source, *(keys[kind] for kind in stage.reads), *(files[role] for role in stage.files)]
            keys[stage.kind] = artifact_key(stage.recipe.digest, inputs)
        return keys


def feature_inputs(
    stage: FeatureStage, source: str, files: Mapping[str, str], keys: Mapping[str, str]
) -> dict[str, str]:
    """Role -> digest or key of everything an artifact is made from, as it is recorded with it."""
    published = {f"published {role}": files[role] for role in stage.files}
    return {"source": source, **{kind: keys[kind] for kind in stage.reads}, **published}


def resolve(config: Config, dataset: str) -> Stages:
    """The stages of a config for a data set (its full name, e.g. `ucsdped2`).

    Features that others stand on but the config does not name are an error, not added: nothing is computed that
    nobody asked for by name.
    """
    recipes: dict[str, Recipe] = {}
    features: list[FeatureStage] = []
    wanted = {"frames": "native", **config.features}
    for kind in (kind for kind in names("feature") if kind in wanted):
        feature = find("feature", kind)
        recipe = feature.recipe(wanted[kind], Context(dataset, config.weights, dict(recipes)))
        recipes[kind] = recipe
        if feature.stored(recipe):
            reads = feature.reads(recipe)
            _require(kind, reads, recipes)
            features.append(FeatureStage(kind, recipe, reads, feature.files(recipe)))
    models = [_model_stage(choice, Context(dataset, config.weights, recipes)) for choice in config.models]
    return Stages(recipes, tuple(features), tuple(_labelled(models)))


def _require(what: str, reads: Sequence[str], recipes: Mapping[str, Recipe]) -> None:
    missing = [kind for kind in reads if kind not in recipes]
    if missing:
        raise ConfigError(f"{what} stands on {', '.join(missing)}; add it below 'features' in the config")


def _model_stage(choice: Mapping[str, Any], context: Context) -> ModelStage:
    model = find("model", choice["name"])
    recipe = model.recipe(choice, context)
    reads = model.reads(recipe)
    _require(f"model {choice['name']}", reads, context.recipes)
    label = str(choice.get("label", choice["name"]))
    splits = model.trains_on(recipe), model.scores_on(recipe)
    return ModelStage(label, choice["name"], recipe, reads, *splits, model.taught(recipe))


def _labelled(models: Sequence[ModelStage]) -> list[ModelStage]:
    labels = [model.label for model in models]
    twice = {label for label in labels if labels.count(label) > 1}
    if twice:
        raise ConfigError(f"two models are called {min(twice)!r}; give each a 'label' of its own in the config")
    return list(models)
