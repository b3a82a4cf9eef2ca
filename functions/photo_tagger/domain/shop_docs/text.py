"""The text of a doc before it is read, and its words afterwards."""

import re
import unicodedata
from typing import Final

from photo_tagger.domain.shop_docs.problems import DocProblem, DocProblemsError, quoted

MOST_CHARACTERS: Final = 100_000
"""Five thousand tags have 60,000. All of a style doc goes into each question to the model."""

_NOT_TEXT = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no editor writes into a text: NUL and other control characters."""

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
"""Soft hyphen and characters of no width, which come along when text is copied from a page."""

_STRAIGHT = str.maketrans("“”„‟‘’‚‛", '""""' + "''''")
_ENCLOSED = re.compile(r"""(["'])(?P<inside>(?:(?!\1).)+)\1""")


def decoded(content: bytes) -> str:
    """A file as text. Raises DocProblemsError if it is not UTF-8 (or UTF-16 with its mark)."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        expected = "text saved as UTF-8 (in Excel: “CSV UTF-8”)"
        raise DocProblemsError(
            [DocProblem(line, "there is a letter that cannot be read", expected)]
        ) from error


def opened(text: str) -> str:
    r"""The doc with `\n` between its lines and nothing in it that no person typed.

    Raises DocProblemsError if it is too long, empty, or no text.
    """
    if len(text) > MOST_CHARACTERS:
        said = f"the doc has {len(text):,} characters"
        expected = f"at most {MOST_CHARACTERS:,}; pictures and notes count too, so take them out"
        raise DocProblemsError([DocProblem(None, said, expected)])
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    # Line breaks for some readers and not for most editors: lines would be counted differently.
    text = re.sub("[\x85\u2028\u2029]", " ", text)
    problems = [
        DocProblem(number, f"there is a character that is no text ({_name(odd)})", "text only")
        for number, line in enumerate(text.split("\n"), 1)
        if (odd := _NOT_TEXT.search(line))
    ]
    if problems:
        raise DocProblemsError(problems[:1])
    if not text.strip():
        raise DocProblemsError([DocProblem(None, "the doc is empty", "settings and their values")])
    return text


def is_text(text: str) -> bool:
    """Whether a value has nothing in it that is no text; escapes can bring such in."""
    return not _NOT_TEXT.search(text)


def plain(text: str) -> str:
    """A value in one line, as a person would type it anew.

    Spaces of any kind become one; curly quotes, which word processors put in by themselves, become
    straight ones; quotes around the whole are taken off.
    """
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).translate(_STRAIGHT)
    text = " ".join(text.split())
    enclosed = _ENCLOSED.fullmatch(text)
    return enclosed["inside"].strip() if enclosed else text


def number(text: str) -> int | float:
    """A number as people write it, with a point or a comma before the decimals.

    Raises ValueError with what was expected instead: where a comma may stand before thousands too,
    nothing is guessed.
    """
    written = plain(text).replace("\u2212", "-")
    if not re.fullmatch(r"[-+]?[0-9]+([.,][0-9]+)?([eE][-+]?[0-9]+)?", written):
        raise ValueError("a number alone, without units, such as 400 or 0.4")
    if re.fullmatch(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}", written):
        whole, decimals = written.replace(",", ""), written.replace(",", ".")
        raise ValueError(f"{whole} or {decimals}, as {quoted(written)} can be read as both")
    value = float(written.replace(",", "."))
    if abs(value) > 1e9:
        raise ValueError("a number below a thousand million")
    return int(value) if value.is_integer() else value


def _name(odd: re.Match[str]) -> str:
    return "NUL" if odd[0] == "\0" else f"U+{ord(odd[0]):04X}"
