"""The style doc and the rules doc as people write them, read and checked."""

import hashlib
import json
from typing import Final, Literal, TypeVar, overload

from photo_tagger.domain.rules import RulesDoc
from photo_tagger.domain.shop_docs.csv_doc import read_csv
from photo_tagger.domain.shop_docs.json_doc import read_json
from photo_tagger.domain.shop_docs.markdown_doc import read_markdown
from photo_tagger.domain.shop_docs.problems import DocProblem, DocProblemsError, Problems
from photo_tagger.domain.shop_docs.settings import RULES, STYLE, Vocabulary
from photo_tagger.domain.shop_docs.text import decoded, opened
from photo_tagger.domain.shop_docs.tree import Fields
from photo_tagger.domain.shop_docs.understanding import Understanding
from photo_tagger.domain.shop_docs.yaml_doc import read_yaml
from photo_tagger.domain.style import StyleDoc

_Doc = TypeVar("_Doc", StyleDoc, RulesDoc)

__all__ = ["DocFormat", "DocKind", "DocProblem", "DocProblemsError", "decoded", "parse_doc"]

DocKind = Literal["style", "rules"]
DocFormat = Literal["json", "yaml", "markdown", "csv"]

_IN_WORDS: Final[tuple[DocFormat, ...]] = ("markdown", "csv")
"""Where settings are called by people's words and not by their keys."""


@overload
def parse_doc(name: Literal["style"], text: str, format: DocFormat) -> StyleDoc: ...
@overload
def parse_doc(name: Literal["rules"], text: str, format: DocFormat) -> RulesDoc: ...
def parse_doc(name: DocKind, text: str, format: DocFormat) -> StyleDoc | RulesDoc:
    """The doc that a person wrote; `decoded` makes text of a file's bytes.

    A doc that names no version gets the first 12 hex digits of its content's SHA-256 for one: the
    same content has the same version in every format. Raises DocProblemsError with everything that
    is wrong; where the format itself is broken, with the first place where it is.
    """
    text = opened(text)
    if name == "style":
        return _read(StyleDoc, Vocabulary("style doc", STYLE, format in _IN_WORDS), text, format)
    return _read(RulesDoc, Vocabulary("rules doc", RULES, format in _IN_WORDS), text, format)


def _read(model: type[_Doc], vocabulary: Vocabulary, text: str, format: DocFormat) -> _Doc:
    problems = Problems()
    fields = _fields(text, format, vocabulary, problems)
    doc = Understanding(vocabulary, problems).model(fields, model)
    if doc is None:
        raise problems.error()
    return doc if doc.version else doc.model_copy(update={"version": _digest(doc)})


def _fields(text: str, format: DocFormat, vocabulary: Vocabulary, problems: Problems) -> Fields:
    match format:
        case "json":
            return read_json(text)
        case "yaml":
            return read_yaml(text)
        case "markdown":
            return read_markdown(text, vocabulary, problems)
        case "csv":
            return read_csv(text, vocabulary, problems)


def _digest(doc: StyleDoc | RulesDoc) -> str:
    content = json.dumps(doc.model_dump(exclude={"version"}), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:12]
