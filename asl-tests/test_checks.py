"""The workflow's definition passes every check, and each check catches what it is there for."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest

from .checks import (
    CHECKS,
    Check,
    Machine,
    data_flow,
    errors,
    graph,
    language,
    results,
    retries,
    secrecy,
    the_machine,
    words,
)
from .checks.paths import paths_in, trouble_with

Edit = Callable[[Machine], Machine]


def put(path: str, value: Any) -> Edit:
    """A field of a state set to a value: the state and the keys, with slashes between them."""

    def edit(machine: Machine) -> Machine:
        definition = deepcopy(machine.definition)
        node, last = at(definition["States"], path)
        node[last] = value
        return replace(machine, definition=definition)

    return edit


def drop(path: str) -> Edit:
    """A field of a state left out."""

    def edit(machine: Machine) -> Machine:
        definition = deepcopy(machine.definition)
        node, last = at(definition["States"], path)
        del node[last]
        return replace(machine, definition=definition)

    return edit


def rename(old: str, new: str) -> Edit:
    """A text replaced in all of the definition."""

    def edit(machine: Machine) -> Machine:
        text = json.dumps(machine.definition)
        assert old in text
        return replace(machine, definition=json.loads(text.replace(old, new)))

    return edit


def on_top(field: str, value: Any) -> Edit:
    """A field of the definition itself set to a value."""
    return lambda machine: replace(machine, definition={**machine.definition, field: value})


def in_template(path: str, value: Any) -> Edit:
    """A field of a resource in template.yaml set to a value."""

    def edit(machine: Machine) -> Machine:
        template = deepcopy(machine.template)
        node, last = at(template["Resources"], path)
        node[last] = value
        return replace(machine, template=template)

    return edit


def raising(folder: str, error: str) -> Edit:
    """A function whose code raises one more class of ours."""
    return lambda machine: replace(
        machine, errors={**machine.errors, folder: machine.errors[folder] | {error}}
    )


def reading(path: str) -> Edit:
    """A flagger that looks for reasons in one more place."""
    return lambda machine: replace(machine, reasons_read=(*machine.reasons_read, path))


def in_text(old: str, new: str) -> Edit:
    """The file's text changed."""

    def edit(machine: Machine) -> Machine:
        assert old in machine.text
        return replace(machine, text=machine.text.replace(old, new))

    return edit


def both(first: Edit, second: Edit) -> Edit:
    return lambda machine: second(first(machine))


def at(node: Any, path: str) -> tuple[Any, Any]:
    """What holds the last key of a path, and that key; a number counts in a list."""
    *above, last = (int(key) if key.isdigit() else key for key in path.split("/"))
    for key in above:
        node = node[key]
    return node, last


