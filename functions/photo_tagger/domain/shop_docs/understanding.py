"""From what was written to the settings, and what is wrong with it."""

import re
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from photo_tagger.domain.rules import RulesDoc
from photo_tagger.domain.shop_docs.problems import Problems, quoted
from photo_tagger.domain.shop_docs.settings import Setting, Vocabulary
from photo_tagger.domain.shop_docs.text import is_text, number, plain
from photo_tagger.domain.shop_docs.tree import Fields, Items, Node, Scalar
from photo_tagger.domain.style import StyleDoc
from photo_tagger.domain.title_format import braces_pair

_Doc = TypeVar("_Doc", StyleDoc, RulesDoc)


class Understanding:
    """The settings of one doc as data for its model, with the line of each."""

    def __init__(self, vocabulary: Vocabulary, problems: Problems) -> None:
        self._vocabulary = vocabulary
        self._problems = problems
        self._data: dict[str, Any] = {}
        self._lines: dict[tuple[int | str, ...], int] = {}
        self._told: set[tuple[int | str, ...]] = set()

    def model(self, fields: Fields, model: type[_Doc]) -> _Doc | None:
        """The doc; None if anything was noted as a problem."""
        for setting, node in self._by_setting(fields):
            self._lines[(setting.key,)] = node.line
            value = _SHAPES[setting.shape](self, setting, node)
            if value is None:
                self._told.add((setting.key,))
            else:
                self._data[setting.key] = value
        try:
            doc = model.model_validate({"version": ""} | self._data)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                self._tell(fault)
            return None
        return None if self._problems.found else doc

    def _by_setting(self, fields: Fields) -> list[tuple[Setting, Node]]:
        """Each setting once; "brightness min" and "brightness max" are put together."""
        whole: dict[str, tuple[Setting, Node]] = {}
        parts: dict[str, tuple[Setting, Fields]] = {}
        for name, node in fields.pairs:
            found = self._vocabulary.find(name.text or "")
            if not found:
                self._unknown(name)
            elif found.part:
                _, together = parts.setdefault(
                    found.setting.key, (found.setting, Fields(name.line, []))
                )
                together.pairs.append((Scalar(name.line, found.part), node))
            elif found.setting.key in whole:
                self._twice(name, whole[found.setting.key][1].line)
            else:
                whole[found.setting.key] = found.setting, _at(name.line, node)
        for key, (setting, together) in parts.items():
            stated = whole.get(key)
            if stated and isinstance(stated[1], Fields):
                together.pairs.extend(stated[1].pairs)
            elif stated:
                self._twice(together.pairs[0][0], stated[1].line)
            whole[key] = setting, together
        return list(whole.values())

    def _text(self, setting: Setting, node: Node) -> str | None:
        shown = self._vocabulary.shown(setting)
        text = self._word(node, shown, setting.example)
        if text and setting.key == "title_format" and not braces_pair(text):
            said = f"{shown} has a brace without its partner"
            self._problems.add(node.line, said, setting.example)
        return text

    def _words(self, setting: Setting, node: Node) -> list[str] | None:
        if isinstance(node, Scalar) and node.text is None:
            return []
        if not isinstance(node, Items):
            self._wrong(setting, node)
            return None
        lines: dict[str, int] = {}
        words = []
        for item in node.nodes:
            word = self._word(item, f"an entry of {self._vocabulary.shown(setting)}", "a word")
            if word is None:
                continue
            if word.casefold() in lines:
                self._twice(Scalar(item.line, word), lines[word.casefold()])
            lines[word.casefold()] = item.line
            words.append(word)
        return words if len(words) == len(node.nodes) else None

    def _pairs(self, setting: Setting, node: Node) -> dict[str, str] | None:
        if isinstance(node, Scalar) and node.text is None:
            return {}
        if not isinstance(node, Fields):
            self._wrong(setting, node)
            return None
        lines: dict[str, int] = {}
        pairs = {}
        for key, value in node.pairs:
            old = self._word(key, "a word to replace", setting.example)
            new = self._word(value, f"the word for {quoted(key.text or '')}", setting.example)
            if old is None or new is None:
                continue
            if old.casefold() in lines:
                self._twice(Scalar(key.line, old), lines[old.casefold()])
            lines[old.casefold()] = key.line
            pairs[old] = new
        return pairs if len(pairs) == len(node.pairs) else None

    def _numbers(self, setting: Setting, node: Node) -> Any:
        if isinstance(node, Scalar) and setting.only_part and node.text is not None:
            node = Fields(node.line, [(Scalar(node.line, setting.only_part), node)])
        if not isinstance(node, Fields):
            self._wrong(setting, node)
            return None
        values: dict[str, int | float] = {}
        for name, value in node.pairs:
            part = setting.part(name.text or "")
            if part is None:
                self._unknown_part(setting, name)
            elif (setting.key, part) in self._lines:
                self._twice(name, self._lines[(setting.key, part)])
            else:
                self._lines[(setting.key, part)] = value.line
                read = self._number(self._shown(setting, part), value)
                if read is None:
                    self._told.add((setting.key, part))
                else:
                    values[part] = read
        return values.get(setting.only_part or "") if setting.flat else values

    def _number(self, where: str, node: Node) -> int | float | None:
        if not isinstance(node, Scalar) or node.text is None:
            self._problems.add(node.line, f"{where} is {_kind(node)}", "a number, such as 40")
            return None
        try:
            return number(node.text)
        except ValueError as error:
            self._problems.add(node.line, f"{where} is {quoted(node.text)}", str(error))
            return None

    def _word(self, node: Node, where: str, expected: str) -> str | None:
        if not isinstance(node, Scalar) or not node.is_word:
            self._problems.add(node.line, f"{where} is {_kind(node)}", expected)
            return None
        word = plain(node.text or "")
        if not word:
            self._problems.add(node.line, f"{where} is empty", expected)
        elif not is_text(word):
            self._problems.add(node.line, f"{where} has a character that is no text", expected)
        else:
            return word
        return None

    def _wrong(self, setting: Setting, node: Node) -> None:
        said = f"{self._vocabulary.shown(setting)} is {_kind(node)}"
        self._problems.add(node.line, said, setting.example)

    def _twice(self, name: Scalar, earlier: int) -> None:
        said = f"{quoted(name.text or '')} is there twice, first on line {earlier}"
        self._problems.add(name.line, said, "it once")

    def _unknown(self, name: Scalar) -> None:
        """If it is like a known name, it is not told of again as one that is missing."""
        written = name.text or ""
        said = f"{quoted(written)} is no setting of the {self._vocabulary.doc}"
        self._problems.add(name.line, said, self._vocabulary.instead_of(written))
        meant = self._vocabulary.nearest(written)
        if meant:
            self._told.add((meant.key,))

    def _unknown_part(self, setting: Setting, name: Scalar) -> None:
        parts = ", ".join(self._vocabulary.part_shown(setting, part) for part in setting.parts)
        said = f"{quoted(name.text or '')} is nothing that {self._vocabulary.shown(setting)} has"
        self._problems.add(name.line, said, f"one of: {parts}")

    def _shown(self, setting: Setting, part: str) -> str:
        shown = self._vocabulary.shown(setting)
        return shown if setting.flat else f"{shown} {self._vocabulary.part_shown(setting, part)}"

    def _tell(self, fault: ErrorDetails) -> None:
        """What the model does not take, unless that value was told of already."""
        loc = fault["loc"]
        key = str(loc[0])
        setting = next(known for known in self._vocabulary.settings if known.key == key)
        if loc in self._told or (fault["type"] == "missing" and (key,) in self._told):
            return
        part = str(loc[1]) if len(loc) > 1 else setting.only_part if setting.flat else None
        where = self._shown(setting, part) if part else self._vocabulary.shown(setting)
        line = self._lines.get((key, part or ""), self._lines.get((key,)))
        self._problems.add(line, *_in_words(fault, where, setting))


