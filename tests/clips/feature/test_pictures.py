"""Frames as networks see them: sizes, crops, grey levels of flow; against published preprocessing."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from features.extract.clips.crops import crops_of
from features.extract.clips.levels import levels
from features.extract.clips.pictures import padded, resized, target
from features.extract.clips.view import CROPS, FlowView, Resize
from features.video.reading import make_index, read_blocks
from features.video.sampling import Sampling
from tests.extract.conformance import texture


def shorter(size, how="pil-bilinear"):
    return Resize(rule="shorter", size=size, filter=how)


@pytest.fixture
def golden(project: Path):
    with np.load(project / "tests" / "golden" / "clips" / "crops_and_flow.npz") as found:
        return dict(found)


class TestSizes:
    @pytest.mark.parametrize(
        ("resize", "picture", "expected"),
        [
            (Resize(rule="none"), (240, 320), (240, 320)),
            (Resize(rule="exact", size=(256, 340)), (240, 320), (256, 340)),
            (shorter(256), (240, 320), (256, 341)),
            (shorter(256), (320, 240), (341, 256)),
            (shorter(256), (256, 999), (256, 999)),
            (shorter(224), (480, 856), (224, 399)),
            (Resize(rule="at-least", size=226), (240, 320), (240, 320)),
            (Resize(rule="at-least", size=226), (158, 238), (226, 340)),
        ],
    )
    def test_each_rule_has_its_size(self, resize, picture, expected):
        assert target(resize, *picture)[:2] == expected
        assert resized(np.zeros((*picture, 3), np.uint8), resize).shape == (*expected, 3)

    def test_a_picture_of_the_right_size_is_not_touched(self):
        picture = texture(256, 340)
        assert resized(picture, Resize(rule="exact", size=(256, 340), filter="pil-lanczos")) is picture

    @pytest.mark.parametrize("how", ["pil-bilinear", "pil-bicubic", "pil-lanczos", "cv2-bilinear", "torch-bilinear"])
    @pytest.mark.parametrize("dtype", [np.uint8, np.float32])
    def test_every_filter_takes_pictures_and_vectors_and_keeps_what_is_even(self, how, dtype):
        even = np.full((40, 60, 2), 7, dtype)
        found = resized(even, Resize(rule="exact", size=(30, 80), filter=how))
        assert found.shape == (30, 80, 2)
        assert found.dtype == (np.float32 if how == "torch-bilinear" else dtype)
        np.testing.assert_allclose(found, 7, atol=1e-5)

    def test_filters_differ_by_many_grey_levels_where_pictures_get_smaller(self):
        picture = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
        pillow, opencv = (resized(picture, shorter(112, name)) for name in ("pil-bilinear", "cv2-bilinear"))
        assert np.abs(pillow.astype(int) - opencv).mean() > 20

    def test_torch_takes_the_scale_where_the_rule_is_one(self):
        # v-iashin/video_features, models/transforms.py: Resize(224) of a 240 x 321 picture
        picture = texture(240, 321)
        planes = torch.from_numpy(picture).permute(2, 0, 1).float()[None]
        expected = torch.nn.functional.interpolate(
            planes, scale_factor=224 / 240, mode="bilinear", align_corners=False, recompute_scale_factor=False
        )
        found = resized(picture, shorter(224, "torch-bilinear"))
        assert np.array_equal(found, expected[0].permute(1, 2, 0).numpy())

    def test_enlarging_takes_opencv_s_scale(self):
        picture = texture(158, 238)
        scale = 1 + (226 - 158) / 158
        found = resized(picture, Resize(rule="at-least", size=226))
        assert np.array_equal(found, cv2.resize(picture, None, fx=scale, fy=scale))

    @pytest.mark.parametrize(("rule", "size"), [("none", 256), ("exact", 256), ("shorter", (2, 2)), ("shorter", None)])
    def test_a_size_that_does_not_fit_the_rule_is_refused(self, rule, size):
        with pytest.raises(ValueError, match="size"):
            Resize(rule=rule, size=size)


class TestCrops:
    @pytest.mark.parametrize(
        ("order", "name"), [("gowtham", "gowtham_corners"), ("torchvision", "torchvision_tencrop_corners")]
    )
    def test_ten_crops_lie_where_published_ones_do(self, golden, order, name):
        numbered = 1000 * np.arange(256)[:, None] + np.arange(340)
        seen = [crop.of(numbered) for crop in crops_of(order, 256, 340, 224)]
        corners = [[crop[0, 0], crop[0, -1], crop[-1, 0], crop[-1, -1]] for crop in seen]
        assert np.array_equal(corners, golden[name])

    @pytest.mark.parametrize(
        ("order", "middle"), [("torchvision", 4), ("gowtham", 2), ("centre-first", 0), ("centre-corners", 0)]
    )
    def test_the_middle_crop_has_its_place_in_each_order(self, order, middle):
        crop = crops_of(order, 256, 340, 224)[middle]
        assert (crop.top, crop.left, crop.mirrored) == (16, 58, False)

    @pytest.mark.parametrize("order", CROPS)
    def test_every_order_has_as_many_crops_as_said(self, order):
        found = crops_of(order, 256, 341, None if order == "whole" else 224)
        assert len(found) == CROPS[order] == len(set(found))

    def test_odd_margins_are_rounded_as_each_source_does(self):
        down, nearest = (crops_of(order, 227, 343, 224)[0] for order in ("centre", "centre-rounded"))
        assert ((down.top, down.left), (nearest.top, nearest.left)) == ((1, 59), (2, 60))

    def test_a_mirrored_crop_is_that_crop_of_the_mirrored_picture(self):
        picture = texture(30, 50).transpose(2, 0, 1)
        plain, mirrored = crops_of("torchvision", 30, 50, 20)[0], crops_of("torchvision", 30, 50, 20)[5]
        assert np.array_equal(mirrored.of(picture), plain.of(picture[:, :, ::-1]))

    def test_a_picture_smaller_than_a_crop_has_none(self):
        with pytest.raises(ValueError, match="a crop of 224 x 224 does not fit a picture of 320 x 200"):
            crops_of("centre", 200, 320, 224)


class TestLevels:
    def test_float_levels_are_those_of_video_features(self, golden):
        view = FlowView(levels="float")
        found = levels(golden["flow_in"], view)
        assert np.array_equal(found, golden["flow_video_features_quantised"])
        scaled = (found - np.float32(view.mean)) / np.float32(view.std)
        np.testing.assert_allclose(scaled, golden["flow_video_features_scaled"], atol=2e-7)

    @pytest.mark.parametrize(
        ("kind", "expected"), [("rounded", [0, 0, 128, 134, 255, 255]), ("float", [0, 0, 128, 134, 256, 256])]
    )
    def test_no_motion_is_128_and_the_bound_is_the_last_level(self, kind, expected):
        found = levels(np.float32([-30, -20, 0, 1, 20, 30]), FlowView(levels=kind))
        assert found.tolist() == expected

    def test_where_no_vector_was_found_there_is_no_motion(self):
        assert levels(np.float32([np.nan]), FlowView()).tolist() == [128]


def test_padding_repeats_the_border_as_raft_s_does():
    picture = np.arange(5 * 11, dtype=np.uint8).reshape(5, 11, 1)
    found = padded(picture, 8)
    assert found.shape == (8, 16, 1)
    assert np.array_equal(found[1:6, 2:13], picture)
    assert (found[:2, 2:13] == picture[0]).all() and (found[6:, 2:13] == picture[-1]).all()
    assert padded(picture[:, :8], 1).shape == (5, 8, 1)


@pytest.mark.shared
def test_frames_of_a_real_video_are_prepared_bit_for_bit_as_published(shared: Path):
    folder = shared / "golden" / "video_features"
    published = np.load(folder / "preprocess_v_GGSY1Qvo990.npz")
    path = folder / "v_GGSY1Qvo990.mp4"
    frames = np.concatenate(list(read_blocks(path, make_index(path), Sampling(), 64)))
    for number in (0, 63, 64, 200, 354):
        picture = resized(frames[number], shorter(256))
        crop = crops_of("centre", *picture.shape[:2], 224)[0].of(picture.transpose(2, 0, 1))
        assert np.array_equal(crop, published[f"crop224_frame{number}"])
    means = frames.reshape(len(frames), -1, 3).mean(axis=1)
    np.testing.assert_allclose(means, published["frame_mean_rgb"], atol=1e-3)
