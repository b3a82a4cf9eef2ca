"""The mail for one draft, read back as a mail program would."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from bs4 import BeautifulSoup

from notify.card import Card, card_mail
from photo_tagger.domain.photo import PHOTO_HEADER, PhotoRecord
from photo_tagger.texts import LANGUAGES, Language, Texts

URL = "https://review.example/r/abcDEF-_123"
LIST_URL = "https://review.example/q/abcDEF-_123"
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20
DRAFT = {
    "title": "White sofa",
    "alt_text": "A white sofa with two seats",
    "tags": ["sofa", "white"],
    "category": "Furniture",
    "description": "A white sofa. It has two seats.",
}
SURE = dict.fromkeys(DRAFT, 0.9)
MARKUP = '<script>alert(1)</script><a href="https://evil.example">x</a>"\'&amp;'
HOSTILE = (
    '=HYPERLINK("https://evil.example","x")\r\nBcc: all@evil.example\r\n\r\n'
    "Approve, edit, reject or ask for another try:\nhttps://evil.example\n"
    "<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u2028evil"
)

Mail = Callable[..., "Read"]


class Read:
    """A mail after it went over the wire."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        parsed = message_from_bytes(raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.message = parsed
        self.parts = {part.get_content_type(): part for part in parsed.walk()}
        self.text = self.parts["text/plain"].get_content()
        self.html = self.parts["text/html"].get_content()
        self.soup = BeautifulSoup(self.html, "html.parser")
        self.seen = self.soup.get_text(" ")


@pytest.fixture
def mail(photo_record: Callable[..., PhotoRecord]) -> Mail:
    """Makes the mail of a photo with these changes to its record, draft or card."""

    def make(
        *,
        draft: dict[str, Any] | None = None,
        confidence: dict[str, float] | None = None,
        reminder: bool = False,
        reader_note: str = "",
        recipient: str = "Ann <ann@shop.example>",
        language: Language = "en",
        **record: Any,
    ) -> Read:
        values = {"round": 1, "threshold": 0.6, "image_key": "sofa.jpg"} | record
        card = Card(
            record=photo_record(
                draft=DRAFT | (draft or {}), confidence=SURE | (confidence or {}), **values
            ),
            image=JPEG,
            url=URL,
            list_url=LIST_URL,
            reader_note=reader_note,
            reminder=reminder,
            say=Texts(language),
        )
        sender = "Photo tagger <tagger@shop.example>"
        return Read(card_mail(card, sender=sender, recipient=recipient).as_bytes())

    return make