ODD = (None, "odd", 7, ["odd"], {"odd": ["odd"]})
SUBSTITUTIONS = "PhotoStateMachine/Properties/DefinitionSubstitutions"
LAMBDA = "Resize/Retry/0"
SAVE_PAYLOAD = "SaveDraft/Parameters/Payload"
BROKEN: dict[Check, list[tuple[Edit, str]]] = {
    graph.every_way_leads_to_a_state: [
        (
            put("Resize/Next", "IsLegible"),
            "Resize leads to IsLegible, which is no state: name one that is.",
        ),
        (
            drop("Resize/Next"),
            "Resize leads nowhere: give it a Next.",
        ),
        (
            on_top("StartAt", "Begin"),
            "The workflow leads to Begin, which is no state: name one that is.",
        ),
        (
            put("IsReadable/Default", None),
            "The Default of IsReadable leads to no name, which is no state: name one that is.",
        ),
        (
            drop("IsReadable/Choices/1/Next"),
            "IsReadable, rule 2, leads nowhere: give it a Next.",
        ),
        (
            put("Resize/Catch/0/Next", "SetAside"),
            "Resize, catcher 1, leads to SetAside, which is no state: name one that is.",
        ),
        (
            put("IsReadable/Choices", []),
            "IsReadable chooses between nothing: give it Choices, or make it no Choice.",
        ),
        (
            put("Resize/End", True),
            "Resize must say either Next or End: true: leave one out.",
        ),
        (
            put("RecordListing/End", False),
            "RecordListing must say either Next or End: true: leave one out.",
        ),
    ],
    graph.every_state_is_on_the_way_to_an_end: [
        (
            put("RouteByConfidence/Choices/1/Next", "NeedsReview"),
            "Escalate is never come to: lead a state to it, or take it out.",
        ),
        (
            both(drop("RecordListing/End"), put("RecordListing/Next", "RecordListing")),
            "RecordListing leads to no end: have something behind it end.",
        ),
    ],
    language.only_what_every_engine_knows: [
        (
            on_top("QueryLanguage", "JSONata"),
            "The workflow has the field QueryLanguage, which not every engine has: do without it.",
        ),
        (
            put("Escalate/Assign", {"first.$": "$.reading"}),
            "Escalate has the field Assign, which not every engine has: do without it.",
        ),
        (
            put("Resize/Catch/0/Output", "{% $states.errorOutput %}"),
            "Resize, Catch 1, has the field Output, which not every engine has: do without it.",
        ),
        (
            put("Resize/Retry/0/Delay", 3),
            "Resize, Retry 1, has the field Delay, which not every engine has: do without it.",
        ),
        (
            put("Escalate/Type", "Map"),
            "Escalate is a Map: make it Task or Choice or Pass or Wait or Succeed or Fail.",
        ),
        (
            drop("Escalate/Type"),
            "Escalate is a state without a Type: make it Task or Choice or Pass or Wait or Succeed "
            "or Fail.",
        ),
        (
            put("Resize/Resource", "arn:aws:states:::aws-sdk:s3:copyObject"),
            "Resize calls arn:aws:states:::aws-sdk:s3:copyObject: call a function, "
            "arn:aws:states:::lambda:invoke or arn:aws:states:::lambda:invoke.waitForTaskToken.",
        ),
        (
            put("SaveDraft/Catch", {}),
            "SaveDraft has no list of objects as its Catch: make it one.",
        ),
        (
            put("Resize/Retry/2", "States.ALL"),
            "Resize has no list of objects as its Retry: make it one.",
        ),
        (
            put("Escalate/Parameters", "$.reading"),
            "Escalate has no object in its Parameters: make it one.",
        ),
    ],
    language.rules_are_whole: [
        (
            put("StoreAnswer/Choices/0/BooleanMatches", True),
            "StoreAnswer has a rule with BooleanMatches, which is no comparison: correct it.",
        ),
        (
            drop("StoreAnswer/Choices/0/Variable"),
            "StoreAnswer has a rule of BooleanEquals, Next: make it one comparison of one "
            "Variable, or one And, Or or Not.",
        ),
        (
            drop("IsUsable/Choices/0/Or/1/BooleanEquals"),
            "IsUsable has a rule of Variable: make it one comparison of one Variable, or one "
            "And, Or or Not.",
        ),
        (
            put("IsUsable/Choices/0/Or/1/IsPresent", True),
            "IsUsable has a rule of Variable, BooleanEquals, IsPresent: make it one comparison "
            "of one Variable, or one And, Or or Not.",
        ),
        (
            put("IsUsable/Choices/0/Variable", "$.requeued"),
            "IsUsable has a rule of Or, Next, Variable: make it one comparison of one Variable, "
            "or one And, Or or Not.",
        ),
        (
            put("IsUsable/Choices/0", {"Next": "ReadPhoto"}),
            "IsUsable has a rule of Next: make it one comparison of one Variable, or one And, Or "
            "or Not.",
        ),
        (
            put("IsUsable/Choices/0/Or", {}),
            "IsUsable has no list of objects as its Or: make it one.",
        ),
        (
            put("RouteByConfidence/Choices/0/And/0/Not/Next", "FlagPhoto"),
            "RouteByConfidence has a Next in a rule within a rule: only the outer rule leads on.",
        ),
    ],
    language.paths_are_plain_jsonpath: [
        (
            put(f"{SAVE_PAYLOAD}/outcome", "{% $states.input.outcome %}"),
            "SaveDraft has the JSONata {% $states.input.outcome %}: write it as JSONPath.",
        ),
        (
            put(f"{SAVE_PAYLOAD}/outcome", "$.outcome"),
            "SaveDraft, Parameters, outcome is the very text $.outcome: put .$ behind the name.",
        ),
        (
            put(f"{SAVE_PAYLOAD}/round.$", 1),
            "SaveDraft, Parameters, round.$ is no path: give it one, or take the .$ away.",
        ),
        (
            put("WaitLonger/Parameters/wait_seconds.$", "$.review.waits[0]"),
            "WaitLonger, Parameters, wait_seconds: $.review.waits[0] is neither a plain path nor "
            "an intrinsic function: correct it.",
        ),
        (
            put(f"{SAVE_PAYLOAD}/outcomes", [{"outcome": "$.outcome"}]),
            "SaveDraft, Parameters, outcome is the very text $.outcome: put .$ behind the name.",
        ),
        (
            put("WaitLonger/Parameters/step.$", "1"),
            "WaitLonger, Parameters, step: 1 is neither a plain path nor an intrinsic function: "
            "correct it.",
        ),
        (
            put("WaitLonger/Parameters/step.$", "States.MathAdd($.review.step, 1"),
            "WaitLonger, Parameters, step: States.MathAdd($.review.step, 1 is neither a plain "
            "path nor an intrinsic function: correct it.",
        ),
        (
            put(
                "WaitLonger/Parameters/step.$",
                "States.MathAdd(States.MathMin($.review.step, 3), 1)",
            ),
            "WaitLonger, Parameters, step: States.MathAdd(States.MathMin($.review.step, 3), 1) "
            "uses States.MathMin, which does not exist: correct it.",
        ),
        (
            put("Resize/ResultSelector/verdict.$", "Payload.verdict"),
            "Resize, ResultSelector, verdict: Payload.verdict is neither a plain path nor an "
            "intrinsic function: correct it.",
        ),
        (
            put("IsReadable/Choices/0/Variable", "resized.verdict"),
            "IsReadable has the Variable resized.verdict, which is no plain path: give it one.",
        ),
        (
            put("IsWaitLeft/Choices/0/NumericLessThanPath", 3),
            "IsWaitLeft has the NumericLessThanPath 3, which is no plain path: give it one.",
        ),
        (
            put("NotifyOwner/TimeoutSecondsPath", "$.review.waits[0]"),
            "NotifyOwner has the TimeoutSecondsPath $.review.waits[0], which is no plain path: "
            "give it one.",
        ),
    ],
    language.no_field_stands_twice: [
        (
            in_text('"QualityGate": {', '"Resize": {'),
            "Resize stands twice in one object of the definition: take one out.",
        ),
    ],
    words.everything_has_a_comment: [
        (
            drop("Resize/Comment"),
            "Resize has no Comment: say what happens there, and why.",
        ),
        (
            on_top("Comment", ""),
            "The workflow has no Comment: say what it does.",
        ),
    ],
    words.substitutions_are_bound_and_used: [
        (
            put("Resize/Parameters/FunctionName", "${ShrinkFunction}"),
            "${ShrinkFunction} is not bound: add it to DefinitionSubstitutions in template.yaml.",
        ),
        (
            put("Resize/Parameters/FunctionName", "pt-resize"),
            "Resize invokes no function of the template: name one as ${...Function}.",
        ),
        (
            in_template(f"{SUBSTITUTIONS}/StarterFunction", {"Ref": "StarterFunction"}),
            "${StarterFunction} is bound, and no state uses it: take it out of template.yaml.",
        ),
        (
            in_template(f"{SUBSTITUTIONS}/ResizeFunction", {"Ref": "ReaderFunction"}),
            "${ResizeFunction} is bound to {'Ref': 'ReaderFunction'}: it must be !Ref "
            "ResizeFunction.",
        ),
    ],
    words.states_and_folders_share_their_words: [
        (
            put("ExpireDraft/Parameters/FunctionName", "${FlaggerFunction}"),
            "ExpireDraft is served by flagger/, whose handler.py does not name it: invoke the "
            "function that is for this state, or name it there.",
        ),
        (
            put("ExpireDraft/Parameters/Payload/step", "SaveDraft"),
            "ExpireDraft tells recorder/ to take the step SaveDraft: it must be ExpireDraft.",
        ),
        (
            drop("ExpireDraft/Parameters/Payload/step"),
            "ExpireDraft tells recorder/ to take the step None: it must be ExpireDraft.",
        ),
        (
            rename('"ReadPhoto"', '"DraftFields"'),
            "DraftFields and reader/ share no word: rename one of them.",
        ),
    ],
    results.result_paths_are_explicit: [
        (
            drop("QualityGate/ResultPath"),
            "QualityGate has no ResultPath: name one, or what came before is lost.",
        ),
        (
            put("DraftReady/ResultPath", "$"),
            "DraftReady has the ResultPath $: it must be one field of the state, as in $.reading.",
        ),
        (
            put("Resize/Catch/0/ResultPath", None),
            "Resize, catcher 1, has the ResultPath None: it must be one field of the state, as "
            "in $.reading.",
        ),
    ],
    results.results_meet_knowingly: [
        (
            put("QualityGate/ResultPath", "$.resized"),
            "QualityGate writes to $.resized, and so does Resize: take another ResultPath, or "
            "say in SHARED what is the same about them.",
        ),
        (
            put("Resize/ResultPath", "$.source"),
            "Resize writes to $.source, and so does the execution's input: take another "
            "ResultPath, or say in SHARED what is the same about them.",
        ),
        (
            put("WaitLonger/ResultPath", "$.wait"),
            "WaitLonger does not write to $.review, which has the wait that NotifyOwner begins: "
            "correct it, or SHARED.",
        ),
    ],
    data_flow.what_is_read_was_written: [
        (
            put("Resize/ResultPath", "$.small_copy"),
            "IsReadable reads $.resized.verdict in its Variable, which nobody wrote on a way "
            "that comes from Resize: correct this path, or the one it is written to.",
        ),
        (
            rename('"wait_seconds.$": "States', '"wait.$": "States'),
            "NotifyOwner reads $.review.wait_seconds in its TimeoutSecondsPath, which nobody "
            "wrote on a way that comes from WaitLonger: correct this path, or the one it is "
            "written to.",
        ),
        (
            put("Resize/Parameters/Payload/source.$", "$.original"),
            "Resize reads $.original in its Parameters, which nobody wrote on a way that comes "
            "from the start: correct this path, or the one it is written to.",
        ),
        (
            put("ExpireDraft/Parameters/Payload/round.$", "$.decision.round"),
            "ExpireDraft reads $.decision.round in its Parameters, which nobody wrote on a way "
            "that comes from IsWaitLeft: correct this path, or the one it is written to.",
        ),
        (
            put("Resize/Catch/0/Next", "IsReadable"),
            "IsReadable reads $.resized.verdict in its Variable, which nobody wrote on a way "
            "that comes from Resize: correct this path, or the one it is written to.",
        ),
        (
            put(f"{SAVE_PAYLOAD}/notes", [{"note.$": "$.reading.remark"}]),
            "SaveDraft reads $.reading.remark in its Parameters, which nobody wrote on a way that "
            "comes from DraftReady: correct this path, or the one it is written to.",
        ),
        (
            drop("ReopenReview/ResultSelector/waits.$"),
            "WaitLonger reads $.review.waits in its Parameters, which nobody wrote on a way that "
            "comes from IsWaitLeft: correct this path, or the one it is written to.",
        ),
        (
            put("AddHint/Parameters/round.$", "$.decision.round.next"),
            "AddHint reads $.decision.round.next in its Parameters, which nobody wrote on a way "
            "that comes from Decision: correct this path, or the one it is written to.",
        ),
        (
            both(
                put("WaitLonger/Parameters/round", 1),
                put("ExpireDraft/Parameters/Payload/round.$", "$.review.round.last"),
            ),
            "ExpireDraft reads $.review.round.last in its Parameters, which nobody wrote on a way "
            "that comes from IsWaitLeft: correct this path, or the one it is written to.",
        ),
        (
            put("IsWaitLeft/Choices/0/NumericLessThanPath", "$.outcome.last_step"),
            "IsWaitLeft reads $.outcome.last_step in its NumericLessThanPath, which nobody wrote "
            "on a way that comes from NotifyOwner: correct this path, or the one it is written "
            "to.",
        ),
        (
            put("IsUsable/Choices/0/Or/1/Variable", "$.reading.usable"),
            "IsUsable reads $.reading.usable in its Variable, which nobody wrote on a way that "
            "comes from QualityGate: correct this path, or the one it is written to.",
        ),
        (
            put("QualityGate/ResultSelector/usable.$", "$.payload.usable"),
            "QualityGate keeps $.payload.usable as usable, which no answer has: correct the path.",
        ),
        (
            put("NotifyOwner/ResultSelector/action.$", "$.Payload.action"),
            "NotifyOwner keeps $.Payload.action as action, which no answer has: correct the path.",
        ),
    ],
    data_flow.the_flagger_finds_its_reasons: [
        (
            put("QualityGate/ResultSelector", {"usable.$": "$.Payload.usable"}),
            "FlagPhoto looks for a reason in $.gate.reasons, which no way to it wrote: write it "
            "there.",
        ),
        (
            reading("reading.watermark"),
            "FlagPhoto looks for a reason in $.reading.watermark, which no way to it wrote: "
            "write it there.",
        ),
        (
            put("Resize/Catch/0/ResultPath", "$.death"),
            "FlagPhoto finds no reason when it is come to from Resize: write one to $.died or "
            "$.resized.problem or $.gate.reasons or $.reading.not_a_product.",
        ),
        (
            put("FlagPhoto/Parameters/Payload/state.$", "$.resized"),
            "FlagPhoto is not handed the whole state, where it looks for reasons: hand it $.",
        ),
        (
            put("QualityGate/Parameters/Payload/state.$", "$"),
            "QualityGate is handed the whole state: hand over what it reads, field by field.",
        ),
    ],
    retries.every_task_has_a_timeout: [
        (
            drop("ReadPhoto/TimeoutSeconds"),
            "ReadPhoto has no TimeoutSeconds: give it one.",
        ),
        (
            drop("NotifyOwner/TimeoutSecondsPath"),
            "NotifyOwner has no TimeoutSecondsPath: give it one.",
        ),
        (
            put("NotifyOwner/TimeoutSeconds", 60),
            "NotifyOwner has a TimeoutSeconds: it must have a TimeoutSecondsPath instead.",
        ),
        (
            put("ReadPhoto/TimeoutSeconds", 60),
            "ReadPhoto waits 60 seconds for ReaderFunction, whose Timeout is 60: wait 70 to 75.",
        ),
        (
            put("ReadPhoto/TimeoutSeconds", 900),
            "ReadPhoto waits 900 seconds for ReaderFunction, whose Timeout is 60: wait 70 to 75.",
        ),
        (
            in_template("ReaderFunction/Properties/Timeout", 120),
            "ReadPhoto waits 75 seconds for ReaderFunction, whose Timeout is 120: wait 130 to 135.",
        ),
    ],
    retries.retries_are_named_and_calm: [
        (
            drop("QualityGate/Retry"),
            "QualityGate has no Retry: name the errors that pass by themselves.",
        ),
        (
            put("QualityGate/Retry/0/ErrorEquals", ["States.ALL"]),
            "QualityGate retries States.ALL, a bug included: name the errors that pass.",
        ),
        (
            put("QualityGate/Retry/0/ErrorEquals", ["States.TaskFailed"]),
            "QualityGate retries States.TaskFailed, a bug included: name the errors that pass.",
        ),
        (
            put("Resize/Retry/2/ErrorEquals/0", "BusyRecordError"),
            "Resize retries BusyRecordError in 2 entries: only the first counts, keep one.",
        ),
        (
            put("QualityGate/Retry/0/ErrorEquals", []),
            "QualityGate, Retry 1, names no error: name some, or take it out.",
        ),
        (
            drop(f"{LAMBDA}/MaxAttempts"),
            "Resize, Retry 1, leaves MaxAttempts to AWS: say it.",
        ),
        (
            drop(f"{LAMBDA}/IntervalSeconds"),
            "Resize, Retry 1, leaves IntervalSeconds to AWS: say it.",
        ),
        (
            put(f"{LAMBDA}/BackoffRate", 1),
            "Resize, Retry 1, tries again at the same pace: BackoffRate must be more than 1.",
        ),
        (
            drop(f"{LAMBDA}/MaxDelaySeconds"),
            "Resize, Retry 1, backs off without a limit: give it MaxDelaySeconds.",
        ),
        (
            put(f"{LAMBDA}/JitterStrategy", "NONE"),
            "Resize, Retry 1, has everyone try again at once: JitterStrategy must be FULL.",
        ),
    ],
    retries.one_trouble_is_tried_again_in_one_way: [
        (
            put("ReadPhoto/Retry/0/MaxAttempts", 5),
            "ReadPhoto, Retry 1, is for trouble of the Lambda service, and its MaxAttempts is 5: "
            "POLICIES says 6.",
        ),
        (
            put("Resize/Retry/2/JitterStrategy", "FULL"),
            "Resize, Retry 3, is for a death of the function, and its JitterStrategy is FULL: "
            "POLICIES says not there.",
        ),
        (
            put("ReadPhoto/Retry/1/ErrorEquals", ["ModelThrottledError"]),
            "ReadPhoto, Retry 2, is for the model, and lacks ModelUnavailableError: add it.",
        ),
        (
            put(
                "ReadPhoto/Retry/1/ErrorEquals",
                ["ModelThrottledError", "ModelUnavailableError", "ConfigError"],
            ),
            "ReadPhoto, Retry 2, is for the model, and has ConfigError: take it out.",
        ),
        (
            put("Resize/Retry/1/ErrorEquals", ["BusyRecordError", "StoreUnavailableError"]),
            "Resize, Retry 2, is for BusyRecordError, StoreUnavailableError, and POLICIES has "
            "several rows for that: have one row for each.",
        ),
        (
            put("Resize/Retry/1/ErrorEquals", ["ConfigError"]),
            "Resize, Retry 2, is for ConfigError, and POLICIES has no row for that: have one row "
            "for each.",
        ),
        (
            drop("WriteToStore/Retry/0"),
            "WriteToStore does not try again after trouble of the Lambda service: copy that "
            "entry here.",
        ),
    ],
    errors.no_fault_is_caught: [
        (
            put("Expired/Type", "Fail"),
            "Expired is a Fail state, and a redrive only fails there again: take it out.",
        ),
        (
            put(
                "WriteToStore/Catch",
                [
                    {
                        "ErrorEquals": ["StoreUnavailableError"],
                        "ResultPath": "$.down",
                        "Next": "ReopenReview",
                    }
                ],
            ),
            "WriteToStore catches StoreUnavailableError: leave it uncaught, so that a redrive "
            "resumes here.",
        ),
        (
            put("NotifyOwner/Catch/0/ErrorEquals", ["States.ALL"]),
            "NotifyOwner catches States.ALL: leave it uncaught, so that a redrive resumes here.",
        ),
        (
            drop("Resize/Catch/0/ErrorEquals/1"),
            "Resize does not catch Runtime.ExitError: catch it, since a file that kills the "
            "function is the file's doing.",
        ),
        (
            put("NotifyOwner/Catch/0/ErrorEquals", ["States.Timeout", "States.Timeout"]),
            "NotifyOwner catches States.Timeout twice: only the first counts, keep one.",
        ),
    ],
    errors.deaths_are_tried_again_where_they_are_caught: [
        (
            drop("Resize/Retry/2/ErrorEquals/2"),
            "Resize flags a photo at the first Sandbox.Timedout: try once more.",
        ),
        (
            put("NotifyOwner/Retry/2/ErrorEquals", ["States.Timeout"]),
            "NotifyOwner tries again after States.Timeout: only what is caught as a death may.",
        ),
    ],
    errors.error_names_can_occur: [
        (
            put("QualityGate/Retry/0/ErrorEquals/4", "BusyRecordError"),
            "QualityGate has BusyRecordError in its Retry, which quality_gate/ never raises and "
            "AWS_ERRORS does not list: correct the name, or take it out.",
        ),
        (
            put("Resize/Retry/1/ErrorEquals", ["UnreadablePhotoError"]),
            "Resize has UnreadablePhotoError in its Retry, which resize/ never raises and "
            "AWS_ERRORS does not list: correct the name, or take it out.",
        ),
        (
            put("Resize/Catch/0/ErrorEquals/3", "Lambda.Timeout"),
            "Resize has Lambda.Timeout in its Catch, which resize/ never raises and AWS_ERRORS "
            "does not list: correct the name, or take it out.",
        ),
    ],
    errors.every_error_is_tried_again_or_known_not_to_be: [
        (
            drop("ReopenReview/Retry/1"),
            "ReopenReview does not try again after BusyRecordError, which passes: add it to its "
            "Retry.",
        ),
        (
            raising("quality_gate", "BusyRecordError"),
            "QualityGate does not try again after BusyRecordError, which passes: add it to its "
            "Retry.",
        ),
        (
            raising("reader", "ModelSleepsError"),
            "ReadPhoto may fail with ModelSleepsError of reader/: add it to POLICIES, if it "
            "passes by itself, or to NOT_TRIED_AGAIN.",
        ),
    ],
    secrecy.logs_hold_no_execution_data: [
        (
            in_template("PhotoStateMachine/Properties/Logging/IncludeExecutionData", True),
            "PhotoStateMachine logs task tokens: IncludeExecutionData of its Logging must be "
            "false.",
        ),
        (
            in_template("PhotoStateMachine/Properties/Logging", {"Level": "ALL"}),
            "PhotoStateMachine logs task tokens: IncludeExecutionData of its Logging must be "
            "false.",
        ),
    ],
    secrecy.the_task_token_goes_to_the_notifier_alone: [
        (
            put("NotifyOwner/Parameters/FunctionName", "${RecorderFunction}"),
            "NotifyOwner gives its token to RecorderFunction: have NotifyFunction keep it.",
        ),
        (
            drop("NotifyOwner/Parameters/Payload/task_token.$"),
            "NotifyOwner waits for an answer to a token that nobody has: put it in the Payload.",
        ),
        (
            put("Resize/Parameters/Payload/task_token.$", "$$.Task.Token"),
            "Resize has $$.Task.Token: leave it out, only NotifyFunction is handed a token, and "
            "once.",
        ),
        (
            put("NotifyOwner/Parameters/ClientContext.$", "$$.Task.Token"),
            "NotifyOwner has $$.Task.Token: leave it out, only NotifyFunction is handed a token, "
            "and once.",
        ),
        (
            put("WaitLonger/Parameters/all.$", "States.JsonToString($$)"),
            "WaitLonger has States.JsonToString($$): leave it out, only NotifyFunction is handed "
            "a token, and once.",
        ),
    ],
    secrecy.texts_for_people_hold_no_data: [
        (
            put("Resize/Comment", "Measure $.source.key."),
            "Resize has Measure $.source.key. in its Comment: write a text without any path.",
        ),
        (
            on_top("Comment", "Of $.photo_id."),
            "The workflow has Of $.photo_id. in its Comment: write a text without any path.",
        ),
        (
            put("Expired/CausePath", "$.reading.draft.title"),
            "Expired has $.reading.draft.title in its CausePath: write a text without any path.",
        ),
    ],
    secrecy.answers_are_picked_over: [
        (
            drop("SaveDraft/ResultSelector"),
            "SaveDraft keeps all of the answer: name the fields in a ResultSelector.",
        ),
        (
            put("SaveDraft/ResultSelector/all.$", "$.Payload"),
            "SaveDraft keeps all of the answer as all: name the fields.",
        ),
        (
            put("NotifyOwner/ResultSelector/fields.$", "$.fields"),
            "NotifyOwner keeps $.fields, words of a draft: the record has them, leave them out.",
        ),
    ],
    secrecy.the_words_of_a_draft_go_no_further: [
        (
            put("RecordListing/Parameters/Payload/draft.$", "$.reading.draft"),
            "RecordListing is handed $.reading.draft, which holds the words of a draft: have it "
            "read the record, or say in HANDED_WORDS what it needs them for.",
        ),
        (
            put("NotifyOwner/Parameters/Payload/attempt.$", "$.attempt"),
            "NotifyOwner is handed $.attempt, which holds the words of a draft: have it read the "
            "record, or say in HANDED_WORDS what it needs them for.",
        ),
        (
            put("WriteToStore/Parameters/Payload/title.$", "$.reading.draft.title"),
            "WriteToStore is handed $.reading.draft.title, which holds the words of a draft: "
            "have it read the record, or say in HANDED_WORDS what it needs them for.",
        ),
    ],
}
"""Broken definitions by the check that catches them, each with what the check says of it."""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_workflow_passes(check: Check) -> None:
    sentences = check(the_machine())
    assert not sentences, "\n".join(sentences)


