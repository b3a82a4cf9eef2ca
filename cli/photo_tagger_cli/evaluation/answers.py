"""The answer file of a folder of photos: what a good draft of each says, or that there is none."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from photo_tagger.domain.style import StyleDoc, Word
from photo_tagger_cli.docs_command.files import style_in
from photo_tagger_local.errors import CommandError

ANSWER_FILE = "answers.toml"

Kind = Literal["screenshot", "receipt", "person", "empty_box", "other"]
Words = Annotated[list[Word], Field(min_length=1)]


class BadAnswersError(CommandError):
    """The answer file or the style doc needs mending; the message says where and how."""


class Product(BaseModel):
    """What is right for a photo of a product.

    `product` and `colour` are words of which a text must have one each. A key that is left out is
    not judged; without `tags` or `product`, that is tags or all three texts.
    """

    model_config = ConfigDict(extra="forbid")

    category: str
    tags: list[Word] | None = None
    product: Words | None = None
    colour: Words | None = None


class NoProduct(BaseModel):
    """What a photo shows that is not of a product."""

    model_config = ConfigDict(extra="forbid")

    not_a_product: Kind


Answer = Product | NoProduct


def read_answers(path: Path, style: StyleDoc) -> dict[str, Answer]:
    """The answers by the photo's file name, checked against the shop's categories and tags.

    Raises BadAnswersError with a sentence for each thing that needs mending.
    """
    tables = _toml(path)
    answers: dict[str, Answer] = {}
    problems: list[str] = []
    for name, table in tables.items():
        answer = _answer(name, table, style)
        if isinstance(answer, list):
            problems.extend(f'"{name}": {problem}' for problem in answer)
        else:
            answers[name] = answer
    if problems:
        raise BadAnswersError("\n  ".join([f"{path} needs mending:", *problems]))
    return answers


def read_style(path: Path) -> StyleDoc:
    """The style doc in a file. Raises CommandError."""
    if not path.exists():
        raise BadAnswersError(
            f"{path} is not there: put the shop's style doc there, or name one with --style."
        )
    return style_in(path)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadAnswersError(
            f"{path} is not there: it says what is right for each photo, and docs/evaluating.md "
            "how to write it."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadAnswersError(f"{path} is no TOML file: {error}") from error


def _answer(name: str, table: Any, style: StyleDoc) -> Answer | list[str]:
    """The answer, or what is wrong with it."""
    if not isinstance(table, dict):
        return ["expected a table, with the photo's file name in brackets and quotes"]
    if any(isinstance(value, dict) for value in table.values()):
        inner = next(key for key, value in table.items() if isinstance(value, dict))
        return [f'a file name with a dot needs quotes: ["{name}.{inner}"]']
    kind: type[Answer] = NoProduct if "not_a_product" in table else Product
    try:
        answer = kind.model_validate(table)
    except ValidationError as error:
        return [_problem(each, kind) for each in error.errors()]
    return list(_not_the_shops(answer, style)) or answer


def _not_the_shops(answer: Answer, style: StyleDoc) -> Iterator[str]:
    if isinstance(answer, NoProduct):
        return
    if answer.category not in style.categories:
        known = _either(style.categories)
        yield f'category "{answer.category}" is not in the style doc; expected {known}'
    for tag in answer.tags or []:
        if tag not in style.tags:
            yield f'tag "{tag}" is not in the style doc; expected some of {", ".join(style.tags)}'


def _problem(error: ErrorDetails, kind: type[Answer]) -> str:
    where, known = _place(error), tuple(kind.model_fields)
    match error["type"]:
        case "missing":
            return f"{where} is missing; a photo that shows no product has not_a_product instead"
        case "extra_forbidden" if kind is NoProduct:
            return f"{where} does not go with not_a_product, which stands alone"
        case "extra_forbidden":
            return f"{where} is not known; expected {_either(known)}, or not_a_product alone"
        case "literal_error":
            expected = error["ctx"]["expected"].replace("'", "")
            return f"{where} is {error['input']!r}; expected {expected}"
        case "list_type":
            return f'{where} is no list; expected words in brackets, such as ["chair"]'
        case "too_short" | "string_too_short":
            return f"{where} is empty; expected a word, or leave it out"
        case _:
            return f"{where}: {error['msg']}"


def _place(error: ErrorDetails) -> str:
    return ".".join(map(str, error["loc"])) or "the whole"


def _either(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + f" or {words[-1]}" if len(words) > 1 else words[0]
