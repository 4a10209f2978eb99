"""Pictures of the user's: what is made of them, what is told, what is refused."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suite.data.datasets import load
from suite.errors import PictureError, UsageError
from suite.images_in import read_picture

Image = pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def digit():
    return np.asarray(load("digits").images("test"))[0]


@pytest.fixture
def save(tmp_path):
    def write(pixels, name="picture.png", mode=None, **options):
        image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        path = tmp_path / name
        (image.convert(mode) if mode else image).save(path, **options)
        return path

    return write


def enlarged(pixels, factor=10):
    return pixels.repeat(factor, 0).repeat(factor, 1)


def test_an_exported_image_comes_back_as_it_was(save, digit):
    picture = read_picture(save(digit))
    assert (picture.pixels == digit).all()
    assert picture.notes == ()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA", "L"])
def test_the_mode_of_a_grey_picture_changes_nothing(save, digit, mode):
    picture = read_picture(save(digit, mode=mode))
    assert (picture.pixels == digit).all()
    assert picture.notes == ()


def test_an_enlarged_image_comes_back_as_it_was_with_a_note(save, digit):
    picture = read_picture(save(enlarged(digit)))
    assert (picture.pixels == digit).all()
    assert picture.notes == ("reduced from 280 x 280 pixels",)


def test_a_light_background_is_inverted_with_a_note(save, digit):
    picture = read_picture(save(255 - digit))
    assert (picture.pixels == digit).all()
    (note,) = picture.notes
    assert note.startswith("inverted: its background is light")


def test_jpeg_loses_little(save, digit):
    picture = read_picture(save(enlarged(digit), "photo.jpg", quality=95))
    assert np.abs(picture.pixels.astype(int) - digit).mean() < 3


def test_sixteen_bits_are_scaled(save, digit):
    picture = read_picture(save(digit.astype(np.uint16) * 257))
    assert (picture.pixels == digit).all()


def test_one_bit_is_black_and_white(save, digit):
    picture = read_picture(save(digit > 127))
    assert (picture.pixels == np.where(digit > 127, 255, 0)).all()


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_exif_rotation_is_heeded(save, digit, suffix):
    exif = Image.Exif()
    exif[0x0112] = 6  # has to be turned a quarter clockwise
    turned = np.rot90(enlarged(digit))
    picture = read_picture(save(turned, f"turned.{suffix}", exif=exif))
    assert np.abs(picture.pixels.astype(int) - digit).mean() < 5
    assert "turned as its EXIF data say" in picture.notes


@pytest.mark.parametrize("ink", [0, 255])
def test_what_is_drawn_on_nothing_is_seen_in_any_ink(save, digit, ink):
    layers = np.zeros((28, 28, 4), np.uint8)
    layers[..., :3] = ink
    layers[..., 3] = digit
    picture = read_picture(save(layers))
    assert (picture.pixels == digit).all()
    assert f"transparent parts laid on {'white' if ink == 0 else 'black'}" in picture.notes


def test_transparency_in_a_palette_or_a_colour_counts_too(save, digit):
    marked = Image.fromarray(255 - digit).convert("P")
    picture = read_picture(save(marked, transparency=255))
    assert picture.notes[0].startswith("transparent parts laid on")
    assert (picture.pixels[digit == 0] == 0).all()


def test_colours_are_made_grey_with_a_note(save, digit):
    colours = np.zeros((28, 28, 3), np.uint8)
    colours[..., 1] = digit
    picture = read_picture(save(colours))
    assert picture.notes == ("colours made grey",)
    assert abs(int(picture.pixels.max()) - 0.587 * 255) < 1


@pytest.mark.parametrize("tall", [False, True])
@pytest.mark.parametrize("background", [0, 255])
def test_a_plain_background_goes_on_to_a_square(save, digit, tall, background):
    wide = np.pad(enlarged(digit), ((0, 0), (140, 140)))
    wide = 255 - wide if background else wide
    picture = read_picture(save(wide.T if tall else wide))
    small = np.asarray(Image.fromarray(np.pad(digit, 14)).resize((28, 28), Image.Resampling.BOX))
    expected = small.T if tall else small
    assert np.abs(picture.pixels.astype(int) - expected).max() <= 1
    assert "padded to a square with its background" in picture.notes


def test_without_a_background_the_middle_is_taken(save):
    noise = np.random.default_rng(0).integers(0, 128, (60, 100)).astype(np.uint8)
    noise[:, 20:80] += 100
    picture = read_picture(save(noise))
    assert picture.pixels.min() > 100
    assert "cut to the square in its middle" in picture.notes


def test_a_blank_picture_is_told(save):
    assert "blank" in read_picture(save(np.zeros((40, 40), np.uint8))).notes[-1]
    clear = np.zeros((40, 40, 4), np.uint8)
    assert "blank" in read_picture(save(clear)).notes[-1]


def test_the_first_frame_of_several_is_taken(save, digit, tmp_path):
    frames = [Image.fromarray(digit), Image.fromarray(255 - digit)]
    path = tmp_path / "moving.png"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    picture = read_picture(path)
    assert "the first of 2 frames" in picture.notes
    assert (picture.pixels == digit).all()


@given(side=st.tuples(st.integers(28, 90), st.integers(28, 90)),
       seed=st.integers(0, 2**31))  # fmt: skip
@settings(max_examples=40,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_any_picture_becomes_28_by_28_and_dark_in_the_corners(save, side, seed):
    grey = np.random.default_rng(seed).integers(0, 256, side).astype(np.uint8)
    picture = read_picture(save(grey))
    assert picture.pixels.shape == (28, 28)
    assert picture.pixels.dtype == np.uint8


@pytest.mark.parametrize("shape", [(27, 28), (28, 27), (1, 1), (8, 8)])
def test_too_small_a_picture_is_refused(save, shape):
    with pytest.raises(PictureError, match=f"{shape[1]} x {shape[0]} pixels, expected at least"):
        read_picture(save(np.zeros(shape, np.uint8)))


def bomb(width, height):
    """A PNG that says it has so many pixels and holds next to nothing."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_decompression_bombs_are_refused_before_they_are_decoded(tmp_path, side):
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(side, side))
    with pytest.raises(PictureError, match="50,000,000"):
        read_picture(path)


