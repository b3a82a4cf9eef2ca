"""The quality gate: what a photo measures against what the shop asks for."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from photo_tagger.texts import Texts


class Range(BaseModel):
    """From `min` to `max`, both included."""

    model_config = ConfigDict(extra="forbid")

    min: float
    max: float

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"the min, {self.min:g}, is above the max, {self.max:g}")
        return self


class Minimum(BaseModel):
    """At least `min`."""

    model_config = ConfigDict(extra="forbid")

    min: float


class RulesDoc(BaseModel):
    """What a photo must measure to be read: mirrored from Drive to `rules.json`.

    `mean_luminance` is 0 (black) to 255 (white), `sharpness` the variance of the Laplacian in the
    sharpest parts of the picture, `min_edge_px` the shorter edge of the original, `aspect_ratio`
    width by height. docs/photos.md tells how the defaults were found.
    """

    model_config = ConfigDict(extra="forbid")

    version: str
    mean_luminance: Range = Range(min=40, max=254)
    sharpness: Minimum = Minimum(min=30)
    min_edge_px: int = Field(default=400, ge=1)
    aspect_ratio: Range = Range(min=0.4, max=2.5)


class Measurements(BaseModel):
    """What Resize measured of one photo; `width` and `height` are the upright original's pixels."""

    width: int = Field(ge=1)
    height: int = Field(ge=1)
    mean_luminance: float
    sharpness: float


def judge(measured: Measurements, rules: RulesDoc, say: Texts) -> list[str]:
    """Every reason why the rules refuse this photo, each a sentence with number and limit."""
    ratio = measured.width / measured.height
    edge = min(measured.width, measured.height)
    light, shape = rules.mean_luminance, rules.aspect_ratio
    nearest = shape.min if ratio < shape.min else shape.max
    checks: list[tuple[bool, str, dict[str, object]]] = [
        (
            measured.mean_luminance < light.min,
            "too_dark",
            {"number": _shown(measured.mean_luminance, light.min), "limit": f"{light.min:g}"},
        ),
        (
            measured.mean_luminance > light.max,
            "too_bright",
            {"number": _shown(measured.mean_luminance, light.max), "limit": f"{light.max:g}"},
        ),
        (
            measured.sharpness < rules.sharpness.min,
            "too_blurry",
            {
                "number": _shown(measured.sharpness, rules.sharpness.min),
                "limit": f"{rules.sharpness.min:g}",
            },
        ),
        (edge < rules.min_edge_px, "too_small", {"number": edge, "limit": rules.min_edge_px}),
        (
            not shape.min <= ratio <= shape.max,
            "odd_shape",
            {
                "number": _shown(ratio, nearest, digits=2),
                "least": f"{shape.min:g}",
                "most": f"{shape.max:g}",
            },
        ),
    ]
    return [say(f"gate.{name}", **values) for fails, name, values in checks if fails]


def _shown(number: float, limit: float, digits: int = 0) -> str:
    """The number with so many digits that it is seen to be past its limit."""
    while (round(number, digits) - limit) * (number - limit) <= 0 and digits < 3:
        digits += 1
    return f"{number:.{digits}f}"
