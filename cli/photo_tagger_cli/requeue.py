"""`photo-tagger requeue`: photos that were set aside or closed are taken through once more."""

from collections.abc import Callable
from typing import Any

from photo_tagger.aws.attributes import from_item
from photo_tagger.domain.photo import PhotoRecord, Status
from photo_tagger.domain.start import StartRequest
from photo_tagger_cli.telling import Teller
from photo_tagger_cli.workflow import NoSuchExecutionError, NotRedrivableError, Workflow

_NEVER = {
    Status.LISTED: "it is in the shop",
    Status.WITHDRAWN: "it was in the shop and was taken back: drop the photo once more instead",
    Status.DUPLICATE: "its bytes belong to another photo",
}


class Photos:
    """The records of one stack's photos, and the queue that starts them."""

    def __init__(self, client: Callable[[str], Any], prefix: str) -> None:
        """`client` makes the boto3 client of a service."""
        self._client = client
        self._prefix = prefix

    def find(self, photo_id: str) -> PhotoRecord | None:
        """The photo's record as it is now, or None."""
        answer = self._client("dynamodb").get_item(
            TableName=f"{self._prefix}-drafts",
            Key={"photo_id": {"S": photo_id}},
            ConsistentRead=True,
        )
        return PhotoRecord.model_validate(from_item(answer["Item"])) if "Item" in answer else None

    def start_anew(self, photo: PhotoRecord) -> None:
        """Ask for the photo's next execution, in the name of whose credentials these are."""
        sqs = self._client("sqs")
        request = StartRequest(
            photo_id=photo.photo_id,
            start=photo.starts + 1,
            by_user=self._client("sts").get_caller_identity()["Arn"],
        )
        queue = sqs.get_queue_url(QueueName=f"{self._prefix}-ready")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody=request.message())


def requeue(photos: Photos, workflow: Workflow, photo_ids: list[str]) -> int:
    """0 if all were queued."""
    teller, queued = Teller(), 0
    once_each = list(dict.fromkeys(photo_ids))
    for photo_id in once_each:
        photo = photos.find(photo_id)
        reason = why_not(photo, workflow)
        if photo and reason is None:
            photos.start_anew(photo)
            teller.headline(photo_id, "queued:", "it is drafted whatever the gate says")
            queued += 1
        else:
            teller.headline(photo_id, "cannot be re-queued:", str(reason))
    teller.line(f"\n{queued} of {len(once_each)} queued.")
    return 0 if queued == len(once_each) else 1


def why_not(photo: PhotoRecord | None, workflow: Workflow) -> str | None:
    """Why a photo cannot be taken through anew; None if it can."""
    if photo is None:
        return "there is no such photo"
    if photo.status in _NEVER:
        return _NEVER[photo.status]
    try:
        workflow.check_redrivable(photo.execution_name)
    except NoSuchExecutionError:
        return None
    except NotRedrivableError as error:
        return "it is on its way" if "RUNNING" in str(error) else None
    return f"`photo-tagger redrive {photo.execution_name}` takes it on from where it failed"
