"""The Function URL behind the mailed links: shows drafts (GET) and takes decisions (POST)."""

from typing import Any
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from ack_handler import pages
from ack_handler.forms import BadFormError, read_form
from ack_handler.pages import Page, Pages
from ack_handler.review import Review
from photo_tagger.aws.config import ShopConfig, shop_config
from photo_tagger.aws.documents import style_doc
from photo_tagger.aws.drafts import Drafts
from photo_tagger.aws.links import Links
from photo_tagger.environment import Environment, read_environment
from photo_tagger.observability import logger
from photo_tagger.texts import Texts

app = LambdaFunctionUrlResolver()


class Settings(Environment):
    """What the template tells this function."""

    drafts_table: str
    audit_table: str
    ack_table: str
    links_table: str
    resized_bucket: str
    rules_bucket: str
    config_path: str


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One HTTP request."""
    return app.resolve(event, context)


@app.route("/r/<key>", method=["GET", "HEAD"])
def show(key: str) -> Page:
    """What the link leads to now. Changes nothing."""
    return _review().page(key)


@app.route("/r/<key>/photo.jpg", method=["GET", "HEAD"])
def photo(key: str) -> Page:
    """The small copy of the photo."""
    return _review().photo(key)


@app.post("/r/<key>/<action>")
def decide(key: str, action: str) -> Page:
    """Take the decision in the posted form."""
    try:
        form = read_form(app.current_event)
    except BadFormError as error:
        return _pages().trouble(error.status, error.said(_say()))
    return _review().decide(key, action, form)


@app.get("/style.css")
def style() -> Page:
    """The pages' style sheet."""
    return pages.style_sheet()


@app.not_found
def not_found(_: Exception) -> Page:
    """Every other address."""
    return _pages().problem(404, "nothing_here")


def _review() -> Review:
    settings = read_environment(Settings)
    return Review(
        Drafts(settings.drafts_table, settings.audit_table, settings.ack_table),
        Links(settings.links_table),
        resized_bucket=settings.resized_bucket,
        style=lambda: style_doc(settings.rules_bucket),
        reader_note=_config().reader_note,
        say=_say(),
        shown=_pages(),
    )


def _config() -> ShopConfig:
    return shop_config(read_environment(Settings).config_path)


def _say() -> Texts:
    return Texts(_config().language)


def _pages() -> Pages:
    return Pages(_say(), ZoneInfo(_config().time_zone))
