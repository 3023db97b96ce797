"""The rule pack: the shipped one says what the standards say, and a broken one is refused whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from privacy.risk.codes import ControlLevel, MotiveLevel, Outcome, RiskGrade, SignOff
from privacy.risk.rule_values import RulePackInvalid
from privacy.risk.rules import SHIPPED_PACK, load_rule_pack, shipped_rule_pack

TEXT = SHIPPED_PACK.read_text(encoding="utf-8")
LOW, MEDIUM, HIGH, SEVERE = RiskGrade


def test_the_matrix_is_that_of_table_d_5() -> None:
    matrix = shipped_rule_pack().limits.matrix
    assert matrix[4] == (MEDIUM, HIGH, SEVERE, SEVERE)
    assert matrix[3] == (MEDIUM, MEDIUM, HIGH, SEVERE)
    assert matrix[2] == (LOW, MEDIUM, MEDIUM, HIGH)
    assert matrix[1] == (LOW, LOW, MEDIUM, MEDIUM)


def test_the_insider_table_is_that_of_the_standard() -> None:
    insider = shipped_rule_pack().limits.insider
    table = {controls: [insider[controls][motive] for motive in MotiveLevel] for controls in ControlLevel}
    assert table == {
        ControlLevel.HIGH: [Decimal("0.05"), Decimal("0.1"), Decimal("0.2")],
        ControlLevel.MID: [Decimal("0.2"), Decimal("0.3"), Decimal("0.4")],
        ControlLevel.LOW: [Decimal("0.4"), Decimal("0.5"), Decimal("0.6")],
    }


def test_acceptance_and_floors_are_those_of_the_house() -> None:
    limits = shipped_rule_pack().limits
    assert (limits.accept_risk, limits.accept_r_max) == (Decimal("0.05"), Decimal("0.5"))
    assert (limits.accept_k_controlled, limits.accept_k_public, limits.accept_l) == (3, 20, 2)
    assert limits.aggregate_min_cell == 10
    assert {(floor.over, floor.level) for floor in limits.floors_risk} == {
        (Decimal("0.2"), 4),
        (Decimal("0.05"), 3),
        (Decimal("0.01"), 2),
    }
    assert {(floor.over, floor.level) for floor in limits.floors_persons} == {
        (Decimal(10_000_000), 3),
        (Decimal(1_000_000), 2),
    }
    assert (limits.floor_sensitive, limits.floor_biometric) == (3, 4)
    assert (limits.floor_under_14, limits.floor_important, limits.unknown_answer) == (4, 3, 4)


def test_the_decisions_are_those_of_the_house() -> None:
    decisions = shipped_rule_pack().limits.decisions
    assert decisions[LOW].sign_offs == (SignOff.APPROVER,)
    assert (decisions[LOW].max_months, decisions[LOW].min_treatments, decisions[LOW].watermark) == (24, 0, False)
    assert decisions[MEDIUM].sign_offs == (SignOff.APPROVER, SignOff.PRIVACY_OFFICER)
    assert (decisions[MEDIUM].max_months, decisions[MEDIUM].min_treatments, decisions[MEDIUM].watermark) == (
        12,
        1,
        True,
    )
    assert decisions[HIGH].outcome is Outcome.TREAT
    assert decisions[SEVERE].outcome is Outcome.REFUSED
    limits = shipped_rule_pack().limits
    assert (limits.full_assessment_persons, limits.reassess_months) == (500_000, 12)
    assert limits.reassess_rows_change == Decimal("0.2")


def test_every_rule_has_its_source_and_what_nobody_verified_says_so() -> None:
    pack = shipped_rule_pack()
    assert all(rule.source for rule in pack.rules.values())
    for rule in pack.rules.values():
        assert (bool(rule.article), bool(rule.article_en)) == (not rule.is_house_rule,) * 2
    assert {rule.rule_id for rule in pack.unverified()} == {
        "environment.acquaintance.people_known",
        "environment.breach",
    }
    assert pack.rule("accept.risk").is_house_rule
    assert not pack.rule("matrix.impact.4").is_house_rule


def test_every_code_has_a_name_in_both_languages() -> None:
    pack = shipped_rule_pack()
    assert pack.term("impact_question", "autonomy").zh == "限制个人自主决定权"
    assert pack.term("risk_grade", LOW).en == "Low"
    assert [term.code for term in pack.group("impact_level")] == ["1", "2", "3", "4"]
    assert all(term.zh.strip() and term.en.strip() for term in pack.terms.values())


def test_comments_and_layout_do_not_change_the_digest_but_a_value_or_a_source_does() -> None:
    digest = shipped_rule_pack().digest
    assert load_rule_pack("# another comment\n\n" + TEXT).digest == digest
    assert load_rule_pack(TEXT.replace("value = 0.05\n", "value = 0.050\n")).digest == digest
    assert load_rule_pack(TEXT.replace("value = 0.05\n", "value = 0.04\n")).digest != digest
    assert load_rule_pack(TEXT.replace("verified = false", "verified = true")).digest != digest
    assert load_rule_pack(TEXT.replace('version = "2026.1"', 'version = "2026.2"')).digest != digest


def test_rules_that_come_into_effect_later_are_known() -> None:
    late = TEXT.replace("effective_from = 2021-06-01", "effective_from = 2030-01-01", 1)
    assert [rule.rule_id for rule in load_rule_pack(late).not_in_effect(date(2026, 11, 2))] == ["matrix.impact.4"]
    assert not shipped_rule_pack().not_in_effect(date(2026, 11, 2))


def without_rule(rule_id: str) -> str:
    """The shipped pack without that row."""
    rows = TEXT.split("[[rules]]")
    return "[[rules]]".join(row for row in rows if f'rule_id = "{rule_id}"' not in row)


@pytest.mark.parametrize("rule_id", sorted(shipped_rule_pack().rules))
def test_no_rule_may_be_missing(rule_id: str) -> None:
    # The last row carries the names of the codes behind it.
    broken = (
        without_rule(rule_id) if rule_id != "reassess.months" else TEXT.replace('"reassess.months"', '"reassess.rows"')
    )
    with pytest.raises(RulePackInvalid) as refusal:
        load_rule_pack(broken)
    assert refusal.value.code == "rule_pack_invalid"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('version = "2026.1"', 'version = ""'),
        ('version = "2026.1"', 'version = "2026.1"\nowner = "somebody"'),
        ('rule_id = "accept.risk"', 'rule_id = "accept.luck"'),
        ('rule_id = "accept.k.public"', 'rule_id = "accept.k.controlled"'),
        ("value = 0.5\n", "value = 1.5\n"),
        ("value = 0.5\n", "value = 0\n"),
        ("value = 0.5\n", 'value = "0.5"\n'),
        ("value = 0.5\n", "value = nan\n"),
        ("value = 0.5\n", "value = true\n"),
        ("value = 500_000", "value = -1"),
        ("value = 500_000", "value = 0.5"),
        ("value = 150", "value = true"),
        ("verified = false", 'verified = "no"'),
        ("effective_from = 2026-01-01", 'effective_from = "2026-01-01"'),
        ("effective_from = 2026-01-01", "effective_from = 2026-01-01T00:00:00"),
        ('\nsource = "house rule"', '\nsource = " "'),
        ('article = "表 D.5"\n', ""),
        ('article = "表 D.5"\n', 'article = "表 D.5"\npage = 3\n'),
        ('["medium", "high", "severe", "severe"]', '["medium", "high", "severe"]'),
        ('["medium", "high", "severe", "severe"]', '["medium", "high", "severe", "mild"]'),
        ('["medium", "high", "severe", "severe"]', '["high", "medium", "severe", "severe"]'),
        ('["medium", "high", "severe", "severe"]', '["low", "low", "low", "low"]'),
        ("{ low = 0.05, mid = 0.1, high = 0.2 }", "{ low = 0.05, mid = 0.1 }"),
        ("{ low = 0.05, mid = 0.1, high = 0.2 }", "{ low = 0.2, mid = 0.1, high = 0.05 }"),
        ("{ over = 0.2, level = 4 }", "{ over = 0.2, level = 5 }"),
        ("{ over = 0.2, level = 4 }", "{ over = 0.2, level = 1 }"),
        ("{ over = 0.2, level = 4 }", "{ over = 0.2 }"),
        ('required = ["nda", "no_onward_transfer"]', 'required = ["nda", "nda"]'),
        ('required = ["nda", "no_onward_transfer"]', 'required = ["goodwill"]'),
        ('outcome = "treat"', 'outcome = "releasable"'),
        ('outcome = "treat"', 'outcome = "blocked"'),
        ('sign_offs = ["approver"]', "sign_offs = []"),
        ("max_months = 24", "max_months = 0"),
        ("watermark = false", 'watermark = "no"'),
        ('autonomy = { zh = "限制个人自主决定权"', 'liberty = { zh = "限制个人自主决定权"'),
        ('medium = { zh = "中", en = "Medium" }', 'medium = { zh = "中" }'),
        ("[terms.gate]", "[terms.gates]"),
        ("[terms.gate]", "[terms.gate"),
    ],
)
def test_a_pack_with_a_slip_in_it_is_refused(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(RulePackInvalid):
        load_rule_pack(TEXT.replace(old, new, 1))
