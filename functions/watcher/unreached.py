"""Mails that did not reach their reader, as SES tells through EventBridge.

An owner whose address is suppressed gets no mail and does not know it: somebody else must tell.
"""

import shlex
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from photo_tagger.aws.admin import tell_admin
from photo_tagger.aws.audit import AuditTrail
from photo_tagger.domain.lifecycle import MACHINE
from photo_tagger.domain.lines import in_one_line
from photo_tagger.domain.photo import PHOTO_HEADER

SOURCE: Final = "aws.ses"

_SHOWN = 300
"""Characters shown of what an address or another server says of itself."""

_ACTIONS = {"bounce": "bounced", "complaint": "marked_as_spam", "reject": "mail_refused"}
"""What happened to the mail, as the key in the event's detail; and how the audit trail calls it."""

_REVIEWERS = "If it is not the right address, mend the parameter Reviewers and deploy."
_UNSUPPRESS = "then take the address off SES's suppression list:\n  {command}"


class _Words(NamedTuple):
    why: str
    mend: str


_WORDS = {
    "Permanent": _Words(
        "The address does not exist, or takes no mail. SES sends nothing to it from now on.",
        f"{_REVIEWERS} If it is, ask its owner to see that it takes mail; {_UNSUPPRESS}",
    ),
    "Permanent.OnAccountSuppressionList": _Words(
        "The address is on SES's suppression list, after an earlier bounce or complaint: SES did "
        "not even try.",
        f"{_REVIEWERS} If it is, ask its owner to see that it takes mail and that ours is not "
        f"marked as spam; {_UNSUPPRESS}",
    ),
    "Transient": _Words(
        "The mail could not be delivered for now, and SES no longer tries.",
        "Mostly this passes by itself: later mails go out as usual.",
    ),
    "Transient.MailboxFull": _Words(
        "The mailbox is full.", "Ask its owner to make room: later mails go out as usual."
    ),
    "Undetermined": _Words(
        "The mail came back, and SES cannot tell why.",
        f"{_REVIEWERS} If it is, ask its owner whether later mails arrive.",
    ),
    "Complaint": _Words(
        "The mail was marked as spam. SES sends nothing to the address from now on.",
        f"Ask its owner to mark the mail as no spam; {_UNSUPPRESS}",
    ),
    "Reject": _Words(
        "SES found a virus in the mail and did not send it.",
        "Look at the photo before you do anything else.",
    ),
}
"""Why a mail did not arrive and what to do, by SES's type, or type and subtype.

Source: Amazon SES developer guide, "Contents of event data that Amazon SES publishes".
"""

_OTHER = _Words("SES tells of it as {kind}.", "The SES console may tell more.")


class Unreached(BaseModel):
    """A mail that did not reach its reader. `moment` is ISO 8601 in UTC, `kind` a word of SES."""

    event_id: str
    moment: str
    region: str
    action: str
    kind: str
    addresses: list[str]
    server_said: str
    subject: str
    photo_id: str | None


def unreached(event: dict[str, Any]) -> Unreached:
    """What an event of SES's tells of. Lenient, since one bad event would block its queue."""
    detail = event["detail"]
    what = next((name for name in _ACTIONS if name in detail), "reject")
    told, mail = detail.get(what, {}), detail["mail"]
    recipients = told.get("bouncedRecipients") or told.get("complainedRecipients") or []
    named = [recipient.get("emailAddress", "") for recipient in recipients]
    headers = {header["name"].lower(): header["value"] for header in mail.get("headers", [])}
    moment = datetime.fromisoformat(told.get("timestamp") or mail["timestamp"])
    return Unreached(
        event_id=event["id"],
        moment=moment.astimezone(UTC).isoformat(timespec="microseconds"),
        region=event["region"],
        action=_ACTIONS[what],
        kind=_kind(what, told),
        addresses=[
            in_one_line(address, _SHOWN) for address in named or mail.get("destination", [])
        ],
        server_said=in_one_line(
            " ".join(recipient.get("diagnosticCode", "") for recipient in recipients), _SHOWN
        ),
        subject=in_one_line(mail.get("commonHeaders", {}).get("subject", ""), _SHOWN),
        photo_id=headers.get(PHOTO_HEADER.lower()),
    )


def note_unreached(mail: Unreached, trail: AuditTrail) -> None:
    """Put it on its photo's audit trail, once however often it is told."""
    trail.note(
        str(mail.photo_id),
        f"{mail.moment}#{mail.event_id}",
        mail.action,
        MACHINE,
        {"addresses": mail.addresses, "why": mail.kind, "server_said": mail.server_said or None},
    )


def tell_of_unreached(mail: Unreached, topic_arn: str) -> None:
    """One message to the admin's topic: whom no mail reaches, why, and what to do."""
    tell_admin(topic_arn, "Photo tagger: a mail did not arrive", _told(mail))


def _kind(what: str, told: dict[str, Any]) -> str:
    if what == "bounce":
        return f"{told.get('bounceType')}.{told.get('bounceSubType')}"
    if what == "complaint" and told.get("complaintSubType") == "OnAccountSuppressionList":
        return "Permanent.OnAccountSuppressionList"
    return what.capitalize()


def _told(mail: Unreached) -> str:
    words = _WORDS.get(mail.kind) or _WORDS.get(mail.kind.partition(".")[0], _OTHER)
    photo = f", for photo {mail.photo_id}" if mail.photo_id else ""
    said = f"The mail server said: {mail.server_said}\n" if mail.server_said else ""
    return (
        f"{', '.join(mail.addresses)} was not reached by the mail “{mail.subject}”{photo}.\n"
        f"{words.why.format(kind=mail.kind)}\n{said}"
        f"What to do: {words.mend.format(command=_unsuppress(mail))}"
    )


def _unsuppress(mail: Unreached) -> str:
    return "\n  ".join(
        "aws sesv2 delete-suppressed-destination "
        f"--region {shlex.quote(mail.region)} --email-address {shlex.quote(address)}"
        for address in mail.addresses
    )
