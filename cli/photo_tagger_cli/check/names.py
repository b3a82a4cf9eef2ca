"""File names are data: what a name may do to a terminal."""


def shown(name: object) -> str:
    """A name without anything that steers a terminal or turns the text around.

    Control and format characters, and bytes that are no UTF-8, appear as Python's escapes.
    """
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in str(name)
    )