@pytest.mark.parametrize("size", [(28, 1_700_000), (1_700_000, 28), (100, 2**14 + 1)])
def test_a_picture_whose_square_would_not_fit_into_memory_is_refused(tmp_path, size):
    path = tmp_path / "long.png"
    path.write_bytes(bomb(*size))
    with pytest.raises(PictureError, match="expected at most 16,384 on a side"):
        read_picture(path)


def test_a_file_too_large_is_refused(tmp_path, monkeypatch, save, digit):
    monkeypatch.setattr("suite.images_in.LARGEST_FILE", 10)
    with pytest.raises(PictureError, match="expected at most 10"):
        read_picture(save(digit))


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a"]
)
def test_what_is_no_picture_is_refused(tmp_path, content):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match="no PNG or JPEG picture"):
        read_picture(path)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "WEBP"])
def test_other_formats_are_refused_whatever_their_name(tmp_path, digit, kind):
    path = tmp_path / "x.png"
    Image.fromarray(digit).save(path, format=kind)
    with pytest.raises(PictureError, match="no PNG or JPEG picture"):
        read_picture(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(PictureError, match=r"no\.png: can't be read \(No such file"):
        read_picture(tmp_path / "no.png")
    with pytest.raises(PictureError, match="a folder, expected a PNG or JPEG"):
        read_picture(tmp_path)


def test_without_pillow_the_command_that_installs_it_is_told(save, digit, monkeypatch):
    path = save(digit)
    monkeypatch.setattr("suite.images_in.missing_of", lambda names: tuple(names))
    with pytest.raises(UsageError, match=r"pip install .*\[predict\]"):
        read_picture(path)
