"""What a top-down network is shown, and how what it says comes back into the frame."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.extract.poses.crop import cut, put_back, regions

SIZE = (256, 192)


@pytest.mark.parametrize(
    ("box", "padding", "region"),
    [
        pytest.param([10, 20, 13, 24], 1.0, [10, 20, 3, 4], id="a box of the network's aspect is cut as it is"),
        pytest.param([0, 0, 30, 80], 1.0, [-15, 0, 60, 80], id="a slim box is widened about its middle"),
        pytest.param([0, 0, 60, 40], 1.0, [0, -20, 60, 80], id="a broad one is made taller"),
        pytest.param([10, 20, 40, 60], 1.25, [6.25, 15, 37.5, 50], id="padding grows both sides"),
    ],
)
def test_regions(box, padding, region):
    np.testing.assert_allclose(regions(np.float32([box]), 0.75, padding), [region])


def test_there_are_no_regions_without_boxes():
    assert regions(np.empty((0, 5), np.float32), 0.75, 1.25).shape == (0, 4)


def test_pixels_of_a_crop_are_those_that_its_joints_come_back_to():
    """Of a frame whose brightness is its column, or its row: what is seen at a place says where it came from."""
    rows, columns = np.indices((120, 160))
    frame = np.stack([columns, rows, rows], axis=2).astype(np.uint8)
    region = regions(np.float32([[40.3, 30.7, 90.1, 100.2]]), 0.75, 1.0)
    crop = cut(frame, region[0], *SIZE)
    places = np.float32([[[x, y, 1] for x, y in ((5, 7), (100, 128), (180, 250), (64, 200))]])
    for (x, y, _), (column, row, _) in zip(places[0].astype(int), put_back(places, region, *SIZE)[0], strict=True):
        # Bilinear sampling rounds to 1/32 px and the frame to whole grey levels.
        np.testing.assert_allclose(crop[y, x], [column, row, row], atol=0.55)


def test_beyond_the_frame_all_is_black():
    crop = cut(np.full((50, 50, 3), 200, np.uint8), np.array([-50.0, 0, 100, 50]), 100, 200)
    assert (crop[:, :98] == 0).all() and (crop[1:98, 102:199] == 200).all()


corner = st.floats(-500, 4000)
side = st.floats(0.5, 3000)


@given(left=corner, top=corner, width=side, height=side, x=st.floats(0, 191), y=st.floats(0, 255))
def test_the_way_back_is_the_inverse_of_the_way_there(left, top, width, height, x, y):
    region = regions(np.array([[left, top, left + width, top + height]]), 0.75, 1.25)
    seen = put_back(np.array([[[x, y, 0.5]]]), region, *SIZE)[0, 0]
    frame_to_crop = cv2.invertAffineTransform(
        np.array([[region[0, 2] / 192, 0, region[0, 0]], [0, region[0, 3] / 256, region[0, 1]]])
    )
    np.testing.assert_allclose(frame_to_crop @ [*seen[:2], 1], [x, y], atol=1e-3)
    assert seen[2] == 0.5
