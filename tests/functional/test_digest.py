"""Mails that tell of many photos: the week, what was set aside, a burst of drafts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
from botocore.exceptions import ClientError
from bs4 import BeautifulSoup
from pydantic import ValidationError

from photo_tagger import clock
from photo_tagger.aws.mailer import MailUnavailableError
from photo_tagger.domain.photo import Change

ANN, BOB = "Ann <ann@shop.example>", "bob@shop.example"
HOSTILE = '"><img src=x onerror=alert(1)>\r\nBcc: all@shop.example\r\n\r\n* {{ 7*7 }}\x1b[2J.jpg'
SES_LIMIT = 10_000_000

Earlier = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def earlier(monkeypatch: pytest.MonkeyPatch) -> Earlier:
    """What is written inside happened that long ago, by the records and the trail."""

    @contextmanager
    def ago(**time: float) -> Iterator[None]:
        def now(zone: tzinfo) -> datetime:
            return datetime.now(zone) - timedelta(**time)

        with monkeypatch.context() as patched:
            slow = type("Slow", (datetime,), {"now": staticmethod(now)})
            patched.setattr(clock, "datetime", slow)
            yield

    return ago


def run(aws: Any, task: str) -> int:
    """How many photos one run of a task told of."""
    photos: int = aws.call("Digest", {"task": task})["photos"]
    return photos


def text_of(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content()).replace("\r\n", "\n")


def page_of(mail: Any) -> BeautifulSoup:
    return BeautifulSoup(mail.get_body(("html",)).get_content(), "html.parser")


def words_of(mail: Any) -> str:
    return " ".join(page_of(mail).get_text(" ").split())


def links_in(mail: Any) -> list[str]:
    return [str(link["href"]) for link in page_of(mail)("a")]


def pictures_in(mail: Any) -> list[bytes]:
    return [part.get_content() for part in mail.walk() if part.get_content_type() == "image/jpeg"]


def key_in(mail: Any) -> str:
    """The one key that all links of a mail carry, in HTML and plain text."""
    (address,) = {link.partition("#")[0].partition("?")[0] for link in links_in(mail)}
    assert address.startswith("https://review.example/q/")
    assert address in text_of(mail)
    return address.rpartition("/")[2]


def flagged(aws: Any, key: str, *reasons: str, jpeg: bytes | None = b"\xff\xd8small") -> str:
    """A photo that the gate set aside; without `jpeg` one that could not be opened."""
    name: str = aws.record(key, key.encode())
    copy = {"Bucket": aws.resized_bucket, "Key": f"{name}.jpg"}
    if jpeg is None:
        aws.s3.delete_object(**copy)
    else:
        aws.s3.put_object(**copy, Body=jpeg)
    state = {"gate": {"usable": False, "reasons": list(reasons or ["Too dark."])}}
    aws.call("Flagger", {"step": "FlagPhoto", "photo_id": name, "state": state})
    return name


def drafted(aws: Any, key: str, **reading: Any) -> str:
    name: str = aws.record(key, key.encode())
    aws.save_draft(name, **reading)
    return name


def held(aws: Any, key: str, *, step: int = 0, **reading: Any) -> str:
    """A photo whose mail is held back; the shop takes no single mails from now on."""
    aws.set("cards_per_hour", "0")
    name = drafted(aws, key, **reading)
    aws.await_owner(name, f"token of {key}", step=step)
    assert aws.new_mails() == []
    return name


def rename(aws: Any, name: str, file_name: str) -> None:
    renamed = Change(action="renamed", by_user="test", values={"file_name": file_name})
    aws.drafts().change(name, lambda _: renamed)


def refuse(boto: Any, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """SES takes no mail to one address any more."""
    call = boto.call

    def refusing(client: Any, name: str, request: dict[str, Any]) -> Any:
        if name == "SendRawEmail" and address in request["Destinations"][0]:
            error = {"Error": {"Code": "MessageRejected", "Message": "not verified"}}
            raise ClientError(error | {"ResponseMetadata": {"HTTPStatusCode": 400}}, name)
        return call(client, name, request)

    monkeypatch.setattr(boto, "call", refusing)


def not_taken(aws: Any, name: str, reason: str, size: int = 0) -> None:
    """drive_sync left a file where it is, an hour ago."""
    told = {"name": name, "size": size, "reason": reason}
    moment = f"{clock.on_record(datetime.now(UTC) - timedelta(hours=1))}#{name[:9]}"
    aws.drafts().audit.note(f"drive#{name}", moment, "not_taken", "drive_sync", told)


class TestFilesInDrive:
    def test_are_named_with_why_in_the_mail_of_the_day(self, aws: Any) -> None:
        not_taken(aws, "invoice.pdf", "no_photo", 3)
        not_taken(aws, "poster.tif", "too_large", 300 * 2**20 + 1)
        assert run(aws, "flags") == 0
        ann, _ = aws.new_mails()
        assert ann["Subject"] == "2 files in Google Drive are not photos we can take"
        for text in (words_of(ann).replace(" :", ":"), " ".join(text_of(ann).split())):
            assert "invoice.pdf: it is not a photo we can open" in text
            assert "poster.tif: it is too large: 301 MB, at most 200 MB." in text
            assert "did not seem right" not in text

    def test_come_below_the_photos_that_were_set_aside(self, aws: Any) -> None:
        flagged(aws, "dark.jpg")
        not_taken(aws, HOSTILE, "sub_folder")
        assert run(aws, "flags") == 1
        ann, _ = aws.new_mails()
        assert ann["Subject"] == "1 photo was set aside"
        assert words_of(ann).index("dark.jpg") < words_of(ann).index("we do not look into folders")
        assert not page_of(ann).select('img[src="x"]')
        assert "\x1b" not in text_of(ann)
        assert "\nBcc" not in text_of(ann)

    def test_are_named_in_one_mail_only(self, aws: Any, earlier: Earlier) -> None:
        not_taken(aws, "invoice.pdf", "no_photo")
        told = {"name": "just now.pdf", "size": 0, "reason": "no_photo"}
        aws.drafts().audit.note("drive#2", f"{clock.now()}#2", "not_taken", "drive_sync", told)
        with earlier(hours=26):
            moment = f"{clock.now()}#3"
        told = {"name": "older.pdf", "size": 0, "reason": "no_photo"}
        aws.drafts().audit.note("drive#3", moment, "not_taken", "drive_sync", told)
        run(aws, "flags")
        ann, _ = aws.new_mails()
        assert "invoice.pdf" in words_of(ann)
        assert "just now.pdf" not in words_of(ann), "the next mail has it"
        assert "older.pdf" not in words_of(ann), "an earlier mail had it"

    def test_that_are_very_many_are_counted(self, aws: Any) -> None:
        for number in range(53):
            not_taken(aws, f"{number:02}.pdf", "no_photo")
        run(aws, "flags")
        ann, _ = aws.new_mails()
        assert "and 3 more files" in words_of(ann)
        assert "and 3 more files" in text_of(ann)


class TestHoldingBack:
    def test_the_cards_of_an_hour_are_mailed_and_the_next_is_held(self, aws: Any) -> None:
        aws.set("cards_per_hour", "2")
        first, second, third = (drafted(aws, f"{n}.jpg") for n in range(3))
        for name in (first, second):
            aws.await_owner(name, f"token of {name}")
            assert len(aws.new_mails()) == 2
        links = len(aws.rows("LinksTable"))
        aws.await_owner(third, "token")
        assert aws.new_mails() == []
        assert len(aws.rows("LinksTable")) == links
        record = aws.photo(third)
        assert (record.status, record.task_token) == ("waiting", "token")
        assert (record.mail_held, record.mailed_to) == (True, [])
        assert [aws.photo(name).mail_held for name in (first, second)] == [False, False]
        assert aws.audit(third)[-1]["action"] == "held"

    def test_what_began_to_wait_before_this_hour_does_not_count(
        self, aws: Any, earlier: Earlier
    ) -> None:
        aws.set("cards_per_hour", "1")
        old, new = drafted(aws, "old.jpg"), drafted(aws, "new.jpg")
        with earlier(minutes=61):
            aws.await_owner(old, "token")
        aws.new_mails()
        aws.await_owner(new, "token")
        assert len(aws.new_mails()) == 2

    def test_a_photo_that_is_told_of_again_does_not_count_itself(self, aws: Any) -> None:
        aws.set("cards_per_hour", "1")
        name = drafted(aws, "sofa.jpg")
        aws.await_owner(name, "token")
        aws.await_owner(name, "token after a redrive")
        assert len(aws.new_mails()) == 4

    def test_a_reminder_is_held_likewise(self, aws: Any) -> None:
        name = held(aws, "sofa.jpg", step=1)
        assert (aws.photo(name).step, aws.audit(name)[-1]["action"]) == (1, "held")

    def test_a_photo_is_parked_whatever_comes_in(self, aws: Any) -> None:
        name = held(aws, "sofa.jpg")
        aws.await_owner(name, "last token", step=3)
        assert (aws.photo(name).status, aws.photo(name).mail_held) == ("parked", False)
        assert run(aws, "burst") == 0

    def test_a_held_photo_that_is_mailed_by_itself_after_all_is_held_no_more(
        self, aws: Any
    ) -> None:
        name = held(aws, "sofa.jpg")
        aws.set("cards_per_hour", "20")
        aws.await_owner(name, "next token", step=1)
        assert len(aws.new_mails()) == 2
        assert not aws.photo(name).mail_held


class TestBurst:
    def test_each_reviewer_gets_one_mail_of_all_that_was_held(self, aws: Any) -> None:
        names = [held(aws, "a.jpg"), held(aws, "b.jpg"), held(aws, "c.jpg", step=1)]
        assert run(aws, "burst") == 3
        mails = aws.new_mails()
        assert [mail["To"] for mail in mails] == [ANN, BOB]
        for mail in mails:
            assert mail["Subject"] == "3 drafts wait for you"
            assert text_of(mail).count("White sofa") == words_of(mail).count("White sofa") == 3
            assert pictures_in(mail) == []
        for name in names:
            record = aws.photo(name)
            assert (record.status, record.mail_held) == ("waiting", False)
            assert record.mailed_to == [ANN, BOB]
            assert aws.audit(name)[-1]["action"] == "mailed"

    def test_a_link_is_its_reviewers_own_and_opens_the_list(self, aws: Any, log: Any) -> None:
        held(aws, "a.jpg")
        run(aws, "burst")
        keys = [key_in(mail) for mail in aws.new_mails()]
        rows = {row["key_hash"]: row for row in aws.rows("LinksTable")}
        assert len(rows) == len(set(keys)) == 2
        for key, reviewer in zip(keys, (ANN, BOB), strict=True):
            row = rows[hashlib.sha256(key.encode()).hexdigest()]
            assert row["reviewer"] == reviewer
            assert "photo_id" not in row
            assert key not in log.text() + json.dumps(aws.dump())

    def test_only_the_first_are_described_and_of_very_many_the_rest_is_counted(
        self, aws: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("digest.burst._LISTED", 2)
        monkeypatch.setattr("digest.burst._DESCRIBED", 1)
        for number in range(3):
            held(aws, f"{number}.jpg")
        assert run(aws, "burst") == 3
        mail = aws.new_mails()[0]
        for told in (text_of(mail), words_of(mail)):
            assert told.count("White sofa") == 2
            assert told.count("A white sofa with two seats") == 1
            assert "and 1 more draft" in told
        # And those that are only counted are told of, too
        assert run(aws, "burst") == 0

    def test_nothing_held_mails_nobody_and_reads_no_records(self, aws: Any, boto: Any) -> None:
        aws.await_owner(drafted(aws, "sofa.jpg"), "token")
        aws.new_mails()
        before = aws.dump()
        boto.calls.clear()
        assert run(aws, "burst") == 0
        assert "BatchGetItem" not in boto.names()
        assert (aws.new_mails(), aws.dump()) == ([], before)

    def test_what_was_decided_meanwhile_is_not_listed(self, aws: Any, answer: Any) -> None:
        waiting = aws.waiting_photo(draft=DECIDED)
        aws.set("cards_per_hour", "0")
        aws.await_owner(waiting.photo, waiting.token, step=1)
        answer.post(waiting.ann, "reject", reason="We do not sell this")
        held(aws, "other.jpg")
        assert run(aws, "burst") == 1
        mail = aws.new_mails()[0]
        assert mail["Subject"] == "1 draft waits for you"
        assert "Decided already" not in text_of(mail) + words_of(mail)

    def test_a_decision_while_the_mail_goes_out_stands(
        self, aws: Any, answer: Any, boto: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waiting = aws.waiting_photo()
        aws.set("cards_per_hour", "0")
        aws.await_owner(waiting.photo, waiting.token, step=1)
        call = boto.call

        def deciding(client: Any, name: str, request: dict[str, Any]) -> Any:
            if name == "SendRawEmail":
                answer.post(waiting.ann, "reject", reason="We do not sell this")
            return call(client, name, request)

        monkeypatch.setattr(boto, "call", deciding)
        assert run(aws, "burst") == 1
        assert aws.photo(waiting.photo).status == "rejected"
        assert aws.audit(waiting.photo)[-1]["action"] == "rejected"

    def test_while_ses_is_down_nothing_is_lost(self, aws: Any, boto: Any) -> None:
        name = held(aws, "sofa.jpg")
        boto.fail("SendRawEmail", "InternalFailure", 500)
        with pytest.raises(MailUnavailableError):
            run(aws, "burst")
        assert aws.photo(name).mail_held
        boto.mend("SendRawEmail")
        assert run(aws, "burst") == 1
        assert len(aws.new_mails()) == 2

    def test_a_run_cut_off_before_all_are_marked_mails_of_the_others_again(
        self, aws: Any, boto: Any
    ) -> None:
        held(aws, "sofa.jpg")
        boto.fail("TransactWriteItems", "InternalServerError", 500)
        with pytest.raises(ClientError):
            run(aws, "burst")
        assert len(aws.new_mails()) == 2
        boto.mend("TransactWriteItems")
        assert run(aws, "burst") == 1
        assert len(aws.new_mails()) == 2

    def test_an_address_that_ses_refuses_keeps_nobody_else_from_the_mail_and_is_logged(
        self, aws: Any, boto: Any, log: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = held(aws, "sofa.jpg")
        refuse(boto, monkeypatch, "ann@")
        assert run(aws, "burst") == 1
        (mail,) = aws.new_mails()
        assert (mail["To"], aws.photo(name).mailed_to) == (BOB, [BOB])
        errors = [json.loads(line) for line in log.text().splitlines() if '"ERROR"' in line]
        assert ["not verified" in error["exception"] for error in errors] == [True]


DECIDED = {
    "title": "Decided already",
    "alt_text": "A lamp",
    "tags": ["white"],
    "category": "Furniture",
    "description": "A lamp.",
}


class TestFlags:
    def test_one_mail_lists_what_was_set_aside_with_reasons_pictures_and_links(
        self, aws: Any
    ) -> None:
        dark = flagged(aws, "dark.jpg", "Too dark: brightness 3.", "Too blurry.", jpeg=b"\xff\xd8D")
        broken = flagged(aws, "letter.jpg", "This file is not a photo.", jpeg=None)
        assert run(aws, "flags") == 2
        mails = aws.new_mails()
        assert [mail["To"] for mail in mails] == [ANN, BOB]
        for mail in mails:
            assert mail["Subject"] == "2 photos were set aside"
            for told in (text_of(mail), words_of(mail)):
                for word in ("dark.jpg", "brightness 3.", "Too blurry.", "letter.jpg", "no"):
                    assert word in told
            assert pictures_in(mail) == [b"\xff\xd8D"]
            (picture,) = page_of(mail)("img")
            assert f"<{str(picture['src']).removeprefix('cid:')}>" in mail.as_string()
            page = f"https://review.example/q/{key_in(mail)}?show=flagged"
            assert set(links_in(mail)) == {f"{page}#{dark}", f"{page}#{broken}", page}
            assert f"{page}#{broken}" in text_of(mail)
        # And each mail has one link row, which belongs to no photo
        rows = aws.rows("LinksTable")
        assert sorted(row["reviewer"] for row in rows) == [ANN, BOB]
        assert not any("photo_id" in row for row in rows)

    def test_nothing_set_aside_mails_nobody(self, aws: Any, earlier: Earlier) -> None:
        with earlier(hours=26):
            flagged(aws, "yesterdays.jpg")
        aws.await_owner(drafted(aws, "sofa.jpg"), "token")
        aws.new_mails()
        assert run(aws, "flags") == 0
        assert aws.new_mails() == []

    def test_a_run_that_is_late_or_tried_again_leaves_nothing_out(
        self, aws: Any, earlier: Earlier
    ) -> None:
        minutes = datetime.now(UTC).minute
        with earlier(hours=24, minutes=minutes):
            flagged(aws, "in-the-hour-of-the-last-mail.jpg")
        assert run(aws, "flags") == 1

    def test_a_photo_that_was_requeued_meanwhile_is_not_listed(self, aws: Any) -> None:
        again = flagged(aws, "again.jpg")
        requeued = Change(action="requeued", by_user="x", values={"status": "processing"})
        aws.drafts().change(again, lambda _: requeued)
        assert run(aws, "flags") == 0
        assert aws.new_mails() == []

    def test_of_very_many_some_are_shown_and_the_rest_is_counted(self, aws: Any) -> None:
        for number in range(23):
            flagged(aws, f"dark-{number}.jpg")
        assert run(aws, "flags") == 23
        mail = aws.new_mails()[0]
        assert len(pictures_in(mail)) == len(page_of(mail)("h2")) == 20
        assert mail["Subject"] == "23 photos were set aside"
        assert "and 3 more photos" in text_of(mail)
        assert "and 3 more photos" in words_of(mail)

    def test_pictures_that_would_make_the_mail_too_large_are_left_out(
        self, aws: Any, boto: Any
    ) -> None:
        large = b"\xff\xd8" + bytes(range(256)) * 1200
        for number in range(20):
            flagged(aws, f"dark-{number:02}.jpg", jpeg=large)
        run(aws, "flags")
        mail = aws.new_mails()[0]
        assert 10 <= len(pictures_in(mail)) < 20
        assert len(page_of(mail)("h2")) == 20
        assert len(page_of(mail)("img")) == len(pictures_in(mail))
        for request in boto.of("SendRawEmail"):
            assert len(request["RawMessage"]["Data"]) < SES_LIMIT * 0.7

    def test_while_ses_is_down_it_is_a_fault_and_the_next_try_mails(
        self, aws: Any, boto: Any
    ) -> None:
        flagged(aws, "dark.jpg")
        boto.fail("SendRawEmail", "Throttling")
        with pytest.raises(MailUnavailableError):
            run(aws, "flags")
        boto.mend("SendRawEmail")
        assert run(aws, "flags") == 1
        assert len(aws.new_mails()) == 2


class TestWeek:
    @staticmethod
    def count(mail: Any, label: str) -> int:
        """The number beside a label, which HTML and plain text agree on."""
        (row,) = [row for row in page_of(mail)("tr") if row.th and row.th.get_text() == label]
        (line,) = [line for line in text_of(mail).splitlines() if line.startswith(f"{label} ")]
        number = int(row.td.get_text())
        assert line.removeprefix(label).split()[0] == str(number)
        assert bool(row.find("table")) == ("#" in line) == bool(number)
        return number

    def test_tells_what_became_of_the_photos(self, aws: Any, answer: Any, earlier: Earlier) -> None:
        # Given a week of work, and an older one
        with earlier(days=8):
            aws.waiting_photo()
            flagged(aws, "long-ago.jpg")
        with earlier(days=3):
            for number in range(4):
                name = drafted(aws, f"{number}.jpg")
                waiting = aws.mailed(name)
                if number == 0:
                    answer.approve(waiting.ann)
                if number in (1, 2):
                    more = {"category": "Kitchen & dining"} if number == 2 else {}
                    answer.approve(waiting.ann, title="White linen sofa", **more)
                if number == 3:
                    answer.post(waiting.bob, "try-again", hint="it is linen")
                    aws.save_draft(name, round_=2)
                    waiting = aws.mailed(name, round_=2)
                    answer.post(waiting.bob, "reject", reason="We do not sell this")
            flagged(aws, "dark.jpg")
            parked = drafted(aws, "parked.jpg")
            aws.await_owner(parked, "token", step=3)
        aws.await_owner(drafted(aws, "waits.jpg"), "token")
        aws.new_mails()
        # When the week is told
        run(aws, "weekly")
        # Then everyone reads the same numbers
        mails = aws.new_mails()
        assert [mail["To"] for mail in mails] == [ANN, BOB]
        for mail in mails:
            assert mail["Subject"] == "Your week: 6 photos drafted"
            assert self.count(mail, "Drafted") == 6
            assert self.count(mail, "Approved as drafted") == 1
            assert self.count(mail, "Approved with changes") == 2
            assert self.count(mail, "Rejected") == 1
            assert self.count(mail, "Set aside") == 1
            assert self.count(mail, "Left without an answer") == 1
            page = f"https://review.example/q/{key_in(mail)}"
            assert set(links_in(mail)) == {page, f"{page}?show=parked#{parked}"}
            for told in (text_of(mail), words_of(mail)):
                assert "Title: 2" in told
                assert "Category: 1" in told
                assert "Tags" not in told
                assert "2 drafts wait for you" in told
                assert "US dollars" in told

    def test_the_bars_are_no_pictures_and_speak_to_no_screen_reader(self, aws: Any) -> None:
        flagged(aws, "dark.jpg")
        run(aws, "weekly")
        mail = aws.new_mails()[0]
        page = page_of(mail)
        assert pictures_in(mail) == page("img") == page("script") == []
        (bar,) = page("table", role="presentation")
        assert bar.find_parent("td")["aria-hidden"] == "true"
        assert "width:100%" in str(bar["style"])

    def test_nothing_to_tell_mails_nobody(self, aws: Any, earlier: Earlier) -> None:
        aws.record("on-its-way.jpg")
        with earlier(days=8):
            flagged(aws, "long-ago.jpg")
        assert run(aws, "weekly") == 0
        assert aws.new_mails() == []

    def test_what_waits_since_long_is_told_even_when_nothing_else_happened(
        self, aws: Any, earlier: Earlier
    ) -> None:
        with earlier(days=8):
            aws.waiting_photo()
        run(aws, "weekly")
        mail = aws.new_mails()[0]
        assert "1 draft waits for you" in words_of(mail)
        assert self.count(mail, "Drafted") == 0
        assert "dollars" not in text_of(mail) + words_of(mail)

    @pytest.mark.parametrize(
        ("costs", "told"),
        [
            ([0.0012, 0.0201], "The drafts cost 0.03 US dollars."),
            ([None, 1.5], "cost 1.50 US dollars. For some of them the cost is not known."),
            ([None, None], "What the drafts cost is not known."),
        ],
    )
    def test_tells_what_the_drafts_cost_or_that_it_is_not_known(
        self, aws: Any, costs: list[float | None], told: str
    ) -> None:
        used = {"model": "m", "input_tokens": 10, "output_tokens": 2}
        name = aws.record("sofa.jpg")
        for round_, cost in enumerate(costs, 1):
            aws.save_draft(name, round_=round_, usage=[used | {"cost_usd": cost}])
        run(aws, "weekly")
        mail = aws.new_mails()[0]
        assert told in " ".join(text_of(mail).split())
        assert told in words_of(mail)
        assert mail["Subject"] == "Your week: 1 photo drafted"

    def test_of_very_many_parked_photos_the_rest_is_counted(
        self, aws: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("digest.weekly._LISTED", 1)
        for number in range(3):
            aws.await_owner(drafted(aws, f"{number}.jpg"), "token", step=3)
        run(aws, "weekly")
        mail = aws.new_mails()[0]
        assert words_of(mail).count("White sofa") == text_of(mail).count("White sofa") == 1
        assert "and 2 more" in text_of(mail)
        assert "and 2 more" in words_of(mail)

    def test_asks_for_the_days_of_the_week_and_not_for_each_photo(
        self, aws: Any, boto: Any
    ) -> None:
        for number in range(5):
            drafted(aws, f"{number}.jpg")
        boto.calls.clear()
        run(aws, "weekly")
        days = [request for request in boto.of("Query") if request["IndexName"] == "by_day"]
        assert len(days) == 8
        assert len(boto.of("GetItem")) == 0

    def test_by_the_shops_clock(self, aws: Any, earlier: Earlier) -> None:
        """Kiritimati is 14 hours ahead: the days of the mail are the shop's."""
        aws.set("time_zone", "Pacific/Kiritimati")
        flagged(aws, "dark.jpg")
        run(aws, "weekly")
        there = datetime.now(UTC) + timedelta(hours=14)
        assert f"to {there.day} {there:%B} {there.year}" in text_of(aws.new_mails()[0])


