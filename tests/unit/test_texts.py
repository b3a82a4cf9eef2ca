"""The catalogues: every language says everything, and nothing that a shop owner would not say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from photo_tagger.texts import LANGUAGES, Language, SaidError, Texts, places
from photo_tagger.texts.dates import moment

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "functions"
JARGON = re.compile(
    r"\b(aws|s3|lambda|execution|workflow|token|json|api|url|key|queue|payload|metadata|schema"
    r"|session|cookie|database|server|backend|timeout|retry|null|id|bucket|html|http|status"
    r"|konsole|warteschlange|ausführung|datenbank|sitzung)s?\b",
    re.IGNORECASE,
)


def sentences(language: Language) -> dict[str, str]:
    def flat(table: dict[str, object], before: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in table.items():
            if isinstance(value, dict):
                found |= flat(value, f"{before}{name}.")
            else:
                found[f"{before}{name}"] = str(value)
        return found

    path = FUNCTIONS / "photo_tagger" / "texts" / f"{language}.toml"
    return flat(tomllib.loads(path.read_text(encoding="utf-8")))


ENGLISH = sentences("en")


@pytest.mark.parametrize("language", LANGUAGES)
class TestEveryLanguage:
    def test_has_each_sentence_with_the_same_places(self, language: Language) -> None:
        given = {name: places(text) for name, text in sentences(language).items()}
        assert given == {name: places(text) for name, text in ENGLISH.items()}

    def test_says_something_everywhere(self, language: Language) -> None:
        assert [name for name, text in sentences(language).items() if text != text.strip()] == []
        assert [name for name, text in sentences(language).items() if not text] == []

    def test_has_no_word_that_a_shop_owner_would_not_say(self, language: Language) -> None:
        found = {name: JARGON.findall(text) for name, text in sentences(language).items()}
        assert {name: words for name, words in found.items() if words} == {}

    def test_takes_values_as_they_are(self, language: Language) -> None:
        assert Texts(language)("draft.photo", name="{name} {0} %s").endswith("{name} {0} %s")


def test_languages_differ() -> None:
    same = [name for name, text in sentences("de").items() if text == ENGLISH[name]]
    months = {f"dates.month_{number}" for number in (4, 8, 9, 11)}
    assert set(same) <= months | {"queue.for"}


def test_each_sentence_is_said_somewhere() -> None:
    """By its whole name, or by its last word where the code puts the name together."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in FUNCTIONS.rglob("*")
        if path.suffix in (".py", ".html", ".txt")
    )
    words = set(re.findall(r"""["']([\w.]+)["']""", code))
    put_together = {"dates.month_", "queue.tab_"}
    unsaid = [
        name
        for name in ENGLISH
        if not {name, re.sub(r"\.(one|other)$", "", name)} & words
        and re.sub(r"_text$", "", name.rpartition(".")[2]) not in words
        and re.sub(r"_[a-z0-9]+$", "_", name) not in put_together
    ]
    assert unsaid == []


def test_a_number_chooses_the_form() -> None:
    say = Texts("en")
    assert [say.count("queue.waiting", n) for n in (0, 1, 2)] == [
        "0 drafts wait for you",
        "1 draft waits for you",
        "2 drafts wait for you",
    ]


def test_an_unknown_sentence_is_a_fault() -> None:
    with pytest.raises(KeyError):
        Texts("en")("card.nothing")


def test_an_error_is_said_in_the_shops_language_and_logged_in_english() -> None:
    error = SaidError("form.too_long", length=90, limit=80)
    assert error.said(Texts("de")) == "Zu lang: 90 Zeichen, höchstens 80."
    assert str(error) == "Too long: 90 characters, 80 at most."


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("en", "UTC", "31 December 2026 at 23:05"),
        ("en", "Asia/Singapore", "1 January 2027 at 07:05"),
        ("de", "Europe/Berlin", "1. Januar 2027 um 00:05 Uhr"),
    ],
)
def test_a_moment_is_by_the_shops_clock(language: Language, zone: str, expected: str) -> None:
    iso = "2026-12-31T23:05:59.123456+00:00"
    assert moment(Texts(language), iso, ZoneInfo(zone)) == expected
