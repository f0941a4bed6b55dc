"""What every model of clips that is taught has to keep. A test class for a model inherits `ClipModelConformance`."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from features.errors import DatasetError, FeaturesError, SourceError
from features.evaluate.scores import Scores
from features.extract.feature import Machine
from features.models import steps
from features.models.base import Features, Model
from features.models.scores import SNAPSHOT_SCORES
from features.store.artifact import Artifact
from features.store.recipe import Recipe
from features.store.store import Store
from tests.models import training
from tests.models.bags import clips_video, some, write_clips
from tests.models.training import Stop, assert_equal


@dataclass(frozen=True)
class Taught:
    """A trained model, and what it was trained by."""

    store: Store
    videos: list[Features]
    recipe: Recipe
    model: Artifact


class ClipModelConformance:
    """A subclass names the model, its recipe, and parameters with which training takes about a second."""

    model: ClassVar[type[Model]]
    recipe: ClassVar[type[Recipe]]
    tiny: ClassVar[dict[str, Any]]

    @property
    def train(self) -> Any:
        return partial(training.train, self.model)

    @property
    def score(self) -> Any:
        return partial(training.score, self.model)

    def made(self, **more: Any) -> Recipe:
        return self.recipe(**{**self.tiny, **more})

    @pytest.fixture(scope="class")
    def taught(self, tmp_path_factory: pytest.TempPathFactory) -> Taught:
        """A model that was trained in one go, with two snapshots."""
        folder = tmp_path_factory.mktemp("taught")
        store = Store(folder / "store", create=True)
        videos, recipe = some(store), self.made(snapshots=2)
        return Taught(store, videos, recipe, self.train(store, "a", recipe, videos, folder / "resume"))

    def test_training_that_was_stopped_gives_the_same_bits(
        self, taught: Taught, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(steps, "SAVE_SECONDS", 0)
        monkeypatch.setattr(steps, "REPORT_STEPS", 10)
        with pytest.raises(Stop):
            self.train(taught.store, "b", taught.recipe, taught.videos, tmp_path, stop_after=2)
        assert (tmp_path / "training.safetensors").exists()
        assert_equal(taught.model, self.train(taught.store, "b", taught.recipe, taught.videos, tmp_path))

    def test_the_order_in_which_videos_come_changes_nothing(self, taught: Taught, tmp_path: Path) -> None:
        backwards = self.train(taught.store, "c", taught.recipe, taught.videos[::-1], tmp_path)
        assert_equal(taught.model, backwards)

    def test_another_seed_gives_another_model(self, taught: Taught, tmp_path: Path) -> None:
        other = self.train(taught.store, "d", self.made(seed=1), taught.videos, tmp_path)
        one = taught.model
        assert not any(np.array_equal(one[name][:], other[name][:]) for name in other.names if one[name].ndim > 1)

    def test_what_it_learns_tells_abnormal_clips_of_new_videos(self, taught: Taught) -> None:
        new = clips_video(taught.store, "new", 9, (4, 5), split="test")
        scores = self.score(taught.store, "1", taught.model, taught.recipe, [new])
        found = Scores(scores).frames(new.source)
        assert found[64:96].min() > np.concatenate([found[:48], found[112:]]).max()

    def test_snapshots_are_scored_beside_the_model_which_is_the_last_of_them(
        self, taught: Taught, tmp_path: Path
    ) -> None:
        store, tests = taught.store, [clips_video(taught.store, name, 7, (3,), split="test") for name in "xy"]
        plain = self.train(store, "e", self.made(), taught.videos, tmp_path)
        once = self.score(store, "2", plain, self.made(), tests)
        often = self.score(store, "3", taught.model, taught.recipe, tests)
        found = often[SNAPSHOT_SCORES][:]
        assert SNAPSHOT_SCORES not in once.names and found.shape == (2 * 7 * 16, 2)
        np.testing.assert_array_equal(often["scores"][:], once["scores"][:])
        np.testing.assert_array_equal(found[:, 1], once["scores"][:])
        assert not np.array_equal(found[:, 0], found[:, 1])

    def test_half_precision_gives_nearly_the_same_scores(self, taught: Taught) -> None:
        new = clips_video(taught.store, "long", 30, (4, 5), split="test")
        whole, half = (
            self.score(taught.store, key, taught.model, self.made(precision=precision), [new])["scores"][:]
            for key, precision in (("4", "float32"), ("5", "bfloat16"))
        )
        assert not np.array_equal(whole, half)
        np.testing.assert_allclose(half, whole, atol=0.03)

    def test_a_checkpoint_of_other_videos_or_labels_is_refused(
        self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(steps, "SAVE_SECONDS", 0)
        monkeypatch.setattr(steps, "REPORT_STEPS", 10)
        videos = some(store, 4)
        with pytest.raises(Stop):
            self.train(store, "a", self.made(), videos, tmp_path / "one", stop_after=2)
        for others in (videos[:-1], [replace(videos[0], annotation=videos[-1].annotation), *videos[1:]]):
            with pytest.raises(FeaturesError, match="belongs to another training"):
                self.train(store, "a", self.made(), others, tmp_path / "one")

    def test_too_few_videos_of_one_kind_are_refused(self, store: Store, tmp_path: Path) -> None:
        videos = some(store)
        with pytest.raises(DatasetError, match="1 of 4 training videos are abnormal, and 2 of them are drawn in each"):
            self.train(store, "a", self.made(), [videos[0], *videos[3:]], tmp_path / "resume")

    def test_videos_of_which_nothing_is_known_are_refused(self, store: Store, tmp_path: Path) -> None:
        unknown = replace(some(store)[0], annotation=None)
        with pytest.raises(DatasetError, match=f"training video {unknown.source[:12]} is neither normal nor abnormal"):
            self.train(store, "a", self.made(), [unknown], tmp_path / "resume")

    def test_features_of_another_recipe_among_the_others_are_refused(self, store: Store, tmp_path: Path) -> None:
        wide = clips_video(store, "wide", channels=32)
        with pytest.raises(DatasetError, match=r"features of training video .* have the shape .* give all videos"):
            self.train(store, "a", self.made(), [*some(store), wide], tmp_path / "resume")

    def test_features_that_are_no_numbers_are_refused(self, taught: Taught, tmp_path: Path) -> None:
        store, new = taught.store, clips_video(taught.store, "odd", 4)
        odd = replace(new, open=lambda kind: store.open(kind, "f" * 64))
        write_clips(store, "f" * 64, np.full((4, 1, 16), np.nan, np.float32))
        with pytest.raises(DatasetError, match=f"features of training video {odd.source[:12]} are no numbers"):
            self.train(store, "f", self.made(), [*taught.videos, odd], tmp_path)
        with pytest.raises(SourceError, match=f"video {odd.source[:12]}: its scores are no numbers"):
            self.score(store, "6", taught.model, self.made(), [odd])

    def test_it_is_told_of_training_videos_and_scores_test_videos(self) -> None:
        recipe = self.made()
        assert (self.model.trains_on(recipe), self.model.scores_on(recipe)) == (("train",), ("test",))
        assert self.model.reads(recipe) == ("clips",) and self.model.taught(recipe)

    @pytest.mark.gpu
    @pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
    def test_a_gpu_trains_a_model_that_a_cpu_scores_alike(self, taught: Taught, tmp_path: Path) -> None:
        new = clips_video(taught.store, "new", 9, (4, 5), split="test")
        with taught.store.create("model", "9" * 64, recipe=taught.recipe, inputs={}) as out:
            self.model(taught.recipe, Machine("cuda:0")).train(taught.videos, out, tmp_path, lambda line: None)
        model = taught.store.open("model", "9" * 64)
        with taught.store.create("scores", "9" * 64, recipe=taught.recipe, inputs={}) as out:
            self.model(taught.recipe, Machine("cuda:0")).score(model, [new], out, lambda line: None)
        found = taught.store.open("scores", "9" * 64)["scores"][:]
        np.testing.assert_allclose(
            found, self.score(taught.store, "0", model, taught.recipe, [new])["scores"][:], atol=1e-3
        )
        assert found[64:96].min() > np.concatenate([found[:48], found[112:]]).max()
