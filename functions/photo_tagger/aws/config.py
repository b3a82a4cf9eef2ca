"""The shop's settings under `/pt/config/`, kept for five minutes."""

from email.utils import formataddr, getaddresses
from functools import cache
from typing import Annotated, Literal

from aws_lambda_powertools.utilities.parameters import SSMProvider
from pydantic import BaseModel, BeforeValidator, Field

from photo_tagger.aws.clients import client
from photo_tagger.domain.product import KeyKind, NamedIn
from photo_tagger.texts import Language

_MAX_AGE_SECONDS = 300

StoreTarget = Literal[
    "webhook", "shopify", "woocommerce", "sheet", "shopify-csv", "woocommerce-csv"
]


def _addresses(text: object) -> object:
    if not isinstance(text, str):
        return text
    return [formataddr(pair) for pair in getaddresses([text]) if "@" in pair[1]]


def _numbers(text: object) -> object:
    return [part.strip() for part in text.split(",")] if isinstance(text, str) else text


def _text_or_hyphen(text: object) -> object:
    """SSM takes no empty parameter, so a hyphen stands for no text."""
    return "" if text == "-" else text


class ShopConfig(BaseModel):
    """What an admin sets for one shop; each attribute is one SSM parameter of that name.

    `wait_seconds` are the waits for the owner, one after the other: a reminder follows each but the
    last two, parking follows the last but one, expiry the last.
    """

    max_edge: int = Field(ge=256, le=2048, description="longest edge of the small copy, in pixels")
    confidence_threshold: float = Field(ge=0, le=1)
    escalation: Literal["on", "off"]
    model_id: str
    escalation_model_id: str
    store_target: StoreTarget
    store_url: Annotated[str, BeforeValidator(_text_or_hyphen)] = Field(
        description="where the store is; what that means, each target says"
    )
    product_key: KeyKind = Field(description="photo: each photo is a product of its own")
    product_named_in: NamedIn = Field(description="where the SKU or the handle stands")
    existing_products: Literal["fill", "overwrite"] = Field(
        description="fill: what somebody wrote into the store stays"
    )
    new_products: Literal["draft", "active"]
    language: Language = Field(description="of mails and pages")
    time_zone: str = Field(description="of the shop, as Asia/Singapore")
    sender: str
    reviewers: Annotated[list[str], BeforeValidator(_addresses)] = Field(min_length=1)
    wait_seconds: Annotated[list[int], BeforeValidator(_numbers)] = Field(min_length=2)
    cards_per_hour: int = Field(
        ge=0, description="drafts with a mail of their own within an hour; one tells of the rest"
    )
    review_base_url: str
    grace_seconds: int = Field(ge=0, description="how long an approval can be taken back")
    reader_note: Annotated[str, BeforeValidator(_text_or_hyphen)] = Field(
        description="shown on every draft"
    )


class ConfigError(Exception):
    """A setting is missing or makes no sense: for the admin, naming it."""


def shop_config(path: str) -> ShopConfig:
    """The settings under the SSM path, at most five minutes old.

    Raises ConfigError with the parameter's name when one is missing or wrong.
    """
    values = _provider().get_multiple(path, max_age=_MAX_AGE_SECONDS)
    try:
        return ShopConfig.model_validate(values)
    except ValueError as error:
        raise ConfigError(f"the settings under {path} need mending: {error}") from error


@cache
def _provider() -> SSMProvider:
    return SSMProvider(boto3_client=client("ssm"))
