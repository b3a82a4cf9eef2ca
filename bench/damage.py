"""Whole files damaged in many ways; the same number gives the same file every time."""

import itertools
import random
import re
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bench.originals import HEIGHT, WIDTH, png_chunk

_HEAD = 100
"""Sizes, kinds and counts stand in the first bytes of most files."""

_NUMBERS = (0, 1, 2, 3, 48, 127, 128, 255, 256, 1000, 7000, 16383, 32767, 32768, 65534, 65535)
_BLOCK_NAME = re.compile(rb"(?=[A-Za-z][A-Za-z0-9]{2}[A-Za-z0-9 ])")
_NOTHING = {"png": b"noTh", "webp": b"JUNK", "heic": b"free", "avif": b"free"}
"""What a block is called that decoders skip."""

Chance = random.Random
Damage = Callable[[bytearray, Chance], None]


@dataclass(frozen=True)
class Mutant:
    """One damaged file: of which original, in which way, the how manieth."""

    original: str
    way: str
    number: int

    def __str__(self) -> str:
        return f"{self.original}, {self.way}, {self.number}"

    @property
    def format(self) -> str:
        """The original's format."""
        return self.original.split()[0]


def mutants(originals: Iterable[str], numbers: Iterable[int]) -> Iterator[Mutant]:
    """Every original in every way, so many times."""
    for original, way, number in itertools.product(originals, WAYS, numbers):
        yield Mutant(original, way, number)


def damaged(mutant: Mutant, originals: dict[str, bytes]) -> bytes:
    """The mutant's file."""
    chance = Chance(str(mutant))
    data = bytearray(originals[mutant.original])
    if mutant.way == _SPLICED:
        other = originals[chance.choice(sorted(originals))]
        data[chance.randrange(len(data)) :] = other[chance.randrange(len(other)) :]
    elif mutant.way in _BLOCKS:
        _BLOCKS[mutant.way](data, mutant.format, chance)
    else:
        _BYTES[mutant.way](data, chance)
    # A wrong checksum hides from the decoder whatever else is wrong in a PNG.
    return _checked(data) if mutant.format == "png" and chance.random() < 0.7 else bytes(data)


def _anywhere(data: bytearray, chance: Chance) -> None:
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] = chance.randrange(256)


def _in_the_head(data: bytearray, chance: Chance) -> None:
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(_HEAD)] = chance.randrange(256)


def _cut_off(data: bytearray, chance: Chance) -> None:
    del data[chance.randrange(len(data)) :]


def _blanked(data: bytearray, chance: Chance) -> None:
    place = _range(data, chance)
    data[place] = chance.choice((b"\0", b"\xff")) * (place.stop - place.start)


def _shuffled(data: bytearray, chance: Chance) -> None:
    place = _range(data, chance)
    piece = list(data[place])
    chance.shuffle(piece)
    data[place] = bytes(piece)


def _lost(data: bytearray, chance: Chance) -> None:
    del data[_range(data, chance)]


def _inserted(data: bytearray, chance: Chance) -> None:
    """A run of one byte, of noise, or of what the file says elsewhere."""
    length = chance.choice((1, 2, 4, 50, 3000))
    run = chance.choice((b"\0" * length, b"\xff" * length, chance.randbytes(length), data[:length]))
    place = chance.randrange(len(data))
    data[place:place] = run


def _resized(data: bytearray, chance: Chance) -> None:
    """Width, height or both become another number, wherever they seem to stand."""
    sides = [WIDTH, HEIGHT, WIDTH - 1, HEIGHT - 1]  # WebP stores them less one
    for order in (">H", "<H"):
        number = struct.pack(order, chance.choice(_NUMBERS))
        for side in chance.sample(sides, chance.randint(1, 4)):
            at = data.find(struct.pack(order, side))
            if at >= 0:
                data[at : at + 2] = number


def _numbered(data: bytearray, chance: Chance) -> None:
    """Some bytes become a number at the border of what fits: a length, an offset, a count."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(chance.choice((_HEAD, len(data))))
        order = chance.choice((">H", "<H", ">I", "<I"))
        shift = 16 if order[1] == "I" and chance.random() < 0.5 else 0
        number = struct.pack(order, chance.choice(_NUMBERS) << shift)
        data[at : at + len(number)] = number


def _forgotten(data: bytearray, kind: str, chance: Chance) -> None:
    """A block, such as a PNG's palette, gets a name that means nothing."""
    names = _names(data, kind)
    if not names:
        _numbered(data, chance)
        return
    place = chance.choice(names)
    data[place] = _NOTHING.get(kind, b"\xef" if kind == "jpeg" else b"\xe8\xfd")


def _mistaken(data: bytearray, kind: str, chance: Chance) -> None:
    """A block gets the name of another one."""
    names = _names(data, kind)
    if not names:
        _in_the_head(data, chance)
        return
    data[chance.choice(names)] = data[chance.choice(names)]


def _range(data: bytearray, chance: Chance) -> slice:
    start = chance.randrange(len(data))
    return slice(start, min(len(data), start + chance.choice((1, 4, 16, 64, 400, 4000))))


def _names(data: bytearray, kind: str) -> list[slice]:
    """Where the names of the file's blocks stand, as far as this format has any."""
    if kind == "jpeg":
        return [
            slice(at.start() + 1, at.start() + 2) for at in re.finditer(rb"\xff[\xc0-\xfe]", data)
        ]
    if kind == "tiff":
        (first,) = struct.unpack_from("<I", data, 4)
        (count,) = struct.unpack_from("<H", data, first)
        return [slice(first + 2 + 12 * n, first + 4 + 12 * n) for n in range(count)]
    if kind not in _NOTHING:
        return []
    starts = (found.start() for found in _BLOCK_NAME.finditer(data))
    return [
        slice(start, start + 4) for start in starts if _length_at(data, kind, start) < len(data)
    ]


def _length_at(data: bytearray, kind: str, start: int) -> int:
    """How long a block would be whose name stands there."""
    order, at = ("<I", start + 4) if kind == "webp" else (">I", start - 4)
    return int(struct.unpack_from(order, data, at)[0]) if 0 <= at <= len(data) - 4 else len(data)


def _checked(data: bytearray) -> bytes:
    """The PNG with right checksums, as far as its chunks can be followed."""
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            break
        data[at : at + 12 + length] = png_chunk(
            bytes(data[at + 4 : at + 8]), bytes(data[at + 8 : at + 8 + length])
        )
        at += 12 + length
    return bytes(data)


_SPLICED = "spliced with another file"
_BYTES: dict[str, Damage] = {
    "bytes changed": _anywhere,
    "bytes changed in the head": _in_the_head,
    "cut off": _cut_off,
    "range blanked": _blanked,
    "range shuffled": _shuffled,
    "range lost": _lost,
    "run inserted": _inserted,
    "size changed": _resized,
    "numbers changed": _numbered,
}
_BLOCKS: dict[str, Callable[[bytearray, str, Chance], None]] = {
    "block forgotten": _forgotten,
    "block mistaken for another": _mistaken,
}
WAYS = (*_BYTES, *_BLOCKS, _SPLICED)
"""All ways to damage a file."""