@pytest.mark.parametrize(
    ("check", "edit", "says"),
    [
        pytest.param(check, edit, says, id=says)
        for check, broken in BROKEN.items()
        for edit, says in broken
    ],
)
def test_a_broken_workflow_does_not(check: Check, edit: Edit, says: str) -> None:
    assert says in check(edit(the_machine()))


def test_every_check_has_a_broken_workflow() -> None:
    assert BROKEN.keys() == set(CHECKS)


@pytest.mark.parametrize(
    ("expression", "paths"),
    [
        ("$", ("$",)),
        ("$.a.b_c", ("$.a.b_c",)),
        ("$$.Task.Token", ("$$.Task.Token",)),
        ("States.UUID()", ()),
        ("States.Base64Encode($.a)", ("$.a",)),
        (r"States.Format('{} costs $.5, isn\'t it', $.a)", ("$.a",)),
        ("States.Array(-1, 2.5, true, null, States.MathAdd($.a.b, 1), $)", ("$.a.b", "$")),
    ],
)
def test_paths_and_intrinsic_functions_are_understood(
    expression: str, paths: tuple[str, ...]
) -> None:
    assert trouble_with(expression) == ""
    assert paths_in(expression) == paths


def test_a_rule_may_ask_whether_something_is_there() -> None:
    asks = put("IsUsable/Choices/0/Or/1", {"Variable": "$.reading", "IsPresent": True})
    assert data_flow.what_is_read_was_written(asks(the_machine())) == []


def test_no_check_falls_over_a_workflow_however_broken() -> None:
    definition = deepcopy(the_machine().definition)
    machine = replace(the_machine(), definition=definition)
    for name in ("Resize", "IsUsable", "Escalate", "NotifyOwner", "DraftReady"):
        for (holder, key), odd in zip(places_in(definition["States"][name]), cycle(ODD)):
            sound = holder[key]
            holder[key] = odd
            assert_in_sentences(machine)
            if isinstance(holder, dict):
                del holder[key]
                assert_in_sentences(machine)
            holder[key] = sound


def test_no_check_goes_on_for_ever_where_data_nests_in_a_loop() -> None:
    assert_in_sentences(put("WaitLonger/Parameters/waits.$", "$.review")(the_machine()))


def assert_in_sentences(machine: Machine) -> None:
    assert all(sentence.endswith(".") for check in CHECKS for sentence in check(machine))


def places_in(node: Any) -> list[tuple[Any, Any]]:
    """Every place below a node: what holds it, and the key or the number."""
    if not isinstance(node, dict | list):
        return []
    keys = list(node) if isinstance(node, dict) else range(len(node))
    return [place for key in keys for place in ((node, key), *places_in(node[key]))]
