"""The assessment of what is to leave: measured on the very bytes, raised by floors and people, lowered by nobody, kept as a record."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from access.models import Application
from access.services.assessing import conclude, raise_answer
from access.services.deciding import outstanding_sides
from access.workflow import Action, Side, State
from catalog.datasets.grading import set_grade
from catalog.datasets.models import Dataset, Grade
from catalog.datasets.services import edit_dataset, publish_dataset, submit_dataset, suspend_dataset
from catalog.errors import Blocked, InvalidInput, NotPermitted, StaleVersion, WrongState
from privacy.risk.record import canonical_bytes, digest, record
from privacy.services.protections import set_protection
from tests.access.acts import Acts, artefact_of, fresh, present_assessment
from tests.access.tables import HEADER, OtherVisits, raw_values, table, visits_csv
from tests.cast import Cast
from tests.stages import ANSWERS, CONTROLS, MOTIVE, Stages
from tests.world import last_line

HARMLESS = dict.fromkeys(("身份证号", "性别", "出生日期", "区县"), "研究需要")


def result_of(application: Application) -> dict[str, Any]:
    found: dict[str, Any] = present_assessment(application).record["result"]
    return found


def approval_refused(stages: Stages, application: Application) -> str:
    """Nobody can approve; the code of the reason."""
    for person in (stages.cast.amy, stages.cast.oscar):
        with pytest.raises(Blocked) as refused:
            stages.act(person, application, Action.APPROVE)
        assert refused.value.status == 409
    assert fresh(application).state == State.DECIDING
    assert not application.decisions.exists()
    return refused.value.code


# --- the record ----------------------------------------------------------------------------------------------------------------


def test_the_same_inputs_give_the_same_bytes(deciding: Application) -> None:
    assessment = present_assessment(deciding)
    documents = [record(*conclude(assessment.inputs)) for _ in range(2)]
    assert canonical_bytes(documents[0]) == canonical_bytes(documents[1])
    assert digest(documents[0]) == f"sha256:{assessment.record_sha256}"
    kept = {name: value for name, value in assessment.record.items() if name != "would_lower"}
    assert canonical_bytes(kept) == canonical_bytes(documents[0])


def test_another_answer_gives_another_record(deciding: Application) -> None:
    assessment = present_assessment(deciding)
    other = {**assessment.inputs, "motives": {**assessment.inputs["motives"], "gain": True}}
    assert digest(record(*conclude(other))) != f"sha256:{assessment.record_sha256}"


def test_the_record_names_what_it_was_made_from(deciding: Application, stages: Stages) -> None:
    assessment = present_assessment(deciding)
    hashes = assessment.record["inputs"]["hashes"]
    assert hashes["artefact"] == artefact_of(deciding).sha256
    assert hashes["scan"] == f"scan:{stages.scan.pk}"
    assert hashes["source"] == stages.scan.fingerprint
    assert assessment.record["rules"]["version"]
    assert assessment.record["rules"]["sha256"]


def test_the_record_holds_no_raw_value(deciding: Application) -> None:
    assessment = present_assessment(deciding)
    text = str(assessment.inputs) + str(assessment.record)
    for value in raw_values(visits_csv(), "身份证号", "姓名", "手机号"):
        assert value not in text


def test_the_measured_figures_are_those_of_the_output(deciding: Application) -> None:
    risk, measured = result_of(deciding)["risk"], present_assessment(deciding).record["inputs"]["measured"]
    assert (measured["quasi"], measured["k_min"], measured["uniques"]) == (["性别", "出生日期", "区县"], 30, 0)
    assert (risk["k_min"], risk["persons"]) == (30, 240)
    assert Decimal(risk["environment"]) == Decimal("0.05")
    assert Decimal(risk["risk"]) == round(Decimal(8) / 240 * Decimal("0.05"), 9)


# --- gates -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"duty_citation": "  "}, "within_duty"),
        ({"purpose_detail": "研究"}, "purpose_specific"),
        ({"fields": {**HARMLESS, "区县": " "}}, "purpose_specific"),
        ({"recipient_in_china": False}, "recipient_in_china"),
        ({"legal_citation": " "}, "lawful_basis"),
    ],
)
def test_nobody_approves_while_a_gate_fails(stages: Stages, changes: dict[str, Any], gate: str) -> None:
    application = stages.deciding(**changes)
    failed = [item["gate"] for item in result_of(application)["gates"] if not item["passed"]]
    assert failed == [gate]
    assert approval_refused(stages, application) == "risk_blocked"


def test_core_data_is_released_to_nobody(stages: Stages, cast: Cast) -> None:
    set_grade(
        actor=cast.stella,
        field=stages.field("区县"),
        grade=Grade.CORE,
        affected_object="national_security",
        impact="serious",
        reason="涉密区域",
    )
    application = stages.deciding()
    assert [item["gate"] for item in result_of(application)["gates"] if not item["passed"]] == ["not_core"]
    assert approval_refused(stages, application) == "risk_blocked"
    others = stages.deciding(fields={"性别": "比较", "出生日期": "比较"})
    assert result_of(others)["gates_passed"]


def test_what_is_withheld_is_released_to_nobody(stages: Stages, cast: Cast) -> None:
    suspend_dataset(actor=cast.stella, dataset=stages.draft, reason="共享类型调整")
    dataset = Dataset.objects.get(pk=stages.draft.pk)
    edit_dataset(
        actor=cast.stella,
        dataset=dataset,
        revision=dataset.revision,
        values={"share_type": "withheld", "share_citation": "传染病防治法第 12 条"},
    )
    submit_dataset(actor=cast.stella, dataset=dataset)
    publish_dataset(actor=cast.stefan, dataset=dataset)
    application = stages.deciding()
    assert [item["gate"] for item in result_of(application)["gates"] if not item["passed"]] == ["not_withheld"]
    assert approval_refused(stages, application) == "risk_blocked"


# --- acceptance ------------------------------------------------------------------------------------------------------------------


def test_a_kept_birth_date_makes_people_unique_and_the_release_impossible(stages: Stages, cast: Cast) -> None:
    set_protection(actor=cast.oscar, field=stages.field("出生日期"), operator="keep")
    application = stages.deciding()
    result = result_of(application)
    assert result["risk"]["k_min"] < 3
    assert {item["criterion"] for item in result["acceptance"] if item["state"] == "not_met"} >= {"k_min"}
    assert result["verdict"]["reasons"]
    assert approval_refused(stages, application) == "risk_treat"
    assert present_assessment(application).record["would_lower"]


def test_a_mask_that_leaves_a_number_readable_is_measured_as_what_it_is(stages: Stages, cast: Cast) -> None:
    """The check digit of a resident ID follows from the seventeen digits before it."""
    field = stages.field("身份证号")
    set_protection(actor=cast.oscar, field=field, operator="partial_mask", parameters={"keep_first": 17})
    application = stages.deciding(fields=HARMLESS)
    assert "身份证号" in present_assessment(application).record["inputs"]["measured"]["quasi"]
    assert result_of(application)["risk"]["k_min"] == 1
    assert approval_refused(stages, application) == "risk_treat"


@pytest.mark.parametrize(("people", "releasable"), [(2, False), (3, True)])
def test_three_people_in_the_smallest_class_are_enough_and_two_are_not(
    stages: Stages, people: int, releasable: bool
) -> None:
    """Eight classes of thirty, and one more of `people` in a third district."""
    header, *rows = visits_csv().decode().splitlines()
    few = [row.replace("姑苏区", "虎丘区").replace("吴中区", "虎丘区") for row in rows if ",男,197" in row][:people]
    apart = [row for row in rows if row.split(",")[0] not in {line.split(",")[0] for line in few}]
    application = OtherVisits(stages, table([header, *apart, *few])).deciding(fields=HARMLESS)
    result = result_of(application)
    assert header == HEADER
    assert result["risk"]["k_min"] == people
    assert (result["verdict"]["outcome"] == "releasable") is releasable
    if not releasable:
        assert approval_refused(stages, application) == "risk_treat"


def test_weak_controls_at_the_recipient_raise_the_risk(stages: Stages) -> None:
    weak = stages.deciding(fields=HARMLESS, controls=dict.fromkeys(CONTROLS, False), motive=dict.fromkeys(MOTIVE, True))
    risk = result_of(weak)["risk"]
    assert (risk["controls"], risk["motive"], Decimal(risk["environment"])) == ("low", "high", Decimal("0.6"))
    assert Decimal(risk["risk"]) == round(Decimal(8) / 240 * Decimal("0.6"), 9)


def test_a_control_that_nobody_knows_of_is_not_there(stages: Stages) -> None:
    unknown = stages.deciding(fields=HARMLESS, controls=dict.fromkeys(CONTROLS), motive=dict.fromkeys(MOTIVE))
    assert (result_of(unknown)["risk"]["controls"], result_of(unknown)["risk"]["motive"]) == ("low", "high")


def test_a_public_release_asks_for_more_than_a_controlled_one(stages: Stages) -> None:
    result = result_of(stages.deciding(fields=HARMLESS, mode="public"))
    required = {item["criterion"]: item["required"] for item in result["acceptance"]}
    assert required["k_min"] == "20"
    assert (result["risk"]["environment"], result["risk"]["risk"]) == ("1", "0.033333333")


# --- floors and people only raise --------------------------------------------------------------------------------------------------


def test_sensitive_data_raises_the_impact_that_was_answered(stages: Stages, deciding: Application) -> None:
    impact = result_of(deciding)["residual"]["impact"]
    assert (impact["answered"], impact["level"]) == (1, 3)
    assert [floor["rule_id"] for floor in impact["floors"]] == ["floor.impact.sensitive"]
    harmless = stages.deciding(fields=HARMLESS)
    assert result_of(harmless)["residual"]["impact"]["level"] == 1
    assert (present_assessment(deciding).risk_grade, present_assessment(harmless).risk_grade) == ("medium", "low")


def test_a_measured_risk_raises_the_likelihood_that_was_answered(stages: Stages) -> None:
    weak = stages.deciding(fields=HARMLESS, controls=dict.fromkeys(CONTROLS, False), motive=dict.fromkeys(MOTIVE, True))
    likelihood = result_of(weak)["residual"]["likelihood"]
    assert (likelihood["answered"], likelihood["level"]) == (1, 2)
    assert [floor["rule_id"] for floor in likelihood["floors"]] == ["floor.likelihood.risk"]


def test_an_unknown_answer_counts_as_the_highest(stages: Stages) -> None:
    unknown = {**ANSWERS, "reputation": {"level": "unknown", "evidence": ""}}
    assert result_of(stages.deciding(fields=HARMLESS, questionnaire=unknown))["residual"]["impact"]["answered"] == 4


def raised(cast: Cast, application: Application, **changes: Any) -> Application:
    arguments: dict[str, Any] = {
        "actor": cast.oscar,
        "version": fresh(application).version,
        "target": "reputation",
        "level": 3,
        "reason": "病种敏感",
    }
    return raise_answer(application=application, **{**arguments, **changes})


def test_a_decider_raises_an_answer_with_name_and_reason(stages: Stages, cast: Cast) -> None:
    application = stages.deciding(fields=HARMLESS)
    before = present_assessment(application)
    after = raised(cast, application)
    assessment = present_assessment(application)
    assert (assessment.pk, after.version) == (before.pk, application.version + 1)
    assert assessment.record_sha256 != before.record_sha256
    assert (before.risk_grade, assessment.risk_grade) == ("low", "medium")
    override = assessment.record["inputs"]["overrides"][0]
    assert (override["target"], override["level"], override["by"]) == ("reputation", 3, str(cast.oscar.pk))
    assert outstanding_sides(after) == {Side.OWNER, Side.PRIVACY}
    assert last_line(application).action == "assessment.raised"


def test_raising_twice_adds_up(stages: Stages, cast: Cast) -> None:
    application = stages.deciding(fields=HARMLESS)
    raised(cast, application)
    raised(cast, application, actor=cast.amy, target="likelihood", level=4, reason="近期发生过泄露")
    assert present_assessment(application).risk_grade == "severe"
    assert approval_refused(stages, application) == "risk_refused"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"level": 1}, "override_not_higher"),
        ({"target": "impact", "level": 3}, "override_not_higher"),  # where the floor has put it already
        ({"target": "impact", "level": 2}, "override_not_higher"),
        ({"level": 5}, "answer_invalid"),
        ({"target": "luck"}, "unknown_question"),
        ({"reason": "  "}, "override_incomplete"),
    ],
)
def test_an_answer_is_raised_or_left_alone(
    deciding: Application, cast: Cast, changes: dict[str, Any], code: str
) -> None:
    before = present_assessment(deciding).record_sha256
    with pytest.raises(InvalidInput) as refused:
        raised(cast, deciding, **changes)
    assert refused.value.code == code
    assert present_assessment(deciding).record_sha256 == before
    assert fresh(deciding).version == deciding.version


@pytest.mark.parametrize("name", ["rita", "ron", "fiona", "stella", "audrey", "adam", "wendy", "carl"])
def test_only_who_decides_raises(deciding: Application, cast: Cast, name: str) -> None:
    with pytest.raises(NotPermitted):
        raised(cast, deciding, actor=getattr(cast, name))


def test_nothing_is_raised_after_a_signature(acts: Acts, cast: Cast, deciding: Application) -> None:
    acts.sign(deciding, cast.amy)
    with pytest.raises(Blocked) as refused:
        raised(cast, deciding)
    assert refused.value.code == "signed"


def test_nothing_is_raised_on_a_stale_version_or_in_another_state(
    stages: Stages, cast: Cast, deciding: Application
) -> None:
    with pytest.raises(StaleVersion):
        raised(cast, deciding, version=deciding.version - 1)
    stages.act(cast.amy, deciding, Action.RETURN, reason="请补充用途")
    with pytest.raises(WrongState):
        raised(cast, deciding)
