"""Posted forms: read with bounds, and turned into decisions."""

from urllib.parse import parse_qs, urlsplit

from aws_lambda_powertools.utilities.data_classes import LambdaFunctionUrlEvent

from photo_tagger.clock import now
from photo_tagger.domain.draft import Draft, differing
from photo_tagger.domain.photo import Decision, PhotoRecord
from photo_tagger.texts import SaidError, Texts

Form = dict[str, list[str]]

MAX_BODY = 64 * 1024
"""Characters of a posted form: ten times what the longest draft needs."""

MAX_ROUNDS = 3
"""How often one photo may be drafted."""

MAX_WORDS = 500
"""Characters of a hint or of a reason in the reviewer's own words."""

REJECT_REASONS = ("not_good_enough", "not_ours", "there_already", "else")
"""Names of sentences; what is posted and kept is the sentence."""

_ALLOWED_SITES = ("same-origin", "none", "")


class BadFormError(SaidError):
    """The form cannot be taken as it is; it tells the reviewer what to do."""

    def __init__(self, status: int, sentence: str, **values: object) -> None:
        super().__init__(f"form.{sentence}", **values)
        self.status = status


def read_form(event: LambdaFunctionUrlEvent, own_address: str) -> Form:
    """The fields of a form posted from a page of ours, which are at `own_address`.

    Raises BadFormError for a form that another site posted, one over the limit, and one that is no
    form at all. The length is judged before anything is decoded.
    """
    headers = {name.lower(): value for name, value in event.headers.items()}
    # Our pages send no referrer, so browsers name their origin "null".
    origins = ("", "null", _origin(own_address))
    is_ours = headers.get("origin", "") in origins
    if headers.get("sec-fetch-site", "") not in _ALLOWED_SITES or not is_ours:
        raise BadFormError(403, "other_site")
    if len(event.body or "") > MAX_BODY:
        raise BadFormError(413, "too_large")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise BadFormError(400, "other_site")
    try:
        return parse_qs(
            event.decoded_body or "", keep_blank_values=True, max_num_fields=300, errors="strict"
        )
    except ValueError as error:
        raise BadFormError(400, "damaged") from error


def draft_in(form: Form) -> Draft:
    """The five fields as the reviewer left them; browsers end lines with CR LF."""
    return Draft(
        title=_line(form, "title"),
        alt_text=_line(form, "alt_text"),
        tags=form.get("tags", []),
        category=_line(form, "category"),
        description=_text(form, "description"),
    )


def approval(
    record: PhotoRecord, fields: Draft, reviewer: str, *, grace_seconds: int, store_target: str
) -> Decision:
    """Approved as drafted, or edited when any word differs, for the store of the day."""
    return Decision(
        round=record.round,
        action="edited" if differing(fields, record.draft or Draft()) else "approved",
        by_user=reviewer,
        decided_at=now(),
        fields=fields,
        grace_seconds=grace_seconds,
        store_target=store_target,
    )


def rejection(record: PhotoRecord, form: Form, reviewer: str, say: Texts) -> Decision:
    """Rejected, for the chosen reason and in the reviewer's own words. Raises BadFormError."""
    chosen = _line(form, "reason")
    own_words = _text(form, "own_words")[:MAX_WORDS]
    if chosen not in reject_reasons(say):
        raise BadFormError(422, "no_reason")
    reason = f"{chosen}: {own_words}" if own_words else chosen
    return Decision(
        round=record.round,
        action="rejected",
        by_user=reviewer,
        decided_at=now(),
        reject_reason=reason,
    )


def reject_reasons(say: Texts) -> list[str]:
    """What a reviewer may choose from, as it is read and kept."""
    return [say(f"reasons.{name}") for name in REJECT_REASONS]


def another_try(record: PhotoRecord, form: Form, reviewer: str) -> Decision:
    """A new draft, with a hint. Raises BadFormError without a hint or after three rounds."""
    hint = _text(form, "hint")[:MAX_WORDS]
    if record.round >= MAX_ROUNDS:
        raise BadFormError(422, "no_more_rounds", count=MAX_ROUNDS)
    if not hint:
        raise BadFormError(422, "no_hint")
    return Decision(
        round=record.round, action="try_again", by_user=reviewer, decided_at=now(), hint=hint
    )


def _origin(address: str) -> str:
    """Scheme and host, as browsers write an origin."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _line(form: Form, name: str) -> str:
    return " ".join(form.get(name, [""])[0].split())


def _text(form: Form, name: str) -> str:
    return form.get(name, [""])[0].replace("\r\n", "\n").strip()
