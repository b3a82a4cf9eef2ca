"""What the quality gate judges: how bright a picture is and how sharp. Pillow only, no AWS."""

from collections.abc import Iterator
from typing import cast

from PIL import Image, ImageMath, ImageStat

MEASURED_EDGE = 1024
"""Pixels of the longer side at which photos are measured, whatever size their copies have: the
same photo at another size has another sharpness, and a threshold would mean nothing."""

TILE = 32
"""Pixels of a tile's side: small enough that a product which fills 3% of a picture fills some."""

SHARP_SHARE = 0.02
"""How much of a picture must be at least as sharp as its sharpness says."""

_BAND = 4 * TILE
"""Rows whose Laplacian is taken at once; all of them would take twenty times the picture."""


def mean_luminance(grey: Image.Image) -> float:
    """The mean of a picture in mode "L", 0 (black) to 255 (white)."""
    return ImageStat.Stat(grey).mean[0]


def sharpness(grey: Image.Image) -> float:
    """How sharp the sharpest parts of a picture in mode "L" are, 0 or more.

    The picture is cut into tiles of TILE by TILE pixels (smaller at the right and at the bottom),
    and the variance of the Laplacian is taken of each. The result is the variance that SHARP_SHARE
    of the tiles reach: the plain ground that fills most of a product photo counts for nothing.
    """
    variances = sorted(
        (variance for band in _laplacian_bands(grey) for variance in _tile_variances(band)),
        reverse=True,
    )
    return variances[int(SHARP_SHARE * len(variances))]


def laplacian(grey: Image.Image) -> Image.Image:
    """The 4-neighbour Laplacian of a picture in mode "L", in mode "I", its border reflected.

    Equals OpenCV's `cv2.Laplacian(grey, cv2.CV_64F)`.
    """
    return _laplacian_within(_reflected(grey))


def _laplacian_bands(grey: Image.Image) -> Iterator[Image.Image]:
    """The Laplacian of a picture from top to bottom, _BAND rows at a time."""
    padded = _reflected(grey)
    for top in range(0, grey.height, _BAND):
        bottom = min(top + _BAND, grey.height)
        yield _laplacian_within(padded.crop((0, top, padded.width, bottom + 2)))


def _laplacian_within(padded: Image.Image) -> Image.Image:
    """The Laplacian of all but the outermost pixels."""
    # Mode "I": the Laplacian runs from -1020 to 1020 and mode "L" would clip it.
    numbers = padded.convert("I")
    width, height = padded.width - 2, padded.height - 2

    def shifted(x: int, y: int) -> Image.Image:
        return numbers.crop((1 + x, 1 + y, 1 + x + width, 1 + y + height))

    result: Image.Image = ImageMath.lambda_eval(
        lambda images: images["n"] + images["s"] + images["e"] + images["w"] - images["c"] * 4,
        n=shifted(0, -1),
        s=shifted(0, 1),
        e=shifted(1, 0),
        w=shifted(-1, 0),
        c=shifted(0, 0),
    )
    return result


def _tile_variances(numbers: Image.Image) -> list[float]:
    """The variance of each tile of a picture in mode "I"."""
    squares = ImageMath.lambda_eval(lambda images: images["x"] * images["x"], x=numbers)
    return [
        mean_of_squares - mean**2
        for mean_of_squares, mean in zip(_tile_means(squares), _tile_means(numbers), strict=True)
    ]


def _tile_means(numbers: Image.Image) -> list[float]:
    means = numbers.convert("F").reduce(TILE)
    return [cast(float, mean) for mean in means.get_flattened_data()]


def _reflected(grey: Image.Image) -> Image.Image:
    """`grey` with one pixel more on each side, mirrored about the edge pixel (abcd -> babcdc)."""
    width, height = grey.size
    padded = Image.new("L", (width + 2, height + 2))
    padded.paste(grey, (1, 1))
    inner_x, inner_y = min(1, width - 1), min(1, height - 1)
    padded.paste(grey.crop((inner_x, 0, inner_x + 1, height)), (0, 1))
    padded.paste(grey.crop((width - 1 - inner_x, 0, width - inner_x, height)), (width + 1, 1))
    rows = padded.crop((0, 1 + inner_y, width + 2, 2 + inner_y))
    padded.paste(rows, (0, 0))
    rows = padded.crop((0, height - inner_y, width + 2, height + 1 - inner_y))
    padded.paste(rows, (0, height + 1))
    return padded
