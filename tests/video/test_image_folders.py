"""A folder of images is a video: in natural order, without litter, of one size."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from features.errors import SourceError
from features.video.reading import make_index, read_blocks
from features.video.sampling import Sampling
from features.video.source import list_images
from tests.video.numbered import numbered, numbers_of


def write_images(folder: Path, names: list[str], **options: int) -> Path:
    """Numbered frames as images of these names."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        Image.fromarray(numbered(number)).save(folder / name, **options)
    return folder


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "tif", "tiff", "bmp", "JPG"])
def test_images_of_each_type_are_frames(tmp_path: Path, suffix: str) -> None:
    folder = write_images(tmp_path / "clip", [f"{number:03d}.{suffix}" for number in range(5)])
    index = make_index(folder)
    assert (index.reader, index.frames, index.clock, index.problem, index.fps) == ("images", 5, "none", "", 25.0)
    assert numbers_of(read_blocks(folder, index, Sampling(), 2)) == list(range(5))


def test_order_is_natural(tmp_path: Path) -> None:
    names = ["frame1.png", "frame2.png", "frame010.png", "frame11.png", "frame100.png"]
    folder = write_images(tmp_path / "clip", names)
    assert [path.name for path in list_images(folder)] == names
    assert numbers_of(read_blocks(folder, make_index(folder), Sampling("every", every=2), 9)) == [0, 2, 4]


def test_litter_is_ignored(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "clip", ["1.tif", "2.tif"])
    for name in ("._1.tif", ".DS_Store", "Thumbs.db", "notes.txt", "1.mat"):
        (folder / name).write_bytes(b"litter")
    (folder / "sub").mkdir()
    assert make_index(folder).frames == 2


def pixels_of(folder: Path) -> np.ndarray:
    """The first frame of a folder."""
    return next(read_blocks(folder, make_index(folder), Sampling(), 1))[0]


def test_sixteen_bit_gray_keeps_its_high_byte(tmp_path: Path) -> None:
    gray = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    for suffix in ("png", "tif"):
        (tmp_path / suffix).mkdir()
        Image.fromarray(gray).save(tmp_path / suffix / f"1.{suffix}")
        np.testing.assert_array_equal(pixels_of(tmp_path / suffix), np.repeat((gray >> 8)[..., None], 3, axis=2))


def test_sixteen_bit_colour_keeps_its_high_byte(tmp_path: Path) -> None:
    colour = np.random.default_rng(0).integers(0, 65536, (32, 32, 3), dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "1.png"), colour)
    np.testing.assert_array_equal(pixels_of(tmp_path), colour[..., ::-1] >> 8)


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGBA", "LA"])
def test_other_pixel_types_become_rgb(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(numbered(5)).convert(mode)
    image.save(tmp_path / "1.png")
    np.testing.assert_array_equal(pixels_of(tmp_path), np.asarray(image.convert("RGB")))


def test_thirty_two_bits_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((32, 32), np.float32)).save(tmp_path / "1.tif")
    with pytest.raises(SourceError, match=r"no frames, 1\.tif cannot be decoded: pixels of type F"):
        make_index(tmp_path)


def test_an_image_that_claims_to_be_huge_is_refused_and_not_made(tmp_path: Path) -> None:
    head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54, 0, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)
    (tmp_path / "1.bmp").write_bytes(head)
    with pytest.raises(SourceError, match=r"1.bmp cannot be decoded: Image size \(3600000000 pixels\) exceeds limit"):
        make_index(tmp_path)


def test_images_of_unequal_size_are_refused_by_name(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "clip", ["1.png", "2.png"])
    Image.fromarray(numbered(2, 352, 96)).save(folder / "3.png")
    with pytest.raises(SourceError, match=r"3\.png: 352x96 pixels, the images before it 320x96"):
        make_index(folder)


def test_frames_before_an_undecodable_image_are_good(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "clip", [f"{number}.jpg" for number in range(5)])
    damaged = folder / "3.jpg"
    damaged.write_bytes(damaged.read_bytes()[:1500])
    index = make_index(folder)
    assert index.frames == 3
    assert index.problem.startswith("3.jpg cannot be decoded: ")
    assert numbers_of(read_blocks(folder, index, Sampling(), 8)) == [0, 1, 2]


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Thumbs.db").write_bytes(b"litter")
    with pytest.raises(SourceError, match="no frames, the folder has no"):
        make_index(tmp_path)


def test_an_image_that_vanished_since_the_index_is_noticed(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "clip", [f"{number}.png" for number in range(4)])
    index = make_index(folder)
    (folder / "3.png").unlink()
    with pytest.raises(SourceError, match="3 frames were read, its index says 4"):
        list(read_blocks(folder, index, Sampling(), 2))
