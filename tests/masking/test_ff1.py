"""FF1 against NIST's samples and against the standard's text, value by value; and the operator that uses it."""

from __future__ import annotations

import itertools
import random
import string
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.masking.engine import protect_batches
from privacy.masking.errors import ParameterInvalid, ValuesInvalid
from privacy.masking.ff1 import MOST_CHARACTERS, Ff1Form, Ff1Operator, read_ff1
from privacy.masking.ff1_cipher import CHUNK, LEAST_DOMAIN, Ff1
from privacy.masking.keys import DomainKey
from privacy.masking.numerals import DIGITS, NAMED, Alphabet, digits_of_number
from privacy.masking.operators import Operator
from privacy.masking.parameters import ParameterReader
from privacy.masking.policy import policy_from_dict

KEYS = DomainKey(bytes(range(32)))
KEY = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94")
BASE36 = DIGITS + string.ascii_lowercase
TWEAK = "39383736353433323130"
LONG_TWEAK = "3737373770717273373737"


# --- the standard, as it is written --------------------------------------------------------------------------------


def num(numerals: list[int], radix: int) -> int:
    x = 0
    for numeral in numerals:
        x = x * radix + numeral
    return x


def str_m(x: int, radix: int, m: int) -> list[int]:
    result = []
    for _ in range(m):
        x, numeral = divmod(x, radix)
        result.append(numeral)
    return result[::-1]


def ciph(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)


def prf(key: bytes, text: bytes) -> bytes:
    state = bytes(16)
    for start in range(0, len(text), 16):
        state = ciph(key, bytes(a ^ b for a, b in zip(state, text[start : start + 16], strict=True)))
    return state


