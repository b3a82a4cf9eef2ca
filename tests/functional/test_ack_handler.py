"""The pages behind the mailed links, through real Function URL events."""

from __future__ import annotations

import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ack_handler.forms import MAX_BODY
from photo_tagger.domain.lifecycle import withdrawn
from photo_tagger.domain.photo import InStore
from photo_tagger.texts import Texts
from photo_tagger.texts.dates import moment

ANN, BOB = "Ann <ann@shop.example>", "bob@shop.example"
MARKUP = '"><script>alert(1)</script>'
SAFE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@pytest.fixture
def waiting(aws: Any) -> Any:
    return aws.waiting_photo()


def assert_safe(answered: Any) -> None:
    assert answered.headers.items() >= SAFE.items()
    policy = answered.headers["content-security-policy"]
    for rule in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "max-age" in answered.headers["strict-transport-security"]


def parts_of_the_form(page: Any) -> dict[str, Any]:
    """What a browser would post if nothing was touched."""
    form = page.find("form", id="edit")
    return {
        "title": form.find(id="title").get_text(),
        "alt_text": form.find(id="alt_text").get_text(),
        "description": form.find(id="description").get_text(),
        "category": form.find("option", selected=True).get_text(),
        "tags": [box["value"] for box in form.find_all("input", checked=True)],
    }


class TestLooking:
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.parametrize("path", ["", "/photo.jpg"])
    def test_changes_nothing(
        self, aws: Any, answer: Any, waiting: Any, boto: Any, method: str, path: str
    ) -> None:
        before = aws.dump()
        answered = answer.request(method, f"/r/{waiting.ann}{path}")
        assert answered.status == 200
        assert aws.dump() == before
        assert set(boto.names()) <= {
            "GetItem",
            "GetObject",
            "GetParametersByPath",
            "Scan",
        }
        assert aws.execution(waiting.execution)["status"] == "RUNNING"

    @pytest.mark.parametrize("action", ["approve", "reject", "try-again"])
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_decides_nothing_at_the_address_of_a_button_either(
        self, aws: Any, answer: Any, waiting: Any, method: str, action: str
    ) -> None:
        before = aws.dump()
        answered = answer.request(method, f"/r/{waiting.ann}/{action}")
        assert answered.status == 404
        assert aws.dump() == before

    def test_shows_the_draft_ready_to_be_approved_as_it_is(self, answer: Any, waiting: Any) -> None:
        answered = answer.get(waiting.ann)
        assert parts_of_the_form(answered.page) == {
            "title": "White sofa",
            "alt_text": "A white sofa with two seats",
            "description": "A white sofa. It has two seats.",
            "category": "Furniture",
            "tags": ["sofa", "white"],
        }
        actions = [form["action"] for form in answered.page.find_all("form")]
        assert actions == [
            f"/r/{waiting.ann}/{name}" for name in ("approve", "reject", "try-again")
        ]
        assert all(form["method"] == "post" for form in answered.page.find_all("form"))

    def test_marks_in_words_what_the_reader_was_not_sure_of(
        self, answer: Any, waiting: Any
    ) -> None:
        marks = answer.get(waiting.ann).page.find_all(class_="unsure")
        assert [mark.parent.label["for"] for mark in marks] == ["category"]

    def test_needs_no_script(self, answer: Any, waiting: Any) -> None:
        page = answer.get(waiting.ann).page
        assert not page.find_all("script")
        assert not [tag for tag in page.find_all(True) for name in tag.attrs if name[:2] == "on"]

    def test_every_field_has_a_label(self, answer: Any, waiting: Any) -> None:
        page = answer.get(waiting.ann).page
        fields = page.select("input:not([type=hidden]), textarea, select")
        assert len(fields) > 8
        for field in fields:
            labelled = field.find_parent("label") or page.find("label", attrs={"for": field["id"]})
            assert labelled

    def test_the_photo_is_the_small_copy(self, answer: Any, waiting: Any) -> None:
        answered = answer.get(waiting.ann, "/photo.jpg")
        assert answered.headers["content-type"] == "image/jpeg"
        assert answered.body == b"\xff\xd8small"

    def test_what_is_hostile_in_a_draft_is_shown_and_never_run(self, aws: Any, answer: Any) -> None:
        draft = dict.fromkeys(("title", "alt_text", "category", "description"), MARKUP)
        notes = [{"field": None, "text": MARKUP}, {"field": "title", "text": MARKUP}]
        waiting = aws.waiting_photo(draft=draft | {"tags": ["sofa"]}, notes=notes)
        page = answer.get(waiting.ann).page
        assert not page.find_all("script")
        assert page.find(id="title").get_text() == MARKUP
        assert page.find(id="description").get_text() == MARKUP


