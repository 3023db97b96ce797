"""The domain of a pseudonym: under one key the same identifier gives one pseudonym in every table, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest

from privacy.masking.engine import protect_batches
from privacy.masking.keys import DomainKey
from privacy.masking.operators import PROPERTIES, Operator
from privacy.masking.policy import FieldRule, Policy

MINE, ANOTHER = DomainKey(bytes(range(32))), DomainKey(bytes(range(1, 33)))
# What makes one pseudonym of one person, whatever the table; those that this version cannot apply are not looked at.
LINKING: Mapping[Operator, Mapping[str, Any]] = {
    operator: {}
    for operator in (Operator.TOKEN, Operator.FF1, Operator.SURROGATE, Operator.ENCRYPT)
    if PROPERTIES[operator].available
}
MOBILES = [f"138{number:08d}" for number in range(0, 40_000_000, 1_000_000)]
# As another system spells the same numbers.
SPELT = [f"{number[:3]} {number[3:7]} {number[7:]}" for number in MOBILES]


def protected(values: list[str], operator: Operator, key: DomainKey, *, column: str, entity_type: str) -> list[str]:
    """The pseudonyms of a column of a table of its own."""
    batch = pa.record_batch({"row": list(range(len(values))), column: values})
    rules = {"row": FieldRule(Operator.KEEP), column: FieldRule(operator, LINKING[operator], entity_type=entity_type)}
    made = protect_batches([batch], batch.schema, Policy(fields=rules), key)
    found = pa.Table.from_batches(list(made)).column(column).to_pylist()
    assert None not in found
    return [str(value) for value in found]


@pytest.mark.parametrize("operator", LINKING)
def test_one_identifier_links_across_the_tables_of_a_project(operator: Operator) -> None:
    visits = protected(MOBILES, operator, MINE, column="手机号", entity_type="CN_MOBILE")
    calls = protected(MOBILES[::-1], operator, MINE, column="phone", entity_type="CN_MOBILE")
    assert visits == calls[::-1]
    assert len(set(visits)) == len(MOBILES)


@pytest.mark.parametrize("operator", LINKING)
def test_one_identifier_links_in_whatever_way_it_is_spelt(operator: Operator) -> None:
    visits = protected(MOBILES, operator, MINE, column="手机号", entity_type="CN_MOBILE")
    assert protected(SPELT, operator, MINE, column="phone", entity_type="CN_MOBILE") == visits


@pytest.mark.parametrize("operator", LINKING)
def test_under_another_project_s_key_nothing_links(operator: Operator) -> None:
    mine = protected(MOBILES, operator, MINE, column="手机号", entity_type="CN_MOBILE")
    theirs = protected(MOBILES, operator, ANOTHER, column="手机号", entity_type="CN_MOBILE")
    # A pseudonym that looks like a number may be met again, at another row, by luck; the same row never keeps its own.
    assert not [row for row, (one, other) in enumerate(zip(mine, theirs, strict=True)) if one == other]
    if operator in (Operator.TOKEN, Operator.ENCRYPT):
        assert not set(mine) & set(theirs)


@pytest.mark.parametrize("operator", [operator for operator in LINKING if operator is not Operator.SURROGATE])
def test_between_kinds_of_identifiers_nothing_links(operator: Operator) -> None:
    """The same digits as a mobile number and as a number of no known kind are not one person."""
    mobiles = protected(MOBILES, operator, MINE, column="手机号", entity_type="CN_MOBILE")
    others = protected(MOBILES, operator, MINE, column="编号", entity_type="CASE_NUMBER")
    assert not [row for row, (one, other) in enumerate(zip(mobiles, others, strict=True)) if one == other]