class TestContent:
    def test_both_parts_tell_every_field_and_where_to_go(self, mail: Mail) -> None:
        read = mail()
        for told in ("sofa, white", *(str(DRAFT[name]) for name in DRAFT if name != "tags")):
            assert told in read.text
            assert told in read.seen
        for label in ("Title", "Alt text", "Tags", "Category", "Description", "sofa.jpg"):
            assert label in read.text
            assert label in read.seen
        assert URL in read.text.split()
        addresses = [str(link["href"]) for link in read.soup.find_all("a")]
        assert addresses == [URL, f"{URL}#edit", f"{URL}#reject", f"{URL}#try-again", LIST_URL]

    def test_the_whole_list_is_one_more_link(self, mail: Mail) -> None:
        read = mail()
        assert LIST_URL in read.text.split()
        assert "See everything that waits:" in read.text.splitlines()
        assert read.soup.find_all("a")[-1].get_text() == "See everything that waits"

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_both_parts_say_the_same(self, mail: Mail, language: Language) -> None:
        """Word by word, but for the buttons, which the text part tells of in one sentence."""
        say = Texts(language)
        read = mail(
            language=language,
            confidence={"tags": 0.1},
            draft={"category": " "},
            notes=[{"field": "title", "text": "A note."}, {"field": None, "text": "About all."}],
            store_words="title: too long",
            reader_note="Made by the demo reader.",
        )
        assert read.soup.html is not None
        assert read.soup.html["lang"] == language
        buttons = {link.get_text() for link in read.soup.find_all("a")[:4]}
        assert buttons == {
            say(f"draft.{name}") for name in ("approve", "edit", "reject", "try_again")
        }
        shown = read.soup.body.get_text("\n") if read.soup.body else ""
        told = " ".join(read.text.split())
        for line in filter(None, map(str.strip, shown.splitlines())):
            assert line in buttons or line.strip("· ") in told

    def test_it_needs_neither_style_sheets_nor_pictures(self, mail: Mail) -> None:
        read = mail()
        assert not read.soup.find_all(["style", "link"])
        assert not [tag for tag in read.soup.find_all() if tag.get("class")]
        (scheme,) = read.soup.find_all("meta", attrs={"name": "color-scheme"})
        assert scheme["content"] == "light dark"

    def test_the_photo_lies_inside_and_is_shown(self, mail: Mail) -> None:
        read = mail()
        picture = read.parts["image/jpeg"]
        assert picture.get_content() == JPEG
        assert picture.get_content_disposition() == "inline"
        (shown,) = read.soup.find_all("img")
        assert f"<{str(shown['src']).removeprefix('cid:')}>" == picture["Content-ID"]
        assert shown["alt"] == DRAFT["alt_text"]

    def test_nothing_is_fetched_from_elsewhere(self, mail: Mail) -> None:
        read = mail()
        sources = [str(tag["src"]) for tag in read.soup.find_all(src=True)]
        assert all(source.startswith("cid:") for source in sources)
        assert not read.soup.find_all(["link", "script", "iframe", "form"])

    def test_plain_text_comes_first_and_html_as_the_better_alternative(self, mail: Mail) -> None:
        kinds = [part.get_content_type() for part in mail().message.walk()]
        assert kinds == [
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/jpeg",
        ]

    def test_an_empty_field_is_named_empty(self, mail: Mail) -> None:
        read = mail(draft={"category": "", "tags": []})
        assert read.text.count("(empty)") == 2
        assert read.seen.count("(empty)") == 2

    def test_unsure_is_said_in_words_at_that_field_alone(self, mail: Mail) -> None:
        read = mail(confidence={"category": 0.59, "title": 0.6})
        assert re.findall(r"(.*) \(not sure, please check\):", read.text) == ["Category"]
        marked = [tag.parent.get_text(" ") for tag in read.soup.find_all("strong")]
        assert [" ".join(text.split()) for text in marked] == ["Category · not sure, please check"]

    def test_a_sure_draft_has_no_such_mark(self, mail: Mail) -> None:
        read = mail()
        assert "not sure" not in read.text + read.html

    def test_the_words_of_the_store_are_told(self, mail: Mail) -> None:
        read = mail(store_words="title: too long")
        assert "title: too long" in read.text
        assert "title: too long" in read.seen

    def test_what_is_noted_on_a_field_stands_by_it_and_the_rest_before_all(
        self, mail: Mail
    ) -> None:
        read = mail(
            notes=[
                {"field": "title", "text": "First note."},
                {"field": "tags", "text": "Second note."},
                {"field": None, "text": "About it all."},
            ]
        )
        in_order = ("About it all.", "Title", "First note.", "Alt text", "Tags", "Second note.")
        for told in (read.text, read.seen):
            places = [told.index(text) for text in in_order]
            assert places == sorted(places)
            assert told.index("Second note.") < told.index("Category")

    def test_the_note_about_the_reader_is_told_if_there_is_one(self, mail: Mail) -> None:
        read = mail(reader_note="Made by the demo reader.")
        assert "Made by the demo reader." in read.text
        assert "Made by the demo reader." in read.seen

    def test_a_draft_that_does_not_exist_cannot_be_mailed(
        self, photo_record: Callable[..., PhotoRecord]
    ) -> None:
        card = Card(
            photo_record(),
            image=b"",
            url=URL,
            list_url=LIST_URL,
            reader_note="",
            reminder=False,
            say=Texts("en"),
        )
        with pytest.raises(ValueError, match="no draft"):
            card_mail(card, sender="a@b.example", recipient="c@d.example")


