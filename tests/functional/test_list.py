"""The list of all drafts, and the pages it leads to: for reviewers of today, by their cookie."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from photo_tagger.domain.start import start_request

ANN, BOB = "Ann <ann@shop.example>", "bob@shop.example"
MARKUP = "<script>alert(1)</script>"


@pytest.fixture
def waiting(aws: Any) -> Any:
    return aws.waiting_photo()


def many(aws: Any, count: int, **reading: Any) -> list[str]:
    """Photos that wait, without executions behind them."""
    names = []
    for number in range(count):
        name = aws.record(f"photo-{number:03}.jpg", f"photo {number}".encode())
        aws.save_draft(name, **reading)
        aws.await_owner(name, f"token-{number}")
        names.append(name)
    return names


def flagged(aws: Any, **state: Any) -> str:
    name: str = aws.record("dark.jpg", b"dark")
    given = {"gate": {"reasons": ["Too dark."]}, "resized": {"image_key": f"{name}.jpg"}} | state
    aws.call("Flagger", {"step": "FlagPhoto", "photo_id": name, "state": given})
    return name


def press(answer: Any, do: str, where: str = "/queue", **form: Any) -> Any:
    return answer.request("POST", where, urlencode({"do": do, **form}, doseq=True))


def ticket(name: str, round_: int = 1) -> str:
    return f"{name} {round_}"


class TestComingIn:
    def test_any_link_opens_the_list_and_writes_nothing(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        before = aws.dump()
        assert answer.request("GET", f"/q/{waiting.ann}").status == 200
        assert "1 draft waits for you" in answer.request("GET", "/queue").text
        assert aws.dump() == before

    @pytest.mark.parametrize("path", ["/r/", "/q/"])
    def test_the_cookie_is_for_this_site_alone(self, answer: Any, waiting: Any, path: str) -> None:
        (cookie,) = answer.request("GET", path + waiting.ann).set_cookies
        name, *rest = [part.strip() for part in cookie.split(";")]
        assert name == f"__Host-review={waiting.ann}"
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} <= set(rest)
        assert not any(part.lower().startswith("domain") for part in rest)

    @pytest.mark.parametrize(
        "path", ["/queue", "/photo/{}", "/photo/{}/photo.jpg", "/photo/{}/history"]
    )
    def test_without_a_link_there_is_nothing_to_see(
        self, answer: Any, waiting: Any, path: str
    ) -> None:
        answered = answer.request("GET", path.format(waiting.photo))
        assert answered.status == 401
        assert "Open the link in any mail" in answered.text

    def test_without_a_link_nothing_can_be_decided(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        before = aws.dump()
        assert press(answer, f"approve {ticket(waiting.photo)}").status == 401
        assert answer.request("POST", f"/photo/{waiting.photo}/approve", "round=1").status == 401
        assert aws.dump() == before

    def test_a_wrong_cookie_is_as_bland_as_a_wrong_link_and_counted(
        self, answer: Any, waiting: Any, log: Any
    ) -> None:
        answer.cookies["__Host-review"] = "wrong"
        answered = answer.request("GET", "/queue")
        assert (answered.status, answered.text) == (404, answer.get("wrong").text)
        assert log.metric("LinkFailures") == 2

    @pytest.mark.parametrize("header", ["\x00", "__Host-review=", "__Host-review", "=;=", "a=b"])
    def test_a_broken_cookie_is_no_fault(self, answer: Any, header: str) -> None:
        answer.cookies = {header: ""}
        assert answer.request("GET", "/queue").status in (401, 404)

    def test_a_link_whose_time_is_over_opens_no_list(
        self, aws: Any, answer: Any, waiting: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer.request("GET", f"/q/{waiting.ann}")
        monkeypatch.setattr("ack_handler.visitor.time.time", lambda: 4e9)
        assert answer.request("GET", "/queue").status == 401

    def test_a_reviewer_taken_out_of_the_settings_is_turned_away(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        answer.request("GET", f"/q/{waiting.ann}")
        aws.set("reviewers", "bob@shop.example")
        before = aws.dump()
        for path in ("/queue", f"/q/{waiting.ann}", f"/r/{waiting.ann}", f"/photo/{waiting.photo}"):
            answered = answer.request("GET", path)
            assert answered.status == 403
            assert "White sofa" not in answered.text
        assert answer.approve(waiting.ann).status == 403
        assert press(answer, f"approve {ticket(waiting.photo)}").status == 403
        assert aws.dump() == before
        assert answer.get(waiting.bob).status == 200

    def test_a_reviewer_whose_name_is_written_otherwise_stays_one(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        aws.set("reviewers", "Ann Smith <ANN@shop.example>")
        assert answer.get(waiting.ann).status == 200


class TestTheList:
    def test_shows_what_waits_oldest_first_with_its_buttons(self, aws: Any, answer: Any) -> None:
        names = many(aws, 3)
        answer.request("GET", f"/q/{aws.link_key(aws.new_mails()[0])}")
        page = answer.request("GET", "/queue").page
        links = [link["href"] for link in page.select(".items h2 a")]
        assert links == [f"/photo/{name}" for name in names]
        first = page.select_one(".items li")
        assert first.img["src"] == f"/photo/{names[0]}/photo.jpg"
        assert first.img["loading"] == "lazy"
        assert "Category" in first.get_text()
        buttons = [button["value"] for button in first.find_all("button")]
        assert buttons == [f"approve {names[0]} 1", f"reject {names[0]} 1"]

    def test_two_hundred_waiting_cost_five_calls(
        self, aws: Any, answer: Any, waiting: Any, boto: Any
    ) -> None:
        """One for the cookie's link, three queries of the index, one read of the page's photos."""
        (row,) = aws.dynamodb.scan(TableName="pt-drafts")["Items"]
        copies = [row | {"photo_id": {"S": f"copy-{number:03}"}} for number in range(200)]
        for first in range(0, len(copies), 25):
            puts = [{"PutRequest": {"Item": copy}} for copy in copies[first : first + 25]]
            aws.dynamodb.batch_write_item(RequestItems={"pt-drafts": puts})
        answer.request("GET", f"/q/{waiting.ann}")
        boto.calls.clear()
        page = answer.request("GET", "/queue?page=7")
        assert "201 drafts wait for you" in page.text
        assert "Page 7 of 11" in page.text
        assert len(page.page.select(".items > li")) == 20
        dynamodb = [name for name in boto.names() if name in ("GetItem", "Query", "BatchGetItem")]
        assert dynamodb == ["GetItem", "Query", "Query", "Query", "BatchGetItem"]

    def test_can_be_narrowed_to_one_outcome(self, aws: Any, answer: Any) -> None:
        many(aws, 2)
        answer.request("GET", f"/q/{aws.link_key(aws.new_mails()[0])}")
        assert (
            len(answer.request("GET", "/queue?outcome=needs_review").page.select(".items > li"))
            == 2
        )
        narrowed = answer.request("GET", "/queue?outcome=draft_ready")
        assert "There is nothing here." in narrowed.text
        assert "2 drafts wait for you" in narrowed.text

    def test_has_a_tab_for_what_is_parked(self, aws: Any, answer: Any, waiting: Any) -> None:
        aws.await_owner(waiting.photo, "token", step=3)
        answer.request("GET", f"/q/{waiting.ann}")
        page = answer.request("GET", "/queue?show=parked")
        assert "Put off (1)" in page.text
        assert page.page.select_one(".items h2 a")["href"] == f"/photo/{waiting.photo}"

    @pytest.mark.parametrize(
        "query",
        [
            "page=999",
            "page=-1",
            "page=x",
            "show=listed",
            "outcome=x",
            "done=99999999",
            "done=1&last=%22%3E%3Cscript%3E",
            "page=%00",
            "page=" + "9" * 5000,
        ],
    )
    def test_any_address_shows_some_list(self, answer: Any, waiting: Any, query: str) -> None:
        answer.request("GET", f"/q/{waiting.ann}")
        page = answer.request("GET", f"/queue?{query}")
        assert page.status == 200
        assert "White sofa" in page.text

    def test_what_is_hostile_is_shown_and_never_run(self, aws: Any, answer: Any) -> None:
        hostile = dict.fromkeys(("title", "alt_text", "category", "description"), MARKUP)
        name = aws.record(f"{MARKUP}.jpg")
        aws.save_draft(name, draft={**hostile, "tags": [MARKUP]})
        aws.await_owner(name, "token")
        answer.request("GET", f"/q/{aws.link_key(aws.new_mails()[0])}")
        for path in ("/queue", f"/photo/{name}", f"/photo/{name}/history"):
            page = answer.request("GET", path)
            assert page.status == 200
            assert not page.page.find_all("script")
            assert MARKUP in page.page.get_text()

    def test_speaks_the_shop_s_language(self, aws: Any, answer: Any, waiting: Any) -> None:
        aws.set("language", "de")
        page = answer.request("GET", f"/q/{waiting.ann}")
        assert page.page.html["lang"] == "de"
        assert "1 Entwurf wartet auf Sie" in page.text


class TestApprovingInTheList:
    @pytest.fixture
    def inside(self, answer: Any, waiting: Any) -> Any:
        answer.request("GET", f"/q/{waiting.ann}")
        return answer

    def test_one_photo_is_told_to_its_execution(self, aws: Any, inside: Any, waiting: Any) -> None:
        answered = press(inside, f"approve {ticket(waiting.photo)}")
        assert (answered.status, answered.headers["location"]) == (
            303,
            f"/queue?show=waiting&page=1&done=1&last={waiting.photo}",
        )
        record = aws.photo(waiting.photo)
        assert (record.status, record.decision.by_user) == ("approved", ANN)
        assert record.decision.fields == record.draft
        told = {"action": "approved", "by_user": ANN, "round": 1}
        assert told.items() <= aws.told_to_the_execution(waiting.execution).items()
        page = inside.request("GET", answered.headers["location"])
        assert "1 photo is done." in page.text
        assert page.page.select_one("[role=status] a")["href"] == f"/photo/{waiting.photo}"

    def test_all_that_are_ticked_and_no_other(self, aws: Any, answer: Any) -> None:
        names = many(aws, 4)
        answer.request("GET", f"/q/{aws.link_key(aws.new_mails()[0])}")
        answered = press(answer, "approve-ticked", ticked=[ticket(name) for name in names[1:3]])
        assert answered.headers["location"].endswith("done=2")
        assert [aws.photo(name).status for name in names] == [
            "waiting",
            "approved",
            "approved",
            "waiting",
        ]

    def test_leaves_what_must_be_mended_first(self, aws: Any, answer: Any) -> None:
        (name,) = many(
            aws,
            1,
            draft={"title": "", "alt_text": "", "tags": [], "category": "", "description": ""},
        )
        answer.request("GET", f"/q/{aws.link_key(aws.new_mails()[0])}")
        answered = press(answer, f"approve {ticket(name)}")
        assert answered.headers["location"].endswith("left=1")
        assert aws.photo(name).status == "waiting"
        assert "left as it is" in answer.request("GET", answered.headers["location"]).text

    @pytest.mark.parametrize("round_", [0, 2, 9])
    def test_leaves_what_is_not_in_the_round_that_was_shown(
        self, aws: Any, inside: Any, waiting: Any, round_: int
    ) -> None:
        before = aws.dump()
        assert (
            press(inside, f"approve {ticket(waiting.photo, round_)}")
            .headers["location"]
            .endswith("left=1")
        )
        assert aws.dump() == before

    def test_leaves_what_somebody_else_decided(self, aws: Any, inside: Any, waiting: Any) -> None:
        inside.post(waiting.bob, "reject", reason="Something else")
        before = aws.dump()
        assert (
            press(inside, f"approve {ticket(waiting.photo)}").headers["location"].endswith("left=1")
        )
        assert aws.dump() == before

    def test_rejects_with_the_chosen_reason(self, aws: Any, inside: Any, waiting: Any) -> None:
        reason = {f"reason {waiting.photo}": "We do not sell this"}
        press(inside, f"reject {ticket(waiting.photo)}", **reason)
        decision = aws.photo(waiting.photo).decision
        assert (decision.action, decision.reject_reason) == ("rejected", "We do not sell this")

    @pytest.mark.parametrize(
        "do", ["", "approve", "delete x 1", "approve x", "approve x y z", "reject x 1"]
    )
    def test_a_button_that_does_not_exist_does_nothing(
        self, aws: Any, inside: Any, do: str
    ) -> None:
        before = aws.dump()
        assert press(inside, do).status in (303, 404, 422)
        assert aws.dump() == before

    def test_forms_of_another_site_do_nothing(self, aws: Any, inside: Any, waiting: Any) -> None:
        before = aws.dump()
        body = urlencode({"do": f"approve {ticket(waiting.photo)}"})
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
            assert inside.request("POST", "/queue", body, headers).status == 403
        assert aws.dump() == before


class TestADraftOfTheList:
    @pytest.fixture
    def inside(self, answer: Any, waiting: Any) -> Any:
        answer.request("GET", f"/q/{waiting.ann}")
        return answer

    def test_is_decided_as_by_its_link_and_leads_back_to_the_list(
        self, aws: Any, inside: Any, waiting: Any
    ) -> None:
        page = inside.request("GET", f"/photo/{waiting.photo}").page
        assert page.select_one("#edit")["action"] == f"/photo/{waiting.photo}/approve"
        body = urlencode({"round": 1, "reason": "Something else"})
        answered = inside.request("POST", f"/photo/{waiting.photo}/reject", body)
        assert (answered.status, answered.headers["location"][:6]) == (303, "/queue")
        assert aws.photo(waiting.photo).status == "rejected"
        assert "Rejected by you" in inside.request("GET", f"/photo/{waiting.photo}").text

    @pytest.mark.parametrize("round_", ["", "x", "0", "7"])
    def test_is_not_decided_for_another_round(
        self, aws: Any, inside: Any, waiting: Any, round_: str
    ) -> None:
        before = aws.dump()
        body = urlencode({"round": round_, "reason": "Something else"})
        assert inside.request("POST", f"/photo/{waiting.photo}/reject", body).status in (400, 410)
        assert aws.dump() == before

    def test_that_is_not_there_is_unknown(self, inside: Any) -> None:
        for more in ("", "/photo.jpg", "/history"):
            assert inside.request("GET", f"/photo/nothing{more}").status == 404


class TestSetAside:
    def test_has_a_tab_with_reasons_newest_first(self, aws: Any, answer: Any, waiting: Any) -> None:
        name = flagged(aws)
        page = answer.request("GET", f"/q/{waiting.ann}?show=flagged")
        assert "Set aside (1)" in page.text
        assert "Too dark." in page.text
        (button,) = page.page.select(".items button")
        assert button["value"] == f"try-anyway {name}"

    @pytest.mark.parametrize("by", ["list", "page"])
    def test_is_tried_anyway_in_the_reviewer_s_name(
        self, aws: Any, answer: Any, waiting: Any, by: str
    ) -> None:
        name = flagged(aws)
        answer.request("GET", f"/q/{waiting.ann}")
        if by == "list":
            press(answer, f"try-anyway {name}")
        else:
            assert "Too dark." in answer.request("GET", f"/photo/{name}").text
            answer.request("POST", f"/photo/{name}/try-anyway", "round=0")
        (message,) = aws.messages(aws.ready_queue)
        request = start_request(message)
        assert request is not None
        assert (request.photo_id, request.start, request.by_user) == (name, 2, ANN)

    def test_what_is_not_set_aside_is_not_started_anew(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        answer.request("GET", f"/q/{waiting.ann}")
        assert press(answer, f"try-anyway {waiting.photo}").headers["location"].endswith("left=1")
        assert aws.messages(aws.ready_queue) == []

    def test_a_photo_that_could_not_be_opened_is_not_offered_again(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        flagged(aws, resized={"problem": "The file is empty.", "image_key": None})
        page = answer.request("GET", f"/q/{waiting.ann}?show=flagged")
        assert "The file is empty." in page.text
        assert not page.page.select(".items button")


class TestHistory:
    def test_tells_who_did_what_and_every_change(self, aws: Any, answer: Any, waiting: Any) -> None:
        answer.get(waiting.ann)
        answer.approve(waiting.ann, title="Linen sofa", tags=["sofa"])
        listing = {"id": "1", "url": "https://shop.example/1", "store_target": "api"}
        aws.call(
            "Recorder", {"step": "RecordListing", "photo_id": waiting.photo, "listing": listing}
        )
        page = answer.request("GET", f"/photo/{waiting.photo}/history")
        sentences = [item.p.get_text(" ", strip=True) for item in page.page.select(".history li")]
        assert sentences == [
            "The photo arrived.",
            "A draft was made.",
            f"The draft was mailed to {ANN}, {BOB}.",
            f"{ANN} changed it and approved it.",
            "It was put into your shop.",
        ]
        changed = [
            tuple(each.get_text(" ", strip=True) for each in page.page.select(tag))
            for tag in ("dt", "del", "ins")
        ]
        assert changed == [("Title", "Tags"), ("White sofa", "sofa, white"), ("Linen sofa", "sofa")]

    def test_tells_reasons_and_hints_in_people_s_own_words(
        self, aws: Any, answer: Any, waiting: Any
    ) -> None:
        answer.get(waiting.ann)
        answer.post(waiting.ann, "try-again", hint="linen")
        page = answer.request("GET", f"/photo/{waiting.photo}/history")
        assert page.page.select(".history li")[-1].q.get_text() == "linen"

    def test_never_tells_a_token(self, aws: Any, answer: Any, waiting: Any) -> None:
        answer.get(waiting.ann)
        page = answer.request("GET", f"/photo/{waiting.photo}/history")
        assert waiting.token not in page.html
        assert json.dumps(waiting.ann) not in page.html


def test_the_style_doc_is_read_once_for_all_that_are_ticked(
    aws: Any, answer: Any, boto: Any
) -> None:
    names = many(aws, 3)
    answer.request("GET", f"/q/{aws.link_key(aws.new_mails()[0])}")
    boto.calls.clear()
    press(answer, "approve-ticked", ticked=[ticket(name) for name in names])
    assert [request["Key"] for request in boto.of("GetObject")] == ["style.json"]
