"""The short cut for rows that are in canonical form already must never say otherwise than the canonical forms do."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.detection.canonical import CANONICAL_VERSION, canonicalise
from privacy.detection.canonical import canonical_version as version_of_form
from privacy.masking.canonical import canonical_text, canonical_version, malformed_rows

TYPES = [None, "CN_ADDRESS", "UNHEARD_OF", *CANONICAL_VERSION]

MIXED = st.text(alphabet="张三·欧 　\u200bＡａZz0１9xX.@-/年ﬁ①", max_size=12)
VALUES = st.one_of(
    st.none(),
    MIXED,
    st.text(max_size=8),
    st.text(alphabet=st.characters(min_codepoint=0x3F00, max_codepoint=0xA100), max_size=4),
    st.from_regex(r"[ ]?[0-2][2-9][0-9]{8,10}", fullmatch=True),
    st.from_regex(r"[0-9]{16,18}[0-9xX:/]", fullmatch=True),
)


@pytest.mark.parametrize("entity_type", TYPES)
@given(values=st.lists(VALUES, max_size=30), skip=st.integers(0, 3))
def test_the_short_cut_agrees_with_the_canonical_form(
    entity_type: str | None, values: list[str | None], skip: int
) -> None:
    column = pa.array(values, pa.string()).slice(skip)
    expected = [form or None for form in canonicalise(entity_type, column).to_pylist()]
    assert canonical_text(entity_type, column).to_pylist() == expected


def test_a_column_in_canonical_form_is_returned_as_it_is() -> None:
    column = pa.array(["13812345678", None, "15912345678"])
    assert canonical_text("CN_MOBILE", column) is column


def test_the_version_is_that_of_the_form() -> None:
    for entity_type in TYPES:
        assert canonical_version(entity_type) == version_of_form(entity_type)


def test_placeholders_and_blanks_are_missing_and_the_rest_is_malformed() -> None:
    values = pa.array(["无", " N/A ", "—", "　", "", None, "oops", "ok"])
    result = pa.array([None] * 7 + ["ok"], pa.string())
    assert malformed_rows(values, result).tolist() == [False] * 6 + [True, False]
