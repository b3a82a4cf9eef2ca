"""A picture of any mode becomes 8-bit sRGB, on white where it is see-through."""

import io

from PIL import Image, ImageCms

_SRGB = ImageCms.createProfile("sRGB")


def averageable(photo: Image.Image) -> Image.Image:
    """The photo in a mode whose pixels may be averaged, as shrinking does.

    A palette's numbers may not, nor a colour that stands for "see-through"; 16 bits are scaled to
    8, which Pillow's own convert would clip to white.
    """
    if photo.mode.startswith("I;16"):
        return _eight_bit(photo)
    if photo.mode in ("1", "P", "PA") or "transparency" in photo.info:
        return photo.convert("RGBA" if photo.has_transparency_data else "RGB")
    return photo


def in_srgb(picture: Image.Image) -> Image.Image:
    """Colours converted by the picture's own profile; a broken or unfit one counts as sRGB."""
    profile = picture.info.get("icc_profile")
    if not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if picture.mode in ("RGBA", "LA"):
            return _around_alpha(picture, source)
        return _converted(picture, source)
    except (ImageCms.PyCMSError, OSError):
        return picture


def on_white(picture: Image.Image) -> Image.Image:
    """In mode "RGB", with white where the picture is see-through."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def _eight_bit(photo: Image.Image) -> Image.Image:
    return photo.convert("I").point(lambda value: value * (1 / 256)).convert("L")


def _around_alpha(picture: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    """The colours converted, and the see-through parts left as they are."""
    colours = picture.convert("RGB" if picture.mode == "RGBA" else "L")
    converted = _converted(colours, source)
    converted.putalpha(picture.getchannel("A"))
    return converted


def _converted(picture: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    return ImageCms.profileToProfile(picture, source, _SRGB, outputMode="RGB") or picture
