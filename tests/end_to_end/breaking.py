"""How a test breaks one part of a local run, and mends it again."""

import contextlib
import io
import json
import textwrap
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx

from photo_tagger_local.run import LocalRun

_WRAPPER = """
import importlib, os, signal, time

os.environ["_HANDLER"] = {handler!r}
module, _, name = {handler!r}.rpartition(".")
real = getattr(importlib.import_module(module), name)


def break_it(event):
{code}


def handle(event, context):
    break_it(event)
    return real(event, context)
"""


def hurry(run: LocalRun) -> None:
    """From now on the workflow waits a second before each retry; all else stays as it is.

    A fault that outlasts the retries would take minutes otherwise.
    """
    states = run.aws.client("stepfunctions")
    machine = states.describe_state_machine(stateMachineArn=run.outputs["StateMachine"])
    definition = json.loads(machine["definition"])
    for state in definition["States"].values():
        for retry in state.get("Retry", []):
            retry |= {"IntervalSeconds": 1, "BackoffRate": 1}
    states.update_state_machine(
        stateMachineArn=run.outputs["StateMachine"], definition=json.dumps(definition)
    )


@contextlib.contextmanager
def broken(run: LocalRun, function: str, code: str, **configuration: Any) -> Iterator[None]:
    """While this lasts, a function runs `code` before its own handler, at each call.

    `code` sees `event`, `os`, `signal` and `time`. It may end the process, or patch the function's
    own modules. `configuration` changes the function's too, such as `Timeout`.
    """
    functions = run.aws.client("lambda")
    name = f"pt-{function.replace('_', '-')}"
    found = functions.get_function(FunctionName=name)
    kept = {key: found["Configuration"][key] for key in ("Handler", *configuration)}
    package = httpx.get(found["Code"]["Location"], trust_env=False).content
    wrapper = _WRAPPER.format(handler=kept["Handler"], code=textwrap.indent(code, "    "))
    functions.update_function_code(FunctionName=name, ZipFile=_with_file(package, wrapper))
    functions.update_function_configuration(
        FunctionName=name, Handler="broken_on_purpose.handle", **configuration
    )
    try:
        yield
    finally:
        functions.update_function_code(FunctionName=name, ZipFile=package)
        functions.update_function_configuration(FunctionName=name, **kept)


def _with_file(package: bytes, wrapper: str) -> bytes:
    packed = io.BytesIO(package)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("broken_on_purpose.py", wrapper)
    return packed.getvalue()
