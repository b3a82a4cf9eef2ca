"""The Function URL behind the mailed links: shows drafts (GET) and takes decisions (POST)."""

from typing import Any
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from ack_handler import pages
from ack_handler.forms import BadFormError, read_form
from ack_handler.pages import Page
from ack_handler.site import Settings, Site
from ack_handler.visitor import TurnedAwayError
from photo_tagger.aws.config import shop_config
from photo_tagger.environment import read_environment
from photo_tagger.observability import logger
from photo_tagger.texts import Texts

app = LambdaFunctionUrlResolver()

_LOOK = ["GET", "HEAD"]


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One HTTP request. GET and HEAD change nothing."""
    return app.resolve(event, context)


@app.route("/r/<key>", method=_LOOK)
def show(key: str) -> Page:
    """What a mail's link leads to now."""
    return _site().linked_page(key)


@app.route("/r/<key>/photo.jpg", method=_LOOK)
def linked_photo(key: str) -> Page:
    """The small copy of the link's photo."""
    return _site().linked_photo(key)


@app.post("/r/<key>/<action>")
def decide_linked(key: str, action: str) -> Page:
    """Take the decision in the posted form."""
    return _site().decide_linked(key, action, _form())


@app.route("/q/<key>", method=_LOOK)
def enter_list(key: str) -> Page:
    """The list of all drafts, by a mail's link."""
    return _site().list_by_link(key, app.current_event.query_string_parameters)


@app.route("/queue", method=_LOOK)
def show_list() -> Page:
    """The list of all drafts, for who came in before."""
    return _site().list(app.current_event.cookies, app.current_event.query_string_parameters)


@app.post("/queue")
def press_button() -> Page:
    """What a button of the list does."""
    event = app.current_event
    return _site().press(event.cookies, event.query_string_parameters, _form())


@app.route("/photo/<photo_id>", method=_LOOK)
def show_photo(photo_id: str) -> Page:
    """A draft, from the list."""
    return _site().page(app.current_event.cookies, photo_id)


@app.route("/photo/<photo_id>/photo.jpg", method=_LOOK)
def photo(photo_id: str) -> Page:
    """The small copy of a photo of the list."""
    return _site().photo(app.current_event.cookies, photo_id)


@app.route("/photo/<photo_id>/history", method=_LOOK)
def show_history(photo_id: str) -> Page:
    """What was done with a photo."""
    return _site().history(app.current_event.cookies, photo_id)


@app.post("/photo/<photo_id>/<action>")
def decide(photo_id: str, action: str) -> Page:
    """Take the decision in the posted form, from the list."""
    return _site().decide(app.current_event.cookies, photo_id, action, _form())


@app.route("/p/<key>/<file_name>", method=_LOOK)
def picture(key: str, file_name: str) -> Page:
    """The small copy of a photo, for a store that fetches it."""
    return _site().picture(key, file_name)


@app.get("/style.css")
def style() -> Page:
    """The pages' style sheet."""
    return pages.style_sheet()


@app.not_found
def not_found(_: Exception) -> Page:
    """Every other address."""
    return _site().pages.problem(404, "nothing_here")


@app.exception_handler(TurnedAwayError)  # type: ignore[untyped-decorator]
def turn_away(error: TurnedAwayError) -> Page:
    """There is nothing for this visitor here."""
    return _site().pages.problem(error.status, error.page)


@app.exception_handler(BadFormError)  # type: ignore[untyped-decorator]
def refuse(error: BadFormError) -> Page:
    """The form cannot be taken."""
    return _site().pages.refused(error)


def _form() -> dict[str, list[str]]:
    config = shop_config(read_environment(Settings).config_path)
    return read_form(app.current_event, config.review_base_url)


def _site() -> Site:
    settings = read_environment(Settings)
    config = shop_config(settings.config_path)
    return Site(settings, config, Texts(config.language), ZoneInfo(config.time_zone))
