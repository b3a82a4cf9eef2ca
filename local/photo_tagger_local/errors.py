"""What ends a command without being a bug."""


class CommandError(Exception):
    """Something that whoever runs the command can mend; the message says how.

    The command tells it in a sentence. Any other exception is a bug and shows where it happened.
    """
