"""What must become of a photo in each case of MockConfigFile.json.

A case asserts the states in their order, the status, the whole output or the error, and every
retry; some also what a function was handed. docs/testing.md says how to add one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .checks.retries import LAMBDA_SERVICE
from .stories import TOKEN
from .workflow import given, mocked

GIVEN = given()
REQUEUED = given(requeued=True)
PHOTO_ID = GIVEN["photo_id"]


@dataclass(frozen=True)
class Case:
    """One execution and what must become of it.

    `path` names the states in order, with a space between. An execution with an `error` must FAIL
    with it in the last of them; any other must SUCCEED with `output`. `retries` are (state, error),
    `handed` is what a state's function gets at each visit.
    """

    name: str
    path: str
    output: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    retries: Iterable[tuple[str, str]] = ()
    handed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    waits: list[int] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=lambda: GIVEN)

    @property
    def status(self) -> str:
        return "FAILED" if self.error else "SUCCEEDED"


# The ways that many photos share

GATED = "Resize IsReadable QualityGate IsUsable"
READ = f"{GATED} ReadPhoto RouteByConfidence"
SAVED = f"{READ} DraftReady SaveDraft"
ASKED = f"{SAVED} NotifyOwner"
UNANSWERED = "IsWaitLeft WaitLonger NotifyOwner"
NEVER_ANSWERED = f"{ASKED} {UNANSWERED} {UNANSWERED} {UNANSWERED} IsWaitLeft ExpireDraft"
WRITTEN = "Decision GraceTime WriteToStore StoreAnswer"
LISTED = f"{WRITTEN} RecordListing"
DOUBTED = f"{READ} Escalate ReadPhoto RouteByConfidence NeedsReview SaveDraft NotifyOwner"

# What an execution carries at its end

TRIED_AGAIN = {"round": 1, "earlier": mocked("UnsureReadingThenSure")}
TIMED_OUT = {"Error": "States.Timeout", "Cause": "It took too long."}
DRAFTED = GIVEN | {
    "resized": mocked("PhotoIsResized"),
    "gate": mocked("GatePasses"),
    "reading": mocked("SureReading"),
    "outcome": "draft_ready",
    "review": mocked("DraftIsSaved"),
}
APPROVED = DRAFTED | {"decision": mocked("OwnerApproves")}
IN_STORE = {"store": mocked("StoreTakesIt"), "recorded": mocked("ListingIsRecorded")}
FLAGGED = {"recorded": mocked("PhotoIsFlagged")}
WAITS = mocked("DraftIsSaved")["waits"]


def waiting(step: int) -> dict[str, Any]:
    """Where the review stands in that wait, counted from 0."""
    return mocked("DraftIsSaved") | {"step": step, "wait_seconds": WAITS[step]}


def asked(step: int = 0) -> dict[str, Any]:
    """What NotifyOwner's function is handed for that wait."""
    return {"task_token": TOKEN, "photo_id": PHOTO_ID, "review": waiting(step)}


