"""The list of all drafts: who looks at it, and what its buttons do."""

from dataclasses import dataclass, field
from typing import Final, Literal

from ack_handler.decisions import Decisions
from ack_handler.forms import BadFormError, Form
from photo_tagger.aws.clients import client
from photo_tagger.aws.drafts import DraftReader, Listed
from photo_tagger.domain.draft import Draft
from photo_tagger.domain.photo import Outcome, PhotoRecord, Status
from photo_tagger.domain.start import StartRequest

Tab = Literal["waiting", "parked", "flagged"]
TABS: Final[tuple[Tab, ...]] = ("waiting", "parked", "flagged")

ITEMS = 20
"""Photos on one page."""


@dataclass(frozen=True)
class View:
    """What is looked at: a tab, of it one outcome or all, and the number of the page (from 1)."""

    tab: Tab = "waiting"
    outcome: Outcome | None = None
    page: int = 1


@dataclass(frozen=True)
class Queue:
    """One page of the list. `counts` is how many photos each tab has, of whatever outcome."""

    view: View
    counts: dict[Tab, int]
    pages: int
    records: list[PhotoRecord]


@dataclass
class Done:
    """What a button did: photos that were decided, and those that were left as they are."""

    decided: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def look(drafts: DraftReader, view: View) -> Queue:
    """One page: three queries of the index and one read of its photos, however many wait.

    What waits is shown oldest first, what was set aside newest first.
    """
    entries = {tab: drafts.in_status(Status(tab)) for tab in TABS}
    chosen = [entry for entry in entries[view.tab] if view.outcome in (None, entry.outcome)]
    if view.tab == "flagged":
        chosen.reverse()
    pages = max(1, -(-len(chosen) // ITEMS))
    page = min(view.page, pages)
    return Queue(
        view=View(view.tab, view.outcome, page),
        counts={tab: len(found) for tab, found in entries.items()},
        pages=pages,
        records=_still(drafts, chosen[(page - 1) * ITEMS : page * ITEMS], Status(view.tab)),
    )


def _still(drafts: DraftReader, entries: list[Listed], status: Status) -> list[PhotoRecord]:
    """The photos themselves; the index is late, so some may have gone on."""
    records = drafts.records([entry.photo_id for entry in entries])
    return [record for record in records if record.status is status]


class Buttons:
    """What a reviewer does to photos in the list, each as it was shown to them."""

    def __init__(self, drafts: DraftReader, decisions: Decisions, ready_queue_url: str) -> None:
        self._drafts = drafts
        self._decisions = decisions
        self._ready_queue_url = ready_queue_url

    def press(self, form: Form, reviewer: str) -> Done:
        """Do what the pressed button says. Raises BadFormError for one that is not there."""
        action, _, ticket = form.get("do", [""])[0].partition(" ")
        if action == "approve-ticked":
            return self._approve(form.get("ticked", []), reviewer)
        if action == "approve":
            return self._approve([ticket], reviewer)
        if action == "reject":
            return self._reject(ticket, form, reviewer)
        if action == "try-anyway":
            return self.try_anyway(ticket, reviewer)
        raise BadFormError(404, "no_button")

    def try_anyway(self, photo_id: str, reviewer: str) -> Done:
        """Have a photo that was set aside drafted all the same; asked twice, it is done once."""
        record = self._drafts.find(photo_id)
        if record is None or record.status is not Status.FLAGGED or not record.set_aside:
            return Done(left=[photo_id])
        request = StartRequest(photo_id=photo_id, start=record.starts + 1, by_user=reviewer)
        client("sqs").send_message(QueueUrl=self._ready_queue_url, MessageBody=request.message())
        return Done(decided=[photo_id])

    def _approve(self, tickets: list[str], reviewer: str) -> Done:
        """Approve drafts as they are; one that must be mended first is left."""
        done = Done()
        for record in self._as_shown(tickets, done):
            fields = record.draft or Draft()
            change = None
            if not self._decisions.problems(fields):
                change = self._decisions.approve(record, fields, reviewer)
            (done.decided if change else done.left).append(record.photo_id)
        return done

    def _reject(self, ticket: str, form: Form, reviewer: str) -> Done:
        done = Done()
        for record in self._as_shown([ticket], done):
            reason = {"reason": form.get(f"reason {record.photo_id}", [])}
            change = self._decisions.other(record, "reject", reason, reviewer)
            (done.decided if change else done.left).append(record.photo_id)
        return done

    def _as_shown(self, tickets: list[str], done: Done) -> list[PhotoRecord]:
        """The photos that are in the round that the page showed; the others are left."""
        rounds = dict(ticket.rpartition(" ")[::2] for ticket in tickets[:ITEMS])
        shown = [
            record
            for record in self._drafts.records(list(rounds))
            if rounds[record.photo_id] == str(record.round)
        ]
        done.left.extend(sorted(rounds.keys() - {record.photo_id for record in shown}))
        return shown
