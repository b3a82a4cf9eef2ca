"""Faults of the laptop's own parts that a person can mend, told in one sentence."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from photo_tagger_local.aws.emulator import EmulatorError
from photo_tagger_local.bedrock_relay import NoCredentialsError
from photo_tagger_local.deploy import DeployError
from photo_tagger_local.reviewer import ReviewError
from photo_tagger_local.web import PortTakenError

Arguments = ParamSpec("Arguments")
_TOLD = (EmulatorError, NoCredentialsError, DeployError, ReviewError, PortTakenError)


def told_plainly(command: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """Exit code 1 and the sentence on standard error, instead of a stack trace."""

    @wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except _TOLD as error:
            print(f"photo-tagger: {error}", file=sys.stderr)
            return 1

    return run
