"""Keys of a domain: what is derived, what is wrapped, and what is never shown."""

from __future__ import annotations

import pickle

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from catalog.sealed import KeyEncryptionKey, NotSealed, SealDamaged
from privacy.masking.keys import DomainKey, WrongKey, unwrap_domain_key, wrap_domain_key, wrapping_key_id

SECRET = b"thirty-two bytes of one data key"
KEY = DomainKey(SECRET)
KEK = KeyEncryptionKey(bytes(range(32)))


def derived(
    *, key: DomainKey = KEY, algorithm: str = "a", entity_type: str = "CN_MOBILE", canonical_version: int = 1
) -> bytes:
    return key.derive(algorithm=algorithm, entity_type=entity_type, canonical_version=canonical_version, length=32)


def test_a_derivation_is_hkdf_sha256_with_length_prefixed_info() -> None:
    info = b"\x00\x011" + b"\x00\x01a" + b"\x00\x09CN_MOBILE" + b"\x00\x011"
    assert derived() == HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(SECRET)


def test_every_part_of_a_derivation_changes_it() -> None:
    keys = {
        derived(),
        derived(algorithm="b"),
        derived(entity_type="CN_LANDLINE"),
        derived(canonical_version=2),
        derived(key=DomainKey(bytes(32))),
    }
    assert len(keys) == 5


def test_parts_cannot_be_moved_from_one_to_the_next() -> None:
    assert derived(algorithm="ab", entity_type="c") != derived(algorithm="a", entity_type="bc")
    assert derived(entity_type="X1", canonical_version=1) != derived(entity_type="X", canonical_version=11)


def test_a_data_key_is_neither_shown_nor_pickled() -> None:
    assert "thirty" not in repr(KEY)
    assert "thirty" not in f"{KEY}"
    assert not hasattr(KEY, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(KEY)


def test_a_new_key_takes_its_bytes_from_the_source_it_is_given() -> None:
    assert DomainKey.generate(lambda length: SECRET[:length]).fingerprint() == KEY.fingerprint()
    assert DomainKey.generate().fingerprint() != DomainKey.generate().fingerprint()
    with pytest.raises(ValueError, match="32 bytes"):
        DomainKey(b"short")


def test_a_wrapped_key_opens_with_its_wrapping_key_for_its_domain() -> None:
    blob = wrap_domain_key(KEY, KEK, domain="project-7")
    assert SECRET not in blob
    assert wrapping_key_id(blob) == KEK.id
    assert unwrap_domain_key(blob, KEK, domain="project-7").fingerprint() == KEY.fingerprint()
    with pytest.raises(SealDamaged):
        unwrap_domain_key(blob, KEK, domain="project-8")


def test_another_wrapping_key_is_a_clear_error() -> None:
    blob = wrap_domain_key(KEY, KEK, domain="project-7")
    other = KeyEncryptionKey(bytes(32))
    with pytest.raises(WrongKey) as caught:
        unwrap_domain_key(blob, other, domain="project-7")
    assert caught.value.code == "wrong_key"
    assert KEK.id in str(caught.value)
    assert other.id in str(caught.value)


def test_what_is_no_wrapped_data_key_is_refused() -> None:
    with pytest.raises(NotSealed):
        unwrap_domain_key(b"not a key", KEK, domain="d")
    short = KEK.wrap(b"16 bytes of text", context=b"canglang domain data key\x00d")
    with pytest.raises(SealDamaged):
        unwrap_domain_key(short, KEK, domain="d")
