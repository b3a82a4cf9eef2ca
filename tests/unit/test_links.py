"""Keys of mailed links."""

from __future__ import annotations

import base64
import hashlib
import re

from photo_tagger.domain.links import key_hash, new_key


def test_a_key_has_256_bits_and_needs_no_escaping_in_a_url() -> None:
    key = new_key()
    assert re.fullmatch(r"[A-Za-z0-9_-]+", key)
    assert len(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))) == 32


def test_keys_differ() -> None:
    assert len({new_key() for _ in range(200)}) == 200


def test_the_hash_is_sha256_in_hex() -> None:
    assert key_hash("abc") == hashlib.sha256(b"abc").hexdigest()


def test_any_text_in_a_url_can_be_hashed() -> None:
    assert len(key_hash("沙发 %00")) == 64
