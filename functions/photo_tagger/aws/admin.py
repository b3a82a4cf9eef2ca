"""The admin's topic: SNS, since mail may be what broke."""

from photo_tagger.aws.clients import client


def tell_admin(topic_arn: str, subject: str, message: str) -> None:
    """One message. The subject is plain ASCII and at most 100 characters, as SNS wants it."""
    client("sns").publish(TopicArn=topic_arn, Subject=subject, Message=message)