def ff1_by_the_book(key: bytes, radix: int, tweak: bytes, numerals: list[int]) -> list[int]:
    """NIST SP 800-38G, algorithm 7, in its own letters."""
    n, t = len(numerals), len(tweak)
    u = n // 2
    v = n - u
    a, b = numerals[:u], numerals[u:]
    bits = next(bits for bits in itertools.count() if 2**bits >= radix**v)
    width = -(-bits // 8)
    d = 4 * -(-width // 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256]) + n.to_bytes(4, "big") + t.to_bytes(4, "big")
    for i in range(10):
        q = tweak + bytes((-t - width - 1) % 16) + bytes([i]) + num(b, radix).to_bytes(width, "big")
        r = prf(key, p + q)
        s = r
        j = 1
        while len(s) < d:
            s += ciph(key, bytes(x ^ y for x, y in zip(r, j.to_bytes(16, "big"), strict=True)))
            j += 1
        y = int.from_bytes(s[:d], "big")
        m = u if i % 2 == 0 else v
        c = (num(a, radix) + y) % radix**m
        a, b = b, str_m(c, radix, m)
    return a + b


def book(operator_key: bytes, characters: str, tweak: bytes, value: str) -> str:
    numerals = [characters.index(character) for character in value]
    made = ff1_by_the_book(operator_key, len(characters), tweak, numerals)
    return "".join(characters[numeral] for numeral in made)


# --- ours ----------------------------------------------------------------------------------------------------------


def under(key: bytes, characters: str, tweak: bytes = b"", *, keep: str = "") -> Ff1Operator:
    return Ff1Operator(Ff1Form(Alphabet(characters), keep), Ff1(key, len(characters), tweak))


def operator(entity_type: str | None = None, **parameters: object) -> Ff1Operator:
    form = read_ff1(ParameterReader("x", Operator.FF1, parameters))
    return form.with_key(KEYS, entity_type)


def texts(values: list[Any]) -> pa.Array[Any]:
    return pa.array(values, pa.string())


@pytest.mark.parametrize(
    ("key_bytes", "characters", "tweak", "plain", "encrypted"),
    [
        (16, DIGITS, "", "0123456789", "2433477484"),
        (16, DIGITS, TWEAK, "0123456789", "6124200773"),
        (16, BASE36, LONG_TWEAK, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
        (24, DIGITS, "", "0123456789", "2830668132"),
        (24, DIGITS, TWEAK, "0123456789", "2496655549"),
        (24, BASE36, LONG_TWEAK, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
        (32, DIGITS, "", "0123456789", "6657667009"),
        (32, DIGITS, TWEAK, "0123456789", "1001623463"),
        (32, BASE36, LONG_TWEAK, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
    ],
    ids=[f"sample {number}" for number in range(1, 10)],
)
def test_nists_samples(key_bytes: int, characters: str, tweak: str, plain: str, encrypted: str) -> None:
    ours = under(KEY[:key_bytes], characters, bytes.fromhex(tweak))
    assert ours.apply(texts([plain, plain])).values.to_pylist() == [encrypted, encrypted]
    assert ours.restore(texts([encrypted])).values.to_pylist() == [plain]


ALPHABETS = st.one_of(
    st.sampled_from([*NAMED.values(), "01", "abc"]),
    st.lists(st.sampled_from(string.ascii_letters + string.digits + "#%&/"), min_size=2, unique=True).map("".join),
)


def least_length(radix: int) -> int:
    return next(length for length in itertools.count(2) if radix**length >= LEAST_DOMAIN)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_alphabet_length_and_tweak_is_as_the_standard_says_and_comes_back(data: st.DataObject) -> None:
    characters = data.draw(ALPHABETS)
    tweak = data.draw(st.binary(max_size=40))
    length = data.draw(st.integers(least_length(len(characters)), 70))
    values = data.draw(st.lists(st.text(characters, min_size=length, max_size=length), min_size=1, max_size=4))
    ours = under(KEY, characters, tweak)
    made = ours.apply(texts(values))
    assert made.values.to_pylist() == [book(KEY, characters, tweak, value) for value in values]
    assert ours.restore(made.values).values.to_pylist() == values


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text("0123456789 -x", max_size=24)), max_size=40))
def test_a_mixed_column_keeps_each_values_length_and_alphabet_or_counts_it(values: list[str | None]) -> None:
    made = operator().apply(texts(values))
    for value, after, invalid in zip(values, made.values.to_pylist(), made.invalid.tolist(), strict=True):
        plain = (value or "").strip()
        fits = plain.isdecimal() and len(plain) >= 6
        assert (after is not None) == fits
        # Blanks and what sources write for no value are missing; anything else that does not fit is malformed.
        assert invalid == (bool(plain) and not fits and set(plain) != {"-"})
        if after is not None:
            assert len(after) == len(plain)
            assert set(after) <= set(DIGITS)
    back = operator().restore(made.values).values.to_pylist()
    assert back == [
        None if after is None else (value or "").strip()
        for value, after in zip(values, made.values.to_pylist(), strict=True)
    ]


def test_the_whole_smallest_domain_is_mapped_one_to_one() -> None:
    numbers = np.arange(LEAST_DOMAIN, dtype=np.uint64)
    left, right = numbers // np.uint64(1000), numbers % np.uint64(1000)
    (made_left,), (made_right,) = Ff1(KEY, 10, b"").encrypt([left.copy()], [right.copy()], 6)
    made = made_left * np.uint64(1000) + made_right
    assert made.max() < LEAST_DOMAIN
    assert len(np.unique(made)) == LEAST_DOMAIN
    (back_left,), (back_right,) = Ff1(KEY, 10, b"").decrypt([made_left], [made_right], 6)
    assert np.array_equal(back_left * np.uint64(1000) + back_right, numbers)


@pytest.mark.parametrize("length", [6, 7, 8, 9, 11, 15, 16, 17, 18, 19, 20, 37, 64, 65, 200, MOST_CHARACTERS])
def test_a_column_longer_than_a_chunk_is_as_one_value_at_a_time(length: int) -> None:
    source = random.Random(length)
    values = ["".join(source.choices(DIGITS, k=length)) for _ in range(CHUNK + 700 if length < 20 else 4100)]
    made = operator().apply(texts(values)).values
    few = [0, 1, len(values) // 2, len(values) - 1]
    one_by_one = [operator().apply(texts([values[row]])).values.to_pylist()[0] for row in few]
    assert [made[row].as_py() for row in few] == one_by_one
    assert operator().restore(made).values.equals(texts(values))


def test_numbers_are_written_as_eight_digits() -> None:
    numbers = [0, 1, 9, 10, 99, 100, 9_999, 10_000, 12_345_678, 99_999_999, *range(7, 10**8, 1_234_567)]
    words = digits_of_number(np.array(numbers, dtype=np.uint64))
    assert [bytes(word).decode() for word in words.view(np.uint8).reshape(-1, 8)] == [f"{one:08d}" for one in numbers]


def test_a_slice_of_a_longer_column_is_encrypted_alike() -> None:
    whole = texts(["111111", None, "0123456789", "0123456789", "42", "999999999"])
    made = operator().apply(whole)
    part = operator().apply(whole.slice(2, 3))
    assert part.values.to_pylist() == made.values.to_pylist()[2:5]
    assert part.invalid.tolist() == [False, False, True]


def test_all_spellings_of_a_number_are_encrypted_as_one() -> None:
    spellings = ["13812345678", "138-1234-5678", "+86 13812345678", "１３８１２３４５６７８"]
    made = operator("CN_MOBILE").apply(texts(spellings))
    assert len(set(made.values.to_pylist())) == 1
    assert operator("CN_MOBILE").restore(made.values).values.to_pylist() == ["13812345678"] * 4


@pytest.mark.parametrize(
    "column",
    [
        pa.array([13812345678]),
        pa.array([13812345678.0]),
        pa.array(["13812345678"], pa.large_string()),
        pa.array(["13812345678"]).dictionary_encode(),
    ],
    ids=["integer", "float", "large text", "dictionary"],
)
def test_the_type_a_source_gave_a_value_does_not_change_its_encryption(column: pa.Array[Any]) -> None:
    for entity_type in ("CN_MOBILE", None):
        ours = operator(entity_type)
        assert ours.output_type(column.type) == pa.string()
        assert ours.apply(column).values.to_pylist() == ours.apply(texts(["13812345678"])).values.to_pylist()


def test_domains_and_entity_types_do_not_link() -> None:
    other = read_ff1(ParameterReader("x", Operator.FF1, {})).with_key(DomainKey(bytes(32)), None)
    made = {
        ours.apply(texts(["13812345678"])).values.to_pylist()[0]
        for ours in (operator(), operator("CN_MOBILE"), operator("CN_QQ_ID"), other)
    }
    assert len(made) == 4


def test_separators_stay_in_place_where_the_rule_says_so() -> None:
    ours = operator(keep="- /")
    values = ["6222 0212 3456 7890", "6222-0212-3456-7890", "6222021234567890", "1234-56", "12-345", None, "62/x000000"]
    made = ours.apply(texts(values))
    after = made.values.to_pylist()
    assert [None if text is None else "".join("9" if c.isdigit() else c for c in text) for text in after] == [
        "9999 9999 9999 9999",
        "9999-9999-9999-9999",
        "9999999999999999",
        "9999-99",
        None,
        None,
        None,
    ]
    assert len({str(text).translate(str.maketrans("", "", "- ")) for text in after[:3]}) == 1
    assert made.invalid.tolist() == [False, False, False, False, True, False, True]
    assert ours.restore(made.values).values.to_pylist() == [*values[:4], None, None, None]


def test_too_few_or_too_many_characters_are_invalid() -> None:
    values = ["12345", "123456", "1" * MOST_CHARACTERS, "1" * (MOST_CHARACTERS + 1)]
    assert operator().apply(texts(values)).invalid.tolist() == [True, False, False, True]
    assert operator(alphabet="alphanumeric").apply(texts(["abc", "abcd"])).invalid.tolist() == [True, False]


def test_nothing_of_a_malformed_value_is_left_under_its_null() -> None:
    made = operator().apply(texts(["13812345678", "1381234567X", "secret", None, "15912345678"])).values
    assert made.is_null().to_pylist() == [False, True, True, True, False]
    assert len(bytes(memoryview(made.buffers()[2]))) == 22  # type: ignore[arg-type]  # a text column has its bytes there


def test_an_empty_column_and_one_of_nulls() -> None:
    for values in ([], [None, None], ["", "无"]):
        made = operator().apply(texts(values))
        assert made.values.to_pylist() == [None] * len(values)
        assert not made.invalid.any()


@pytest.mark.parametrize(
    "parameters",
    [
        {"alphabet": "a"},
        {"alphabet": "aab"},
        {"alphabet": "甲乙丙"},
        {"alphabet": "abc "},
        {"alphabet": 7},
        {"keep": "5"},
        {"keep": "，"},
    ],
)
def test_an_impossible_parameter_is_named(parameters: dict[str, object]) -> None:
    with pytest.raises(ParameterInvalid) as caught:
        policy_from_dict({"fields": {"x": {"operator": "ff1", **parameters}}})
    assert caught.value.params["parameter"] in parameters


def test_a_policy_encrypts_and_tells_how_and_counts_what_it_could_not() -> None:
    rows = pa.record_batch([texts(["0512-1234567", "13812345678", "x", None])], names=["phone"])
    stated = {"operator": "ff1", "keep": "-", "invalid": "token"}
    protector = protect_batches([rows], rows.schema, policy_from_dict({"fields": {"phone": stated}}), KEYS)
    (made,) = list(protector)
    after = [text and str(text) for text in made.column(0).to_pylist()]
    assert str(after[0])[4] == "-"
    assert len(str(after[2])) == 16
    assert after[3] is None
    (report,) = protector.report.columns
    assert (report.invalid, report.nulls) == (1, 1)
    told = report.to_dict()
    assert (told["technique"], told["reversible"], told["parameters"]) == ("pseudonymisation", True, {"keep": "-"})


def test_a_policy_may_stop_at_a_malformed_value() -> None:
    rows = pa.record_batch([texts(["13812345678", "1381234567X"])], names=["phone"])
    policy = policy_from_dict({"fields": {"phone": {"operator": "ff1", "invalid": "fail"}}})
    with pytest.raises(ValuesInvalid):
        list(protect_batches([rows], rows.schema, policy, KEYS))
