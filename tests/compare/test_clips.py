"""Two sets of clip features: each difference is made on purpose, and named."""

from collections.abc import Callable

import numpy as np
import pytest

from features.evaluate.compare.clips import CLIPS, compare_clips
from features.evaluate.compare.finding import Difference
from features.extract.clips.segments import SEGMENT_RULES, segment_means, unit_length
from tests.compare.made import FRAMES, both, features, film

Array = np.ndarray
AS_TEXT = tuple(sorted(range(FRAMES), key=str))
FROM_ONE = tuple(int(name) - 1 for name in sorted(map(str, range(1, FRAMES + 1))))
AT_30_FPS = tuple(frame * 25 // 30 for frame in range(FRAMES * 30 // 25))


@pytest.fixture(scope="module")
def pixels() -> Array:
    return film()


@pytest.fixture(scope="module")
def plain(pixels: Array) -> Array:
    """(20, 1, 256): one view of each clip."""
    return features(pixels)


@pytest.fixture(scope="module")
def ten(pixels: Array) -> Array:
    """(20, 10, 256): ten crops of each clip."""
    return features(pixels, crops="torchvision")


def said(found: Difference, topic: str) -> str:
    """What is said of a topic."""
    return "; ".join(finding.said for finding in found.findings if finding.topic == topic)


def test_a_set_is_equal_to_itself(plain: Array) -> None:
    found = compare_clips(*both(plain, plain))
    assert found.equal
    assert found.verdict == "equal: no number differs"


def test_rounding_is_no_difference_and_said(plain: Array) -> None:
    found = compare_clips(*both(plain, plain * np.float32(1 + 1e-6)))
    assert found.equal
    assert "of the largest at most" in found.verdict


def test_a_number_that_is_none_is_never_equal(plain: Array) -> None:
    holed = plain.copy()
    holed[3, 0, 7] = np.nan
    for one, other in ((plain, holed), (holed, plain), (holed, holed)):
        found = compare_clips(*both(one, other))
        assert not found.equal and said(found, "values") == "some numbers are not finite: compute them again"


@pytest.mark.parametrize(
    ("changes", "topic", "words"),
    [
        ({"mean": 114.75, "std": 57.375}, "verdict", "shown the same clips in another way: other scaling"),
        ({"mean": 0.0, "std": 1.0}, "verdict", "b's were not scaled, as raw 0..255 pixels are not"),
        ({"eps": 1e-5}, "verdict", "the same features but for one factor, as another epsilon of BatchNorm gives"),
        ({"mirrored": True}, "verdict", "one network and one set of weights, shown other pictures, or the same in"),
        ({"checkpoint": 1}, "verdict", "channels that mean something else: another network, layer or checkpoint"),
        ({"checkpoint": 1}, "channels", "channels do not mean the same"),
        ({"tail": "repeat-extra"}, "tail", "b has 1 clip more at its end: another tail rule"),
        ({"frames": tuple(range(32, FRAMES))}, "time", "b begins 2 clips later, about 32 frames of a"),
        ({"frames": AT_30_FPS}, "time", "a clip lasts 0.833 of one, as re-timed from 25 to 30 frames per second"),
        ({"frames": AT_30_FPS}, "verdict", "the same but for their time"),
        ({"frames": AS_TEXT}, "time", "b: its frames are in the order of names sorted as text"),
        ({"frames": FROM_ONE}, "time", "b: its frames are in the order of names sorted as text ("),
    ],
)
def test_each_difference_is_named(
    changes: dict[str, object], topic: str, words: str, pixels: Array, plain: Array
) -> None:
    found = compare_clips(*both(plain, features(pixels, **changes), frames=FRAMES))
    assert not found.equal
    assert words in said(found, topic)


@pytest.mark.parametrize(
    ("crops", "mirrored", "words"),
    [
        ("gowtham", False, "b's crops are a's 0 1 4 2 3 5 6 9 7 8: as from torchvision's order to gowtham's"),
        ("centre-first", False, "as from torchvision's order to centre-first's"),
        ("torchvision", True, "b's crops are a's 5 6 7 8 9 0 1 2 3 4: the pictures are mirrored"),
    ],
)
def test_crops_at_other_places_are_found_and_their_numbers_equal(
    crops: str, mirrored: bool, words: str, pixels: Array, ten: Array
) -> None:
    found = compare_clips(*both(ten, features(pixels, crops=crops, mirrored=mirrored)))
    assert words in said(found, "crops")
    assert found.verdict == "the numbers are equal: nothing differs but what is said above"


def test_one_crop_is_found_among_ten(ten: Array) -> None:
    found = compare_clips(*both(ten, ten[:, 4:5]))
    assert said(found, "crops") == "of a's crops stand in b: 4 at 0"
    assert found.verdict == "the numbers are equal: nothing differs but what is said above"


@pytest.mark.parametrize("frames", [5, 8, 11])
def test_a_shift_by_a_part_of_a_clip_is_told_in_frames(frames: int, pixels: Array, plain: Array) -> None:
    found = compare_clips(*both(plain, features(pixels, frames=tuple(range(frames, FRAMES)))))
    assert "clips later, about" in said(found, "time")
    assert float(found.figures["drift"]) * 16 == pytest.approx(frames, abs=2)  # type: ignore[arg-type]
    assert found.verdict == "the same but for their time, as far as clips at other places tell"


@pytest.mark.parametrize("rule", SEGMENT_RULES)
@pytest.mark.parametrize("divided", [True, False])
def test_segments_of_unit_length_are_traced_to_their_clips(rule: str, divided: bool, plain: Array) -> None:
    means = segment_means(plain, SEGMENT_RULES[rule](len(plain), 32))
    found = compare_clips(*both(plain, unit_length(means) if divided else means))
    assert f"by the rule {rule} (1 by the numbers" in said(found, "time")
    assert ("b was divided by the L2 norm of each feature" in said(found, "norm")) is divided
    assert found.verdict == (
        "the same features, but divided by norms"
        if divided
        else "the numbers are equal: nothing differs but what is said above"
    )


def test_segments_may_stand_first(plain: Array) -> None:
    means = segment_means(plain, SEGMENT_RULES["linspace"](len(plain), 32))
    assert "a: its rows are segments of the clips" in said(compare_clips(*both(means, plain)), "time")


def test_features_divided_batch_by_batch_are_told_from_a_factor(ten: Array) -> None:
    batches = [ten[:8], ten[8:16], ten[16:]]
    divided = np.concatenate([batch / np.linalg.norm(batch, axis=(0, 2), keepdims=True) for batch in batches])
    found = compare_clips(*both(ten, divided))
    assert said(found, "norm") == (
        "b was divided by the L2 norm of whole batches of clips, which begin at clip 0, 8, 16"
    )


def test_of_two_streams_side_by_side_the_one_that_differs_is_named(pixels: Array, plain: Array) -> None:
    """The flow's second component replaced by its first, as in the released extractor of AR-Net."""
    flow, twice = features(pixels[..., :2]), features(pixels[..., [0, 0]])
    found = compare_clips(*both(np.concatenate([plain, flow], 2), np.concatenate([plain, twice], 2)))
    assert "the first half of the channels agrees, the last does not" in said(found, "halves")


def test_one_stream_is_found_in_two_side_by_side(pixels: Array, plain: Array) -> None:
    streams = np.concatenate([plain, features(pixels[..., :2], checkpoint=3)], axis=2)
    found = compare_clips(*both(streams, plain))
    assert said(found, "channels").startswith("b's channels are the first 256 of a's")
    assert found.verdict == "the numbers are equal: nothing differs but what is said above"


def test_other_widths_are_compared_by_how_alike_clips_are_to_each_other(pixels: Array, plain: Array) -> None:
    other = features(pixels, checkpoint=5)[..., :200]
    found = compare_clips(*both(plain, other))
    assert "by how alike clips are to each other" in said(found, "time")
    assert found.verdict == "probably the same video, features of other widths: their numbers cannot be compared"


def test_another_film_is_not_held_to_be_the_same(plain: Array) -> None:
    found = compare_clips(*both(plain, features(film(5))))
    assert "do not show that both are of one video" in said(found, "time")
    assert found.verdict.startswith("one network and one set of weights, shown other pictures")
    assert "time" not in found.figures


def test_few_clips_tell_nothing_of_their_times(plain: Array) -> None:
    assert (
        said(compare_clips(*both(plain[:3], 2 * plain[:3])), "time") == "too few clips to say anything of their times"
    )


def test_only_the_first_clips_of_long_videos_are_looked_at_but_equality_is_of_all() -> None:
    long = np.random.default_rng(0).random((CLIPS + 50, 1, 8), np.float32)
    other = long.copy()
    other[-1] += 1
    assert compare_clips(*both(long, long.copy())).equal
    assert not compare_clips(*both(long, other)).equal


class Counting:
    """Features that remember how many clips were read at once."""

    def __init__(self, values: Array) -> None:
        self.values, self.most = values, 0

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def __getitem__(self, index: slice) -> Array:
        found = self.values[index]
        self.most = max(self.most, len(found))
        return found


@pytest.mark.parametrize("change", [lambda values: values, lambda values: values + 1])
def test_never_more_than_the_first_clips_are_in_memory(change: Callable[[Array], Array]) -> None:
    values = np.random.default_rng(0).random((3 * CLIPS, 1, 8), np.float32)
    one, other = (Counting(entry) for entry in (values, change(values)))
    compare_clips(*both(one, other))  # type: ignore[arg-type]
    assert max(one.most, other.most) <= CLIPS
