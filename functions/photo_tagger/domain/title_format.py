"""The form of a shop's titles: "{brand} – {product}"."""

import re

_PART = re.compile(r"\{[^{}]*\}")


def braces_pair(title_format: str) -> bool:
    """Whether every brace is one of a part's two."""
    return not re.search(r"[{}]", _PART.sub("", title_format))


def follows(title_format: str, title: str) -> bool:
    """Whether a title can be read as the format with some words in place of each part in braces.

    Case and the number of spaces do not count. A format without a part in braces is advice in words
    that cannot be checked: every title follows it.
    """
    if not _PART.search(title_format):
        return True
    first, *between = (_plain(text) for text in _PART.split(title_format))
    *between, last = between
    rest = _plain(title)
    if not rest.startswith(first) or not rest.endswith(last):
        return False
    rest = rest[len(first) : len(rest) - len(last)]
    for text in between:
        # From the second letter on: each part is one letter or more. The first place that fits
        # leaves the most for what follows.
        place = rest.find(text, 1)
        if place < 0:
            return False
        rest = rest[place + len(text) :]
    return bool(rest.strip())


def in_words(title_format: str) -> str:
    """The format for a reader: its parts without their braces."""
    return _PART.sub(lambda part: part[0].strip("{ }").replace("_", " "), title_format)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).casefold()
