"""Settings with lines of text under them, as people write in Markdown and in sheets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from photo_tagger.domain.shop_docs.problems import Problems, quoted
from photo_tagger.domain.shop_docs.settings import Setting, Vocabulary
from photo_tagger.domain.shop_docs.text import plain
from photo_tagger.domain.shop_docs.tree import Fields, Items, Node, Scalar

_ARROW = re.compile(r"\s*(?:[-–—=]{1,3}>|[→⇒➔➜])\s*")
_ENTRY = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^,;]*))\s*(?:[,;]|$)')
_NAME_AND_NUMBER = re.compile(r"(?P<name>[^\d:=]*?)\s*[:=]?\s*(?P<number>[-+\u2212]?\d\S*.*)")
_RANGE = re.compile(
    r"(?:from\s+)?(?P<least>[-\d.,]+)\s*(?:to|–|—)\s*(?P<most>[-\d.,]+)", re.IGNORECASE
)
_LONGEST_ENTRY = 60
_TABLE_HEADERS = {
    *("", "from", "to", "instead of", "write", "word", "words", "say", "not", "use", "old", "new"),
    *("preferred", "preferred word", "field", "name", "setting", "rule", "value", "characters"),
    *("limit", "limits", "most", "least", "max", "min", "maximum", "minimum"),
}


@dataclass(frozen=True)
class Line:
    """A line under a setting's name; `cells` if it is a row of a table."""

    number: int
    text: str
    in_list: bool = False
    cells: tuple[str, ...] = ()


@dataclass
class Section:
    """A setting's name as written, and what stands under it.

    `wraps`: a text may go over several lines; otherwise each is a value of its own.
    """

    name: Scalar
    wraps: bool
    lines: list[Line] = field(default_factory=list)


def settings_of(sections: list[Section], vocabulary: Vocabulary, problems: Problems) -> Fields:
    """The sections as names and values; what makes no sense as the setting's value is noted."""
    return Fields(
        1, [(section.name, _value(section, vocabulary, problems)) for section in sections]
    )


def _value(section: Section, vocabulary: Vocabulary, problems: Problems) -> Node:
    found = vocabulary.find(section.name.text or "")
    if not found or not section.lines:
        return Scalar(section.name.line, None)
    if found.part:
        return _one_number(section, problems)
    match found.setting.shape:
        case "text":
            return _text(section, found.setting, problems)
        case "words":
            return _words(section, found.setting, problems)
        case "pairs":
            return _pairs(section, found.setting, problems)
        case "numbers":
            return _numbers(section, found.setting, problems)


def _text(section: Section, setting: Setting, problems: Problems) -> Scalar:
    first, *more = section.lines
    texts, last = [first.text], first.number
    for line in more:
        if not section.wraps or line.number != last + 1 or line.in_list:
            problems.add(line.number, f"{quoted(line.text)} is one text too many", setting.example)
        texts.append(line.text)
        last = line.number
    return Scalar(first.number, " ".join(texts))


def _words(section: Section, setting: Setting, problems: Problems) -> Items:
    listed = any(line.in_list for line in section.lines)
    nodes: list[Node] = []
    for line in section.lines:
        if line.cells:
            problems.add(line.number, f"{quoted(line.text)} is a table", setting.example)
        elif listed and not line.in_list:
            said = f"{quoted(line.text)} stands outside of the list"
            problems.add(line.number, said, "every entry in the list; a remark goes in italics")
        else:
            nodes.extend(_entries(line, problems))
    return Items(section.name.line, nodes)


def _entries(line: Line, problems: Problems) -> Iterator[Scalar]:
    for found in _ENTRY.finditer(plain_line(line.text)):
        bare = (found["bare"] or "").strip()
        if _reads_like_prose(bare):
            said = f"{quoted(bare)} reads like a sentence"
            problems.add(line.number, said, 'a word or a few; in "quotes" if it is meant so')
        elif bare or found["quoted"]:
            yield Scalar(line.number, bare or found["quoted"])


def _reads_like_prose(entry: str) -> bool:
    ends = entry.endswith(":") or (entry.endswith(".") and " " in entry)
    return ends or len(entry) > _LONGEST_ENTRY


def _pairs(section: Section, setting: Setting, problems: Problems) -> Fields:
    pairs: list[tuple[Scalar, Node]] = []
    for line in _below_header(section, problems, required=True):
        old, *new = line.cells or _ARROW.split(plain_line(line.text))
        if len(new) != 1:
            said = f"{quoted(line.text)} is no pair of words"
            problems.add(line.number, said, "one pair a line, such as couch -> sofa")
            continue
        if re.search("[,;]", new[0]):
            problems.add(line.number, f"{quoted(new[0])} is more than one word", setting.example)
        value = Scalar(line.number, new[0])
        pairs.extend((word, value) for word in _entries(Line(line.number, old), problems))
        if not old.strip():
            problems.add(line.number, f"nothing is to become {quoted(new[0])}", setting.example)
    return Fields(section.name.line, pairs)


def _numbers(section: Section, setting: Setting, problems: Problems) -> Node:
    pairs: list[tuple[Scalar, Node]] = []
    for line in _below_header(section, problems, required=False):
        pairs.extend(_parts(line, setting, problems))
    return Fields(section.name.line, pairs)


def _parts(line: Line, setting: Setting, problems: Problems) -> list[tuple[Scalar, Node]]:
    """One number with the name of its part, or "40 to 254"."""
    text = plain_line(line.text)
    reach = _RANGE.fullmatch(text)
    if reach and {"min", "max"} <= setting.parts.keys() and not line.cells:
        ends = {"min": reach["least"], "max": reach["most"]}
        return [(Scalar(line.number, key), Scalar(line.number, end)) for key, end in ends.items()]
    name, value = _name_and_value(line, text)
    if not name and setting.only_part:
        name = setting.only_part
    if not name or (value is None and not setting.part(name)):
        problems.add(line.number, f"{quoted(line.text)} is no number with a name", setting.example)
        return []
    return [(Scalar(line.number, name), Scalar(line.number, value))]


def _name_and_value(line: Line, text: str) -> tuple[str, str | None]:
    if line.cells:
        return line.cells[0], line.cells[1]
    named = _NAME_AND_NUMBER.fullmatch(text)
    if named:
        return named["name"].strip(), named["number"]
    name, _, value = text.partition(":")
    return name.strip(), value.strip() or None


def _one_number(section: Section, problems: Problems) -> Scalar:
    first, *more = section.lines
    for line in more:
        said = f"{quoted(line.text)} is one number too many"
        problems.add(line.number, said, "one number, such as 40")
    return Scalar(first.number, plain_line(first.text))


def _below_header(section: Section, problems: Problems, *, required: bool) -> Iterator[Line]:
    """The lines without a table's header row; a table has two columns."""
    in_table = False
    for line in section.lines:
        begins, in_table = bool(line.cells) and not in_table, bool(line.cells)
        is_header = begins and all(_is_header(cell) for cell in line.cells)
        if in_table and len(line.cells) != 2:
            said = f"{quoted(line.text)} has {len(line.cells)} columns"
            problems.add(line.number, said, "a table of two columns")
        elif begins and required and not is_header:
            said = f"{quoted(line.text)} is the first row of a table"
            problems.add(line.number, said, "a row above it that says: from, to")
        elif not is_header:
            yield line


def _is_header(cell: str) -> bool:
    return plain(cell).casefold().strip(" :") in _TABLE_HEADERS


def plain_line(text: str) -> str:
    """The line with straight quotes and plain spaces, and quotes around the whole left on."""
    return plain(f"{text.strip()} .")[:-2].strip()
