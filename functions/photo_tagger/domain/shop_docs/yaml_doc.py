"""YAML with the line of each piece, composed and never constructed: values stay as written."""

from typing import Any, Final, NoReturn

import yaml

from photo_tagger.domain.shop_docs.json_doc import DEEPEST
from photo_tagger.domain.shop_docs.problems import DocProblem, DocProblemsError, quoted
from photo_tagger.domain.shop_docs.tree import Fields, Items, Node, Scalar

_STANDARD: Final = "tag:yaml.org,2002:"
_NULL: Final = f"{_STANDARD}null"
_PLAIN_TAGS: Final = {
    f"{_STANDARD}{kind}"
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
}

_EXPECTED = {
    "mapping values are not allowed": "one colon a line; a text that has a colon goes in quotes",
    "that cannot start any token": 'quotes around a text that begins so: "…"; no tabs',
    "could not find expected ':'": "a name with a colon and a value, such as tone: plain",
    "found unexpected end of stream": "a closing quote",
    "found another document": "one doc, without a second --- line",
    "found unknown escape character": "single quotes around a text with a backslash",
    "expected ',' or": "a comma between entries, and a closing bracket",
    "but found '{'": 'quotes around a text that begins with a brace: "{colour} {product}"',
    "expected <block end>": "the entries of a list or group one below the other, equally indented",
}
"""What was expected, by PyYAML's words for what is wrong."""

_BEGAN_EARLIER = (
    "could not find expected ':'",
    "found unexpected end of stream",
    "expected ',' or",
)
"""Mistakes that PyYAML notices later than where they are made."""


def read_yaml(text: str) -> Fields:
    """The doc as it is written. Raises DocProblemsError where it is no YAML, or more than that."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        _tell(error)
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1 if node else None
        _refuse(line, "the doc has no names", "settings with a colon, such as tone: plain")
    doc = _node(node)
    return doc if isinstance(doc, Fields) else Fields(1, [])


class _Loader(yaml.SafeLoader):
    """Takes no aliases, with which a short doc can stand for a huge one, and no deep nesting."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """One value; see PyYAML's Composer."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            _refuse(
                line,
                f"{quoted(f'*{event.anchor}')} repeats another part of the doc",
                "that part written out; a text that begins with * goes in quotes",
            )
        if self._depth == DEEPEST:
            _refuse(line, "lists stand in each other too deep", f"at most {DEEPEST} levels")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _node(node: yaml.Node) -> Node:
    line = node.start_mark.line + 1
    if node.tag not in _PLAIN_TAGS:
        _refuse(
            line,
            f"{quoted(node.tag.removeprefix(_STANDARD))} gives a value a type",
            "the value alone; a text that begins with ! goes in quotes",
        )
    match node:
        case yaml.MappingNode():
            return Fields(line, [(_name(key), _node(value)) for key, value in node.value])
        case yaml.SequenceNode():
            return Items(line, [_node(item) for item in node.value])
        case _:
            return Scalar(line, None if node.tag == _NULL else str(node.value))


def _name(node: yaml.Node) -> Scalar:
    name = _node(node)
    if not isinstance(name, Scalar):
        _refuse(
            name.line,
            "a list or group stands where a name should",
            'a name; a text in braces goes in quotes, such as "{colour} {product}"',
        )
    return name


def _tell(error: yaml.MarkedYAMLError) -> NoReturn:
    problem = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark
    if error.context_mark and any(words in problem for words in _BEGAN_EARLIER):
        mark = error.context_mark
    expected = next((said for words, said in _EXPECTED.items() if words in problem), None)
    line = mark.line + 1 if mark else None
    written = mark.buffer.rstrip("\0").split("\n")[mark.line] if mark and mark.buffer else ""
    raise DocProblemsError(
        [
            DocProblem(
                line,
                f"{quoted(written)} cannot be read as YAML",
                expected or "names with a colon, and lists with a hyphen before each entry",
            )
        ]
    ) from error


def _refuse(line: int | None, said: str, expected: str) -> NoReturn:
    raise DocProblemsError([DocProblem(line, said, expected)])
