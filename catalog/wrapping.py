"""The deployment's key-encryption key, from the environment. Everything sealed is sealed under it."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from catalog.sealed import KeyEncryptionKey


@cache
def wrapping_key() -> KeyEncryptionKey:
    """The one key of CANGLANG_KEK."""
    return KeyEncryptionKey(settings.CANGLANG_KEK)
