"""A function's environment variables, as a typed model."""

import os
from typing import Self

from pydantic import BaseModel, ConfigDict


class Environment(BaseModel):
    """Base of each function's settings: one attribute for each variable it needs.

    `DRAFTS_TABLE` in the template is `drafts_table` here; a missing one is a ValidationError that
    names it, and nothing of the environment's values.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    @classmethod
    def read(cls) -> Self:
        """The settings in this process's environment."""
        return cls.model_validate({name.lower(): value for name, value in os.environ.items()})
