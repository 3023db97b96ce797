"""AES-SIV over columns against RFC 5297's vectors and against `cryptography`, value by value."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.columns import TextColumn, packed_column, text_column
from privacy.masking.siv import ColumnSiv, same_ivs

# RFC 5297, appendix A: key, associated data, plaintext, vector and ciphertext.
RFC_VECTORS = {
    "A.1": (
        "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        ["101112131415161718191a1b1c1d1e1f2021222324252627"],
        "112233445566778899aabbccddee",
        "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c",
    ),
    "A.2": (
        "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f",
        [
            "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100",
            "102030405060708090a0",
            "09f911029d74e35bd84156c5635688c0",
        ],
        "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67205349562d414553",
        "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17dba77ceb094fa663b7a3f748ba8af829"
        "ea64ad544a272e9c485b62a3fd5c0d",
    ),
}


def column_of(messages: list[bytes]) -> TextColumn:
    lengths = np.array([len(message) for message in messages], dtype=np.int64)
    return packed_column(np.frombuffer(b"".join(messages), dtype=np.uint8), lengths)


def sealed(siv: ColumnSiv, messages: list[bytes]) -> list[bytes]:
    column = column_of(messages)
    ivs = siv.synthetic_ivs(column)
    joined = siv.crypted(column, ivs).joined().tobytes()
    ends = np.cumsum(column.lengths)
    return [
        iv.tobytes() + joined[end - length : end] for iv, end, length in zip(ivs, ends, column.lengths, strict=True)
    ]


@pytest.mark.parametrize("name", sorted(RFC_VECTORS))
def test_the_vectors_of_rfc_5297_hold(name: str) -> None:
    key, associated, plain, expected = RFC_VECTORS[name]
    siv = ColumnSiv(bytes.fromhex(key), tuple(bytes.fromhex(part) for part in associated))
    assert sealed(siv, [bytes.fromhex(plain)])[0].hex() == expected


@given(
    st.binary(min_size=64, max_size=64),
    st.binary(min_size=1, max_size=20),
    st.lists(st.binary(min_size=1, max_size=70), min_size=1, max_size=30),
)
def test_a_column_is_sealed_as_its_values_are_one_by_one(key: bytes, associated: bytes, messages: list[bytes]) -> None:
    library = AESSIV(key)
    expected = [library.encrypt(message, [associated]) for message in messages]
    assert sealed(ColumnSiv(key, (associated,)), messages) == expected


@given(st.lists(st.binary(max_size=70), max_size=30))
def test_what_was_sealed_opens_and_proves_genuine(messages: list[bytes]) -> None:
    siv = ColumnSiv(bytes(range(64)), (b"type",))
    column = column_of(messages)
    ivs = siv.synthetic_ivs(column)
    sealed_column = packed_column(siv.crypted(column, ivs).joined(), column.lengths)
    opened = packed_column(siv.crypted(sealed_column, ivs).joined(), column.lengths)
    assert opened.data.tobytes() == column.data.tobytes()
    assert same_ivs(siv.synthetic_ivs(opened), ivs).all()


def test_nulls_and_slices_do_not_shift_the_others() -> None:
    siv = ColumnSiv(bytes(range(64)))
    values = pa.array(["x" * 40, None, "320508199001011234", "", "王"])
    column = text_column(values.slice(1))
    expected = siv.synthetic_ivs(column_of([b"", b"320508199001011234", b"", "王".encode()]))
    assert (siv.synthetic_ivs(column) == expected).all()


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 or 64"):
        ColumnSiv(bytes(48))
