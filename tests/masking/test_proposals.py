"""What is proposed: for every type and way of leaving a rule that can be applied, and nothing that the role forbids."""

from __future__ import annotations

import pyarrow as pa
import pytest

from privacy.detection.model import FieldRole
from privacy.detection.rules import GRADES, load_rules
from privacy.masking.engine import protect_batches
from privacy.masking.keys import DomainKey
from privacy.masking.operators import Operator, available_operators
from privacy.masking.policy import FieldRule, Policy, check_rule
from privacy.masking.proposals import PSEUDONYMOUS, SHIPPED, ProposalsInvalid, read_proposals, shipped_proposals
from privacy.masking.safety import check_policy
from privacy.risk.codes import ReleaseMode

RULES = load_rules().entities
TEXT = SHIPPED.read_text(encoding="utf-8")


def proposed(entity_type: str, role: FieldRole | str, mode: ReleaseMode, grade: str = "") -> FieldRule:
    found = shipped_proposals().rule_for(entity_type=entity_type, role=FieldRole(role), grade=grade, mode=mode)
    return FieldRule(found.operator, found.parameters, entity_type or None)


@pytest.mark.parametrize("mode", ReleaseMode)
@pytest.mark.parametrize("entity_type", [*RULES, "A_TYPE_OF_ONES_OWN"])
def test_every_type_gets_a_rule_that_can_be_applied_whatever_its_role(entity_type: str, mode: ReleaseMode) -> None:
    for role in FieldRole:
        for grade in ("", *GRADES):
            rule = proposed(entity_type, role, mode, grade)
            assert rule.operator in available_operators()
            check_rule(rule, field=entity_type)
            check_policy(Policy(fields={"it": rule}), {"it": role})


@pytest.mark.parametrize("mode", ReleaseMode)
@pytest.mark.parametrize("entity_type", list(RULES))
def test_what_is_proposed_works_on_a_column_of_text(entity_type: str, mode: ReleaseMode) -> None:
    rule = proposed(entity_type, RULES[entity_type].role, mode)
    batch = pa.record_batch({"it": ["1990-01-02", "35", "苏州市姑苏区平江路1号", None], "n": [1, 2, 3, 4]})
    policy = Policy(fields={"it": rule, "n": FieldRule(Operator.KEEP)})
    (written,) = protect_batches([batch], batch.schema, policy, DomainKey.generate())
    assert written.num_rows == 4


@pytest.mark.parametrize("entity_type", [*RULES, "A_TYPE_OF_ONES_OWN"])
def test_what_is_open_to_everybody_holds_no_pseudonym_of_a_direct_identifier(entity_type: str) -> None:
    rule = proposed(entity_type, "direct", ReleaseMode.PUBLIC)
    assert rule.operator not in PSEUDONYMOUS | {Operator.KEEP}


def test_pseudonyms_are_the_operators_whose_result_still_stands_for_the_person() -> None:
    assert {Operator.TOKEN, Operator.FF1, Operator.SURROGATE, Operator.ENCRYPT, Operator.DICTIONARY} == PSEUDONYMOUS


@pytest.mark.parametrize(
    ("entity_type", "role", "grade", "mode", "operator", "parameters"),
    [
        ("CN_RESIDENT_ID", "direct", "general_3", "public", "drop", {}),
        ("CN_RESIDENT_ID", "direct", "general_3", "controlled", "token", {}),
        ("PERSON", "direct", "general_2", "controlled", "drop", {}),
        ("PERSON", "direct", "general_2", "enclave", "token", {}),
        ("BIRTH_DATE", "quasi", "general_2", "controlled", "generalise", {"to": "decade"}),
        ("BIRTH_DATE", "quasi", "general_2", "enclave", "generalise", {"to": "year"}),
        ("BIRTH_DATE", "quasi", "core", "enclave", "drop", {}),
        ("BIRTH_DATE", "quasi", "important", "public", "drop", {}),
        ("BIRTH_DATE", "quasi", "important", "controlled", "generalise", {"to": "decade"}),
        ("DIAGNOSIS", "sensitive", "general_4", "public", "drop", {}),
        ("DIAGNOSIS", "sensitive", "", "public", "drop", {}),
        ("DIAGNOSIS", "sensitive", "general_4", "controlled", "keep", {}),
        ("BIRTH_DATE", "none", "", "public", "keep", {}),
        ("", "none", "core", "controlled", "drop", {}),
    ],
)
def test_a_proposal_follows_grade_type_role_and_the_way_the_data_leave(
    entity_type: str, role: str, grade: str, mode: str, operator: str, parameters: dict[str, object]
) -> None:
    rule = proposed(entity_type, role, ReleaseMode(mode), grade)
    assert (rule.operator, dict(rule.parameters)) == (operator, parameters)


def test_a_type_of_the_pack_is_one_of_the_rule_pack() -> None:
    assert set(shipped_proposals().types) <= set(RULES)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('[role.none]\nsource = "house"', '[role.none]\nsource = "hearsay"', "role.none"),
        ("[grade.core]", "[grade.secret]", "secret"),
        ("[role.quasi]", "[role.semi]", "semi"),
        ("width = 0.1 }", 'width = "wide" }', "type.CN_GPS.public"),
        (
            'controlled = "drop"\nenclave = ["token", "drop"]\n\n[type.EMAIL',
            'enclaves = "drop"\n\n[type.EMAIL',
            "enclaves",
        ),
        ('enclave = "keep"\n\n[type.OCC', 'enclave = "shred"\n\n[type.OCC', "type.ETHNICITY.enclave"),
        ('version = "2026', 'reversion = "2026', "reversion"),
        ('[sources.house]\ntitle = "本系统规则"', "[sources.house]", "sources.house"),
        ('public = "keep"\ncontrolled = "keep"\nenclave = "keep"\n\n[role.sens', "\n[role.sens", "role.quasi"),
        ("[role.none]", "[role.none", "line"),
    ],
)
def test_a_pack_that_is_not_right_is_refused_and_the_place_named(old: str, new: str, named: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(ProposalsInvalid, match=named):
        read_proposals(TEXT.replace(old, new))


def test_the_first_operator_that_can_be_applied_is_taken() -> None:
    text = TEXT.replace(
        'controlled = ["token", "drop"]\nenclave = ["token", "drop"]', 'controlled = ["keep", "null"]\nenclave = "drop"'
    )
    rule = read_proposals(text).rule_for(entity_type="", role=FieldRole.DIRECT, grade="", mode=ReleaseMode.CONTROLLED)
    assert rule.operator is Operator.NULL
