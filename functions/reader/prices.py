"""What a model call costs, by the price table in prices.toml."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_MILLION = 1_000_000


def cost_usd(model_id: str, *, input_tokens: int, output_tokens: int) -> float | None:
    """US dollars for one call, to a millionth; None for a model that the table does not list.

    `model_id` is a foundation model's id, or an inference profile's, which has a part of the world
    before it (`global.`, `eu.`).
    """
    table = _table()
    without_place = model_id.partition(".")[2]
    price = table["models"].get(model_id) or table["models"].get(without_place)
    if price is None:
        return None
    dollars = (input_tokens * price["input"] + output_tokens * price["output"]) / _MILLION
    return round(
        float(dollars if model_id.startswith("global.") else dollars * table["regional"]), 6
    )


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "prices.toml").read_text(encoding="utf-8"))