VERDICTS = (
    Case(
        "SureDraftIsApprovedAndListed",
        path=f"{ASKED} {LISTED}",
        output=APPROVED | IN_STORE,
        handed={
            "Resize": [{"photo_id": PHOTO_ID, "source": GIVEN["source"]}],
            "QualityGate": [
                {"photo_id": PHOTO_ID, "measurements": mocked("PhotoIsResized")["measurements"]}
            ],
            "ReadPhoto": [
                {
                    "photo_id": PHOTO_ID,
                    "image_key": mocked("PhotoIsResized")["image_key"],
                    "attempt": {"round": 1},
                }
            ],
            "SaveDraft": [
                {
                    "step": "SaveDraft",
                    "photo_id": PHOTO_ID,
                    "round": 1,
                    "outcome": "draft_ready",
                    "image_key": mocked("PhotoIsResized")["image_key"],
                    "reading": mocked("SureReading"),
                }
            ],
            "NotifyOwner": [asked()],
            "WriteToStore": [{"photo_id": PHOTO_ID}],
            "RecordListing": [
                {
                    "step": "RecordListing",
                    "photo_id": PHOTO_ID,
                    "listing": mocked("StoreTakesIt")["listing"],
                }
            ],
        },
    ),
    Case(
        "EditedDraftIsListed",
        path=f"{ASKED} {LISTED}",
        output=DRAFTED | {"decision": mocked("OwnerEdits")} | IN_STORE,
    ),
    Case(
        "RejectedDraftIsMoved",
        path=f"{ASKED} Decision MoveToFlagged",
        output=DRAFTED
        | {"decision": mocked("OwnerRejects"), "recorded": mocked("RejectedPhotoIsMoved")},
        handed={"MoveToFlagged": [{"step": "MoveToFlagged", "photo_id": PHOTO_ID}]},
    ),
    Case(
        "OwnerAsksToTryAgain",
        path=f"{ASKED} Decision AddHint ReadPhoto RouteByConfidence DraftReady SaveDraft"
        f" NotifyOwner {LISTED}",
        output=DRAFTED
        | {
            "attempt": {"round": 2},
            "reading": mocked("TwoSureReadings", call=1),
            "review": mocked("TwoDraftsAreSaved", call=1),
            "decision": mocked("OwnerAsksToTryAgainThenApproves", call=1),
        }
        | IN_STORE,
    ),
    Case(
        "StoreRefusesAFieldAndTheOwnerMendsIt",
        path=f"{ASKED} {WRITTEN} ReopenReview NotifyOwner {LISTED}",
        output=DRAFTED
        | {
            "review": mocked("ReviewIsReopened"),
            "decision": mocked("OwnerApprovesThenEdits", call=1),
        }
        | IN_STORE,
        handed={
            "ReopenReview": [
                {
                    "step": "ReopenReview",
                    "photo_id": PHOTO_ID,
                    "round": 1,
                    "store_words": "The title is taken.",
                }
            ]
        },
    ),
    Case(
        "OwnerTakesTheApprovalBackAndEdits",
        path=f"{ASKED} {WRITTEN} ReopenReview NotifyOwner {LISTED}",
        output=DRAFTED
        | {
            "review": mocked("ReviewIsReopened"),
            "decision": mocked("OwnerApprovesThenEdits", call=1),
        }
        | IN_STORE,
        handed={
            "ReopenReview": [
                {"step": "ReopenReview", "photo_id": PHOTO_ID, "round": 1, "store_words": None}
            ]
        },
    ),
    Case(
        "OwnerAnswersTheReminder",
        path=f"{ASKED} {UNANSWERED} {LISTED}",
        output=APPROVED | {"review": waiting(1), "unanswered": TIMED_OUT} | IN_STORE,
        waits=WAITS[:2],
    ),
    Case(
        "OwnerAnswersWhenParked",
        path=f"{ASKED} {UNANSWERED} {UNANSWERED} {UNANSWERED} {LISTED}",
        output=APPROVED | {"review": waiting(3), "unanswered": TIMED_OUT} | IN_STORE,
    ),
    Case(
        "OwnerNeverAnswersIsParked",
        path=f"{NEVER_ANSWERED} Decision Expired",
        output=DRAFTED
        | {
            "review": waiting(3),
            "unanswered": TIMED_OUT,
            "decision": mocked("DraftExpires"),
        },
        handed={
            "NotifyOwner": [asked(step) for step in range(4)],
            "ExpireDraft": [{"step": "ExpireDraft", "photo_id": PHOTO_ID, "round": 1}],
        },
        waits=WAITS,
    ),
    Case(
        "DecisionInTheLastMomentCounts",
        path=f"{NEVER_ANSWERED} {LISTED}",
        output=APPROVED | {"review": waiting(3), "unanswered": TIMED_OUT} | IN_STORE,
    ),
    Case(
        "UnknownAnswerFails",
        path=f"{ASKED} Decision",
        error="States.NoChoiceMatched",
    ),
    Case(
        "UnreadableIsFlagged",
        path="Resize IsReadable FlagPhoto",
        output=GIVEN | {"resized": mocked("FileCannotBeOpened")} | FLAGGED,
        handed={
            "FlagPhoto": [
                {
                    "step": "FlagPhoto",
                    "photo_id": PHOTO_ID,
                    "state": GIVEN | {"resized": mocked("FileCannotBeOpened")},
                }
            ]
        },
    ),
    Case(
        "DuplicateIsSkipped",
        path="Resize IsReadable SkipDuplicate",
        output=GIVEN
        | {"resized": mocked("SameBytesCameBefore"), "recorded": mocked("DuplicateIsRecorded")},
        handed={
            "SkipDuplicate": [
                {
                    "step": "SkipDuplicate",
                    "photo_id": PHOTO_ID,
                    "duplicate_of": mocked("SameBytesCameBefore")["duplicate_of"],
                }
            ]
        },
    ),
    Case(
        "TooDarkIsFlagged",
        path=f"{GATED} FlagPhoto",
        output=GIVEN
        | {"resized": mocked("DarkPhotoIsResized"), "gate": mocked("GateFindsItTooDark")}
        | FLAGGED,
    ),
    Case(
        "TooDarkButRequeuedIsDrafted",
        given=REQUEUED,
        path=f"{ASKED} {LISTED}",
        output=APPROVED
        | REQUEUED
        | {"resized": mocked("DarkPhotoIsResized"), "gate": mocked("GateFindsItTooDark")}
        | IN_STORE,
    ),
    Case(
        "ScreenshotIsFlagged",
        path=f"{READ} FlagPhoto",
        output=GIVEN
        | {
            "resized": mocked("PhotoIsResized"),
            "gate": mocked("GatePasses"),
            "reading": mocked("ScreenshotIsRead"),
        }
        | FLAGGED,
    ),
    Case(
        "ScreenshotButRequeuedIsDrafted",
        given=REQUEUED,
        path=f"{ASKED} {LISTED}",
        output=APPROVED | REQUEUED | {"reading": mocked("SureReadingOfAScreenshot")} | IN_STORE,
    ),
    *(
        Case(
            f"Unsure{name}NeedsReview",
            path=f"{DOUBTED} {LISTED}",
            output=APPROVED
            | {
                "attempt": {"round": 1, "earlier": mocked(f"Unsure{name}TwiceRead")},
                "reading": mocked(f"Unsure{name}TwiceRead", call=1),
                "outcome": "needs_review",
            }
            | IN_STORE,
        )
        for name in ("Title", "AltText", "Tags", "Category", "Description")
    ),
    Case(
        "UnsureButTheStrongerModelIsSure",
        path=f"{READ} Escalate ReadPhoto RouteByConfidence DraftReady SaveDraft"
        f" NotifyOwner {LISTED}",
        output=APPROVED
        | {"attempt": TRIED_AGAIN, "reading": mocked("UnsureReadingThenSure", call=1)}
        | IN_STORE,
        handed={
            "ReadPhoto": [
                {
                    "photo_id": PHOTO_ID,
                    "image_key": mocked("PhotoIsResized")["image_key"],
                    "attempt": attempt,
                }
                for attempt in ({"round": 1}, TRIED_AGAIN)
            ]
        },
    ),
    Case(
        "UnsureWithoutAStrongerModelNeedsReview",
        path=f"{READ} NeedsReview SaveDraft NotifyOwner {LISTED}",
        output=APPROVED
        | {"reading": mocked("UnsureReadingOfTheOnlyModel"), "outcome": "needs_review"}
        | IN_STORE,
    ),
    Case(
        "AsSureAsTheThresholdIsReady",
        path=f"{ASKED} {LISTED}",
        output=APPROVED | {"reading": mocked("ReadingAtTheThreshold")} | IN_STORE,
    ),
    *(
        Case(
            f"{name}InResizeIsFlagged",
            path="Resize FlagPhoto",
            output=GIVEN | {"died": {"Error": error, "Cause": "It died at work."}} | FLAGGED,
            retries=[("Resize", error)],
        )
        for name, error in (
            ("MemoryRunsOut", "Lambda.Unknown"),
            ("ProcessDies", "Runtime.ExitError"),
            ("FunctionIsTooSlow", "Sandbox.Timedout"),
            ("StateIsTooSlow", "States.Timeout"),
        )
    ),
    Case(
        "ProcessDiesOnceInResizeGoesOn",
        path=f"{ASKED} {LISTED}",
        output=APPROVED | IN_STORE,
        retries=[("Resize", "Runtime.ExitError")],
    ),
)

