"""Own rules: who writes them, what is refused, that only what was tried is switched on, and that scans then look for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from catalog.errors import Blocked, InvalidInput, NotPermitted, StaleVersion, WrongState
from catalog.ledger.models import LedgerEntry
from privacy.detection.own_rules import digest_of
from privacy.detection.rules import load_rules
from privacy.models import Finding, OwnRule, OwnRuleState, OwnRuleTrial, Scan
from privacy.pages.words import entity_choices, entity_label
from privacy.services.findings import declare_finding
from privacy.services.own_rule_trials import try_on_table
from privacy.services.own_rules import (
    export_own_rules,
    import_own_rules,
    switch_off,
    switch_on,
    try_on_values,
    write_own_rule,
)
from privacy.services.readiness import basis_of
from privacy.services.rules import current_rules
from privacy.services.scans import request_scan
from tests.cast import Cast
from tests.privacy.own_rules import CARD, PATHOLOGICAL, STREET, switched_on, tried, written
from tests.stages import Stages
from tests.world import last_line, run_queued_jobs

pytestmark = pytest.mark.django_db


def test_an_administrator_writes_a_rule_and_the_ledger_says_so_without_its_words(cast: Cast) -> None:
    rule = written(cast.adam)
    assert (rule.state, rule.version, rule.is_tried) == (OwnRuleState.DRAFT, 1, False)
    line = last_line(rule)
    assert (line.action, line.actor, line.organization) == ("rule.written", cast.adam, cast.city)
    assert line.details == {"entity_type": "SZ_CITIZEN_CARD", "version": 1, "digest": digest_of(rule.document)}
    assert "SZ[0-9]" not in json.dumps(line.details)


@pytest.mark.parametrize("who", ["oscar", "stella", "audrey", "rita"])
def test_nobody_else_writes_or_switches_a_rule(cast: Cast, who: str) -> None:
    rule = tried(cast.adam)
    other = getattr(cast, who)
    with pytest.raises(NotPermitted):
        write_own_rule(actor=other, document=STREET)
    with pytest.raises(NotPermitted):
        write_own_rule(actor=other, document=CARD, rule=rule)
    with pytest.raises(NotPermitted):
        switch_on(actor=other, rule=rule)
    with pytest.raises(NotPermitted):
        import_own_rules(actor=other, content=b"")
    assert OwnRule.objects.get().state == OwnRuleState.DRAFT


def test_a_privacy_officer_reads_and_tries_rules_and_a_steward_does_not(cast: Cast) -> None:
    rule = written(cast.adam)
    assert "SZ_CITIZEN_CARD" in export_own_rules(actor=cast.oscar)
    assert try_on_values(actor=cast.oscar, rule=rule, values="SZ0123456789").counts["found"] == 1
    with pytest.raises(NotPermitted):
        export_own_rules(actor=cast.stella)
    with pytest.raises(NotPermitted):
        try_on_values(actor=cast.stella, rule=rule, values="SZ0123456789")


def test_a_pathological_expression_is_refused_with_the_reason_and_nothing_is_written(cast: Cast) -> None:
    broken = {**CARD, "expressions": [{"name": "a", "regex": PATHOLOGICAL}]}
    with pytest.raises(InvalidInput) as refused:
        write_own_rule(actor=cast.adam, document=broken)
    assert list(refused.value.fields) == ["expressions.1.regex"]
    assert not OwnRule.objects.exists()
    rule = written(cast.adam)
    with pytest.raises(InvalidInput):
        write_own_rule(actor=cast.adam, document=broken, rule=rule)
    assert OwnRule.objects.get().version == 1


def test_only_a_version_that_was_tried_is_switched_on(cast: Cast) -> None:
    rule = written(cast.adam)
    with pytest.raises(Blocked, match="Try this version"):
        switch_on(actor=cast.adam, rule=rule)
    try_on_values(actor=cast.adam, rule=rule, values="SZ0123456789")
    on = switch_on(actor=cast.adam, rule=rule)
    assert on.state == OwnRuleState.ON
    assert last_line(rule).action == "rule.switched_on"
    changed = write_own_rule(actor=cast.adam, document={**CARD, "strength": 0.8}, rule=on)
    assert (changed.version, changed.state, changed.is_tried) == (2, OwnRuleState.DRAFT, False)
    with pytest.raises(Blocked):
        switch_on(actor=cast.adam, rule=changed)


def test_the_database_itself_refuses_an_untried_rule_that_is_on(cast: Cast) -> None:
    rule = written(cast.adam)
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnRule.objects.filter(pk=rule.pk).update(state=OwnRuleState.ON)


def test_a_rule_is_switched_off_and_on_again_and_not_twice(cast: Cast) -> None:
    rule = switched_on(cast.adam)
    with pytest.raises(WrongState):
        switch_on(actor=cast.adam, rule=rule)
    rule = switch_off(actor=cast.adam, rule=rule)
    with pytest.raises(WrongState):
        switch_off(actor=cast.adam, rule=rule)
    assert switch_on(actor=cast.adam, rule=rule).state == OwnRuleState.ON


def test_who_read_an_older_version_is_told_and_changes_nothing(cast: Cast) -> None:
    rule = tried(cast.adam)
    write_own_rule(actor=cast.adam, document={**CARD, "strength": 0.8}, rule=rule, version=1)
    with pytest.raises(StaleVersion):
        write_own_rule(actor=cast.adam, document={**CARD, "strength": 0.7}, rule=rule, version=1)
    with pytest.raises(StaleVersion):
        switch_on(actor=cast.adam, rule=rule, version=1)
    assert OwnRule.objects.get().document["strength"] == 0.8


def test_a_type_stands_once_and_keeps_its_name(cast: Cast) -> None:
    rule = written(cast.adam)
    with pytest.raises(InvalidInput) as refused:
        written(cast.adam)
    assert "type" in refused.value.fields
    with pytest.raises(InvalidInput) as refused:
        write_own_rule(actor=cast.adam, document={**CARD, "type": "SZ_OTHER"}, rule=rule)
    assert "type" in refused.value.fields


def test_saving_what_stands_already_makes_no_new_version(cast: Cast) -> None:
    rule = switched_on(cast.adam)
    same = write_own_rule(actor=cast.adam, document=rule.document, rule=rule)
    assert (same.version, same.state) == (1, OwnRuleState.ON)


# --- trying on values --------------------------------------------------------------------------------------------------


def test_values_are_tried_in_memory_and_only_counts_are_kept(cast: Cast) -> None:
    rule = written(cast.adam, {**CARD, "expressions": [{"name": "card", "regex": "[0-9]{16}"}], "checksum": "luhn"})
    trial = try_on_values(
        actor=cast.adam, rule=rule, values="4111111111111111\n4111111111111112\n市民卡号是 4111111111111111 没错\n张三"
    )
    assert [value.found for value in trial.values] == [True, True, True, False]
    assert [value.whole for value in trial.values] == [True, True, False, False]
    assert [value.checksum for value in trial.values] == [True, False, True, None]
    assert all("4111111111111111" not in value.example for value in trial.values)
    rule.refresh_from_db()
    assert rule.is_tried
    assert {name: rule.trial[name] for name in ("values", "found", "checked", "valid")} == {
        "values": 4,
        "found": 3,
        "checked": 3,
        "valid": 2,
    }
    kept = json.dumps([rule.trial, *LedgerEntry.objects.values_list("details", flat=True)], ensure_ascii=False)
    assert "4111" not in kept
    assert "张三" not in kept


def test_trying_says_what_a_column_of_such_values_would_be(cast: Cast) -> None:
    rule = written(cast.adam)
    values = "\n".join(f"SZ{number:010d}" for number in range(40))
    assert try_on_values(actor=cast.adam, rule=rule, values=values).entity_type == "SZ_CITIZEN_CARD"
    assert try_on_values(actor=cast.adam, rule=rule, values="上海\n北京").entity_type != "SZ_CITIZEN_CARD"


@pytest.mark.parametrize("values", ["", " \n ", "\n".join(str(number) for number in range(1001))])
def test_a_trial_needs_some_values_and_not_too_many(cast: Cast, values: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        try_on_values(actor=cast.adam, rule=written(cast.adam), values=values)
    assert "values" in refused.value.fields


# --- what scans look for -------------------------------------------------------------------------------------------------


def test_scans_look_for_a_rule_only_while_it_is_on(cast: Cast) -> None:
    rule = tried(cast.adam)
    assert current_rules().version == load_rules().version
    assert "SZ_CITIZEN_CARD" not in current_rules().running
    switch_on(actor=cast.adam, rule=rule)
    rules = current_rules()
    assert "SZ_CITIZEN_CARD" in rules.running
    assert rules.version.startswith(f"{load_rules().version}+own.")
    assert len(rules.version) <= 60
    rule.refresh_from_db()
    switch_off(actor=cast.adam, rule=rule)
    assert current_rules().version == load_rules().version
    assert current_rules().role_of("SZ_CITIZEN_CARD") == "direct"


def test_a_rule_switched_by_another_process_is_seen_at_once(cast: Cast) -> None:
    rule = tried(cast.adam)
    assert "SZ_CITIZEN_CARD" not in current_rules().running
    OwnRule.objects.filter(pk=rule.pk).update(state=OwnRuleState.ON)
    assert "SZ_CITIZEN_CARD" in current_rules().running


def test_asking_for_the_rules_again_reads_no_document(cast: Cast, django_assert_num_queries: Any) -> None:
    switched_on(cast.adam)
    current_rules()
    with django_assert_num_queries(1) as asked:
        current_rules()
    assert "document" not in asked.captured_queries[0]["sql"]


def test_an_own_type_has_a_name_on_pages_and_among_the_choices(cast: Cast) -> None:
    written(cast.adam)
    assert entity_label("SZ_CITIZEN_CARD") in ("苏州市民卡号", "Suzhou citizen card number")
    assert "SZ_CITIZEN_CARD" in dict(entity_choices())


def test_an_officer_declares_a_field_of_an_own_type_and_its_grade_is_proposed(stages: Stages, cast: Cast) -> None:
    switched_on(cast.adam)
    field = stages.field("区县")
    Finding.objects.filter(field=field).delete()
    declare_finding(actor=cast.oscar, field=field, entity_type="SZ_CITIZEN_CARD", role="direct", reason="卡号")
    field.refresh_from_db()
    assert (field.entity_type, field.grade) == ("SZ_CITIZEN_CARD", "general_3")


def test_a_scan_finds_an_own_type_and_a_scan_from_before_is_out_of_date(stages: Stages, cast: Cast) -> None:
    distribution = stages.distribution
    assert "rules_changed" not in problems_of(stages)
    switched_on(
        cast.adam, {**STREET, "words": ["姑苏区", "虎丘区", "吴中区", "相城区", "工业园区", "高新区"], "strength": 1.0}
    )
    assert problems_of(stages) != []
    scan = request_scan(actor=cast.oscar, distribution=distribution)
    run_queued_jobs()
    scan = Scan.objects.get(pk=scan.pk)
    assert scan.state == "complete", scan.reasons
    assert scan.rules_version == current_rules().version
    assert scan.rules["SZ_STREET"].startswith("own.1-")
    column = next(column for column in scan.columns if column["name"] == "区县")
    assert "SZ_STREET" in (column["entity_type"], *(other["entity_type"] for other in column["other_types"]))


def problems_of(stages: Stages) -> list[str]:
    basis = basis_of(stages.distribution, fingerprint=Scan.objects.latest("pk").fingerprint)
    return [problem.code for problem in basis.problems]


# --- trying on a table -----------------------------------------------------------------------------------------------------


def test_a_rule_is_tried_on_a_table_by_who_may_scan_it(stages: Stages, cast: Cast) -> None:
    stages.review()
    rule = written(cast.adam, {**CARD, "expressions": [{"name": "mobile", "regex": "1[3-9][0-9]{9}"}], "strength": 1.0})
    trial = try_on_table(actor=cast.oscar, rule=rule, distribution=stages.distribution)
    with pytest.raises(Blocked, match="already being tried"):
        try_on_table(actor=cast.oscar, rule=rule, distribution=stages.distribution)
    run_queued_jobs()
    trial.refresh_from_db()
    assert trial.job.state == "complete"
    (column,) = (column for column in trial.result["columns"] if column["name"] == "手机号")
    assert column["rows"] > 0
    assert column["before"] == "CN_MOBILE"
    assert column["finding"] == {"entity_type": "CN_MOBILE", "state": "confirmed"}
    text = json.dumps(trial.result, ensure_ascii=False)
    assert not any(mobile in text for mobile in ("13800", "13900"))
    rule.refresh_from_db()
    assert rule.is_tried
    assert switch_on(actor=cast.adam, rule=rule).state == OwnRuleState.ON
    assert Finding.objects.get(field__name="手机号").entity_type == "CN_MOBILE"


def test_an_administrator_without_a_role_at_the_table_does_not_try_on_it(stages: Stages, cast: Cast) -> None:
    rule = written(cast.adam)
    for who in (cast.adam, cast.wendy, cast.stella):
        with pytest.raises(NotPermitted):
            try_on_table(actor=who, rule=rule, distribution=stages.distribution)


def test_a_trial_of_an_older_version_does_not_make_the_newer_one_tried(stages: Stages, cast: Cast) -> None:
    rule = written(cast.adam)
    try_on_table(actor=cast.oscar, rule=rule, distribution=stages.distribution)
    write_own_rule(actor=cast.adam, document={**CARD, "strength": 0.8}, rule=rule)
    run_queued_jobs()
    rule.refresh_from_db()
    assert rule.version == 2
    assert not rule.is_tried


def test_only_who_reads_the_findings_of_a_table_sees_a_trial_on_it(stages: Stages, cast: Cast) -> None:
    try_on_table(actor=cast.oscar, rule=written(cast.adam), distribution=stages.distribution)
    assert OwnRuleTrial.objects.visible_to(cast.olga).exists()
    assert not OwnRuleTrial.objects.visible_to(cast.adam).exists()
    assert not OwnRuleTrial.objects.visible_to(cast.wendy).exists()


# --- files -----------------------------------------------------------------------------------------------------------------


def test_a_file_goes_out_and_comes_in_again_as_it_was(cast: Cast) -> None:
    written(cast.adam)
    written(cast.adam, STREET)
    before = {rule.entity_type: rule.digest for rule in OwnRule.objects.all()}
    text = export_own_rules(actor=cast.adam)
    again = import_own_rules(actor=cast.adam, content=text.encode())
    assert again.unchanged == ("SZ_CITIZEN_CARD", "SZ_STREET")
    OwnRule.objects.all().delete()
    assert import_own_rules(actor=cast.adam, content=text.encode()).written == ("SZ_CITIZEN_CARD", "SZ_STREET")
    assert {rule.entity_type: rule.digest for rule in OwnRule.objects.all()} == before


BAD_FILES = [
    (b"\xff\xfe", "UTF-8"),
    (b"[[entity]\ntype = 1", "line 1"),
    (b"", "no rule"),
    (b"[[entity]]\ntype = 'cn'\n", "Rule 1 (?), type"),
    (b"[other]\nx = 1\n", "other"),
]


@pytest.mark.parametrize(("content", "told"), BAD_FILES)
def test_a_bad_file_is_refused_with_the_place_and_changes_nothing(cast: Cast, content: bytes, told: str) -> None:
    written(cast.adam)
    with pytest.raises(InvalidInput) as refused, translation.override("en"):
        import_own_rules(actor=cast.adam, content=content)
    assert told in str(refused.value.fields["file"])
    assert OwnRule.objects.get().version == 1


def test_one_bad_rule_keeps_the_whole_file_out(cast: Cast) -> None:
    text = export_own_rules(actor=cast.adam, rule=written(cast.adam))
    OwnRule.objects.all().delete()
    bad = text + text.replace("SZ_CITIZEN_CARD", "SZ_BAD").replace("SZ[0-9]{10}", "(a+)+")
    with pytest.raises(InvalidInput) as refused, translation.override("en"):
        import_own_rules(actor=cast.adam, content=bad.encode())
    assert "Rule 2 (SZ_BAD), expressions.1.regex" in str(refused.value.fields["file"])
    assert not OwnRule.objects.exists()


# --- a shipped rule of the same type ----------------------------------------------------------------------------------------


@pytest.fixture
def overtaken(cast: Cast) -> OwnRule:
    """An own rule that is on, of a type that the shipped pack has too: as a newer version of the program may have it."""
    rule = switched_on(cast.adam)
    document = {**rule.document, "type": "CN_MOBILE"}
    OwnRule.objects.filter(pk=rule.pk).update(entity_type="CN_MOBILE", document=document, digest=digest_of(document))
    return OwnRule.objects.get(pk=rule.pk)


def test_a_shipped_rule_wins_over_an_own_one_of_its_type_and_nothing_stops(overtaken: OwnRule) -> None:
    rules = current_rules()
    assert rules.entities["CN_MOBILE"] == load_rules().entities["CN_MOBILE"]
    assert rules.version == load_rules().version


def test_other_own_rules_run_beside_a_displaced_one(overtaken: OwnRule, cast: Cast) -> None:
    assert overtaken.entity_type == "CN_MOBILE"
    switched_on(cast.adam, STREET)
    assert "SZ_STREET" in current_rules().running


def test_a_displaced_rule_is_neither_tried_nor_switched_on_and_says_why(overtaken: OwnRule, cast: Cast) -> None:
    for act in (
        lambda: try_on_values(actor=cast.adam, rule=overtaken, values="SZ0123456789"),
        lambda: switch_on(actor=cast.adam, rule=switch_off(actor=cast.adam, rule=overtaken)),
    ):
        with pytest.raises(Blocked) as stopped:
            act()
        assert (stopped.value.code, stopped.value.params["type"]) == ("own_rule_displaced", "CN_MOBILE")
