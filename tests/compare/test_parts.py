"""What comparisons are made of: crops, guesses about time, values, numbers of clips, uncertainty."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import ConfigError
from features.evaluate.compare.blocks import estimate, jackknife
from features.evaluate.compare.channels import halves, same_channels, side_by_side
from features.evaluate.compare.counts import Rule, counted, published_rules, read_frames
from features.evaluate.compare.crops import ORDERS, crop_order, matching, mirror_pairs, moved_from
from features.evaluate.compare.finding import number
from features.evaluate.compare.maps import guesses, lexicographic, retimed, shifted
from features.evaluate.compare.timing import same_videos, timing
from features.evaluate.compare.values import agreement, unit_blocks, unit_rows
from features.evaluate.compare.vectors import centred, cosines, likeness
from features.extract.clips.presets import PRESETS
from features.extract.clips.segments import unit_length
from features.extract.clips.view import CROPS
from tests.compare.made import features, film

Array = np.ndarray


def noise(seed: int, *shape: int) -> Array:
    """What a rectifier leaves: numbers from 0, some of them exactly 0."""
    return np.random.default_rng(seed).normal(0.3, 1, shape).clip(0).astype(np.float32)


class TestCrops:
    def test_the_orders_are_those_of_ten_crops_that_networks_can_be_shown(self) -> None:
        assert set(ORDERS) == {name for name, count in CROPS.items() if count == 10}
        assert all(sorted(order) == sorted(ORDERS["gowtham"]) for order in ORDERS.values())

    def test_a_mirrored_corner_shows_what_the_other_corner_shows(self) -> None:
        assert mirror_pairs(ORDERS["torchvision"]) == [(0, 6), (1, 5), (2, 8), (3, 7), (4, 9)]
        assert mirror_pairs(ORDERS["gowtham"]) == [(0, 6), (1, 5), (2, 7), (3, 9), (4, 8)]

    @pytest.mark.parametrize("order", ORDERS)
    def test_the_order_is_told_by_crops_that_show_the_same_part_of_the_scene(self, order: str) -> None:
        parts = {name: noise(seed, 20, 64) for seed, name in enumerate(("tl", "tr", "bl", "br", "c"))}
        shown = [name.translate(str.maketrans("lr", "rl"))[:-1] if "-" in name else name for name in ORDERS[order]]
        ten = np.stack([parts[name] for name in shown], axis=1)
        found = crop_order(ten + 0.3 * noise(9, *ten.shape))
        assert (found.name, found.share) == (order, 1.0)

    def test_crops_of_noise_have_no_order(self) -> None:
        assert crop_order(noise(0, 20, 10, 64)).name == ""

    @given(st.permutations(range(10)))
    @settings(max_examples=20)
    def test_any_change_of_places_is_found(self, places: list[int]) -> None:
        ten = noise(1, 8, 10, 128)
        found = matching(ten, ten[:, places] + 0.1 * noise(2, 8, 10, 128))
        assert found.places == tuple(places)
        assert found.moved == (places != list(range(10)))

    def test_a_change_of_places_between_known_orders_has_a_name(self) -> None:
        assert moved_from((0, 1, 4, 2, 3, 5, 6, 9, 7, 8)) == "as from torchvision's order to gowtham's"
        assert moved_from((5, 6, 7, 8, 9, 0, 1, 2, 3, 4)) == "the pictures are mirrored"
        assert moved_from((1, 0, 2, 3, 4, 5, 6, 7, 8, 9)) == ""


class TestTime:
    @given(st.integers(1, 60), st.integers(1, 60))
    @settings(max_examples=50)
    def test_every_row_of_a_guess_is_a_mean_of_clips(self, clips: int, rows: int) -> None:
        for guess in guesses(clips, rows):
            assert guess.weights.shape == (len(guess.rows), clips)
            np.testing.assert_allclose(guess.weights.sum(axis=1), 1)
            assert (np.diff(guess.rows) == 1).all() and guess.rows[-1] < rows

    def test_the_plainest_guess_comes_first(self) -> None:
        assert [guess.shift for guess in guesses(30, 30)][:3] == [0, -1, 1]
        assert next(guesses(30, 32)).name == ""

    def test_what_guesses_say(self) -> None:
        assert shifted(10, 10, 2).weights.argmax(axis=1).reshape(-1).tolist() == [2, 3, 4, 5, 6, 7, 8, 9]
        np.testing.assert_allclose(retimed(5, 6, 25 / 30, "").weights.toarray()[1], [0.2, 0.8, 0, 0, 0], atol=1e-9)
        # As text 0, 1, 10, 100 to 109, 11, 110, 111 come first: four frames of the first clip, twelve of the seventh.
        first = lexicographic(20, 20, 16, 320, 0).weights.toarray()[0]
        assert first[0] == pytest.approx(4 / 16) and first[6] == pytest.approx(12 / 16)

    @pytest.mark.parametrize("rows", [0, 3])
    def test_too_few_clips_have_no_time(self, rows: int) -> None:
        assert timing(noise(0, rows, 1, 8), noise(1, rows, 1, 8)) is None

    def test_several_videos_tell_what_one_does_not(self) -> None:
        assert not same_videos([0.4])
        assert same_videos([0.35, 0.23, 0.19, 0.47, 0.42, 0.6, 0.51])
        assert not same_videos([0.3, -0.1, 0.1, 0.0, 0.15])

    @given(st.integers(2, 30))
    @settings(max_examples=20)
    def test_how_alike_clips_are_is_free_of_their_distance_in_time(self, count: int) -> None:
        found = likeness(noise(count, count, 16))
        for distance in range(count):
            assert np.diagonal(found, distance).mean() == pytest.approx(0, abs=1e-5)


class TestVectors:
    def test_what_is_equal_in_all_clips_leaves_nothing(self) -> None:
        assert (centred(np.full((5, 4), 3.3, np.float32)) == 0).all()

    def test_features_of_zeros_have_no_direction(self) -> None:
        assert cosines(np.zeros((2, 3)), np.ones((2, 3))).tolist() == [0, 0]

    @given(st.floats(0.01, 100), st.integers(0, 50))
    @settings(max_examples=20)
    def test_a_factor_is_found_and_changes_no_direction(self, factor: float, seed: int) -> None:
        one = noise(seed, 6, 2, 32)
        found = agreement(one, factor * one)
        assert found.factor == pytest.approx(factor, rel=1e-4)
        assert found.cosine[1] == pytest.approx(1, abs=1e-5)
        assert found.centred == pytest.approx(1, abs=1e-3)
        assert found.scaled == pytest.approx(0, abs=1e-5)

    def test_unit_rows_and_unit_blocks(self) -> None:
        found = noise(0, 12, 3, 16)
        assert not unit_rows(found) and unit_rows(unit_length(found))
        parts = [found[:5], found[5:]]
        divided = np.concatenate([part / np.linalg.norm(part, axis=(0, 2), keepdims=True) for part in parts])
        assert unit_blocks(divided) == [0, 5]
        assert unit_blocks(found) == [] and unit_blocks(unit_length(found)) == []


class TestChannels:
    def test_one_network_is_known_by_its_channels_in_another_film(self) -> None:
        one, other = features(film(1)), features(film(2))
        assert (found := same_channels(one, other)) is not None and found.same
        assert (found := same_channels(one, features(film(1), checkpoint=1))) is not None and not found.same
        assert same_channels(one, other[..., :9]) is None

    def test_streams_side_by_side(self) -> None:
        wide = np.concatenate([features(film(1)), features(film(1), checkpoint=1)], axis=2)
        assert side_by_side(wide, features(film(2), checkpoint=1)) == halves(512)[1]
        assert side_by_side(wide, features(film(2), checkpoint=2)) is None


class TestCounts:
    def test_rules_are_those_of_the_presets(self) -> None:
        rules = published_rules()
        assert rules[Rule(16, 16, "repeat-extra")] == ["rtfm"]
        assert {name for names in rules.values() for name in names} <= set(PRESETS)

    @pytest.mark.parametrize(
        ("frames", "clips", "best"),
        [
            # Clips of real videos as published: see the table of `docs/clips.md`.
            ({"01_001": 764, "01_047": 1056}, (48, 67), "repeat-extra"),
            ({"Assault006": 8096, "Abuse": 100}, (506, 7), "repeat"),
            ({"a": 481, "b": 480}, (30, 29), "drop-last"),
            ({"v_GGSY1Qvo990": 355}, (5,), "one-more"),
        ],
    )
    def test_the_rule_is_read_off_the_numbers(self, frames: dict[str, int], clips: tuple[int, ...], best: str) -> None:
        found = counted({name: (count, made) for (name, count), made in zip(frames.items(), clips, strict=True)})
        assert [rule.tail for rule in found.best] == [best]
        assert found.remarks() == {}

    def test_videos_that_do_not_fit_are_told_with_both_numbers(self) -> None:
        clips = {"a": (160, 10), "b": (325, 20), "x": (330, 20), "c": (330, 21), "d": (330, 24), "e": (900, 4)}
        found = counted(clips).remarks()
        assert found["c"] == (
            "21 clips, 20 expected of 330 frames (clips of 16 frames, tail 'drop'): another tail, or a frame more or "
            "less decoded"
        )
        assert found["d"].endswith("re-timed, as by 1.20, or another video")
        assert set(found) == {"c", "d", "e"}

    def test_nothing_fits(self) -> None:
        assert counted({"a": (100, 77)}).best == []

    @pytest.mark.parametrize(("name", "text"), [("n.txt", "a 100\nb,1,133\n\n"), ("n.json", '{"a": 100, "b": 133}')])
    def test_numbers_of_frames_are_read(self, name: str, text: str, tmp_path: Path) -> None:
        (tmp_path / name).write_text(text)
        assert read_frames(tmp_path / name) == {"a": 100, "b": 133}

    @pytest.mark.parametrize(("name", "text"), [
        ("n.txt", "a many\n"), ("n.txt", "01_002\n"), ("n.txt", "a 100\na 101\n"), ("n.json", "[1, 2]"),
        ("n.json", "{"),
    ])  # fmt: skip
    def test_other_files_are_refused(self, name: str, text: str, tmp_path: Path) -> None:
        (tmp_path / name).write_text(text)
        with pytest.raises(ConfigError, match="holds no numbers of frames"):
            read_frames(tmp_path / name)


class TestUncertainty:
    def test_a_mean_of_noise_is_not_clear_and_one_far_from_it_is(self) -> None:
        values = np.random.default_rng(0).normal(0, 1, 200)
        assert not estimate(values - values.mean() + 0.05).clear
        assert estimate(values - values.mean() + 1).clear

    def test_too_few_parts_tell_nothing(self) -> None:
        assert not jackknife(5.0, np.array([5.0, 5.0])).clear


@pytest.mark.parametrize(
    ("value", "said"), [(0.91234, "0.9123"), (0.9999987, "0.9999987"), (1.0, "1"), (233.61, "233.6")]
)
def test_numbers_near_one_are_told_from_one(value: float, said: str) -> None:
    assert number(value) == said
