"""Texts from outside, in one line."""


def in_one_line(text: str, length: int) -> str:
    """At most `length` characters, and no control characters, which could play tricks."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(clean.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
