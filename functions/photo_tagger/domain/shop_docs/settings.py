"""The settings of the two docs: what people call them, and the shape of their values."""

import difflib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

Shape = Literal["text", "words", "pairs", "numbers"]

_MIN = ("min", "minimum", "least", "at least", "from")
_MAX = ("max", "maximum", "most", "at most", "to")


@dataclass(frozen=True)
class Setting:
    """One setting: `key` in JSON, its names in people's words (the first is shown), its value.

    `parts` are the numbers of a setting that has several, by key, with their names. A `flat` one
    is a single number in the model.
    """

    key: str
    shape: Shape
    names: tuple[str, ...]
    example: str
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    flat: bool = False

    @property
    def only_part(self) -> str | None:
        """The key of its number, if it has one only."""
        return next(iter(self.parts)) if len(self.parts) == 1 else None

    def part(self, said: str) -> str | None:
        """The key of the part that is called so."""
        name = _same(said)
        return next(
            (
                key
                for key, names in self.parts.items()
                if name in {_same(known) for known in (key, *names)}
            ),
            None,
        )


@dataclass(frozen=True)
class Found:
    """The setting of a name; the part, if the name is one of a part: "brightness min"."""

    setting: Setting
    part: str | None = None


@dataclass(frozen=True)
class Vocabulary:
    """The names that a doc may use, in any case, with spaces, hyphens or underscores.

    `plainly` is how they are shown: in people's words, or as in JSON.
    """

    doc: str
    settings: tuple[Setting, ...]
    plainly: bool = True

    @cached_property
    def _names(self) -> dict[str, Found]:
        names = {
            _same(f"{first} {second}"): Found(setting, key)
            for setting in self.settings
            for key, parts in setting.parts.items()
            for part in (key, *parts)
            for name in (setting.key, *setting.names)
            for first, second in ((name, part), (part, name))
        }
        return names | {
            _same(name): Found(setting)
            for setting in self.settings
            for name in (setting.key, *setting.names)
        }

    def find(self, said: str) -> Found | None:
        """The setting that is called so."""
        return self._names.get(_same(said))

    def nearest(self, said: str, at_least: float = 0.6) -> Setting | None:
        """The setting with the likest name; `at_least` is how like, 0 to 1."""
        near = difflib.get_close_matches(_same(said)[:60], self._names, n=1, cutoff=at_least)
        return self._names[near[0]].setting if near else None

    def shown(self, setting: Setting) -> str:
        """Its name for a sentence."""
        return setting.names[0] if self.plainly else setting.key

    def part_shown(self, setting: Setting, part: str) -> str:
        """The part's name for a sentence."""
        return setting.parts[part][0] if self.plainly else part

    def instead_of(self, said: str) -> str:
        """What was expected where an unknown name stands."""
        names = [self.shown(setting) for setting in self.settings]
        nearest = self.nearest(said)
        if not nearest:
            return f"one of: {', '.join(names)}"
        near = self.shown(nearest)
        return f'perhaps "{near}"; there are: {", ".join(names)}'


def _same(name: str) -> str:
    """Equal for names that people hold to be the same."""
    return re.sub(r"[\s._-]+", " ", name.casefold()).strip(" :")


_VERSION = Setting("version", "text", ("version",), "a short text, such as 2 or May 2026")

STYLE: Final = (
    Setting(
        "title_format",
        "text",
        ("title format", "format of titles", "form of titles"),
        "words and parts in braces, such as {colour} {product}",
    ),
    Setting(
        "categories",
        "words",
        ("categories", "category", "allowed categories"),
        "a list of one or more, such as: Furniture, Lighting",
    ),
    Setting(
        "tags",
        "words",
        ("tags", "tag", "allowed tags"),
        "a list of one or more, such as: sofa, living room",
    ),
    Setting(
        "preferred_words",
        "pairs",
        ("preferred words", "preferred word", "words to prefer"),
        "pairs such as couch -> sofa (in JSON and YAML, couch: sofa)",
    ),
    Setting(
        "avoid_words",
        "words",
        ("words to avoid", "word to avoid", "avoid", "avoid word", "avoided words"),
        "a list of words, such as: cheap, best ever",
    ),
    Setting("language", "text", ("language",), "a language in words, such as English"),
    Setting("tone", "text", ("tone", "tone of voice"), "a few words, such as plain and friendly"),
    Setting(
        "limits",
        "numbers",
        ("limits", "limit", "length limits", "most characters"),
        "the most characters of each, such as title: 60",
        {"title": ("title",), "alt_text": ("alt text",), "description": ("description",)},
    ),
    _VERSION,
)

RULES: Final = (
    Setting(
        "mean_luminance",
        "numbers",
        ("brightness", "luminance"),
        "a min and a max from 0 (black) to 255 (white), such as min: 40, and below it max: 254",
        {"min": _MIN, "max": _MAX},
    ),
    Setting("sharpness", "numbers", ("sharpness",), "a min, such as min: 30", {"min": _MIN}),
    Setting(
        "min_edge_px",
        "numbers",
        ("shorter side", "shorter edge", "min edge"),
        "pixels, such as 400",
        {"min": _MIN},
        flat=True,
    ),
    Setting(
        "aspect_ratio",
        "numbers",
        ("width by height", "aspect ratio"),
        "a min and a max, such as min: 0.4, and below it max: 2.5",
        {"min": _MIN, "max": _MAX},
    ),
    _VERSION,
)