class TestReminder:
    def test_says_so_in_both_parts(self, mail: Mail) -> None:
        first, again = mail(), mail(reminder=True)
        for part in (again.text, again.seen):
            assert "still waiting" in part
        assert "still waiting" not in first.text + first.seen


class TestThread:
    """Mail programs put mails together by References, Gmail by References and subject."""

    def test_all_mails_about_a_photo_are_one_thread(self, mail: Mail) -> None:
        first = mail()
        later = [
            mail(reminder=True),
            mail(round=2, draft={"title": "Linen sofa"}, first_title="White sofa"),
        ]
        for read in (first, *later):
            (root,) = re.findall(rb"(?m)^References: (<[0-9a-f]{32}@photo-tagger>)\r$", read.raw)
            assert read.message["References"] == first.message["References"] == root.decode()
            assert read.message["In-Reply-To"] == root.decode()
        assert first.message["Subject"] == "Please check: White sofa"
        assert {read.message["Subject"] for read in later} == {"Re: Please check: White sofa"}

    def test_another_photo_is_another_thread(self, mail: Mail) -> None:
        other = mail(photo_id="sofa-0123456789ac")
        assert other.message["References"] != mail().message["References"]

    def test_the_longest_id_of_a_photo_is_none_too_long(self, mail: Mail) -> None:
        read = mail(photo_id="x" * 48 + "-0123456789ab")
        assert re.fullmatch(r"<\w+@photo-tagger>", read.message["References"])
        assert b"=?" not in read.raw.partition(b"\r\n\r\n")[0]


class TestHeaders:
    def test_name_sender_reader_and_photo(self, mail: Mail) -> None:
        read = mail()
        assert read.message["From"].addresses[0].addr_spec == "tagger@shop.example"
        assert read.message["To"].addresses[0].addr_spec == "ann@shop.example"
        assert read.message[PHOTO_HEADER] == "sofa-0123456789ab"
        assert read.message["Auto-Submitted"] == "auto-generated"
        assert read.message["Date"].datetime is not None
        assert read.message["Message-ID"].endswith("@shop.example>")

    def test_two_mails_are_two_messages(self, mail: Mail) -> None:
        assert mail().message["Message-ID"] != mail().message["Message-ID"]

    @pytest.mark.parametrize(
        "title",
        [
            "Sofa\r\nBcc: everyone@evil.example",
            "Sofa\nBcc: everyone@evil.example\n\n<h1>Hi</h1>",
            "Sofa\rBcc: everyone@evil.example",
            "Sofa\u2028Bcc: everyone@evil.example",
            "Sofa\x0b\x0c\x1c\x85Bcc: everyone@evil.example",
            "Sofa\0Bcc: everyone@evil.example",
        ],
    )
    def test_a_title_cannot_add_a_header(self, mail: Mail, title: str) -> None:
        for read in (mail(draft={"title": title}), mail(draft={"title": ""}, file_name=title)):
            assert read.message["Bcc"] is None
            assert len(read.message.get_all("Subject", [])) == 1
            assert "Bcc: everyone" in read.message["Subject"]
            assert read.message.get_content_type() == "multipart/alternative"

    def test_a_draft_without_title_goes_by_its_file_name(self, mail: Mail) -> None:
        assert "sofa.jpg" in mail(draft={"title": "  "}).message["Subject"]

    def test_a_long_title_is_cut_in_the_subject_alone(self, mail: Mail) -> None:
        read = mail(draft={"title": "sofa " * 100})
        assert len(read.message["Subject"]) <= 130
        assert read.text.count("sofa") >= 100

    def test_other_scripts_arrive_whole(self, mail: Mail) -> None:
        read = mail(draft={"title": "沙发 Größe 🛋"}, recipient="Zoë <zoe@shop.example>")
        assert "沙发 Größe 🛋" in read.message["Subject"]
        assert "沙发 Größe 🛋" in read.text
        assert "沙发 Größe 🛋" in read.seen
        assert read.message["To"].addresses[0].display_name == "Zoë"


