"""Cells of a CSV file that no spreadsheet takes for a formula.

A spreadsheet takes for one what begins with = + - or @, and some look behind quotes and spaces. It
may also part the file at semicolons, as Excel does in many languages, and at line breaks.
"""

import re

_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_BEFORE = r"[\s\"'\u200b\ufeff]*"
_FORMULA = re.compile(rf"(^|;)(?={_BEFORE}[=+\-@＝＋－＠])")
_MARKED = re.compile(rf"(^|;)'(?={_BEFORE}[=+\-@＝＋－＠])")
_IN_HTML = re.compile(rf"((?:^|;){_BEFORE})([=+\-@＝＋－＠])")


def plain_cell(text: str) -> str:
    """Text in one line, with an apostrophe before what would be a formula."""
    return _FORMULA.sub(r"\1'", _in_one_line(text))


def text_of(cell: str) -> str:
    """What `plain_cell` was given, in one line."""
    return _MARKED.sub(r"\1", cell)


def html_cell(markup: str) -> str:
    """HTML that shows as before; what would begin a formula is written as an entity."""
    markup = _in_one_line(markup)
    while (safe := _IN_HTML.sub(_as_entity, markup)) != markup:
        markup = safe
    return markup


def _as_entity(found: re.Match[str]) -> str:
    return f"{found[1]}&#{ord(found[2])};"


def _in_one_line(text: str) -> str:
    return " ".join(_BREAKS.sub(" ", text).split())