@pytest.mark.parametrize("task", ["weekly", "flags", "burst"])
def test_what_has_moved_on_since_the_index_knew_is_not_listed(
    aws: Any, boto: Any, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    # Given photos that go on just after the index was asked for them
    parked = drafted(aws, "parked.jpg")
    aws.await_owner(parked, "token", step=3)
    names = [parked, flagged(aws, "dark.jpg"), held(aws, "held.jpg")]
    call = boto.call

    def late(client: Any, name: str, request: dict[str, Any]) -> Any:
        found = call(client, name, request)
        if name == "Query" and request["IndexName"] == "open":
            gone_on = Change(action="gone_on", by_user="x", values={"status": "processing"})
            for photo in names:
                aws.drafts().change(photo, lambda _: gone_on)
        return found

    monkeypatch.setattr(boto, "call", late)
    # When they are told of
    run(aws, task)
    # Then none is listed
    mails = aws.new_mails()
    assert len(mails) == (2 if task == "weekly" else 0)
    assert not [name for name in names for mail in mails if name in text_of(mail)]


@pytest.fixture
def everything(aws: Any) -> Callable[[], list[Any]]:
    """One mail of each task, of photos with a name and words that would like to do harm."""

    def mails() -> list[Any]:
        dark = flagged(aws, "dark.jpg", f"Reason {HOSTILE}")
        draft = DECIDED | {"title": f"Title {HOSTILE}", "alt_text": f"Alt {HOSTILE}"}
        parked = drafted(aws, "parked.jpg", draft=draft)
        aws.await_owner(parked, "token", step=3)
        held(aws, "held.jpg", draft=draft)
        nameless = held(aws, "nameless.jpg", draft=draft | {"title": ""})
        for name in (dark, nameless):
            rename(aws, name, f"File {HOSTILE}")
        for task in ("weekly", "flags", "burst"):
            run(aws, task)
        return [mail for mail in aws.new_mails() if mail["To"] == ANN]

    return mails


class TestEveryMail:
    def test_shows_hostile_names_and_words_as_text(
        self, everything: Callable[[], list[Any]]
    ) -> None:
        mails = everything()
        assert len(mails) == 3
        told = " ".join(words_of(mail) for mail in mails)
        for word in ("Reason", "Title", "Alt", "File"):
            assert f'{word} "><img src=x onerror=alert(1)> Bcc: all@shop.example' in told
        assert "{{ 7*7 }}" in told
        for mail in mails:
            assert {key.lower() for key in mail} <= HEADERS
            page = page_of(mail)
            assert page("script") == []
            assert [image for image in page("img") if image.get("onerror")] == []
            assert "\x1b" not in text_of(mail) + words_of(mail)
            # No line of the plain text is begun by what came from outside
            lines = text_of(mail).splitlines()
            assert [line for line in lines if line.startswith(("Bcc", "* {{"))] == []

    def test_has_both_parts_in_seven_bits_and_no_line_too_long(
        self, aws: Any, everything: Callable[[], list[Any]], boto: Any
    ) -> None:
        everything()
        requests = boto.of("SendRawEmail")
        assert len(requests) == 6
        for request in requests:
            raw = request["RawMessage"]["Data"]
            assert raw.isascii()
            assert max(map(len, raw.split(b"\r\n"))) <= 998

    def test_speaks_german(self, aws: Any, everything: Callable[[], list[Any]]) -> None:
        aws.set("language", "de")
        mails = everything()
        assert [mail["Subject"] for mail in mails] == [
            "Ihre Woche: 3 Fotos entworfen",
            "1 Foto wurde beiseitegelegt",
            "2 Entwürfe warten auf Sie",
        ]
        for mail in mails:
            assert page_of(mail).html["lang"] == "de"
            assert mail["Subject"] in text_of(mail)
            told = words_of(mail) + text_of(mail)
            for english in ("draft", "photo was", "wait for", "dollars"):
                assert english not in told.replace("photo-tagger", "")
        assert "0,01 US-Dollar" in words_of(mails[0])

    def test_goes_with_colours_that_are_the_readers_own(
        self, everything: Callable[[], list[Any]]
    ) -> None:
        for mail in everything():
            (scheme,) = page_of(mail)("meta", attrs={"name": "color-scheme"})
            assert scheme["content"] == "light dark"


HEADERS = {
    "subject",
    "from",
    "to",
    "date",
    "message-id",
    "auto-submitted",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
}


def test_a_task_that_nobody_knows_is_a_fault(aws: Any) -> None:
    with pytest.raises(ValidationError, match="task"):
        aws.call("Digest", {"task": "yearly"})
