"""JSON with the line of each piece, which Python's own reader does not tell."""

import json
import re
from bisect import bisect_left
from typing import Final, NoReturn

from photo_tagger.domain.shop_docs.problems import DocProblem, DocProblemsError, quoted
from photo_tagger.domain.shop_docs.tree import Fields, Items, Node, Scalar

DEEPEST: Final = 10
"""Levels of lists and groups in each other; a doc has two."""

_SPACE = re.compile(r"[ \t\n]*")
_CURLY = "“”„‟‘’"


def read_json(text: str) -> Fields:
    """The doc as it is written. Raises DocProblemsError where it is no JSON."""
    reader = _Reader(text)
    node = reader.value(depth=1)
    if reader.rest():
        reader.wrong("the doc is over", "nothing more after the closing brace")
    if not isinstance(node, Fields):
        raise DocProblemsError(
            [DocProblem(node.line, "the doc has no names", 'settings in braces: {"tags": …}')]
        )
    return node


class _Reader:
    """Goes through the text once; strings and numbers are read by Python's own decoder.

    Numbers stay text, so that their digits are as written.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        self._decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)

    def rest(self) -> str:
        """What is still to be read."""
        self._skip_space()
        return self._text[self._at :]

    def value(self, depth: int) -> Node:
        """The value that begins here."""
        self._skip_space()
        if depth > DEEPEST:
            self.wrong("brackets stand in each other too deep", f"at most {DEEPEST} levels")
        line = self._line()
        match self._text[self._at : self._at + 1]:
            case "{":
                return Fields(line, self._fields(depth))
            case "[":
                return Items(line, self._items(depth))
            case _:
                return self._scalar()

    def wrong(self, said: str, expected: str) -> NoReturn:
        """Say what stands here instead of what was expected."""
        piece = re.compile(r'"[^"\n]*"?|[^\s,:\[\]{}"]+|\S').match(self._text, self._at)
        found = f"{quoted(piece[0])} stands there" if piece else "the doc ends there"
        if piece and piece[0][0] in _CURLY:
            expected = 'straight quotes, as in "tags"'
        elif piece and piece[0].startswith(("//", "/*", "#")):
            expected = "no comments, as JSON has none; a YAML or Markdown doc may have some"
        raise DocProblemsError([DocProblem(self._line(), f"{said}, and {found}", expected)])

    def _fields(self, depth: int) -> list[tuple[Scalar, Node]]:
        pairs: list[tuple[Scalar, Node]] = []
        self._at += 1
        while not self._closed("}", first=not pairs):
            if self._text[self._at : self._at + 1] != '"':
                self.wrong("a name should begin", 'a name in straight quotes, such as "tags"')
            name = self._scalar()
            self._skip_space()
            if self._text[self._at : self._at + 1] != ":":
                self.wrong(f"a value should follow {quoted(name.text or '')}", "a colon first")
            self._at += 1
            pairs.append((name, self.value(depth + 1)))
        return pairs

    def _items(self, depth: int) -> list[Node]:
        nodes: list[Node] = []
        self._at += 1
        while not self._closed("]", first=not nodes):
            nodes.append(self.value(depth + 1))
        return nodes

    def _closed(self, bracket: str, *, first: bool) -> bool:
        """Whether the bracket closes here; otherwise goes on behind the comma."""
        self._skip_space()
        if self._text.startswith(bracket, self._at):
            self._at += 1
            return True
        if first:
            return False
        if not self._text.startswith(",", self._at):
            self.wrong("the next entry or the end should come", f"a comma, or {bracket}")
        comma = self._at
        self._at += 1
        self._skip_space()
        if self._text.startswith(bracket, self._at):
            self._at = comma
            self.wrong(f"nothing follows before the {bracket}", "no comma after the last entry")
        return False

    def _scalar(self) -> Scalar:
        start, line = self._at, self._line()
        try:
            value, self._at = self._decoder.raw_decode(self._text, start)
        except json.JSONDecodeError as error:
            self._at = min(error.pos, len(self._text))
            self._not_read(start)
        if isinstance(value, bool):
            return Scalar(line, self._text[start : self._at], is_word=False)
        return Scalar(line, value)

    def _not_read(self, start: int) -> NoReturn:
        if not self._text.startswith('"', start):
            self.wrong("a value should stand", "a text in straight quotes, a number, or a list")
        if self._text.startswith("\\", self._at):
            self.wrong("a text has a backslash", r"\\ for a backslash, \" for a quote")
        self._at = start
        self.wrong("a text does not end on its line", 'a closing straight quote: "sofa"')

    def _skip_space(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _line(self) -> int:
        return bisect_left(self._breaks, self._at) + 1
