"""Posted forms: what is taken, what is refused, and what a decision says."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent

from ack_handler.forms import (
    MAX_BODY,
    MAX_ROUNDS,
    MAX_WORDS,
    BadFormError,
    another_try,
    approval,
    draft_in,
    read_form,
    reject_reasons,
    rejection,
)
from photo_tagger.domain.draft import Draft
from photo_tagger.domain.photo import PhotoRecord
from photo_tagger.texts import Texts

ENGLISH = Texts("en")
REASONS = reject_reasons(ENGLISH)
OWN = "https://review.example/"
FORM = "application/x-www-form-urlencoded"
Record = Callable[..., PhotoRecord]


def posted(body: str | bytes, *, raw: bool = False, **headers: str) -> LambdaFunctionUrlEvent:
    data = body.encode() if isinstance(body, str) else body
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return LambdaFunctionUrlEvent(
        {
            "headers": {"content-type": FORM} | names,
            "body": data.decode() if raw else base64.b64encode(data).decode(),
            "isBase64Encoded": not raw,
        }
    )


def refusal(event: LambdaFunctionUrlEvent) -> BadFormError:
    with pytest.raises(BadFormError) as caught:
        read_form(event, OWN)
    assert str(caught.value)
    return caught.value


class TestReading:
    @pytest.mark.parametrize("raw", [True, False])
    def test_fields_are_decoded(self, raw: bool) -> None:
        body = urlencode([("title", "Café & co"), ("tags", "a"), ("tags", "b"), ("empty", "")])
        form = read_form(posted(body, raw=raw), OWN)
        assert form == {"title": ["Café & co"], "tags": ["a", "b"], "empty": [""]}

    def test_an_empty_body_is_an_empty_form(self) -> None:
        assert read_form(posted(""), OWN) == {}

    @pytest.mark.parametrize("kind", [FORM, f"{FORM};charset=UTF-8", f"{FORM.upper()} ; a=b"])
    def test_a_form_is_known_by_its_type(self, kind: str) -> None:
        assert read_form(posted("a=1", content_type=kind), OWN) == {"a": ["1"]}

    @pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
    def test_anything_else_is_no_form(self, kind: str) -> None:
        assert refusal(posted("a=1", content_type=kind)).status == 400

    @pytest.mark.parametrize("site", ["same-origin", "none"])
    def test_a_form_of_our_own_page_is_taken(self, site: str) -> None:
        assert read_form(posted("a=1", sec_fetch_site=site), OWN) == {"a": ["1"]}

    def test_so_is_one_of_a_browser_that_does_not_say(self) -> None:
        assert read_form(posted("a=1"), OWN) == {"a": ["1"]}

    @pytest.mark.parametrize("header", ["sec_fetch_site", "Sec_Fetch_Site"])
    @pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
    def test_a_form_of_another_site_is_refused(self, header: str, site: str) -> None:
        assert refusal(posted("a=1", **{header: site})).status == 403

    def test_the_limit_is_on_what_arrives(self) -> None:
        fits = "a=" + "x" * (MAX_BODY - 2)
        assert len(read_form(posted(fits, raw=True), OWN)["a"][0]) == MAX_BODY - 2
        assert refusal(posted(fits + "x", raw=True)).status == 413

    def test_a_body_that_is_too_long_is_not_decoded(self) -> None:
        event = posted("a=1")
        event._data["body"] = "!" * (MAX_BODY + 1)
        assert refusal(event).status == 413

    @pytest.mark.parametrize("body", [b"title=%FF%FE", b"\xff\xfe", b"&".join([b"a=1"] * 301)])
    def test_a_damaged_form_is_refused(self, body: bytes) -> None:
        assert refusal(posted(body)).status == 400

    def test_a_body_that_is_not_base64_is_refused(self) -> None:
        event = posted("a=1")
        event._data["body"] = "a"
        assert refusal(event).status == 400

    def test_three_hundred_fields_are_enough_for_any_list_of_tags(self) -> None:
        assert len(read_form(posted("&".join(["tags=a"] * 300)), OWN)["tags"]) == 300


class TestTheDraftInAForm:
    def test_takes_the_five_fields_and_nothing_else(self) -> None:
        form = {
            "title": ["White sofa"],
            "alt_text": ["A sofa"],
            "tags": ["sofa", "white"],
            "category": ["Furniture"],
            "description": ["Soft."],
            "by_user": ["mallory"],
        }
        assert draft_in(form) == Draft(
            title="White sofa",
            alt_text="A sofa",
            tags=["sofa", "white"],
            category="Furniture",
            description="Soft.",
        )

    def test_a_missing_field_is_empty(self) -> None:
        assert draft_in({}) == Draft()

    @pytest.mark.parametrize("name", ["title", "alt_text", "category"])
    def test_line_breaks_and_spare_space_leave_a_one_line_field(self, name: str) -> None:
        draft = draft_in({name: [" White\r\nsofa \t of\nlinen "]})
        assert getattr(draft, name) == "White sofa of linen"

    def test_a_description_keeps_its_lines_but_not_the_carriage_returns(self) -> None:
        assert draft_in({"description": ["One.\r\n\r\nTwo.\r\n "]}).description == "One.\n\nTwo."


class TestApproval:
    @pytest.fixture
    def record(self, photo_record: Record) -> PhotoRecord:
        return photo_record(
            round=2,
            draft={
                "title": "White sofa",
                "alt_text": "A sofa",
                "tags": ["white", "sofa"],
                "category": "Furniture",
                "description": "Soft.\n\nWarm.",
            },
        )

    @staticmethod
    def drafted(record: PhotoRecord, **changes: Any) -> Draft:
        assert record.draft is not None
        return record.draft.model_copy(update=changes)

    def test_without_a_change_is_an_approval(self, record: PhotoRecord) -> None:
        decision = approval(
            record, self.drafted(record), "ann", grace_seconds=0, store_target="webhook"
        )
        assert (decision.action, decision.by_user, decision.round) == ("approved", "ann", 2)
        assert decision.fields == record.draft

    @pytest.mark.parametrize(
        "change",
        [
            {"title": "White Sofa"},
            {"alt_text": "A sofa."},
            {"tags": ["white"]},
            {"category": "Kitchen & dining"},
            {"description": "Soft."},
        ],
    )
    def test_with_any_change_is_an_edit(self, record: PhotoRecord, change: dict[str, Any]) -> None:
        fields = self.drafted(record, **change)
        decision = approval(record, fields, "ann", grace_seconds=0, store_target="webhook")
        assert decision.action == "edited"
        assert decision.fields == fields

    def test_the_order_in_which_the_page_lists_tags_is_no_change(self, record: PhotoRecord) -> None:
        fields = self.drafted(record, tags=["sofa", "white"])
        assert (
            approval(record, fields, "ann", grace_seconds=0, store_target="webhook").action
            == "approved"
        )

    def test_space_that_a_form_cannot_carry_is_no_change(self, record: PhotoRecord) -> None:
        record.draft = self.drafted(record, title=" White  sofa", description="Soft.\n\nWarm.\n")
        fields = draft_in(
            {
                "title": ["White sofa"],
                "alt_text": ["A sofa"],
                "tags": ["sofa", "white"],
                "category": ["Furniture"],
                "description": ["Soft.\r\n\r\nWarm.\r\n"],
            }
        )
        assert (
            approval(record, fields, "ann", grace_seconds=0, store_target="webhook").action
            == "approved"
        )


class TestRejection:
    @pytest.mark.parametrize("reason", REASONS)
    def test_names_its_reason(self, photo_record: Record, reason: str) -> None:
        decision = rejection(photo_record(round=1), {"reason": [reason]}, "ann", ENGLISH)
        assert (decision.action, decision.reject_reason) == ("rejected", reason)
        assert decision.fields is None

    def test_adds_the_reviewers_own_words_up_to_a_limit(self, photo_record: Record) -> None:
        form = {"reason": [REASONS[3]], "own_words": ["x" * (MAX_WORDS + 50)]}
        decision = rejection(photo_record(round=1), form, "ann", ENGLISH)
        assert decision.reject_reason == f"{REASONS[3]}: {'x' * MAX_WORDS}"

    @pytest.mark.parametrize("form", [{}, {"reason": [""]}, {"reason": ["Because"]}])
    def test_needs_a_reason_of_ours(self, photo_record: Record, form: dict[str, Any]) -> None:
        with pytest.raises(BadFormError, match="choose a reason") as caught:
            rejection(photo_record(round=1), form, "ann", ENGLISH)
        assert caught.value.status == 422


class TestAnotherTry:
    def test_carries_the_hint_up_to_a_limit(self, photo_record: Record) -> None:
        decision = another_try(photo_record(round=1), {"hint": ["x" * (MAX_WORDS + 50)]}, "ann")
        assert (decision.action, decision.hint) == ("try_again", "x" * MAX_WORDS)

    @pytest.mark.parametrize("form", [{}, {"hint": ["  "]}])
    def test_needs_a_hint(self, photo_record: Record, form: dict[str, Any]) -> None:
        with pytest.raises(BadFormError, match="hint") as caught:
            another_try(photo_record(round=1), form, "ann")
        assert caught.value.status == 422

    def test_ends_after_the_last_round(self, photo_record: Record) -> None:
        form = {"hint": ["linen"]}
        assert another_try(photo_record(round=MAX_ROUNDS - 1), form, "ann")
        with pytest.raises(BadFormError, match="by hand"):
            another_try(photo_record(round=MAX_ROUNDS), form, "ann")