# Faults: the execution fails in the very state, and can be redriven from there

WAY_TO = {
    "Resize": "Resize",
    "QualityGate": "Resize IsReadable QualityGate",
    "ReadPhoto": f"{GATED} ReadPhoto",
    "SaveDraft": SAVED,
    "NotifyOwner": ASKED,
    "ExpireDraft": NEVER_ANSWERED,
    "WriteToStore": f"{ASKED} Decision GraceTime WriteToStore",
    "ReopenReview": f"{ASKED} {WRITTEN} ReopenReview",
    "RecordListing": f"{ASKED} {LISTED}",
    "SkipDuplicate": "Resize IsReadable SkipDuplicate",
    "FlagPhoto": "Resize IsReadable FlagPhoto",
    "MoveToFlagged": f"{ASKED} Decision MoveToFlagged",
}
WRITE_NO_RECORD = {"QualityGate", "ReadPhoto"}
CATCH_THEIR_TIMEOUT = {"Resize", "NotifyOwner"}
BUSY = LAMBDA_SERVICE.errors
"""What a state that Lambda has no place for meets: each once, and then the first two again."""


def failing(name: str, state: str, error: str, tries: Iterable[str] = ()) -> Case:
    """A case that fails in `state` after retries for the errors `tries`."""
    retries = [(state, retried) for retried in tries]
    return Case(name, path=WAY_TO[state], error=error, retries=retries)


