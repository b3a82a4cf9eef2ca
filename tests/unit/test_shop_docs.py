"""The style doc and the rules doc: what is understood in each format, and what is told."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from photo_tagger.domain.rules import RulesDoc
from photo_tagger.domain.shop_docs import (
    DocFormat,
    DocKind,
    DocProblem,
    DocProblemsError,
    decoded,
    parse_doc,
)
from photo_tagger.domain.shop_docs.problems import MOST_PROBLEMS
from photo_tagger.domain.shop_docs.text import MOST_CHARACTERS
from photo_tagger.domain.style import StyleDoc
from photo_tagger_cli.docs_command.files import FORMATS
from photo_tagger_cli.docs_command.template import SUFFIXES, Suffix, template

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
KINDS: tuple[DocKind, ...] = ("style", "rules")
every_template = pytest.mark.parametrize(
    ("kind", "suffix"), [(kind, suffix) for kind in KINDS for suffix in SUFFIXES]
)


def sample(kind: DocKind) -> StyleDoc | RulesDoc:
    text = (SAMPLES / f"{kind}.json").read_text()
    return (StyleDoc if kind == "style" else RulesDoc).model_validate_json(text)


def problems(kind: DocKind, text: str, form: DocFormat) -> list[DocProblem]:
    with pytest.raises(DocProblemsError) as raised:
        parse_doc(kind, text, form)
    assert str(raised.value) == "\n".join(map(str, raised.value.problems))
    return raised.value.problems


def problem(kind: DocKind, text: str, form: DocFormat) -> DocProblem:
    (only,) = problems(kind, text, form)
    return only


# What is understood


@every_template
def test_every_template_says_what_the_samples_say(kind: DocKind, suffix: Suffix) -> None:
    doc = parse_doc(kind, template(kind, suffix), FORMATS[f".{suffix}"])
    assert doc == sample(kind).model_copy(update={"version": doc.version})


@pytest.mark.parametrize("kind", KINDS)
def test_json_as_it_lies_in_the_bucket_is_read_as_it_is(kind: DocKind) -> None:
    text = (SAMPLES / f"{kind}.json").read_text()
    assert parse_doc(kind, text, "json") == parse_doc(kind, text, "yaml") == sample(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_version_the_content_is_the_version(kind: DocKind) -> None:
    versions = {
        parse_doc(kind, template(kind, suffix), FORMATS[f".{suffix}"]).version
        for suffix in SUFFIXES
    }
    (version,) = versions
    assert re.fullmatch(r"[0-9a-f]{12}", version)
    changed = template(kind, "json").replace("254", "250").replace("grey", "gray")
    assert parse_doc(kind, changed, "json").version != version


GOOGLE_DOC = """\ufeff# **Our style**\r
\r
How we write. See [the shop](https://shop.example/a_b). A remark: nothing of this counts.\r
\r
## **Title format**\r
\r
{colour} {product\\_name}\r
\r
## \r
\r
## Categories  \r
\r
* Kitchen \\& dining  \r
* “Bed, bath & home”\r
* [Lighting](https://shop.example/lighting)\r
1. Men’s\r
\r
## Tags\r
\r
*The only ones. Please ask first.*\r
\r
sofa, living\u00a0room; **vintage**\r
\r
\\- mid\\-century\r
\r
## Preferred words\r
\r
| Instead of | Write |\r
| :---- | :---- |\r
| couch, settee | sofa |\r
| lampe |  lamp |\r
\r
divan \\-\\> sofa\r
pouffe → pouf\r
\r
**Words to avoid:**\r
\r
---\r
\r
**Language:** English (UK)\r
\r
Tone\r
----\r
\r
plain and\r
friendly\r
\r
## Limits\r
\r
| Field | Most |\r
| ----- | ----- |\r
| title | 60 |\r
\r
alt text 100\r
\r
[image1]: <data:image/png;base64,AAAA>\r
"""


def test_a_google_doc_as_it_is_exported() -> None:
    # The hyphen before "mid-century" is typed, so the list of tags is that line alone.
    told = problem("style", GOOGLE_DOC, "markdown")
    assert (told.line, told.said) == (
        22,
        '"sofa, living room; vintage" stands outside of the list',
    )
    doc = parse_doc("style", GOOGLE_DOC.replace("sofa, living", "- sofa, living"), "markdown")
    assert doc.model_dump(exclude={"version"}) == {
        "title_format": "{colour} {product_name}",
        "categories": ["Kitchen & dining", "Bed, bath & home", "Lighting", "Men's"],
        "tags": ["sofa", "living room", "vintage", "mid-century"],
        "preferred_words": {
            "couch": "sofa",
            "settee": "sofa",
            "lampe": "lamp",
            "divan": "sofa",
            "pouffe": "pouf",
        },
        "avoid_words": [],
        "language": "English (UK)",
        "tone": "plain and friendly",
        "limits": {"title": 60, "alt_text": 100, "description": 600},
    }


def test_a_remark_is_a_sentence_and_all_else_in_italics_counts() -> None:
    text = (
        "Categories: Furniture\n\n## Tags\n*Please ask first.*\n> Or me.\n*living room*\n_lamp_\n"
    )
    assert parse_doc("style", text, "markdown").tags == ["living room", "lamp"]


def test_a_google_sheet_with_a_setting_and_a_value_on_each_row() -> None:
    sheet = (
        ",,,\r\n"
        ",SETTING,Value,Note\r\n"
        ",,,\r\n"
        ",Category,Furniture,as in the shop\r\n"
        ",,Lighting,\r\n"
        ',Tags,"sofa, chair",\r\n'
        ",tag,living room,\r\n"
        ",Preferred words,couch -> sofa,\r\n"
        ",Title Limit,60,\r\n"
        ",limits,description: 300,\r\n"
    )
    doc = parse_doc("style", sheet, "csv")
    assert doc.categories == ["Furniture", "Lighting"]
    assert doc.tags == ["sofa", "chair", "living room"]
    assert doc.preferred_words == {"couch": "sofa"}
    assert (doc.limits.title, doc.limits.alt_text, doc.limits.description) == (60, 125, 300)


def test_a_sheet_with_a_column_for_each_setting() -> None:
    sheet = (
        "Categories;Tags;Notes;Title limit\n"
        "Furniture;sofa;all of them;60\n"
        'Lighting;"lamp\nliving room";;\n'
        ";chair;;\n"
    )
    doc = parse_doc("style", sheet, "csv")
    assert doc.categories == ["Furniture", "Lighting"]
    assert doc.tags == ["sofa", "lamp", "living room", "chair"]
    assert doc.limits.title == 60


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("## Brightness\n40 to 250\n## Sharpness\nat least 8,5\n", "markdown"),
        ("Brightness\n===\nmin: 40\nmax = 250\n\n**Sharpness:** 8,5\n", "markdown"),
        ("setting;value\nbrightness min;40\nmax brightness;250\nsharpness;8,5\n", "csv"),
        ("Brightness min,Brightness max,Sharpness\n40,250,8.5\n", "csv"),
        ("brightness: {at least: 40, at most: 250.0}\nsharpness: 8,5\n", "yaml"),
        ('{"mean_luminance": {"min": "40", "max": 2.5e2}, "sharpness": 8.5}', "json"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, form: DocFormat) -> None:
    doc = parse_doc("rules", text, form)
    light = doc.mean_luminance
    assert (light.min, light.max, doc.sharpness.min, doc.min_edge_px) == (40, 250, 8.5, 400)


def test_yaml_words_stay_as_they_are_written() -> None:
    # For a YAML reader, "no" is false, 010 is 8 and 1.10 is 1.1.
    text = "version: 1.10\ncategories: [no, 010]\ntags:\n- 2026-01-01\n- >\n  living\n  room\n"
    doc = parse_doc("style", text, "yaml")
    assert (doc.version, doc.categories) == ("1.10", ["no", "010"])
    assert doc.tags == ["2026-01-01", "living room"]


# What is told of mistakes

MARKDOWN = "## Categories\nFurniture\n## Tags\nsofa\n"
YAML = "categories: [Furniture]\ntags: [sofa]\n"
SHEET = "setting,value\ncategory,Furniture\ntag,sofa\n"
JSON = '{"categories": ["Furniture"],\n "tags": ["sofa"]'

MISTAKES: list[tuple[DocKind, DocFormat, str, int | None, str, str]] = [
    # Names
    ("style", "json", JSON + ',\n"colours": []}', 3, '"colours" is no setting', "one of: title_f"),
    ("style", "yaml", YAML + "# \ntoen: plain", 4, '"toen" is no setting', 'perhaps "tone"'),
    ("style", "markdown", MARKDOWN + "## Avoid wrds\n", 5, '"Avoid wrds"', '"words to avoid"'),
    ("style", "markdown", MARKDOWN + "Languge: German\n", 5, '"Languge"', '"language"'),
    ("style", "csv", SHEET + "toen,plain\n", 4, '"toen"', 'perhaps "tone"; there are: title form'),
    ("style", "csv", "toen,cat\nplain,b\n", 1, 'begins with "toen"', "columns setting and value"),
    ("style", "csv", "tags,category,toen\na,b,c\n", 1, '"toen"', '"tone"'),
    ("style", "yaml", YAML + "limits: {titel: 60}\n", 3, '"titel" is nothing', "title, alt_text"),
    ("style", "markdown", MARKDOWN + "## Limits\ntitel: 60\n", 6, '"titel"', "title, alt text"),
    ("rules", "markdown", "## Sharpness\n3\nmax: 60\n", 3, '"max"', "one of: min"),
    # Twice
    ("style", "json", JSON + ',\n"tags": []}', 3, '"tags" is there twice, first on line 2', "once"),
    ("style", "yaml", YAML + "Tag: [a]\n", 3, '"Tag" is there twice, first on line 2', "once"),
    ("style", "yaml", YAML + "limits:\n  title: 60\n  title: 70\n", 5, '"title" is there tw', "on"),
    ("style", "markdown", MARKDOWN + "## Tags\nb\n", 5, "twice, first on line 3", "once"),
    ("style", "markdown", MARKDOWN + "Sofa\n", 5, '"Sofa" is there twice, first on line 4', "once"),
    ("style", "csv", SHEET + "limits,title: 60\ntitle limit,50\n", 4, "twice, first on", "once"),
    ("style", "csv", "tags,category,tags\na,b,c\n", 1, '"tags" is there twice', "once"),
    ("style", "csv", SHEET + "tag,lamp\ntag,SOFA\n", 5, "twice, first on line 3", "once"),
    (
        "style",
        "markdown",
        MARKDOWN + "## Preferred words\ncouch -> sofa\nCouch -> divan\n",
        7,
        '"Couch" is there twice, first on line 6',
        "once",
    ),
    ("rules", "csv", "setting,value\nbrightness min,40\nbrightness,40 to 250", 3, "twice", "once"),
    # Missing and empty
    ("style", "yaml", "tags: [sofa]", None, "there is no categories", "such as: Furniture"),
    ("style", "yaml", "categories: [a]\ntags:\n", 2, "tags is empty", "such as: sofa"),
    ("style", "markdown", MARKDOWN.replace("sofa\n", ""), 3, "tags is empty", "such as: sofa"),
    ("style", "markdown", MARKDOWN + "## Tone\n", 5, "tone is empty", "plain and friendly"),
    ("style", "csv", SHEET + "tone,\n", 4, "tone is empty", "plain and friendly"),
    ("style", "csv", "tags,category,tone\na,b,\n", 1, "tone is empty", "plain and friendly"),
    (
        "rules",
        "markdown",
        "# A\n## Brightness\nmin: 3\n",
        2,
        "no brightness max",
        "a min and a max",
    ),
    ("rules", "json", '{\n"mean_luminance":\n{"min": 3}}', 2, "no mean_luminance max", "a min"),
    ("style", "yaml", "tags:\n- a\n-\ncategories: [b]\n", 3, "an entry of tags is empty", "a word"),
    # Values of another kind
    ("style", "json", JSON + ',\n"tone":\n["a"]}', 3, "tone is a list", "plain and friendly"),
    ("style", "json", JSON + ',\n"tone": true}', 3, 'tone is "true"', "plain and friendly"),
    ("style", "yaml", "tags: sofa, chair\ncategories: [b]\n", 1, 'tags is "sofa, chair"', "a list"),
    ("style", "yaml", "tags:\n- a\n- [b]\ncategories: [b]\n", 3, "an entry of tags is a list", "a"),
    (
        "style",
        "yaml",
        YAML + "title_format: {product}\n",
        3,
        "a group of names and values",
        "brace",
    ),
    (
        "style",
        "yaml",
        YAML + "preferred_words: [a]\n",
        3,
        "preferred_words is a list",
        "couch: sofa",
    ),
    ("style", "yaml", YAML + "limits: 60\n", 3, 'limits is "60"', "title: 60"),
    ("style", "yaml", YAML + "? [a, b]\n: c\n", 3, "stands where a name should", "a name"),
    ("style", "markdown", MARKDOWN + "## Limits\nmany\n", 6, '"many" is no number', "title: 60"),
    (
        "style",
        "csv",
        SHEET + "tone,plain\ntone,funny\n",
        5,
        '"funny" is one text too many',
        "plain",
    ),
    ("style", "markdown", MARKDOWN + "## Tone\na\n\nb\n", 8, '"b" is one text too many', "plain"),
    (
        "rules",
        "csv",
        "setting,value\nmin edge min,4\nmin edge min,5",
        3,
        "one number too many",
        "4",
    ),
    ("style", "json", "[1]", 1, "the doc has no names", "in braces"),
    ("style", "yaml", "\n- a\n", 2, "the doc has no names", "with a colon"),
    # Numbers
    ("rules", "yaml", "sharpness: {min: much}\n", 1, 'sharpness min is "much"', "a number alone"),
    ("rules", "markdown", "## Shorter side\n\n400 px\n", 3, 'side is "400 px"', "without units"),
    ("rules", "csv", 'setting,value\nsharpness,"1,500"\n', 2, '"1,500"', "1500 or 1.500"),
    ("rules", "yaml", "min_edge_px: 40.5\n", 1, "min_edge_px is 40.5", "a whole number"),
    ("rules", "markdown", "## Shorter side\n0\n", 2, "shorter side is 0", "at least 1"),
    (
        "style",
        "yaml",
        YAML + "limits:\n alt_text: 126\n",
        4,
        "limits alt_text is 126",
        "at most 125",
    ),
    (
        "rules",
        "json",
        '{"sharpness": {"min":\nNaN}}',
        2,
        'sharpness min is "NaN"',
        "a number alone",
    ),
    ("rules", "json", '{"sharpness":\n1e999}', 2, 'is "1e999"', "below a thousand million"),
    ("rules", "json", '{"sharpness": {"min": null}}', 1, "sharpness min is empty", "a number"),
    (
        "rules",
        "markdown",
        "## Brightness\n250 to 40\n",
        1,
        "is above the max, 40",
        "a min and a max",
    ),
    # The title's format
    (
        "style",
        "yaml",
        YAML + 'title_format: "{colour"\n',
        3,
        "a brace without its part",
        "{product}",
    ),
    # Markdown
    ("style", "markdown", MARKDOWN + "We like these best.\n", 5, "reads like a sentence", "quotes"),
    ("style", "markdown", MARKDOWN + "Only these:\n", 5, "reads like a sentence", "a word"),
    ("style", "markdown", MARKDOWN + "a" * 61, 5, "reads like a sentence", "a word"),
    ("style", "markdown", MARKDOWN + "- lamp\n", 4, '"sofa" stands outside of the list', "italics"),
    ("style", "markdown", "# Colours\n- red\n" + MARKDOWN, 2, "above the first setting", "heading"),
    ("style", "markdown", "# Our\n# Colours\n" + MARKDOWN, 2, '"Colours" is no setting', "one of"),
    ("style", "markdown", "Hello\n\n**Colours**\n" + MARKDOWN, 3, '"Colours" is no', "one of"),
    ("style", "markdown", MARKDOWN + "~~lamp~~\n", 5, "is struck through", "taken out"),
    ("style", "markdown", MARKDOWN + "- [ ] lamp\n", 5, "has a box to tick", "a plain list"),
    ("style", "markdown", MARKDOWN + "![][image1]\n", 5, "is a picture", "words only"),
    ("style", "markdown", MARKDOWN + "```\n", 5, "a block of code", "plain lines"),
    (
        "style",
        "markdown",
        "<!-- a\nb\n-->\n" + MARKDOWN + "sofa\n",
        8,
        '"sofa" is there twice',
        "on",
    ),
    ("style", "markdown", MARKDOWN + "<!-- lamp\n", 5, "a comment that has no end", "-->"),
    ("style", "markdown", MARKDOWN + "| lamp | a |\n|--|--|\n", 5, '"lamp | a" is a table', "list"),
    (
        "style",
        "markdown",
        MARKDOWN + "## Preferred words\ncouch: sofa\n",
        6,
        '"couch: sofa" is no pair of words',
        "couch -> sofa",
    ),
    (
        "style",
        "markdown",
        MARKDOWN + "## Preferred words\n-> sofa\n",
        6,
        'nothing is to become "sofa"',
        "couch -> sofa",
    ),
    (
        "style",
        "markdown",
        MARKDOWN + "## Preferred words\ncouch ->\n",
        6,
        'the word for "couch" is empty',
        "couch -> sofa",
    ),
    (
        "style",
        "markdown",
        MARKDOWN + "## Preferred words\n| couch | sofa |\n|--|--|\n",
        6,
        '"couch | sofa" is the first row of a table',
        "from, to",
    ),
    (
        "style",
        "markdown",
        MARKDOWN + "## Limits\n| field | most | why |\n|--|--|--|\n",
        6,
        "has 3 columns",
        "two columns",
    ),
    (
        "style",
        "markdown",
        MARKDOWN + "## Preferred words\ncouch -> sofa, divan\n",
        6,
        '"sofa, divan" is more than one word',
        "couch -> sofa",
    ),
    # CSV
    ("style", "csv", "setting,value\n,a\n" + SHEET[14:], 2, '"a" has no setting', "its name"),
    ("style", "csv", SHEET + "tag,lamp,chair\n", 4, '"chair" stands beside', "one value a row"),
    ("style", "csv", "tags,category\na,b\n\nc,d,e\n", 4, '"e" stands in a column without', "name"),
    ("style", "csv", SHEET + 'tag,"lamp\n', 4, "a quote is not closed", "doubled"),
    ("style", "csv", SHEET + 'tag,"5" pot"\n', 4, "a quote is not closed", "doubled"),
    ("style", "csv", 'tags,limits,category\n"a\nb","\ntitle: x",c\n', 4, '"x"', "a number alone"),
    ("style", "csv", ";;\n,,\n", None, "the sheet is empty", "settings and values"),
    ("style", "csv", SHEET + '"avoid","a\nb"\n"limits","\n\ntitle: x"\n', 8, '"x"', "a number"),
    # JSON's syntax
    ("style", "json", '{"tags": ["a"\n"b"]}', 2, '"b"', "a comma, or ]"),
    ("style", "json", '{"tags": ["a",\n]}', 1, "nothing follows before the ]", "no comma"),
    ("style", "json", '{"tags": ["a"],\n}', 1, "nothing follows before the }", "no comma"),
    ("style", "json", "{\n“tags”: []}", 2, '"“tags”" stands there', "straight quotes"),
    ("style", "json", "{\n'tags': []}", 2, "a name should begin", "in straight quotes"),
    ("style", "json", '{"tone":\nplain}', 2, '"plain" stands there', "in straight quotes"),
    ("style", "json", '{"tone"\n"plain"}', 2, 'a value should follow "tone"', "a colon"),
    ("style", "json", '{\n// my style\n"tone": 1}', 2, "a name should begin", "JSON has none"),
    ("style", "json", '{"tone":\n"plain\n}', 2, "does not end on its line", "closing"),
    ("style", "json", '{"tone":\n"C:\\data"}', 2, "has a backslash", "\\\\ for a backslash"),
    ("style", "json", '{"tags":\n["a"', 2, "the doc ends there", "a comma, or ]"),
    ("style", "json", '{}\n{"a"', 2, "the doc is over", "nothing more"),
    ("style", "json", '{"a":' * 11, 1, "in each other too deep", "at most 10"),
    ("style", "json", JSON + ',\n"tone": "a\\u0000b"}', 3, "tone has a character", "plain"),
    ("style", "json", JSON + ',\n"tone": "\\ud800"}', 3, "tone has a character", "plain"),
    # YAML's syntax
    ("style", "yaml", "tags: [a, b\ncategories: [c]\n", 1, "cannot be read as YAML", "a comma"),
    (
        "style",
        "yaml",
        YAML + "tone: plain: ok\n",
        3,
        '"tone: plain: ok" cannot',
        "one colon a line",
    ),
    ("style", "yaml", YAML + "tone\n# that is all\n", 3, '"tone" cannot', "with a colon"),
    ("style", "yaml", YAML + "tone: @home\n", 3, '"tone: @home" cannot', "quotes around"),
    ("style", "yaml", "tags:\n\t- a\n", 2, "cannot be read as YAML", "no tabs"),
    ("style", "yaml", YAML + 'tone: "plain\n\n', 3, "cannot be read as YAML", "a closing quote"),
    (
        "style",
        "yaml",
        YAML + "title_format: {a} {b}\n",
        3,
        "cannot be read",
        '"{colour} {product}"',
    ),
    (
        "style",
        "yaml",
        "tags:\n  - a\n categories: [b]\n",
        3,
        '"categories: [b]"',
        "equally indented",
    ),
    ("style", "yaml", YAML + "---\ntone: a\n", 3, "cannot be read as YAML", "one doc"),
    ("style", "yaml", "tags: &all [a]\ncategories: *all\n", 2, '"*all" repeats', "written out"),
    ("style", "yaml", YAML + "tone: !!python/name:os.system x\n", 3, "gives a value a type", "!"),
    ("style", "yaml", "a: " + "[" * 11, 1, "in each other too deep", "at most 10"),
    # No text at all
    ("style", "json", '{\n"tone": "a\0b"}', 2, "no text (NUL)", "text only"),
    ("style", "markdown", "a\r\n\r\nb\x1b[31m", 3, "no text (U+001B)", "text only"),
    ("style", "yaml", " \n\r\n", None, "the doc is empty", "settings"),
    (
        "style",
        "csv",
        "a" * (MOST_CHARACTERS + 1),
        None,
        "has 100,001 characters",
        "at most 100,000",
    ),
]


@pytest.mark.parametrize(
    ("kind", "form", "text", "line", "said", "expected"),
    MISTAKES,
    ids=[f"{form}: {said[:40]}" for _, form, _, _, said, _ in MISTAKES],
)
def test_a_mistake_is_told_with_its_line_and_what_was_expected(
    kind: DocKind, form: DocFormat, text: str, line: int | None, said: str, expected: str
) -> None:
    told = problem(kind, text, form)
    assert told.line == line
    assert said in told.said
    assert expected in told.expected


def test_no_sentence_is_pydantics_or_pythons() -> None:
    for kind, form, text, *_ in MISTAKES:
        for told in problems(kind, text, form):
            words = f"{told.said} {told.expected}"
            assert not re.search(r"Input|valid|type=|None|dict|str\b|\\n|Error", words), words


NAMES = (
    "title|alt|description|categor|tag|preferred|words? to avoid|avoid|language|tone|limits|"
    "brightness|mean|sharpness|shorter|min_edge|width|aspect"
)


@every_template
def test_a_wrong_name_is_found_on_every_line_that_has_one(kind: DocKind, suffix: Suffix) -> None:
    lines = template(kind, suffix).split("\n")
    names = 0
    for number, line in enumerate(lines, 1):
        wrong = re.sub(rf"(?i)^(\W*)({NAMES})", r"\1quux", line)
        if wrong == line or (suffix == "yaml" and line.startswith("#")):
            continue
        text = "\n".join([*lines[: number - 1], wrong, *lines[number:]])
        told = problems(kind, text, FORMATS[f".{suffix}"])
        assert number in {each.line for each in told if "quux" in each.said}, text
        names += 1
    assert names >= 4


@every_template
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_wrong_number_is_found_whatever_ends_the_lines(
    kind: DocKind, suffix: Suffix, newline: str
) -> None:
    number = "60" if kind == "style" else "254"
    lines = template(kind, suffix).split("\n")
    (place,) = (line for line, text in enumerate(lines, 1) if re.search(rf"\b{number}\b", text))
    lines[place - 1] = lines[place - 1].replace(number, '"many"' if suffix == "json" else "many")
    told = problem(kind, "\ufeff" + newline.join(lines), FORMATS[f".{suffix}"])
    assert told.line == place
    assert '"many"' in told.said


def test_all_problems_are_told_at_once_in_the_order_of_the_doc() -> None:
    text = (
        "## Tgas\nsofa\n## Limits\ntitle: 3\nalt text: x\n## Words to avoid\na\nA\n"
        "## Tone\n\n## Colours\nred\n"
    )
    assert [(told.line, told.said) for told in problems("style", text, "markdown")] == [
        (None, "there is no categories"),
        (1, '"Tgas" is no setting of the style doc'),
        (4, "limits title is 3"),
        (5, 'limits alt text is "x"'),
        (8, '"A" is there twice, first on line 7'),
        (9, "tone is empty"),
        (11, '"Colours" is no setting of the style doc'),
    ]


def test_a_doc_of_another_kind_is_not_read_to_its_end() -> None:
    told = problems("style", "\n".join(f"name{n}: x" for n in range(2000)), "yaml")
    assert len(told) == MOST_PROBLEMS + 1
    assert told[0].said == "these are 50 problems, and there may be more"


def test_a_sentence_repeats_little_of_the_doc_and_steers_no_terminal() -> None:
    told = problem("style", JSON + ',\n"' + "\\u001b[31m" + "x" * 500 + '": 1}', "json")
    assert told.said.startswith('"\ufffd[31mxxx')
    assert len(told.said) < 120


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("markdown", "# A\n## Tags\n" + "*a " * 33_000),
        ("markdown", "# A\n## Tags\n" + "[a](" * 24_000),
        ("markdown", "# A\n## Tags\n" + "<!--" * 24_000),
        ("markdown", "#" * 50_000 + "a" + "#" * 49_000 + "b"),
        ("markdown", "# A\n## Preferred words\n" + "-" * 99_000),
        ("json", "[" * 99_000),
        ("json", '{"tags": [' + "9" * 99_000),
        ("yaml", "[" * 99_000),
        ("yaml", "a: &a [x]\n" + "".join(f"b{n}: [*a, *a]\n" for n in range(5000))),
        ("csv", '"' * 99_000),
    ],
    ids=lambda value: value[:24],
)
def test_hostile_docs_are_refused(form: DocFormat, text: str) -> None:
    assert problems("style", text, form)


@every_template
def test_a_doc_with_any_slip_of_the_hand_is_read_or_told_of(kind: DocKind, suffix: Suffix) -> None:
    hand = random.Random(7)  # noqa: S311 - the same slips every time
    original = template(kind, suffix)
    lines: list[int] = []
    for _ in range(60):
        start = hand.randrange(len(original))
        slip = "".join(hand.choices("#*-:|\"'{}[],;\\`_ \n\t&!x9", k=hand.randrange(4)))
        text = original[:start] + slip + original[start + hand.randrange(6) :]
        try:
            parse_doc(kind, text, FORMATS[f".{suffix}"])
        except DocProblemsError as error:
            lines += [told.line for told in error.problems if told.line]
    assert lines
    assert 1 <= min(lines) <= max(lines) <= original.count("\n") + 4


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("größe".encode(), "größe"),
        ("größe".encode("utf-16"), "größe"),
        (b"\xef\xbb\xbfa", "\ufeffa"),
    ],
)
def test_bytes_of_a_file_are_text(content: bytes, text: str) -> None:
    assert decoded(content) == text


def test_bytes_that_are_no_utf8_are_told_with_their_line() -> None:
    with pytest.raises(DocProblemsError) as raised:
        decoded("tag\ngröße".encode("cp1252"))
    (told,) = raised.value.problems
    assert (told.line, told.said) == (2, "there is a letter that cannot be read")
    assert "UTF-8" in told.expected


def test_what_is_mirrored_is_read_back_the_same() -> None:
    doc = parse_doc("style", template("style", "md"), "markdown")
    assert parse_doc("style", json.dumps(doc.model_dump()), "json") == doc


@pytest.mark.parametrize(
    ("heading", "form"),
    [("As a Google Doc, or in Markdown", "markdown"), ("In YAML or JSON", "yaml")],
)
def test_the_examples_of_the_docs_page_can_be_used(heading: str, form: DocFormat) -> None:
    page = (SAMPLES.parent / "docs" / "shop-docs.md").read_text()
    part = page.partition(f"## {heading}\n")[2]
    example = re.match(r"\n((?:    .*\n|\n)+)", part)
    assert example
    doc = parse_doc("style", re.sub(r"(?m)^    ", "", example[1]), form)
    assert doc.tags == ["sofa", "living room", "lamp"]
    assert doc.limits.title == 60
