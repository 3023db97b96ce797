"""Partial masks: what stays, what is hidden, and what never passes through."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from privacy.masking.operators import Operator
from privacy.masking.parameters import ParameterReader
from privacy.masking.partial import (
    PRESETS,
    PartialMask,
    Preset,
    implied_preset,
    mask_between,
    read_partial_mask,
)


def masked(preset: Preset, *values: object, mask_char: str = "*") -> list[str | None]:
    result: list[str | None] = PartialMask(preset, mask_char=mask_char).apply(pa.array(list(values))).values.to_pylist()
    return result


@pytest.mark.parametrize(
    ("preset", "value", "expected"),
    [
        (Preset.MOBILE, "13812345678", "138****5678"),
        (Preset.MOBILE, "+86 138-1234-5678", "138****5678"),
        (Preset.MOBILE, "１３８１２３４５６７８", "138****5678"),
        (Preset.MOBILE, 13812345678, "138****5678"),
        (Preset.RESIDENT_ID, "32050819900101123X", "3205************3X"),
        (Preset.RESIDENT_ID, "320508 19900101 123x", "3205************3X"),
        (Preset.NAME, "张三", "张*"),
        (Preset.NAME, "王小明", "王**"),
        (Preset.NAME, "欧阳修远", "欧***"),
        (Preset.NAME, "王", "*"),
        (Preset.BANK_CARD, "6222 0212 3456 7890 123", "622202*********0123"),
        (Preset.EMAIL, "Zhang.San@163.com", "z****@163.com"),
        (Preset.EMAIL, "a@b.cn", "a****@b.cn"),
        (Preset.ADDRESS, "江苏省苏州市姑苏区平江路1号3幢201室", "江苏省苏州市姑苏区****"),
        (Preset.PLATE, "苏E·12345", "苏E***45"),
        (Preset.PLATE, "苏ED12345", "苏E****45"),
        (Preset.PASSPORT, "E12345678", "E*****678"),
        (Preset.LANDLINE, "0512-65223344", "0512-****3344"),
        (Preset.LANDLINE, "010 6522 3344", "010-****3344"),
        (Preset.LANDLINE, "0512-6522334转802", "0512-***2334"),
    ],
)
def test_the_presets_mask_the_forms_they_are_for(preset: Preset, value: object, expected: str) -> None:
    assert masked(preset, value) == [expected]


@pytest.mark.parametrize(
    ("preset", "value"),
    [
        (Preset.MOBILE, "1381234567"),
        (Preset.MOBILE, "张三"),
        (Preset.MOBILE, "12812345678"),
        (Preset.RESIDENT_ID, "3205081990010112"),
        (Preset.RESIDENT_ID, "3205081990010112AB"),
        (Preset.BANK_CARD, "62220212"),
        (Preset.EMAIL, "zhang at 163"),
        (Preset.ADDRESS, "平江路1号3幢201室"),
        (Preset.PLATE, "12345"),
        (Preset.PASSPORT, "护照"),
        (Preset.LANDLINE, "65223344"),
    ],
)
def test_a_malformed_value_does_not_pass_through(preset: Preset, value: str) -> None:
    result = PartialMask(preset).apply(pa.array([value]))
    assert result.values.to_pylist() == [None]
    assert result.invalid.tolist() == [True]


@pytest.mark.parametrize("preset", list(Preset))
def test_missing_values_stay_missing_and_are_not_malformed(preset: Preset) -> None:
    result = PartialMask(preset, keep_first=1).apply(pa.array([None, "", "  ", "　"], pa.string()))
    assert result.values.null_count == 4
    assert not result.invalid.any()


def test_clean_and_dirty_rows_keep_their_places() -> None:
    values = ["13812345678", "159 1234 5678", None, "oops", "18612345678"]
    result = PartialMask(Preset.MOBILE).apply(pa.array(values))
    assert result.values.to_pylist() == ["138****5678", "159****5678", None, None, "186****5678"]
    assert result.invalid.tolist() == [False, False, False, True, False]


def test_a_slice_of_a_column_is_masked_as_that_slice() -> None:
    column = pa.array(["13812345678", None, "15912345678", "18612345678"])
    assert PartialMask(Preset.MOBILE).apply(column.slice(1, 2)).values.to_pylist() == [None, "159****5678"]


@given(st.lists(st.none() | st.from_regex(r"[a-z0-9._%+-]{1,12}@([a-z0-9]{1,9}\.){1,2}[a-z]{2,4}", fullmatch=True)))
def test_of_an_address_stay_the_first_character_and_the_host(addresses: list[str | None]) -> None:
    column = pa.array(["x@y.cn", *addresses, "nobody"], pa.string()).slice(1)
    result = PartialMask(Preset.EMAIL).apply(column)
    hosts = [None if address is None else address[0] + "****@" + address.split("@")[1] for address in addresses]
    assert result.values.to_pylist() == [*hosts, None]
    assert result.invalid.tolist() == [False] * len(addresses) + [True]


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_masked_mobile_shows_seven_digits_and_no_more(value: str) -> None:
    assert masked(Preset.MOBILE, value) == [f"{value[:3]}****{value[7:]}"]


@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True))
def test_a_masked_resident_id_hides_the_date_of_birth(value: str) -> None:
    (result,) = masked(Preset.RESIDENT_ID, value)
    assert result == value[:4] + "*" * 12 + value[16:]


@given(st.lists(st.text(min_size=1, max_size=12), max_size=20), st.integers(0, 4), st.integers(0, 4))
def test_a_free_mask_hides_all_but_the_ends_and_a_short_value_whole(values: list[str], first: int, last: int) -> None:
    for value, result in zip(values, mask_between(pa.array(values, pa.string()), first, last).to_pylist(), strict=True):
        assert result is not None
        assert len(result) == len(value)
        if len(value) <= first + last:
            assert result == "*" * len(value)
        else:
            assert result == value[:first] + "*" * (len(value) - first - last) + value[len(value) - last :]


@given(st.text(min_size=1, max_size=30))
def test_no_preset_gives_a_value_back_unmasked(value: str) -> None:
    assume("*" not in value)
    for preset in Preset:
        (result,) = masked(preset, value)
        assert result is None or result != value


def test_the_mask_character_can_be_chosen() -> None:
    assert masked(Preset.MOBILE, "13812345678", mask_char="#") == ["138####5678"]
    assert masked(Preset.EMAIL, "zhang@163.com", mask_char="\\") == ["z\\\\\\\\@163.com"]


@pytest.mark.parametrize(("entity_type", "preset"), list(PRESETS.items()))
def test_a_rule_without_a_preset_takes_that_of_its_entity_type(preset: Preset, entity_type: str) -> None:
    reader = ParameterReader("f", Operator.PARTIAL_MASK, {})
    assert read_partial_mask(reader, entity_type).preset is preset


def test_free_parameters_win_over_the_entity_types_preset() -> None:
    reader = ParameterReader("f", Operator.PARTIAL_MASK, {"keep_last": 4})
    mask = read_partial_mask(reader, "CN_USCC")
    assert mask.preset is Preset.GENERIC
    assert mask.apply(pa.array(["91320500MA1XXXXX2T"])).values.to_pylist() == ["**************XX2T"]


def test_a_generic_mask_without_parameters_hides_everything() -> None:
    assert masked(Preset.GENERIC, "secret", "张三") == ["******", "**"]


def test_columns_without_a_text_form_cannot_be_masked() -> None:
    mask = PartialMask(Preset.GENERIC)
    assert mask.output_type(pa.binary()) is None
    assert mask.output_type(pa.int64()) == pa.string()


def test_a_name_may_keep_both_its_ends() -> None:
    mask = PartialMask(preset=Preset.NAME_ENDS, entity_type="PERSON")
    names = pa.array(["王小明", "张三", "欧阳娜娜", " 王 小明", "王", "", None])
    assert mask.apply(names).values.to_pylist() == ["王*明", "张*", "欧**娜", "王*明", "*", None, None]
    assert implied_preset({}, "PERSON") is Preset.NAME
