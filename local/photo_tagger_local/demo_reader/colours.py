"""Naming the colour of the product in a picture, and of what is behind it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

NAMES = (
    "black", "grey", "white", "brown", "beige", "red", "orange", "yellow", "green", "blue",
    "purple", "pink",
)  # fmt: skip
EDGE_PX = 56  # pictures are compared at this size: names need no more
CLOSE_TO_BACKGROUND = 24.0  # Lab distance below which a pixel may as well be background

Floats = NDArray[Any]


@dataclass(frozen=True)
class Colours:
    """`share` is how much of the product (0..1) has its main colour."""

    product: str
    share: float
    background: str


def name_colours(picture: Image.Image, heat: Floats) -> Colours:
    """Name the product's and the background's main colours.

    `heat` says where in the picture the product is: an array of any size, 0 (not here) to 1.
    Background is what looks like the picture's rim, wherever it is in the picture.
    """
    small = picture.convert("RGB").resize((EDGE_PX, EDGE_PX), Image.Resampling.BOX)
    spread = Image.fromarray(heat.astype(np.float32)).resize(small.size, Image.Resampling.BICUBIC)
    here = np.clip(np.asarray(spread), 0, 1) ** 2
    names = _names(np.asarray(small.convert("HSV"), np.int32))
    weight = here * _foreground(np.asarray(small.convert("LAB"), np.float32), here)
    votes = _votes(names, weight)
    rim = _votes(names, (1 - here) * _rim())
    best = int(votes.argmax())
    share = float(votes[best] / votes.sum()) if votes.any() else 0.0
    return Colours(NAMES[best], share, NAMES[int(rim.argmax())])


def _votes(names: NDArray[np.int64], weight: Floats) -> Floats:
    return np.bincount(names.ravel(), weight.ravel(), len(NAMES))


def _rim() -> Floats:
    rim = np.ones((EDGE_PX, EDGE_PX))
    rim[4:-4, 4:-4] = 0
    return rim


def _foreground(lab: Floats, here: Floats) -> Floats:
    """How unlike the rim every pixel is, 0.1..1. Never nothing: a white cup on white is white."""
    outside = _rim() * (here < 0.5) > 0
    background = np.median(lab[outside if outside.any() else _rim() > 0], axis=0)
    distance = np.sqrt(((lab - background) ** 2).sum(axis=2))
    return np.asarray(np.clip(distance / CLOSE_TO_BACKGROUND, 0.1, 1))


def _names(hsv: NDArray[np.int32]) -> NDArray[np.int64]:
    """The index in NAMES of every pixel's colour. Hue, saturation, value: 0..255 each."""
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    warm = (hue < 32) | (hue > 245)
    rules = [
        ("black", value < 55),
        ("white", (saturation < 30) & (value > 190)),
        ("grey", (saturation < 38) | ((saturation < 75) & (value < 90))),
        ("beige", (hue < 38) & (saturation < 115) & (value > 140)),
        ("brown", warm & ((saturation < 150) | (value < 150)) & ((hue > 8) | (value < 90))),
        ("red", (hue < 9) | (hue > 245)),
        ("orange", hue < 26),
        ("yellow", hue < 46),
        ("green", hue < 120),
        ("blue", hue < 180),
        ("purple", hue < 212),
    ]
    pink = np.full(hue.shape, NAMES.index("pink"))
    return np.select([rule for _, rule in rules], [NAMES.index(n) for n, _ in rules], pink)
