"""Pictures of the user's made into what the models know: 28 x 28, grey, light on dark.

Each change is told, since a model's answer depends on it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.errors import PictureError, UsageError
from suite.registry import install_command, missing_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 28
FORMATS = ("PNG", "JPEG")
LARGEST_FILE = 64 * 2**20
LARGEST_PIXELS = 50_000_000
LONGEST_SIDE = 2**14  # whose square, which a long picture is padded to, takes 256 MiB
_ORIENTATION = 0x0112
# Grey levels above it count as light.
_MIDDLE = 127
# A border is of one tone where this share of it is so near to the tone of the corners.
_UNIFORM_SHARE = 0.9
_UNIFORM_LEVELS = 32


@dataclass(frozen=True)
class Picture:
    """A picture as a model gets it.

    Attributes:
        path: The file.
        pixels: uint8, (28, 28), light on dark.
        notes: What was changed, in words.
    """

    path: Path
    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]


def read_picture(path: Path) -> Picture:
    """Read a PNG or JPEG of 28 x 28 pixels or more.

    It is turned as its EXIF data say, laid on a plain background where it is transparent, made
    grey (0.299 R + 0.587 G + 0.114 B, ITU-R BT.601), inverted where its background is light, made
    square, and reduced by averaging over the area of each new pixel.

    Args:
        path: The file.

    Raises:
        PictureError: It can't be read, is no PNG or JPEG, broken, too small or too large.
        UsageError: Pillow is not installed.
    """
    missing = missing_of(["PIL"])
    if missing:
        raise UsageError(f"reading pictures needs Pillow: {install_command(missing)}")
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise PictureError(f"{path}: a folder, expected a PNG or JPEG picture")
    except OSError as error:
        raise PictureError(f"{path}: can't be read ({error.strerror})") from error
    if size > LARGEST_FILE:
        raise PictureError(f"{path}: {size:,} bytes, expected at most {LARGEST_FILE:,}")
    notes: list[str] = []
    grey = _grey(path, notes)
    height, width = grey.shape
    dark = _light_on_dark(grey, notes)
    pixels = _resized(_square(dark, notes))
    if (height, width) != (SIDE, SIDE):
        notes.append(f"reduced from {width} x {height} pixels")
    if pixels.min() == pixels.max():
        notes.append("blank: there is nothing to see in it")
    return Picture(path, pixels, tuple(notes))


def _grey(path: Path, notes: list[str]) -> NDArray[np.uint8]:
    """The picture upright, in grey, on a plain background: uint8, (height, width)."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Odd metadata are no concern here; sizes are checked below, before decoding.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                _check_size(path, *image.size)
                if getattr(image, "n_frames", 1) > 1:
                    notes.append(f"the first of {image.n_frames} frames")
                image.load()
                if image.getexif().get(_ORIENTATION, 1) != 1:
                    notes.append("turned as its EXIF data say")
                return _flattened(ImageOps.exif_transpose(image), notes)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(f"{path}: no PNG or JPEG picture; convert it to one") from error
    except Image.DecompressionBombError as error:
        raise PictureError(f"{path}: expected at most {LARGEST_PIXELS:,} pixels") from error
    except Exception as error:  # whatever broken bytes make the decoders raise
        reason = " ".join(str(error)[:200].split())
        raise PictureError(f"{path}: a broken picture ({reason}); save it again") from error


def _check_size(path: Path, width: int, height: int) -> None:
    if width < SIDE or height < SIDE:
        raise PictureError(f"{path}: {width} x {height} pixels, expected at least {SIDE} x {SIDE}")
    if width * height > LARGEST_PIXELS:
        raise PictureError(
            f"{path}: {width} x {height} pixels, expected at most {LARGEST_PIXELS:,} in all"
        )
    if max(width, height) > LONGEST_SIDE:
        raise PictureError(
            f"{path}: {width} x {height} pixels, expected at most {LONGEST_SIDE:,} on a side"
        )


def _flattened(image: Any, notes: list[str]) -> NDArray[np.uint8]:
    """Grey levels of a decoded picture of any mode."""
    if image.mode.startswith("I"):  # 16 bits, which Pillow would cut off rather than scale
        return (np.asarray(image, np.float64) / 257).clip(0, 255).round().astype(np.uint8)
    if not image.has_transparency_data:
        if image.mode not in ("L", "1"):
            colours = np.asarray(image.convert("RGB"))
            if (colours != colours[..., :1]).any():
                notes.append("colours made grey")
        return np.asarray(image.convert("L"))
    layers = image.convert("RGBA")
    grey = np.asarray(layers.convert("RGB").convert("L"), np.float64)
    alpha = np.asarray(layers.getchannel("A"), np.float64) / 255
    if alpha.min() == 1:
        return grey.round().astype(np.uint8)
    # What is drawn in light strokes would vanish on white.
    light = bool(alpha.sum()) and (grey * alpha).sum() / alpha.sum() > _MIDDLE
    background, name = (0, "black") if light else (255, "white")
    notes.append(f"transparent parts laid on {name}")
    return (grey * alpha + background * (1 - alpha)).round().astype(np.uint8)


def _light_on_dark(grey: NDArray[np.uint8], notes: list[str]) -> NDArray[np.uint8]:
    """The picture, inverted if its background is light.

    The corners tell: the median of the four is dark in all 140,000 images of Fashion-MNIST and
    MNIST, while the mean of the whole image is light in 3,856 of them.
    """
    if _corner_tone(grey) <= _MIDDLE:
        return grey
    notes.append("inverted: its background is light, and the models learned light on dark")
    return 255 - grey


def _corner_tone(grey: NDArray[np.uint8]) -> float:
    """The median tone of the four corners, each a 28th of the picture high and wide."""
    high, wide = (max(1, side // SIDE) for side in grey.shape)
    rows, columns = (slice(high), slice(-high, None)), (slice(wide), slice(-wide, None))
    return float(np.median([grey[r, c].mean() for r in rows for c in columns]))


def _square(grey: NDArray[np.uint8], notes: list[str]) -> NDArray[np.uint8]:
    """The whole picture with its background going on, or the middle of one without a background."""
    height, width = grey.shape
    if height == width:
        return grey
    tone, side = _corner_tone(grey), max(height, width)
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]).astype(np.float64)
    if (np.abs(border - tone) <= _UNIFORM_LEVELS).mean() >= _UNIFORM_SHARE:
        notes.append("padded to a square with its background")
        top, left = (side - height) // 2, (side - width) // 2
        padding = ((top, side - height - top), (left, side - width - left))
        return np.pad(grey, padding, constant_values=round(tone))
    notes.append("cut to the square in its middle")
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return grey[top : top + side, left : left + side]


def _resized(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from PIL import Image

    small = Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, np.uint8)
