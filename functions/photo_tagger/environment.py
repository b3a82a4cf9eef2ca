"""A function's environment variables, as a typed model."""

import os
from functools import cache
from typing import TypeVar

from pydantic import BaseModel, ConfigDict


class Environment(BaseModel):
    """Base of each function's settings: one attribute for each variable that it needs.

    `DRAFTS_TABLE` in the template is `drafts_table` here.
    """

    model_config = ConfigDict(hide_input_in_errors=True)


Settings = TypeVar("Settings", bound=Environment)


@cache
def read_environment(model: type[Settings]) -> Settings:
    """The settings in this process's environment, read once.

    Raises ValidationError that names a missing variable, and tells nothing of the others' values.
    """
    return model.model_validate({name.lower(): value for name, value in os.environ.items()})
