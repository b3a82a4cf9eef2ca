"""Screenshots and receipts for the labelled set, drawn: text and lines on a plain ground.

Real ones name people, banks and shops. Each drawing is the same every time.
"""

import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]

_WHITE, _INK, _PALE, _ACCENT = (255, 255, 255), (40, 40, 46), (238, 240, 244), (46, 110, 214)
_GOODS = (
    "Oat bread", "Butter 250 g", "Tomatoes", "Washing up liquid", "Coffee beans 1 kg", "Light bulb",
    "Paper towels", "Olive oil", "Notebook A5", "Batteries AA", "Apples", "Candle",
)  # fmt: skip
_TEXT = (
    "order the of parcel and on we will send it to by Friday with invoice number please check"
    " address before stock new list for every customer in shop page saved draft photo"
)
_WORDS = _TEXT.split()


def draw(name: str) -> Image.Image:
    """The drawing of that name. Raises KeyError for a name that is not in DRAWINGS."""
    return DRAWINGS[name](random.Random(name))  # noqa: S311


def _web_page(chance: random.Random) -> Image.Image:
    picture, pen = _ground((1280, 800), _WHITE)
    pen.rectangle((0, 0, 1280, 64), fill=_ACCENT)
    _text(pen, (32, 18), "Orders", 26, _WHITE)
    for column, label in enumerate(("Home", "Products", "Customers", "Settings")):
        _text(pen, (760 + 130 * column, 22), label, 18, _WHITE)
    for card in range(6):
        left, top = 40 + 410 * (card % 3), 100 + 340 * (card // 3)
        pen.rounded_rectangle((left, top, left + 380, top + 300), 10, fill=_PALE)
        _text(pen, (left + 20, top + 18), _sentence(chance, 3), 22)
        _lines(pen, (left + 20, top + 60), 6, 16, chance, 6)
        pen.rounded_rectangle((left + 20, top + 240, left + 150, top + 280), 6, fill=_ACCENT)
        _text(pen, (left + 52, top + 250), "Open", 18, _WHITE)
    return picture


def _spreadsheet(chance: random.Random) -> Image.Image:
    picture, pen = _ground((1280, 760), _WHITE)
    pen.rectangle((0, 0, 1280, 40), fill=(33, 115, 70))
    _text(pen, (16, 8), "stock.xlsx", 20, _WHITE)
    for row in range(24):
        pen.line((0, 70 + 29 * row, 1280, 70 + 29 * row), fill=(210, 214, 220))
        _text(pen, (14, 74 + 29 * row), str(row + 1), 16, (120, 120, 120))
        _text(pen, (60, 74 + 29 * row), chance.choice(_GOODS), 16)
        for column in range(6):
            _text(pen, (330 + 160 * column, 74 + 29 * row), str(chance.randint(3, 9999)), 16)
    for column in range(7):
        pen.line((50 + 160 * column, 40, 50 + 160 * column, 760), fill=(210, 214, 220))
    return picture


def _chat(chance: random.Random) -> Image.Image:
    picture, pen = _ground((720, 1280), (229, 221, 213))
    pen.rectangle((0, 0, 720, 96), fill=(7, 94, 84))
    _text(pen, (110, 30), "Supplier", 30, _WHITE)
    pen.ellipse((24, 16, 88, 80), fill=(180, 200, 196))
    top = 130
    for message in range(8):
        mine = message % 3 == 1
        left = 180 if mine else 30
        pen.rounded_rectangle(
            (left, top, left + 500, top + 116), 16, fill=(220, 248, 198) if mine else _WHITE
        )
        _lines(pen, (left + 20, top + 14), 3, 20, chance, 6)
        top += 136
    return picture


def _editor(chance: random.Random) -> Image.Image:
    picture, pen = _ground((1280, 800), (30, 31, 38))
    pen.rectangle((0, 0, 220, 800), fill=(40, 42, 50))
    for row in range(18):
        _text(pen, (24, 24 + 34 * row), chance.choice(_WORDS) + ".py", 17, (170, 174, 184))
    hues = ((198, 120, 221), (152, 195, 121), (97, 175, 239), (200, 204, 212))
    for row in range(32):
        _text(pen, (240, 12 + 24 * row), str(row + 1), 16, (90, 94, 104))
        left = 290 + 36 * chance.randint(0, 3)
        for _ in range(chance.randint(0, 6)):
            word = chance.choice(_WORDS)
            _text(pen, (left, 12 + 24 * row), word, 17, chance.choice(hues))
            left += 11 * len(word) + 12
    return picture


def _settings(chance: random.Random) -> Image.Image:
    picture, pen = _ground((750, 1334), _PALE)
    _text(pen, (40, 60), "Settings", 48)
    for row in range(11):
        top = 160 + 100 * row
        pen.rectangle((0, top, 750, top + 96), fill=_WHITE)
        pen.rounded_rectangle((32, top + 22, 84, top + 74), 10, fill=_hue(chance))
        _text(pen, (110, top + 30), _sentence(chance, 2), 28)
        pen.rounded_rectangle((630, top + 28, 710, top + 68), 20, fill=(76, 200, 100))
        pen.ellipse((672, top + 30, 708, top + 66), fill=_WHITE)
    return picture


def _till_receipt(chance: random.Random) -> Image.Image:
    return _slip(chance, (480, 1000))


def _receipt_on_a_table(chance: random.Random) -> Image.Image:
    return _lay(chance, _slip(chance, (420, 900)), (150, 104, 66), 7)


def _receipt_on_a_cloth(chance: random.Random) -> Image.Image:
    return _lay(chance, _slip(chance, (380, 820)), (92, 98, 110), -14)


def _invoice(chance: random.Random) -> Image.Image:
    picture, pen = _ground((1000, 1414), (252, 252, 250))
    _text(pen, (70, 80), "INVOICE", 54)
    _lines(pen, (70, 180), 4, 22, chance, 4)
    _lines(pen, (620, 180), 4, 22, chance, 3)
    pen.rectangle((70, 400, 930, 444), fill=_PALE)
    for row, goods in enumerate(chance.sample(_GOODS, 10)):
        top = 460 + 58 * row
        _text(pen, (84, top), goods, 24)
        _text(pen, (640, top), str(chance.randint(1, 9)), 24)
        _text(pen, (800, top), _price(chance), 24)
        pen.line((70, top + 44, 930, top + 44), fill=(200, 200, 200))
    _text(pen, (640, 1070), "Total", 30)
    _text(pen, (800, 1070), _price(chance), 30)
    _lines(pen, (70, 1220), 4, 18, chance, 12)
    return picture


def _delivery_note(chance: random.Random) -> Image.Image:
    sheet = _invoice(chance).resize((700, 990))
    return _lay(chance, sheet, (196, 190, 180), 4)


def _slip(chance: random.Random, size: tuple[int, int]) -> Image.Image:
    width, height = size
    picture, pen = _ground(size, (249, 248, 244))
    _text(pen, (width * 0.3, 30), "CORNER SHOP", 26)
    _text(pen, (width * 0.3, 66), "12 Main Street", 18)
    rows = int((height - 380) / 44)
    for row in range(rows):
        _text(pen, (30, 130 + 44 * row), _GOODS[row % len(_GOODS)], 22)
        _text(pen, (width - 100, 130 + 44 * row), _price(chance), 22)
    top = 150 + 44 * rows
    pen.line((30, top, width - 30, top), fill=_INK, width=2)
    _text(pen, (30, top + 16), "TOTAL", 32)
    _text(pen, (width - 130, top + 16), _price(chance), 32)
    left = 60
    while left < width - 60:
        bar = chance.randint(1, 5)
        pen.rectangle((left, top + 80, left + bar, top + 160), fill=_INK)
        left += bar + chance.randint(2, 6)
    return picture


def _lay(chance: random.Random, sheet: Image.Image, ground: Colour, degrees: float) -> Image.Image:
    """The sheet on a table, a little askew, with the grain of a photo."""
    picture = Image.new("RGB", (1100, 1200), ground)
    noise = chance.randbytes(picture.width * picture.height)
    grain = Image.frombytes("L", picture.size, noise).convert("RGB")
    picture = Image.blend(picture, grain, 0.04)
    turned = sheet.convert("RGBA").rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    place = ((1100 - turned.width) // 2, (1200 - turned.height) // 2)
    picture.paste(turned, place, turned)
    return picture.filter(ImageFilter.GaussianBlur(0.8))


def _ground(size: tuple[int, int], colour: Colour) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", size, colour)
    return picture, ImageDraw.Draw(picture)


def _text(
    pen: ImageDraw.ImageDraw, place: tuple[float, float], text: str, px: int, ink: Colour = _INK
) -> None:
    pen.text(place, text, fill=ink, font=ImageFont.load_default(px))


def _lines(
    pen: ImageDraw.ImageDraw,
    place: tuple[float, float],
    rows: int,
    px: int,
    chance: random.Random,
    words: int,
) -> None:
    left, top = place
    for row in range(rows):
        _text(pen, (left, top + 1.6 * px * row), _sentence(chance, words), px)


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words)).capitalize()


def _price(chance: random.Random) -> str:
    return f"{chance.randint(1, 60)}.{chance.randint(0, 99):02}"


def _hue(chance: random.Random) -> Colour:
    return (chance.randint(60, 230), chance.randint(60, 230), chance.randint(60, 230))


DRAWINGS: dict[str, Callable[[random.Random], Image.Image]] = {
    "web page": _web_page,
    "spreadsheet": _spreadsheet,
    "chat": _chat,
    "code editor": _editor,
    "settings": _settings,
    "till receipt": _till_receipt,
    "receipt on a table": _receipt_on_a_table,
    "receipt on a cloth": _receipt_on_a_cloth,
    "invoice": _invoice,
    "delivery note": _delivery_note,
}
