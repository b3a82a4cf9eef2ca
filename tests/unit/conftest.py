"""Every unit test starts in a fresh process."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture(autouse=True)
def _fresh(fresh_process: Callable[[], None]) -> None:
    """See `fresh_process`."""
