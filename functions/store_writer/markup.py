"""Plain text as the HTML that stores keep, and back."""

import html
import re

_READ_BY_WORDPRESS = str.maketrans({"[": "&#91;", "]": "&#93;", "\\": "&#92;"})
"""Brackets begin a shortcode in WordPress, and it takes backslashes out."""


def escaped(text: str) -> str:
    """A line of text where HTML is expected."""
    return html.escape(text, quote=False)


def as_html(text: str) -> str:
    """Paragraphs and line breaks as HTML, in one line."""
    paragraphs = re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n"))
    return "".join(f"<p>{_lines(paragraph)}</p>" for paragraph in paragraphs if paragraph)


def as_text(markup: str) -> str:
    """The words of HTML, with its paragraphs and line breaks; other tags stay as they are."""
    text = re.sub(r"</p>\s*<p>", "\n\n", markup)
    text = re.sub(r"<br\s*/?>\s*", "\n", text)
    return html.unescape(re.sub(r"</?p>", "", text)).strip()


def _lines(paragraph: str) -> str:
    lines = (escaped(line.strip()) for line in paragraph.split("\n"))
    return "<br />".join(lines).translate(_READ_BY_WORDPRESS)
