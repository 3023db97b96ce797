"""docs/entity-types.md says what the rule pack says."""

from __future__ import annotations

from privacy.detection.rules import load_rules
from tests.detection.entity_types_page import BEGIN, END, PAGE, table, with_table


def test_the_page_of_entity_types_is_the_rule_packs() -> None:
    page = PAGE.read_text("utf-8")
    assert page.split(BEGIN)[1].split(END)[0].strip() == table(load_rules())


def test_writing_the_page_anew_changes_the_table_and_nothing_else() -> None:
    page = PAGE.read_text("utf-8")
    assert with_table(page.replace("`VIN`", "`VAN`"), load_rules()) == page


def test_the_page_names_every_way_in_which_a_type_is_told() -> None:
    prose = PAGE.read_text("utf-8").split(BEGIN)[0]
    for rule in load_rules().entities.values():
        assert f"`{rule.family}`" in prose