class TestApproving:
    def test_is_written_audited_acknowledged_and_told_to_the_execution(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        # When the page is posted as it came
        answered = answer.post(
            waiting.ann, "approve", **parts_of_the_form(answer.get(waiting.ann).page)
        )
        # Then the browser is led to the page of the decision
        assert (answered.status, answered.headers["location"]) == (303, f"/r/{waiting.ann}")
        # And record, ack row and audit row tell the same
        record = aws.photo(waiting.photo)
        assert (record.status, record.decision.action, record.decision.by_user) == (
            "approved",
            "approved",
            ANN,
        )
        assert record.decision.fields.title == "White sofa"
        (ack,) = aws.rows("AckTable")
        assert (ack["photo_id"], ack["action"], ack["by_user"]) == (waiting.photo, "approved", ANN)
        assert ack["store_target"] == "webhook"
        row = aws.audit(waiting.photo)[-1]
        assert (row["action"], row["by_user"]) == ("approved", ANN)
        assert (row["before"]["status"], row["after"]["status"]) == ("waiting", "approved")
        assert (row["before"]["decision"], row["after"]["decision"]["by_user"]) == (None, ANN)
        # And the execution goes on
        assert aws.told_to_the_execution(waiting.execution) == {
            "action": "approved",
            "by_user": ANN,
            "round": 1,
            "grace_seconds": 0,
        }

    def test_decision_ack_and_audit_are_one_transaction_before_the_execution_is_told(
        self, answer: Any, waiting: Any, boto: Any
    ) -> None:
        answer.approve(waiting.ann)
        (transaction,) = boto.of("TransactWriteItems")
        tables = [item["Put"]["TableName"] for item in transaction["TransactItems"]]
        assert sorted(tables) == ["pt-ack", "pt-audit", "pt-drafts"]
        assert boto.names().index("TransactWriteItems") < boto.names().index("SendTaskSuccess")

    def test_with_a_change_is_an_edit(self, aws: Any, answer: Any, waiting: Any) -> None:
        assert answer.approve(waiting.ann, title="White linen sofa").status == 303
        record = aws.photo(waiting.photo)
        assert record.status == "edited"
        assert record.decision.fields.title == "White linen sofa"
        assert record.draft.title == "White sofa"
        assert "with your changes" in answer.get(waiting.ann).text
        told = aws.told_to_the_execution(waiting.execution)
        assert told["action"] == "edited"
        assert "White linen" not in str(told)

    @pytest.mark.parametrize(
        ("changes", "marked"),
        [
            ({"title": ""}, "title"),
            ({"title": "x" * 81}, "title"),
            ({"alt_text": "x" * 126}, "alt_text"),
            ({"tags": ["sofa", "velvet"]}, "tags"),
            ({"category": "Vehicles"}, "category"),
            ({"description": " "}, "description"),
        ],
    )
    def test_an_edit_against_the_style_doc_comes_back_with_all_that_was_typed(
        self, aws: Any, answer: Any, waiting: Any, changes: dict[str, Any], marked: str
    ) -> None:
        before = aws.dump()
        kept = {"description": "My own long words."} | changes
        answered = answer.approve(waiting.ann, **kept)
        assert answered.status == 422
        page = answered.page
        assert [tag["id"] for tag in page.find_all(class_="wrong")] == [f"{marked}-problem"]
        (invalid,) = page.find_all(attrs={"aria-invalid": "true"})
        assert invalid["aria-describedby"] == f"{marked}-problem"
        assert page.find(role="alert")
        assert page.find(id="description").get_text().strip() == kept["description"].strip()
        if "title" in changes:
            assert page.find(id="title").get_text() == changes["title"]
        assert aws.dump() == before

    def test_counts_by_the_style_doc_of_the_day(self, aws: Any, answer: Any, waiting: Any) -> None:
        doc = {"version": "8", "categories": ["Seats"], "tags": ["sofa", "white"]}
        aws.put_document("style.json", doc)
        assert answer.approve(waiting.ann).status == 422
        assert answer.approve(waiting.ann, category="Seats").status == 303

    @pytest.mark.parametrize("name", ["title", "alt_text", "category", "description", "tags"])
    def test_hostile_input_that_comes_back_is_escaped(
        self, answer: Any, waiting: Any, name: str
    ) -> None:
        answered = answer.approve(waiting.ann, **{"category": "Vehicles", name: MARKUP})
        assert answered.status == 422
        assert not answered.page.find_all("script")
        assert "<script>alert" not in answered.html


class TestRejecting:
    def test_names_the_reason(self, aws: Any, answer: Any, waiting: Any) -> None:
        answered = answer.post(
            waiting.bob, "reject", reason="Something else", own_words=f"broken leg {MARKUP}"
        )
        assert answered.status == 303
        record = aws.photo(waiting.photo)
        assert record.status == "rejected"
        assert record.decision.reject_reason == f"Something else: broken leg {MARKUP}"
        (ack,) = aws.rows("AckTable")
        assert ack["reject_reason"] == record.decision.reject_reason
        page = answer.get(waiting.bob)
        assert "broken leg" in page.text
        assert not page.page.find_all("script")
        assert aws.told_to_the_execution(waiting.execution)["action"] == "rejected"

    def test_without_a_reason_asks_for_one(self, aws: Any, answer: Any, waiting: Any) -> None:
        before = aws.dump()
        answered = answer.post(waiting.ann, "reject")
        assert answered.status == 422
        assert "choose a reason" in answered.page.find(role="alert").get_text()
        assert aws.dump() == before


class TestAnotherTry:
    def test_puts_the_hint_on_record(self, aws: Any, answer: Any, waiting: Any) -> None:
        assert answer.post(waiting.ann, "try-again", hint="it is linen").status == 303
        record = aws.photo(waiting.photo)
        assert (record.status, record.outcome, record.hints) == (
            "processing",
            None,
            ["it is linen"],
        )
        assert aws.told_to_the_execution(waiting.execution)["action"] == "try_again"
        page = answer.get(waiting.ann)
        assert page.status == 200
        assert "Another try" in page.text

    def test_without_a_hint_asks_for_one(self, aws: Any, answer: Any, waiting: Any) -> None:
        before = aws.dump()
        answered = answer.post(waiting.ann, "try-again", hint="  ")
        assert answered.status == 422
        assert "hint" in answered.page.find(role="alert").get_text()
        assert aws.dump() == before

    def test_is_not_offered_after_the_third_draft(self, aws: Any, answer: Any) -> None:
        name = aws.record()
        for round_ in (1, 2, 3):
            aws.save_draft(name, round_=round_)
        last = aws.mailed(name, round_=3)
        page = answer.get(last.ann).page
        assert not page.find(id="try-again")
        assert answer.post(last.ann, "try-again", hint="x").status == 422


class TestASecondClick:
    def test_says_what_was_decided_and_changes_nothing(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        answer.approve(waiting.ann)
        before = aws.dump()
        again = answer.approve(waiting.ann)
        assert again.status == 200
        assert "Approved by you" in again.text
        assert aws.dump() == before

    @pytest.mark.parametrize(
        ("action", "form"),
        [
            ("approve", {}),
            ("reject", {"reason": "We do not sell this"}),
            ("try-again", {"hint": "linen"}),
        ],
    )
    def test_another_reviewer_is_told_who_was_first_and_when(
        self, aws: Any, answer: Any, waiting: Any, action: str, form: dict[str, str]
    ) -> None:
        answer.post(waiting.ann, "reject", reason="Something else")
        before = aws.dump()
        answered = answer.post(waiting.bob, action, **form)
        assert answered.status == 200
        assert f"Rejected by {ANN}" in answered.text
        decided_at = aws.photo(waiting.photo).decision.decided_at
        assert moment(Texts("en"), decided_at, ZoneInfo("UTC")) in answered.text
        assert "Approved" not in answered.text
        assert aws.dump() == before

    def test_two_at_the_same_moment_leave_one_decision(
        self, aws: Any, answer: Any, waiting: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given Bob's click between Ann's reading of the record and her writing
        from photo_tagger.aws.drafts import Drafts

        original = Drafts._replace
        raced = []

        def replace(self: Any, *given: Any) -> bool:
            if not raced:
                raced.append(True)
                assert answer.post(waiting.bob, "reject", reason="Something else").status == 303
            return original(self, *given)

        monkeypatch.setattr(Drafts, "_replace", replace)
        # When Ann approves
        answered = answer.approve(waiting.ann)
        # Then she is told that Bob rejected it
        assert answered.status == 200
        assert f"Rejected by {BOB}" in answered.text
        assert len(aws.rows("AckTable")) == 1
        assert aws.told_to_the_execution(waiting.execution)["action"] == "rejected"

    def test_a_listed_photo_is_shown_with_its_address(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        answer.approve(waiting.ann)
        aws.call(
            "Recorder",
            {
                "step": "RecordListing",
                "photo_id": waiting.photo,
                "listing": {"id": "1", "url": "https://shop.example/1", "store_target": "api"},
            },
        )
        page = answer.get(waiting.ann)
        assert "It is in your shop" in page.text
        assert page.page.main.find("a")["href"] == "https://shop.example/1"

    def test_a_listing_that_was_taken_back_is_told_as_such(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        answer.approve(waiting.ann)
        listing = {"id": "1", "url": "https://shop.example/1", "store_target": "webhook"}
        aws.call(
            "Recorder", {"step": "RecordListing", "photo_id": waiting.photo, "listing": listing}
        )
        after = InStore(round=1)
        aws.drafts().change(
            waiting.photo, lambda record: withdrawn(record, after=after, by_user="an admin")
        )
        page = answer.get(waiting.ann)
        assert "It was taken out of your shop again" in page.text
        assert "https://shop.example/1" not in page.html
        history = answer.request("GET", f"/photo/{waiting.photo}/history")
        assert "It was taken out of your shop again." in history.text

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", MARKUP])
    def test_an_address_that_is_none_is_not_linked(
        self, aws: Any, answer: Any, waiting: Any, url: str
    ) -> None:
        answer.approve(waiting.ann)
        listing = {"id": "1", "url": url, "store_target": "api"}
        aws.call(
            "Recorder", {"step": "RecordListing", "photo_id": waiting.photo, "listing": listing}
        )
        page = answer.get(waiting.ann)
        assert url not in [link["href"] for link in page.page.find_all("a")]
        assert not page.page.find_all("script")


class TestLinksThatLeadNowhere:
    @pytest.mark.parametrize("path", ["/r/wrong-key", "/r/wrong-key/photo.jpg"])
    def test_an_unknown_key_has_a_plain_page_and_is_counted(
        self, answer: Any, log: Any, path: str
    ) -> None:
        answered = answer.request("GET", path)
        assert answered.status == 404
        assert "does not work" in answered.text
        assert log.metric("LinkFailures") == 1
        assert "wrong-key" not in log.text()
        assert_safe(answered)

    def test_an_unknown_key_decides_nothing(self, aws: Any, answer: Any, log: Any) -> None:
        before = aws.dump()
        assert answer.approve("wrong-key").status == 404
        assert aws.dump() == before
        assert log.metric("LinkFailures") == 1

    def test_a_good_key_counts_no_failure(self, answer: Any, waiting: Any, log: Any) -> None:
        answer.get(waiting.ann)
        assert log.metric("LinkFailures") == 0

    def test_a_key_a_bit_off_is_unknown(self, answer: Any, waiting: Any) -> None:
        assert answer.get(waiting.ann[:-1]).status == 404
        assert answer.get(waiting.ann + "x").status == 404

    def test_a_link_of_an_earlier_round_leads_to_the_newest_mail(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        answer.post(waiting.ann, "try-again", hint="it is linen")
        aws.save_draft(waiting.photo, round_=2)
        newer = aws.mailed(waiting.photo, round_=2)
        before = aws.dump()
        for answered in (
            answer.get(waiting.ann),
            answer.get(waiting.bob),
            answer.approve(waiting.bob),
        ):
            assert answered.status == 410
            assert "newer draft" in answered.text
        assert aws.dump() == before
        assert answer.get(newer.ann).status == 200

    def test_the_store_s_words_are_shown_in_the_next_round(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        answer.approve(waiting.ann)
        event = {"step": "ReopenReview", "photo_id": waiting.photo, "round": 1}
        aws.call("Recorder", event | {"store_words": f"title: no {MARKUP}"})
        newer = aws.mailed(waiting.photo, round_=2)
        page = answer.get(newer.ann)
        assert f"title: no {MARKUP}" in page.page.find(role="alert").get_text()
        assert not page.page.find_all("script")
        assert answer.get(waiting.ann).status == 410

    def test_an_expired_draft_is_closed(self, aws: Any, answer: Any, waiting: Any) -> None:
        aws.call("Recorder", {"step": "ExpireDraft", "photo_id": waiting.photo, "round": 1})
        before = aws.dump()
        for answered in (answer.get(waiting.ann), answer.approve(waiting.ann)):
            assert answered.status == 410
            assert "closed" in answered.text
        assert aws.dump() == before

    def test_a_link_whose_time_is_over_is_closed_even_before_its_row_is_gone(
        self, answer: Any, waiting: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from ack_handler import review

        late = time.time() + 401 * 86400
        monkeypatch.setattr(review.time, "time", lambda: late)
        assert answer.get(waiting.ann).status == 410
        assert answer.approve(waiting.ann).status == 410

    def test_links_of_a_parked_photo_still_work(self, aws: Any, answer: Any, waiting: Any) -> None:
        arn = aws.client("stepfunctions").start_execution(
            stateMachineArn=aws.state_machine_arn, name="parked", input="{}"
        )["executionArn"]
        aws.await_owner(waiting.photo, aws.next_token(), step=3)
        assert answer.approve(waiting.ann).status == 303
        assert aws.told_to_the_execution(arn)["action"] == "approved"

    @pytest.mark.parametrize("path", ["/", "/r", "/r/", "/admin", "/r/a/b/c", "/favicon.ico"])
    def test_any_other_address_has_a_plain_page(self, answer: Any, path: str) -> None:
        answered = answer.request("GET", path)
        assert answered.status == 404
        assert answered.page.h1
        assert_safe(answered)

    def test_a_button_that_does_not_exist_decides_nothing(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        before = aws.dump()
        assert answer.post(waiting.ann, "publish").status == 404
        assert aws.dump() == before


class TestAnExecutionThatCannotBeTold:
    @pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
    def test_because_its_wait_is_over_leaves_the_decision_safe(
        self, aws: Any, answer: Any, waiting: Any, boto: Any, log: Any, code: str
    ) -> None:
        boto.fail("SendTaskSuccess", code)
        assert answer.approve(waiting.ann).status == 303
        assert aws.photo(waiting.photo).status == "approved"
        assert "decision is safe" in answer.get(waiting.ann).text
        assert log.metric("ResumeFailures") == 1

    @pytest.mark.parametrize(
        "fault",
        [
            "AccessDeniedException",
            "ThrottlingException",
            EndpointConnectionError(endpoint_url="https://states.example"),
        ],
        ids=str,
    )
    def test_for_any_other_reason_leaves_it_safe_too_and_is_logged_as_an_error(
        self, aws: Any, answer: Any, waiting: Any, boto: Any, log: Any, fault: Any
    ) -> None:
        boto.fail("SendTaskSuccess", fault)
        assert answer.approve(waiting.ann).status == 303
        assert aws.photo(waiting.photo).status == "approved"
        assert "decision is safe" in answer.get(waiting.ann).text
        assert log.metric("ResumeFailures") == 1
        assert '"ERROR"' in log.text()

    def test_does_not_put_its_token_into_the_log(
        self, answer: Any, waiting: Any, boto: Any, log: Any
    ) -> None:
        message = f"Value '{waiting.token}' at 'taskToken' failed to satisfy constraint"
        fault = ClientError(
            {"Error": {"Code": "ValidationException", "Message": message}}, "SendTaskSuccess"
        )
        boto.fail("SendTaskSuccess", fault)
        assert answer.approve(waiting.ann).status == 303
        assert log.metric("ResumeFailures") == 1
        assert waiting.token not in log.text()


class TestForms:
    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_of_another_site_decide_nothing(
        self, aws: Any, answer: Any, waiting: Any, site: str
    ) -> None:
        before = aws.dump()
        answered = answer.request(
            "POST", f"/r/{waiting.ann}/reject", "reason=Something+else", {"sec-fetch-site": site}
        )
        assert answered.status == 403
        assert_safe(answered)
        assert aws.dump() == before

    def test_that_are_too_long_decide_nothing(self, aws: Any, answer: Any, waiting: Any) -> None:
        before = aws.dump()
        answered = answer.approve(waiting.ann, description="x" * MAX_BODY)
        assert answered.status == 413
        assert_safe(answered)
        assert aws.dump() == before

    def test_that_are_json_decide_nothing(self, aws: Any, answer: Any, waiting: Any) -> None:
        before = aws.dump()
        answered = answer.request(
            "POST", f"/r/{waiting.ann}/approve", "{}", {"content-type": "application/json"}
        )
        assert answered.status == 400
        assert aws.dump() == before

    def test_cannot_sign_for_somebody_else(self, aws: Any, answer: Any, waiting: Any) -> None:
        answer.post(waiting.ann, "reject", reason="Something else", by_user=BOB, reviewer=BOB)
        assert aws.photo(waiting.photo).decision.by_user == ANN


def test_every_answer_carries_the_headers_that_keep_it_safe(answer: Any, waiting: Any) -> None:
    for answered in (
        answer.get(waiting.ann),
        answer.request("HEAD", f"/r/{waiting.ann}"),
        answer.get(waiting.ann, "/photo.jpg"),
        answer.request("GET", "/style.css"),
        answer.approve(waiting.ann, title=""),
        answer.post(waiting.ann, "reject"),
        answer.approve(waiting.ann),
        answer.approve(waiting.ann),
        answer.get(waiting.ann),
        answer.request("DELETE", f"/r/{waiting.ann}"),
    ):
        assert_safe(answered)


def test_the_style_sheet_is_there(answer: Any) -> None:
    answered = answer.request("GET", "/style.css")
    assert (answered.status, answered.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert b"{" in answered.body


def test_neither_key_nor_token_is_ever_logged(
    answer: Any, waiting: Any, log: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answer.get(waiting.ann)
    answer.approve(waiting.ann, title="")
    answer.approve(waiting.ann)
    answer.get(waiting.bob)
    answer.get("wrong-key-000")
    everything = log.text() + caplog.text
    assert "does not exist" in everything
    for secret in (waiting.ann, waiting.bob, waiting.token, "wrong-key-000"):
        assert secret not in everything


def test_a_log_line_never_names_the_photo_of_an_earlier_request(
    aws: Any, answer: Any, waiting: Any, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a warm process that has just taken a decision
    monkeypatch.setattr(aws, "_forget_caches", lambda **_: None)
    answer.approve(waiting.ann)
    before = len(log.text())
    # When somebody else opens a wrong link
    answer.get("wrong-key")
    # Then the log does not blame that photo
    assert "a link that does not exist" in log.text()[before:]
    assert waiting.photo not in log.text()[before:]


def test_a_store_that_is_not_reached_is_told_and_the_decision_called_safe(
    answer: Any, waiting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer.approve(waiting.ann)
    assert "being put into your shop" in answer.get(waiting.ann).text
    monkeypatch.setattr("ack_handler.pages._STORE_SECONDS", 0)
    assert "takes longer than usual. Your decision is safe" in answer.get(waiting.ann).text


class TestTakingBack:
    @pytest.fixture
    def approved(self, aws: Any, answer: Any) -> Any:
        aws.set("grace_seconds", "3600")
        waiting = aws.waiting_photo()
        answer.approve(waiting.ann, title="Linen sofa")
        return waiting

    def test_is_offered_while_the_listing_is_not_written(
        self, aws: Any, answer: Any, approved: Any
    ) -> None:
        page = answer.get(approved.ann)
        assert "you can take it back" in page.text
        assert page.page.form["action"] == f"/r/{approved.ann}/undo"
        told = aws.told_to_the_execution(approved.execution)
        assert told["grace_seconds"] == 3600

    def test_keeps_the_photo_out_of_the_store_and_asks_anew(
        self, aws: Any, answer: Any, approved: Any
    ) -> None:
        answered = answer.post(approved.bob, "undo", round=1)
        assert answered.status == 303
        assert "It is not in your shop" in answer.get(approved.ann).text
        written = aws.call("StoreWriter", {"photo_id": approved.photo})
        assert written == {"accepted": False, "listing": None, "refusal": None}
        reopened = {"step": "ReopenReview", "photo_id": approved.photo, "round": 1}
        aws.call("Recorder", reopened | {"store_words": None})
        again = aws.mailed(approved.photo, round_=2)
        page = answer.get(again.ann).page
        assert page.select_one("#title").get_text() == "Linen sofa"
        assert answer.get(approved.ann).status == 410
        assert [row["action"] for row in aws.audit(approved.photo)][-3:] == [
            "undone",
            "reopened",
            "mailed",
        ]
        acks = [row["action"] for row in aws.rows("AckTable")]
        assert sorted(acks) == ["edited", "undone"]

    def test_is_too_late_once_the_store_is_being_written_to(
        self, aws: Any, answer: Any, approved: Any, http_server: Any
    ) -> None:
        aws.set("store_url", http_server.url)
        aws.client("secretsmanager").put_secret_value(
            SecretId="pt/store/api", SecretString='{"signing_key": "whsec_a2V5"}'
        )
        http_server.will_answer(503, {})
        with pytest.raises(Exception, match="503"):
            aws.call("StoreWriter", {"photo_id": approved.photo})
        before = aws.dump()
        answer.post(approved.ann, "undo", round=1)
        assert aws.dump() == before
        assert "take it back" not in answer.get(approved.ann).text

    def test_is_not_offered_without_a_grace_time(self, aws: Any, answer: Any, waiting: Any) -> None:
        answer.approve(waiting.ann)
        before = aws.dump()
        assert "take it back" not in answer.get(waiting.ann).text
        answer.post(waiting.ann, "undo", round=1)
        assert aws.dump() == before

    def test_by_a_link_of_another_round_does_nothing(
        self, aws: Any, answer: Any, approved: Any
    ) -> None:
        answer.get(approved.ann)
        before = aws.dump()
        answer.request("POST", f"/photo/{approved.photo}/undo", "round=2")
        assert aws.dump() == before
