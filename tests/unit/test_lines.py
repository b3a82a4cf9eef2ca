"""Texts from outside, in one line."""

from __future__ import annotations

import pytest

from photo_tagger.domain.lines import in_one_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("White sofa", "White sofa"),
        (" White \t sofa\r\n\r\nBcc: x ", "White sofa Bcc: x"),
        ("a\x1b[2Jb\x00c", "a [2Jb c"),
        ("gpj.\u202efos", "gpj. fos"),
        ("沙发 📷", "沙发 📷"),
        ("123456789012", "123456789…"),
        ("", ""),
    ],
)
def test_is_one_line_without_control_characters(text: str, expected: str) -> None:
    assert in_one_line(text, 10 if text.isdigit() else 100) == expected
