"""Asking for a photo to be started, where no event of the drop bucket does."""

import json

from pydantic import BaseModel


class StartRequest(BaseModel):
    """One message on the ready queue: start this photo's execution of that number.

    With the number on record, a start that was cut off is made good; with the next one, the photo
    is taken through anew. Asked for twice, it is started once.
    """

    photo_id: str
    start: int
    by_user: str

    def message(self) -> str:
        """The body of the message."""
        return json.dumps({"start": self.model_dump()})


def start_request(body: str) -> StartRequest | None:
    """The request in a message, or None in one of another kind."""
    message = json.loads(body)
    return StartRequest.model_validate(message["start"]) if "start" in message else None