def _in_words(fault: ErrorDetails, where: str, setting: Setting) -> tuple[str, str]:
    """What is wrong, and what was expected."""
    context = fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return f"there is no {where}", setting.example
        case "too_short":
            return f"{where} is empty", setting.example
        case "greater_than_equal":
            return f"{where} is {fault['input']}", f"at least {context['ge']}"
        case "less_than_equal":
            return f"{where} is {fault['input']}", f"at most {context['le']}"
        case "int_from_float":
            return f"{where} is {fault['input']}", "a whole number"
        case "value_error":
            return f"{where}: {context['error']}", setting.example
        case _:
            return f"{where}: {re.sub('^Input', 'it', fault['msg'])}", setting.example


def _kind(node: Node) -> str:
    match node:
        case Scalar(text=None):
            return "empty"
        case Scalar():
            return quoted(node.text or "")
        case Items():
            return "a list"
        case Fields():
            return "a group of names and values"


def _at(line: int, node: Node) -> Node:
    """The value with the line of its name, where it is one of several lines."""
    match node:
        case Scalar():
            return node
        case Items():
            return Items(line, node.nodes)
        case Fields():
            return Fields(line, node.pairs)


_SHAPES = {
    "text": Understanding._text,
    "words": Understanding._words,
    "pairs": Understanding._pairs,
    "numbers": Understanding._numbers,
}
