"""What every backend of `flow` has to keep. A test class for a backend inherits `FlowThatFollows`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pytest

from features.extract.flow.backend import PairBackend
from features.extract.flow.resize import working
from features.video.index import Index


@dataclass
class ArrayVideo:
    """A video whose frames are an array, uint8 (n, h, w, 3)."""

    pixels: np.ndarray
    names: Sequence[str] = ("test/Test001",)
    upstream: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        self.frames, self.height, self.width = self.pixels.shape[:3]
        seconds = tuple(np.arange(self.frames) / 25)
        self.index = Index("0" * 64, "pyav", self.frames, self.height, self.width, 0, seconds, (0,))
        self.digest = self.index.digest

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        for start in range(0, self.frames, rows):
            yield self.pixels[start : start + rows]


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """uint8 (height, width, 3): smooth noise, with something to follow everywhere."""
    noise = np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def panned(frames: int, height: int, width: int, step: tuple[int, int]) -> np.ndarray:
    """uint8 (frames, height, width, 3): a texture whose content moves by `step` (x, y) pixels per frame."""
    x, y = step
    margin = frames * max(abs(x), abs(y))
    sheet = texture(height + 2 * margin, width + 2 * margin)
    corners = [(margin - y * number, margin - x * number) for number in range(frames)]
    return np.stack([sheet[top : top + height, left : left + width] for top, left in corners])


class FlowConformance:
    """What holds whatever a backend's weights are. Subclasses say what backend to test."""

    tolerance = 1e-4  # px between batch sizes

    @pytest.fixture
    def backend(self) -> PairBackend:
        raise NotImplementedError

    def flow(self, backend: PairBackend, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        size = working(*first.shape[1:3], None, backend.min_side, backend.multiple)
        return size.vectors(backend.pairs(size.frames(first), size.frames(second)))

    @pytest.mark.parametrize("size", [(128, 160), (131, 165), (40, 200), (9, 7), (1, 1)])
    def test_there_are_two_finite_float32_components_for_every_pixel_of_frames_of_any_size(self, backend, size):
        frames = panned(3, *size, (1, 0))
        flow = self.flow(backend, frames[:-1], frames[1:])
        assert flow.shape == (2, 2, *size)
        assert flow.dtype == np.float32
        assert np.isfinite(flow).all()

    def test_the_same_frames_give_the_same_numbers_again(self, backend):
        frames = panned(3, 128, 160, (2, 1))
        once, again = (self.flow(backend, frames[:-1], frames[1:]) for _ in range(2))
        assert np.array_equal(once, again)

    def test_pairs_do_not_see_each_other(self, backend):
        frames = panned(4, 128, 160, (2, 1))
        together = self.flow(backend, frames[:-1], frames[1:])
        alone = [self.flow(backend, frames[i : i + 1], frames[i + 1 : i + 2])[0] for i in range(3)]
        np.testing.assert_allclose(together, np.stack(alone), atol=self.tolerance)

    def test_frames_are_not_changed(self, backend):
        frames = panned(2, 128, 160, (2, 1))
        before = frames.copy()
        self.flow(backend, frames[:1], frames[1:])
        assert np.array_equal(frames, before)

    def test_gray_frames_are_fine(self, backend):
        gray = np.repeat(panned(2, 128, 160, (2, 1))[..., :1], 3, axis=-1)
        assert np.isfinite(self.flow(backend, gray[:1], gray[1:])).all()


class FlowThatFollows(FlowConformance):
    """And what holds for one that was not made up: it follows what moves."""

    def test_without_motion_there_is_almost_none(self, backend):
        still = panned(1, 128, 160, (0, 0))
        assert np.abs(self.flow(backend, still, still)).mean() < 0.1

    @pytest.mark.parametrize("step", [(3, 0), (0, 3), (-4, 2)])
    def test_a_shift_is_found_with_its_direction_and_length(self, backend, step):
        frames = panned(2, 160, 192, step)
        inner = self.flow(backend, frames[:1], frames[1:])[0, :, 24:-24, 24:-24]
        np.testing.assert_allclose(np.median(inner, axis=(1, 2)), step, atol=0.25)
