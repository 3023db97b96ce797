"""The deployment's key-encryption key, from its settings. Everything sealed is sealed under it.

Where the settings take it from (the environment, a file) is `config.wrapping_keys`; exchanging it is `catalog.rewrapping`.
"""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from catalog.sealed import KeyEncryptionKey


@lru_cache(maxsize=4)
def _key(secret: bytes) -> KeyEncryptionKey:
    return KeyEncryptionKey(secret)


def wrapping_key() -> KeyEncryptionKey:
    """The one key under which everything is sealed."""
    return _key(settings.CANGLANG_KEK)


def old_wrapping_key() -> KeyEncryptionKey | None:
    """The key before it, where one is given: only to put under the present key what it still seals."""
    return _key(settings.CANGLANG_KEK_OLD) if settings.CANGLANG_KEK_OLD else None
