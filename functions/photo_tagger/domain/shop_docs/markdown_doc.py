"""Markdown as people write it, and as Google Docs exports it."""

import re
from typing import Final

from photo_tagger.domain.shop_docs.problems import Problems, quoted
from photo_tagger.domain.shop_docs.sections import Line, Section, settings_of
from photo_tagger.domain.shop_docs.settings import Vocabulary
from photo_tagger.domain.shop_docs.tree import Fields, Scalar

_HEADING = re.compile(r"(#{1,6})(.*)")
_BOLD_LINE = re.compile(r"(\*\*|__)(?P<text>(?:(?!\1).)+)\1:?")
_UNDERLINE = re.compile(r"=+|-{2,}")
_RULE = re.compile(r"([-*_])(\s*\1){2,}")
_BULLET = re.compile(r"(?:\\?[-*+]|[•–·▪◦]|\d+\\?[.)])\s+(?P<text>.*)")
_EMPTY_BULLET = re.compile(r"\\?[-*+•–·▪◦]|\d+\\?[.)]")
_REMARK = re.compile(r">.*|([*_])(?!\1).*[.:!?]\1")
_CELL_RULE = re.compile(r"\s*:?-+:?\s*")
_NAMED = re.compile(r"(?P<name>[^:|]{2,40}):(?:\s+(?P<value>.*))?")
_PICTURE_DATA = re.compile(r"\[[^\]]*\]:\s*<?data:.*")
_COMMENT = re.compile(r"<!--(?:(?!<!--).)*?-->", re.DOTALL)

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_HIDDEN: Final = 0xE000
"""Where escaped characters are kept in Unicode's private area while marks are taken off."""

_MARKS = (
    (re.compile(r"\[([^\[\]]+)\]\([^()]*\)"), r"\1"),
    (re.compile(r"`([^`]+)`"), r"\1"),
    (re.compile(r"(\*{1,3})(?=\S)([^*]+)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<!\w)(_{1,3})(?=\S)([^_]+)(?<=\S)\1(?!\w)"), r"\2"),
)
"""Links, code, bold and italics, with what is kept of them; none looks beyond the next mark."""

_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": " "}

_ODD = (
    (re.compile(r"!\["), "is a picture", "words only"),
    (re.compile(r"~~"), "is struck through", "it taken out, or not struck through"),
    (re.compile(r"```|~~~"), "begins or ends a block of code", "plain lines"),
    (re.compile(r"(?:\\?[-*+]\s+)?\\?\[[ xX]\\?\]\s"), "has a box to tick", "a plain list"),
    (re.compile(r"<!--"), "begins a comment that has no end", "--> at its end"),
)

_LIKE_A_SETTING: Final = 0.7
"""So near to a known name (0 to 1), a name is taken for a misspelt one."""


def read_markdown(text: str, vocabulary: Vocabulary, problems: Problems) -> Fields:
    """What stands under the headings; a title and an introduction before them are left out."""
    reader = _Reader(vocabulary, problems)
    uncommented = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
    lines = [line.strip() for line in uncommented.split("\n")]
    underlined = False
    for number, (line, following) in enumerate(zip(lines, [*lines[1:], ""], strict=True), 1):
        if underlined:
            underlined = False
        elif _may_be_underlined(line) and _UNDERLINE.fullmatch(following):
            reader.heading(number, line, level=1 if following[0] == "=" else 2)
            underlined = True
        else:
            reader.line(number, line)
    return settings_of(reader.sections, vocabulary, problems)


class _Reader:
    """Takes the lines one after the other."""

    def __init__(self, vocabulary: Vocabulary, problems: Problems) -> None:
        self.sections: list[Section] = []
        self._vocabulary = vocabulary
        self._problems = problems
        self._begun = self._has_title = False

    def line(self, number: int, line: str) -> None:
        """A line that is not underlined."""
        heading = _HEADING.fullmatch(line)
        bold = _BOLD_LINE.fullmatch(line)
        if heading:
            self.heading(number, heading[2].rstrip("#"), level=len(heading[1]))
        elif bold:
            self.heading(number, bold["text"], level=2 if self._begun else 1)
        elif line and not _says_nothing(line):
            self._content(number, line)

    def heading(self, number: int, text: str, level: int) -> None:
        """A heading begins a setting, unless it is the title: the first one, at the top level."""
        name = unmarked(text).strip(" :")
        if not name:
            return
        may_be_title = level == 1 and not self._has_title and not self.sections
        self._has_title = self._begun = True
        if not may_be_title or self._is_like_a_setting(name):
            self._begin(number, name)

    def _content(self, number: int, line: str) -> None:
        self._begun = True
        bullet = _BULLET.fullmatch(line)
        text = unmarked(bullet["text"] if bullet else line)
        named = None if line.startswith("|") else _NAMED.fullmatch(text)
        if named and self._is_like_a_setting(named["name"]):
            self._begin(number, named["name"].strip())
            text, bullet = (named["value"] or "").strip(), None
        if not self.sections:
            self._introduction(number, line)
        elif text and not self._is_odd(number, line):
            self._below_heading(number, line, text, in_list=bool(bullet))

    def _introduction(self, number: int, line: str) -> None:
        """Prose for people; a list there has lost its heading."""
        if line.startswith("|") or _BULLET.fullmatch(line):
            said = f"{quoted(line)} stands above the first setting"
            self._problems.add(number, said, "a heading above it, such as ## Tags")

    def _below_heading(self, number: int, line: str, text: str, *, in_list: bool) -> None:
        lines = self.sections[-1].lines
        if line.startswith("|"):
            self._row(number, line, lines)
        else:
            lines.append(Line(number, text.removesuffix("\\"), in_list=in_list))

    def _row(self, number: int, line: str, lines: list[Line]) -> None:
        cells = re.split(r"(?<!\\)\|", line.strip("|"))
        if not all(_CELL_RULE.fullmatch(cell) for cell in cells):
            texts = tuple(unmarked(cell).strip() for cell in cells)
            lines.append(Line(number, " | ".join(texts), cells=texts))

    def _begin(self, number: int, name: str) -> None:
        self.sections.append(Section(Scalar(number, name), wraps=True))

    def _is_like_a_setting(self, name: str) -> bool:
        if self._vocabulary.find(name):
            return True
        here = self._vocabulary.find(self.sections[-1].name.text or "") if self.sections else None
        if here and here.setting.part(name):
            return False
        return self._vocabulary.nearest(name, _LIKE_A_SETTING) is not None

    def _is_odd(self, number: int, line: str) -> bool:
        for sign, what, expected in _ODD:
            if sign.search(line):
                self._problems.add(number, f"{quoted(line)} {what}", expected)
                return True
        return False


def unmarked(text: str) -> str:
    """The text without bold, italics, links and escapes."""
    text = _ESCAPED.sub(lambda escaped: chr(_HIDDEN + ord(escaped[1])), text)
    for mark, kept in _MARKS:
        text = mark.sub(kept, text)
    for entity, letter in _ENTITIES.items():
        text = text.replace(entity, letter)
    return re.sub("[\ue000-\ue07f]", lambda hidden: chr(ord(hidden[0]) - _HIDDEN), text)


def _may_be_underlined(line: str) -> bool:
    return bool(line) and not line.startswith(("#", "|", ">")) and not _BULLET.fullmatch(line)


def _says_nothing(line: str) -> bool:
    """Whether it is there for the people who read the doc, or for the looks."""
    return any(sign.fullmatch(line) for sign in (_RULE, _REMARK, _PICTURE_DATA, _EMPTY_BULLET))
