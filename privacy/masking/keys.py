"""Keys of a domain: one random data key, and every operator's key derived from it.

Lives here: derivation (HKDF) and the wrapping of a data key by a key-encryption key. Where the key-encryption key
comes from, which domains exist and who may use them is decided elsewhere; nothing here reads the environment or a
file.
"""

from __future__ import annotations

import os
from typing import Protocol, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from catalog.sealed import KEY_BYTES, KeyEncryptionKey, RandomBytes, SealDamaged, WrongKey, wrapping_key_id

__all__ = [
    "DERIVATION_VERSION",
    "DomainKey",
    "KeyEncryptionKey",
    "KeyRing",
    "WrongKey",
    "domain_key_context",
    "unwrap_domain_key",
    "wrap_domain_key",
    "wrapping_key_id",
]

DERIVATION_VERSION = 1
_WRAP_CONTEXT = b"canglang domain data key\x00"


class KeyRing(Protocol):
    """Where an operator gets its key: one data key's derivations, and nothing of the data key itself."""

    def derive(self, *, algorithm: str, entity_type: str, canonical_version: int, length: int) -> bytes:
        """`length` bytes that are the same for the same four arguments and tell nothing of any other derivation."""
        ...


class DomainKey:
    """A domain's data key: 32 random bytes that are never shown, stored or pickled in the clear."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """Take the 32 secret bytes; ValueError for any other length."""
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a data key has {KEY_BYTES} bytes, not {len(secret)}")
        self._secret = bytes(secret)

    @classmethod
    def generate(cls, random_bytes: RandomBytes = os.urandom) -> Self:
        """A new key: everything tokenised under it links with nothing tokenised under another."""
        return cls(random_bytes(KEY_BYTES))

    def __repr__(self) -> str:
        return "DomainKey(…)"

    def __reduce__(self) -> str:
        raise TypeError("a data key is not pickled")

    def derive(self, *, algorithm: str, entity_type: str, canonical_version: int, length: int) -> bytes:
        """HKDF-SHA256 (RFC 5869) with info = version, algorithm, entity type, canonical-form version, each with its
        length in front.

        The lengths keep two lists of parts from ever reading as one info string.
        """
        parts = (str(DERIVATION_VERSION), algorithm, entity_type, str(canonical_version))
        encoded = [part.encode() for part in parts]
        info = b"".join(len(part).to_bytes(2, "big") + part for part in encoded)
        return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info).derive(self._secret)

    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that tell two data keys apart in a manifest without telling anything of either."""
        return self.derive(algorithm="fingerprint", entity_type="", canonical_version=0, length=8).hex()

    def _wrapped(self, kek: KeyEncryptionKey, context: bytes, random_bytes: RandomBytes) -> bytes:
        return kek.wrap(self._secret, context=context, random_bytes=random_bytes)


def wrap_domain_key(
    key: DomainKey, kek: KeyEncryptionKey, *, domain: str, random_bytes: RandomBytes = os.urandom
) -> bytes:
    """The data key under the key-encryption key, bound to its domain's name: it does not open as another domain's
    key."""
    return key._wrapped(kek, domain_key_context(domain), random_bytes)


def domain_key_context(domain: str) -> bytes:
    """What a domain's wrapped data key is bound to: whoever puts it under another key-encryption key gives it again."""
    return _WRAP_CONTEXT + domain.encode()


def unwrap_domain_key(blob: bytes, kek: KeyEncryptionKey, *, domain: str) -> DomainKey:
    """The data key in `blob`.

    Raises WrongKey (naming both key ids) under another key-encryption key, SealDamaged if the blob was altered or is
    another domain's, NotSealed if it is no wrapped key at all.
    """
    secret = kek.unwrap(blob, context=domain_key_context(domain))
    if len(secret) != KEY_BYTES:
        raise SealDamaged
    return DomainKey(secret)
