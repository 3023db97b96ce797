"""AES-256-CMAC over columns against NIST's vectors and against `cryptography`, value by value."""

from __future__ import annotations

import base64

import numpy as np
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from privacy.masking.cmac import ColumnCmac, base32_of_first_80_bits
from privacy.masking.columns import TextColumn, text_column

# NIST SP 800-38B, appendix D.3 (AES-256), also in NIST's "CMAC examples" collection.
NIST_KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
NIST_MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
NIST_CODES = {
    0: "028962f61b7bf89efc6b551f4667d983",
    16: "28a7023f452e8f82bd4bf28d8c37c35c",
    40: "aaf3d8f1de5640c232f5b169b9c911e6",
    64: "e1992190549f6ed5696a2c056c315410",
}


def column_of(messages: list[bytes]) -> TextColumn:
    lengths = np.array([len(message) for message in messages], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    data = np.frombuffer(b"".join(messages) + bytes(64), dtype=np.uint8)
    return TextColumn(data=data, starts=starts, lengths=lengths, valid=np.ones(len(messages), dtype=np.bool_))


def one_by_one(key: bytes, message: bytes) -> bytes:
    cmac = CMAC(algorithms.AES(key))
    cmac.update(message)
    return cmac.finalize()


@pytest.mark.parametrize("length", sorted(NIST_CODES))
def test_the_nist_vectors_for_aes_256_hold(length: int) -> None:
    codes = ColumnCmac(NIST_KEY).codes(column_of([NIST_MESSAGE[:length]]))
    assert codes[0].tobytes().hex() == NIST_CODES[length]


def test_the_nist_vectors_hold_in_one_column_too() -> None:
    messages = [NIST_MESSAGE[:length] for length in (40, 0, 64, 16)]
    codes = ColumnCmac(NIST_KEY).codes(column_of(messages))
    assert [code.tobytes().hex() for code in codes] == [NIST_CODES[length] for length in (40, 0, 64, 16)]


@given(st.binary(min_size=32, max_size=32), st.lists(st.binary(max_size=70), max_size=40))
def test_a_column_has_the_codes_that_its_values_have_one_by_one(key: bytes, messages: list[bytes]) -> None:
    codes = ColumnCmac(key).codes(column_of(messages))
    assert [code.tobytes() for code in codes] == [one_by_one(key, message) for message in messages]


@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=40), st.integers(0, 5))
def test_text_columns_with_nulls_and_offsets_have_the_codes_of_their_utf8(values: list[str | None], skip: int) -> None:
    array = pa.array(values, type=pa.string()).slice(skip)
    codes = ColumnCmac(NIST_KEY).codes(text_column(array))
    expected = [one_by_one(NIST_KEY, (value or "").encode()) for value in array.to_pylist()]
    assert [code.tobytes() for code in codes] == expected


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=40))
def test_base32_of_ten_bytes_is_that_of_rfc_4648(codes: list[bytes]) -> None:
    words = np.frombuffer(b"".join(codes), dtype=np.uint64).reshape(-1, 2).copy()
    letters = base32_of_first_80_bits(words)
    assert [row.tobytes() for row in letters] == [base64.b32encode(code[:10]) for code in codes]


def test_an_empty_column_has_no_codes() -> None:
    codes = ColumnCmac(NIST_KEY).codes(text_column(pa.array([], type=pa.string())))
    assert base32_of_first_80_bits(codes).shape == (0, 16)


def test_long_messages_among_short_ones_have_the_codes_they_have_one_by_one() -> None:
    messages = [bytes([length % 251]) * length for length in (5, 4096, 0, 4097, 60_000, 40)]
    codes = ColumnCmac(NIST_KEY).codes(column_of(messages))
    assert [code.tobytes() for code in codes] == [one_by_one(NIST_KEY, message) for message in messages]


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes, not"):
        ColumnCmac(bytes(24))