class TestInjection:
    @pytest.mark.parametrize(
        "changes",
        [
            *({"draft": {name: MARKUP}} for name in DRAFT if name != "tags"),
            {"draft": {"tags": [MARKUP]}},
            {"store_words": MARKUP},
            {"notes": [{"field": "title", "text": MARKUP}]},
            {"notes": [{"field": None, "text": MARKUP}]},
            {"file_name": MARKUP},
            {"reader_note": MARKUP},
        ],
        ids=lambda changes: str(changes)[:40],
    )
    def test_markup_is_shown_and_never_run(self, mail: Mail, changes: dict[str, Any]) -> None:
        read = mail(**changes)
        assert not read.soup.find_all("script")
        assert all("evil" not in str(link["href"]) for link in read.soup.find_all("a"))
        shown = read.seen + "".join(str(tag["alt"]) for tag in read.soup.find_all("img"))
        assert MARKUP in shown
        assert MARKUP in read.text

    def test_a_draft_of_nothing_but_injections_is_shown_as_text(self, mail: Mail) -> None:
        plain = mail(notes=[{"field": name, "text": "x"} for name in DRAFT], reader_note="x")
        read = mail(
            draft=dict.fromkeys(DRAFT, HOSTILE) | {"tags": [HOSTILE]},
            notes=[{"field": name, "text": HOSTILE} for name in DRAFT],
            file_name=HOSTILE,
            reader_note="x",
        )
        # No header, no element and no address comes from it
        assert [name for name in read.message if name not in plain.message] == []
        for tag in read.soup.find_all(True):
            assert not {"onerror", "onload"} & tag.attrs.keys()
        names = [tag.name for tag in read.soup.find_all(True)]
        assert names == [tag.name for tag in plain.soup.find_all(True)]
        assert "evil" not in "".join(str(link) for link in read.soup.find_all("a"))
        # Every word of it can be read, five fields and five notes of it
        for line in HOSTILE.splitlines():
            assert read.seen.count(line) >= 10
            assert read.text.count(line) >= 10
        # No line of the text part passes for one of the mail's own
        own = {line for line in plain.text.splitlines() if not line.startswith("  ")}
        own.add(f"Photo: {' '.join(HOSTILE.split())}")
        assert {line for line in read.text.splitlines() if not line.startswith("  ")} <= own

    def test_an_alt_text_cannot_leave_its_attribute(self, mail: Mail) -> None:
        read = mail(draft={"alt_text": '" onerror="alert(1)" x="'})
        (shown,) = read.soup.find_all("img")
        assert "onerror" not in shown.attrs

    def test_a_template_in_a_field_is_only_text(self, mail: Mail) -> None:
        read = mail(draft={"title": "{{ 7 * 6 }}{% raw %}"})
        assert "{{ 7 * 6 }}{% raw %}" in read.text
        assert "{{ 7 * 6 }}{% raw %}" in read.seen


class TestTransport:
    @pytest.mark.parametrize("text", ["x" * 5000, "沙发" * 2000, "word " * 1500])
    def test_no_line_is_longer_than_mail_allows(self, mail: Mail, text: str) -> None:
        read = mail(
            draft={"title": text, "description": text},
            store_words=text,
            notes=[{"field": "tags", "text": text}],
            file_name=text,
        )
        assert max(len(line) for line in read.raw.splitlines()) <= 998
        assert text in read.text
        assert text in read.seen

    def test_every_line_ends_as_mail_lines_do(self, mail: Mail) -> None:
        raw = mail(draft={"description": "One.\nTwo."}).raw
        assert raw.count(b"\n") == raw.count(b"\r\n")

    @pytest.mark.parametrize("word", ["Größe", "沙发", "plain"])
    def test_only_seven_bit_characters_are_sent(self, mail: Mail, word: str) -> None:
        read = mail(draft={"title": word, "description": word}, recipient=f"{word} <a@b.example>")
        assert read.raw.isascii()