FAULTS = (
    failing("BrokenRulesDocFailsAndStaysRedrivable", "QualityGate", "BadDocumentError"),
    failing(
        "ModelDownFailsAndStaysRedrivable",
        "ReadPhoto",
        "ModelThrottledError",
        3 * ["ModelThrottledError", "ModelUnavailableError"],
    ),
    failing(
        "MailDownFailsAndStaysRedrivable",
        "NotifyOwner",
        "MailUnavailableError",
        3 * ["MailUnavailableError", "ExecutionNotToldError"],
    ),
    failing(
        "StoreDownFailsAndStaysRedrivable",
        "WriteToStore",
        "StoreUnavailableError",
        10 * ["StoreUnavailableError"],
    ),
    failing("StoreRefusesOurKeyFailsAtOnce", "WriteToStore", "StoreRefusedUsError"),
    *(failing(f"LambdaBusyFailsIn{state}", state, BUSY[1], [*BUSY, BUSY[0]]) for state in WAY_TO),
    *(
        failing(f"RecordBusyFailsIn{state}", state, "BusyRecordError", 4 * ["BusyRecordError"])
        for state in WAY_TO
        if state not in WRITE_NO_RECORD
    ),
    *(
        failing(f"TooSlowFailsIn{state}", state, "States.Timeout")
        for state in WAY_TO
        if state not in CATCH_THEIR_TIMEOUT
    ),
)

HICCUPS = Case(
    "HiccupsEverywhereAreTriedAgain",
    path=f"{ASKED} {LISTED}",
    output=APPROVED | IN_STORE,
    retries=[
        ("Resize", "Lambda.TooManyRequestsException"),
        ("Resize", "BusyRecordError"),
        ("QualityGate", "Lambda.ClientExecutionTimeoutException"),
        ("ReadPhoto", "ModelThrottledError"),
        ("ReadPhoto", "Lambda.ServiceException"),
        ("SaveDraft", "BusyRecordError"),
        ("NotifyOwner", "MailUnavailableError"),
        ("NotifyOwner", "Lambda.AWSLambdaException"),
        ("WriteToStore", "StoreUnavailableError"),
        ("WriteToStore", "Lambda.SdkClientException"),
        ("RecordListing", "BusyRecordError"),
    ],
)

CASES = {case.name: case for case in (*VERDICTS, *FAULTS, HICCUPS)}
