"""The feature `clips`: a video into features and places in time, through the store."""

import threading

import numpy as np
import pytest

from features.errors import ConfigError, SourceError
from features.extract.clips import batches as module
from features.extract.clips.batches import ahead
from features.extract.clips.feature import ClipFeatures
from features.extract.clips.table import read_clips
from features.extract.feature import Machine
from features.store.recipe import Weights
from tests.clips.feature.conftest import Film
from tests.clips.feature.tiny import VIEW, Tiny

RAW = {"mean": (0, 0, 0), "std": (1, 1, 1)}
TINY = {"backend": "tiny", **VIEW, **RAW}
LEVELS = {"mean": 0, "std": 1, "bound": 20}


def counted(frames: int, height: int = 20, width: int = 30) -> np.ndarray:
    """uint8 (frames, height, width, 3): frame i is of the value i, its left half brighter by 40."""
    pixels = np.zeros((frames, height, width, 3), np.uint8)
    pixels += np.arange(frames, dtype=np.uint8)[:, None, None, None]
    pixels[:, :, : width // 2] += 40
    return pixels


class TestPlaces:
    def test_each_clip_has_its_features_and_its_place(self, extract):
        clips = read_clips(extract(Film(counted(10)), TINY))
        assert (clips.features.shape, clips.features.dtype) == ((2, 1, 9), np.float32)
        assert (clips.start.tolist(), clips.stop.tolist(), clips.valid.tolist()) == ([0, 4], [4, 8], [4, 4])
        np.testing.assert_allclose(clips.features[:, 0, 3], [41.5, 45.5])
        np.testing.assert_allclose(clips.features[:, 0, 6], [20, 24])

    def test_a_repeated_last_frame_is_seen_and_not_counted(self, extract):
        clips = read_clips(extract(Film(counted(6)), TINY | {"tail": "repeat"}))
        assert (clips.stop.tolist(), clips.valid.tolist()) == ([4, 6], [4, 2])
        np.testing.assert_allclose(clips.features[1, 0, 3], 40 + np.mean([4, 5, 5, 5]))

    def test_overlapping_clips_are_those_of_their_frames(self, extract):
        clips = read_clips(extract(Film(counted(9)), TINY | {"stride": 1}))
        assert clips.start.tolist() == [0, 1, 2, 3, 4, 5]
        np.testing.assert_allclose(clips.features[:, 0, 3], 41.5 + np.arange(6))

    def test_a_rate_of_its_own_goes_by_true_timestamps_and_places_stay_in_frames_handed_out(self, extract):
        seconds = np.concatenate([np.arange(8) / 8, 1 + np.arange(8) / 4])  # 8 frames a second, then 4
        clips = read_clips(extract(Film(counted(16), seconds), TINY | {"fps": 4, "length": 2, "stride": 2}))
        assert list(zip(clips.start, clips.stop, strict=True)) == [
            (0, 3),
            (4, 7),
            (8, 10),
            (10, 12),
            (12, 14),
            (14, 16),
        ]
        np.testing.assert_allclose(clips.features[:, 0, 6], 20 + np.array([0, 4, 8, 10, 12, 14]))

    def test_vectors_at_each_step_of_a_clip_have_places_of_their_own(self, extract):
        entry = TINY | {"length": None, "stride": None, "tail": "whole", "pooling": "steps"}
        clips = read_clips(extract(Film(counted(9)), entry))
        assert list(zip(clips.start, clips.stop, strict=True)) == [(0, 4), (2, 6), (4, 8), (6, 9)]
        np.testing.assert_allclose(clips.features[:, 0, 6], [20, 22, 24, 26])

    @pytest.mark.parametrize(
        ("frames", "tail", "message"),
        [
            (3, "drop", r"film.mp4: 3 frames are too few for a clip of 4 \(tail rule 'drop'\); leave the video out"),
            (4, "one-more", "4 frames are too few"),
        ],
    )
    def test_a_video_too_short_for_a_clip_is_refused(self, extract, frames, tail, message):
        with pytest.raises(SourceError, match=message):
            extract(Film(counted(frames)), TINY | {"tail": tail})

    def test_features_that_are_no_numbers_fail_their_video_and_say_where(self, extract, monkeypatch):
        whole = Tiny.embed
        monkeypatch.setattr(Tiny, "embed", lambda *given: np.where(whole(*given) > 44, np.nan, whole(*given)))
        with pytest.raises(SourceError, match=r"film.mp4: features from frame \d+ on hold numbers that are not finite"):
            extract(Film(counted(10)), TINY)

    def test_a_video_too_long_for_one_clip_is_refused(self, extract):
        film = Film(np.zeros((2001, 2, 2, 3), np.uint8))
        with pytest.raises(SourceError, match="2001 frames are too many for one clip"):
            extract(film, TINY | {"length": None, "stride": None, "tail": "whole"})


class TestWhatIsSeen:
    def test_values_are_less_the_mean_and_over_the_deviation_of_their_channel(self, extract):
        film = Film(np.full((4, 20, 20, 3), (10, 20, 30), np.uint8))
        numbers = {"mean": (10, 0, 0), "std": (1, 2, 10)}
        np.testing.assert_allclose(read_clips(extract(film, TINY | numbers)).features[0, 0, :3], [0, 10, 3])

    def test_blue_comes_first_where_the_view_says_so(self, extract):
        film = Film(np.full((4, 20, 20, 3), (10, 20, 30), np.uint8))
        clips = read_clips(extract(film, TINY | {"colour": "bgr"}))
        np.testing.assert_allclose(clips.features[0, 0, :3], [30, 20, 10])

    def test_each_crop_has_its_features_in_the_order_of_the_view(self, extract):
        pixels = np.zeros((4, 20, 30, 3), np.uint8)
        pixels[:, :10, :15] = 100  # the top left quarter
        clips = read_clips(extract(Film(pixels), TINY | {"crops": "torchvision", "side": 16}))
        assert clips.features.shape == (1, 10, 9)
        covered = np.array([10 * 15, 10 * 1, 6 * 15, 6 * 1, 8 * 8]) / 16**2
        np.testing.assert_allclose(clips.features[0, :5, 0], 100 * covered, rtol=1e-5)
        # Mirrored, what was on the left of the top right crop is on the right of the top left one.
        np.testing.assert_allclose(clips.features[0][[6, 5, 8, 7], 0], clips.features[0, :4, 0], atol=1e-4)

    def test_a_picture_smaller_than_the_crop_is_refused(self, extract):
        with pytest.raises(SourceError, match="a crop of 24 x 24 does not fit a picture of 30 x 20; choose a resize"):
            extract(Film(counted(4)), TINY | {"crops": "centre", "side": 24})


class TestFlow:
    flow = np.arange(7)[:, None, None, None] * np.ones((1, 2, 20, 30)) * np.array([1, -1])[:, None, None]

    def levels(self, vectors):
        return np.rint(255 * (np.clip(vectors, -20, 20) + 20) / 40)

    def see(self, extract, changes=(), **flow):
        entry = TINY | {"stream": "flow", "flow": LEVELS | flow} | dict(changes)
        return read_clips(extract(Film(counted(8)), entry, flow=self.flow))

    def test_a_clip_sees_the_flow_from_each_of_its_frames(self, extract):
        clips = self.see(extract)
        rows = np.array([[0, 1, 2, 3], [4, 5, 6, 6]])  # the last frame has none, the one before it stands for it
        expected = np.stack([self.levels(rows).mean(axis=1), self.levels(-rows).mean(axis=1)], axis=1)
        np.testing.assert_allclose(clips.features[:, 0, :2], expected, rtol=1e-6)

    def test_flow_x_twice_is_the_released_defect(self, extract):
        clips = self.see(extract, components="xx")
        np.testing.assert_allclose(clips.features[..., 1], clips.features[..., 0])

    def test_resized_vectors_are_as_much_longer_as_the_picture_is_larger(self, extract):
        larger = {"resize": {"rule": "exact", "size": (40, 90)}}
        clips = self.see(extract, larger, at="resized")
        np.testing.assert_allclose(clips.features[0, 0, 4], self.levels(np.zeros(1))[0])
        np.testing.assert_allclose(clips.features[0, 0, 0], self.levels(3 * np.arange(4)).mean())
        np.testing.assert_allclose(clips.features[0, 0, 1], self.levels(-2 * np.arange(4)).mean())

    def test_vectors_of_the_source_keep_their_length(self, extract):
        larger = {"resize": {"rule": "exact", "size": (40, 90)}}
        clips = self.see(extract, larger, at="source")
        np.testing.assert_allclose(clips.features[0, 0, 0], self.levels(np.arange(4)).mean())

    @pytest.mark.parametrize("at", ["source", "resized"])
    def test_a_mirrored_crop_moves_the_other_way(self, extract, at):
        clips = self.see(extract, {"crops": "torchvision", "side": 20}, at=at)
        plain, mirrored = clips.features[0, 0, :2], clips.features[0, 5, :2]
        np.testing.assert_allclose(mirrored, [255 - plain[0], plain[1]], atol=0.5)

    def test_both_streams_stand_side_by_side(self, extract):
        entry = TINY | {"stream": "both", "flow": LEVELS}
        both = read_clips(extract(Film(counted(8)), entry, flow=self.flow)).features[:]
        rgb = read_clips(extract(Film(counted(8)), TINY)).features[:]
        assert np.array_equal(both, np.concatenate([rgb, self.see(extract).features[:]], axis=2))

    def test_a_single_frame_has_no_flow(self, extract):
        entry = TINY | {"stream": "flow", "flow": LEVELS, "length": 1, "stride": 1}
        with pytest.raises(SourceError, match="one frame alone has no flow"):
            extract(Film(counted(1)), entry, flow=self.flow[:0])


class TestBatches:
    @pytest.mark.parametrize("batch", [1, 3, 7, 64])
    @pytest.mark.parametrize("changes", [{"stride": 3}, {"crops": "gowtham", "side": 16}, {"tail": "repeat-extra"}])
    def test_the_batch_size_changes_nothing(self, extract, batch, changes):
        noise = Film(np.random.default_rng(0).integers(0, 256, (23, 20, 30, 3), np.uint8))
        one, other = (read_clips(extract(noise, TINY | changes, batch=size)) for size in (4, batch))
        assert np.array_equal(one.features[:], other.features[:]) and np.array_equal(one.start, other.start)

    def test_clips_of_other_lengths_do_not_share_a_batch(self, extract):
        long = {"length": None, "stride": None, "tail": "long", "pooling": "steps"}
        film = Film(np.zeros((1700, 2, 4, 3), np.uint8))
        clips = read_clips(extract(film, TINY | long))
        assert clips.start.tolist()[:2] == [1, 3] and clips.stop[-1] == 1699

    def test_as_many_frames_go_together_whatever_a_clip_s_length(self, extract, monkeypatch):
        seen = []
        monkeypatch.setattr(Tiny, "seen", lambda self, clips: seen.append(clips.shape))
        extract(Film(counted(129)), TINY | {"length": 32, "stride": 32}, batch=8)
        extract(Film(counted(128)), TINY | {"length": 64, "stride": 64}, batch=4)
        assert [(shape[0], shape[2]) for shape in seen] == [(2, 32), (2, 32), (1, 64), (1, 64)]

    def test_a_network_that_sees_fewer_frames_at_a_time_gets_more_clips(self, extract, monkeypatch):
        seen = []
        monkeypatch.setattr(Tiny, "seen", lambda self, clips: seen.append(clips.shape))
        extract(Film(counted(64)), TINY | {"length": 1, "stride": 1}, batch=4)
        assert [shape[0] for shape in seen] == [32, 32]

    def test_few_frames_are_held_however_long_the_video(self, extract, monkeypatch):
        held = []
        forget = module.Frames.forget

        def watched(frames, before):
            forget(frames, before)
            held.append(len(frames._streams["rgb"]._pictures))

        monkeypatch.setattr(module.Frames, "forget", watched)
        extract(Film(np.zeros((400, 8, 8, 3), np.uint8)), TINY | {"stride": 2}, batch=1)
        assert max(held) <= 6 + 16  # two clips, and a block

    def test_frames_that_no_clip_shows_are_not_prepared(self, extract, monkeypatch):
        prepared = []
        resized = "features.extract.clips.streams.resized"
        monkeypatch.setattr(resized, lambda frame, how: prepared.append(int(frame[0, 0, 0]) - 40) or frame)
        extract(Film(counted(23)), TINY | {"stride": 10})
        assert prepared == [0, 1, 2, 3, 10, 11, 12, 13]

    def test_progress_comes_to_the_end_of_the_frames_that_are_shown(self, extract):
        seen = []
        extract(Film(counted(40)), TINY, progress=seen.append, batch=1)
        assert seen == sorted(seen) and seen[-1] == 40


class TestAhead:
    def test_items_come_in_order_from_another_thread(self):
        made = ((number, threading.get_ident()) for number in range(5))
        found = list(ahead(made))
        assert [number for number, _ in found] == list(range(5))
        assert {thread for _, thread in found}.isdisjoint({threading.get_ident()})

    def test_the_next_is_made_while_one_is_used(self):
        started = threading.Event()

        def items():
            yield 1
            started.set()
            yield 2

        coming = ahead(items())
        assert next(coming) == 1
        assert started.wait(5)
        coming.close()

    def test_an_error_comes_through(self):
        def items():
            yield 1
            raise SourceError("the video ends")

        coming = ahead(items())
        next(coming)
        with pytest.raises(SourceError, match="the video ends"):
            next(coming)

    def test_what_is_left_early_is_closed(self):
        closed = threading.Event()

        def items():
            try:
                yield from range(10)
            finally:
                closed.set()

        coming = ahead(items())
        next(coming)
        coming.close()
        assert closed.is_set()


class TestStatistics:
    def test_values_and_the_rule_are_noted(self, extract):
        artifact = extract(Film(counted(12)), TINY)
        notes, values = artifact.meta["statistics"], np.float64(read_clips(artifact).features[:])
        assert notes["clips"] == 3
        assert notes["values"]["mean"] == pytest.approx(values.mean())
        assert notes["values"]["std"] == pytest.approx(values.std())
        assert (notes["values"]["min"], notes["values"]["max"]) == (values.min(), values.max())
        norms = np.linalg.norm(values, axis=2)
        assert [notes["norms"][name] for name in ("min", "mean", "max")] == pytest.approx(
            [norms.min(), norms.mean(), norms.max()]
        )
        assert notes["crop_means"] == pytest.approx([values.mean()])
        assert notes["clip_rule"] == {"length": 4, "stride": 4, "tail": "drop"}

    def test_the_share_of_exact_zeros_is_that_of_all_numbers(self, extract):
        pixels = np.zeros((8, 20, 30, 3), np.uint8)
        pixels[4:, :, 15:] = 9
        notes = extract(Film(pixels), TINY).meta["statistics"]
        assert notes["values"]["zeros"] == pytest.approx((9 + 3) / 18)

    def test_each_crop_has_its_mean(self, extract):
        artifact = extract(Film(counted(8)), TINY | {"crops": "centre-corners", "side": 16})
        means = read_clips(artifact).features[:].mean(axis=(0, 2))
        assert artifact.meta["statistics"]["crop_means"] == pytest.approx(means.tolist(), rel=1e-6)

    def test_weights_that_were_drawn_are_told_of(self, extract, context, caplog):
        assert extract(Film(counted(8)), TINY).meta["statistics"]["untrained"] is True
        assert "the network is untrained" in caplog.text
        recipe = ClipFeatures.recipe(TINY, context)
        trained = recipe.source.model_copy(update={"weights": Weights(name="net.pt", sha256="0" * 64)})
        feature = ClipFeatures(recipe.model_copy(update={"source": trained}), Machine())
        assert "untrained" not in feature.backend.remarks()


class TestRecipe:
    def test_flow_is_read_where_it_is_seen(self, context):
        assert ClipFeatures.reads(ClipFeatures.recipe(TINY, context)) == ()
        assert ClipFeatures.reads(ClipFeatures.recipe(TINY | {"stream": "both", "flow": {}}, context)) == ("flow",)

    def test_estimated_bytes_are_those_of_the_clips(self, extract, context):
        recipe = ClipFeatures.recipe(TINY, context)
        assert ClipFeatures.estimated_bytes(recipe, 400, 20, 30) == 100 * (4 * 9 + 24)

    @pytest.mark.parametrize("role", ["weights", "flow_weights"])
    def test_weights_are_found_in_the_folders_of_the_config(self, context, tmp_path, role):
        (tmp_path / "net.pt").write_bytes(b"numbers")
        stream = {"stream": "rgb"} if role == "weights" else {"stream": "flow", "flow": {}}
        recipe = ClipFeatures.recipe(TINY | stream | {role: "net.pt"}, context)
        assert getattr(recipe.source, role).name == "net.pt"

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"lenght": 16}, r"clips backend 'tiny' has no parameter 'lenght' \(did you mean 'length'\?\)"),
            ({"view": {}}, "has no parameter 'view'"),
            ({"stride": None}, "tail 'drop' needs a length and stride"),
            ({"tail": "whole"}, "tail 'whole' has no length and stride"),
            ({"side": 224}, "crops 'whole' have no side"),
            ({"crops": "centre"}, "crops 'centre' need a side"),
            ({"stream": "flow"}, "stream 'flow' needs 'flow'"),
            ({"flow": {}}, "stream 'rgb' has no 'flow'"),
            ({"std": (1, 0, 1)}, "std: expected numbers above 0"),
            ({"resize": {"rule": "shorter"}}, "resize: rule 'shorter' takes one number as size"),
            ({"flow_weights": "a.pt"}, "flow_weights are given, but it is shown no flow"),
            ({"stream": "both", "flow": {}, "weights": "a.pt"}, "is shown both streams and has no flow_weights"),
            ({"stream": "flow", "flow": {}, "fps": 5}, r"5 fps leave frames out; set frames: \{fps: 5\}"),
        ],
    )
    def test_a_wrong_choice_is_refused(self, context, tmp_path, changes, message):
        (tmp_path / "a.pt").write_bytes(b"numbers")
        with pytest.raises(ConfigError, match=message):
            ClipFeatures.recipe(TINY | changes, context)
