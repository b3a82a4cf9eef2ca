"""A sheet as CSV: a setting and a value on each row, or a column for each setting."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from photo_tagger.domain.shop_docs.problems import DocProblem, DocProblemsError, Problems, quoted
from photo_tagger.domain.shop_docs.sections import Line, Section, settings_of
from photo_tagger.domain.shop_docs.settings import Found, Vocabulary
from photo_tagger.domain.shop_docs.tree import Fields, Scalar

_SETTING = frozenset(("setting", "settings", "name", "field", "rule"))
_VALUE = frozenset(("value", "values"))
_REMARKS = frozenset(("note", "notes", "comment", "comments", "remark", "remarks"))
_SEPARATORS = ",;\t"


@dataclass(frozen=True)
class _Cell:
    line: int
    text: str

    @property
    def name(self) -> str:
        return self.text.casefold().strip(" :")


_Row = dict[int, _Cell]
"""The cells of a row that have something in them, by column."""


def read_csv(text: str, vocabulary: Vocabulary, problems: Problems) -> Fields:
    """The sheet's settings. Raises DocProblemsError if it is no CSV."""
    if not text.strip(f'{_SEPARATORS}" \xa0\n'):
        raise DocProblemsError([DocProblem(None, "the sheet is empty", "settings and values")])
    header, *rows = list(_rows(text))
    names = {cell.name for cell in header.values()}
    if names & _SETTING and names & _VALUE:
        sections = _row_by_row(header, rows, vocabulary, problems)
    else:
        sections = _column_by_column(header, rows, vocabulary, problems)
    return settings_of(sections, vocabulary, problems)


def _rows(text: str) -> Iterator[_Row]:
    """The rows that are not empty, each cell with the line it begins on."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    line = 1
    try:
        for row in lines:
            cells = {}
            for column, cell in enumerate(row):
                if cell.strip():
                    blank = len(cell) - len(cell.lstrip())
                    cells[column] = _Cell(line + cell.count("\n", 0, blank), cell.strip())
                line += cell.count("\n")
            if cells:
                yield cells
            line += 1
    except csv.Error as error:
        said = "a quote is not closed, or stands inside of a cell"
        expected = 'a cell in quotes as a whole, with each quote in it doubled: "5"" pot"'
        raise DocProblemsError([DocProblem(line, said, expected)]) from error


def _separator(text: str) -> str:
    """What stands between the cells of the header; a German Excel writes semicolons."""
    first = next(line for line in text.split("\n") if line.strip(f'{_SEPARATORS}" \xa0'))
    return max(_SEPARATORS, key=first.count)


def _row_by_row(
    header: _Row, rows: list[_Row], vocabulary: Vocabulary, problems: Problems
) -> list[Section]:
    """A setting has a row for each value; from the second on, its name may be left out."""
    columns = {cell.name: column for column, cell in reversed(header.items())}
    setting = next(columns[name] for name in columns if name in _SETTING)
    value = next(columns[name] for name in columns if name in _VALUE)
    remarks = {column for column, cell in header.items() if cell.name in _REMARKS}
    sections: dict[Found | str, Section] = {}
    section = None
    for row in rows:
        if setting in row:
            name = row[setting]
            section = sections.setdefault(
                vocabulary.find(name.text) or name.name,
                Section(Scalar(name.line, name.text), wraps=False),
            )
        if value in row and section:
            section.lines.extend(_lines(row[value]))
        elif value in row:
            problems.add(
                row[value].line, f"{quoted(row[value].text)} has no setting", "its name before it"
            )
        for column in row.keys() - {setting, value} - remarks:
            said = f"{quoted(row[column].text)} stands beside setting and value"
            problems.add(row[column].line, said, "one value a row, or a column called note")
    return list(sections.values())


def _column_by_column(
    header: _Row, rows: list[_Row], vocabulary: Vocabulary, problems: Problems
) -> list[Section]:
    """A setting's values stand under its name."""
    if not any(vocabulary.find(cell.text) for cell in header.values()):
        first = next(iter(header.values()))
        said = f"the first row begins with {quoted(first.text)}"
        names = ", ".join(vocabulary.shown(setting) for setting in vocabulary.settings)
        expected = f"the columns setting and value, or a column for each of: {names}"
        raise DocProblemsError([DocProblem(first.line, said, expected)])
    sections = {
        column: Section(Scalar(cell.line, cell.text), wraps=False)
        for column, cell in header.items()
        if cell.name not in _REMARKS
    }
    for row in rows:
        for column, cell in row.items():
            if column in sections:
                sections[column].lines.extend(_lines(cell))
            elif column not in header:
                said = f"{quoted(cell.text)} stands in a column without a name"
                problems.add(cell.line, said, "the name of a setting, or note, in the first row")
    return list(sections.values())


def _lines(cell: _Cell) -> list[Line]:
    """A cell may have lines of its own."""
    return [
        Line(number, line.strip())
        for number, line in enumerate(cell.text.split("\n"), cell.line)
        if line.strip()
    ]
