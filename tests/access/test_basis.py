"""What was assessed is what is released: where anything it stood on has changed, the bytes are gone and the assessment is made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access.models import Application, Artefact, Assessment, Release
from access.services.deciding import outstanding_sides
from access.workflow import Action, Side, State
from catalog.datasets.grading import set_grade
from catalog.datasets.models import Dataset, Grade, SubjectKind
from catalog.datasets.services import declare_subject, edit_dataset, publish_dataset, submit_dataset, suspend_dataset
from catalog.errors import Blocked
from catalog.jobs.models import JobState
from privacy.services.findings import correct_finding
from privacy.services.protections import set_protection
from privacy.services.scans import request_scan
from tests.access.acts import Acts, artefact_of, fresh, on_disk, present_assessment
from tests.access.tables import visits_csv
from tests.cast import Cast
from tests.stages import Stages
from tests.world import last_line


def change_the_protection(stages: Stages, acts: Acts) -> None:
    set_protection(actor=stages.cast.olga, field=stages.field("诊断"), operator="drop")


def change_a_finding(stages: Stages, acts: Acts) -> None:
    finding = stages.field("诊断").finding
    correct_finding(actor=stages.cast.olga, finding=finding, entity_type="DIAGNOSIS", role="quasi", reason="疾病罕见")


def scan_again(stages: Stages, acts: Acts) -> None:
    request_scan(actor=stages.cast.oscar, distribution=stages.distribution)
    stages.run_jobs()


def change_the_subject(stages: Stages, acts: Acts) -> None:
    declare_subject(
        actor=stages.cast.oscar, distribution=stages.distribution, kind=SubjectKind.PERSON, field=stages.field("手机号")
    )


def call_a_field_important(stages: Stages, acts: Acts) -> None:
    set_grade(
        actor=stages.cast.stella,
        field=stages.field("区县"),
        grade=Grade.IMPORTANT,
        affected_object="public_interest",
        impact="serious",
        reason="全市就诊分布",
    )


def scan_what_the_table_holds_now(stages: Stages, acts: Acts) -> None:
    acts.replace_table(visits_csv(248))
    scan_again(stages, acts)


CHANGES = [
    (change_the_protection, "protection"),
    (change_a_finding, "ground"),
    (scan_again, "scan"),
    (change_the_subject, "ground"),
    (call_a_field_important, "ground"),
    (scan_what_the_table_holds_now, "data"),
]


@pytest.mark.parametrize(("change", "because"), CHANGES, ids=[change.__name__ for change, _because in CHANGES])
def test_a_change_since_the_assessment_deletes_the_bytes_and_asks_for_a_new_assessment(
    stages: Stages,
    acts: Acts,
    cast: Cast,
    deciding: Application,
    committed: Callable[[], Any],
    change: Any,
    because: str,
) -> None:
    before = present_assessment(deciding)
    artefact = artefact_of(deciding)
    change(stages, acts)
    with committed(), pytest.raises(Blocked) as refused:
        stages.act(cast.amy, deciding, Action.APPROVE)
    assert (refused.value.status, refused.value.code) == (409, "basis_changed")
    artefact.refresh_from_db()
    assert artefact.deleted_at is not None
    assert not on_disk(artefact)
    application = fresh(deciding)
    assert (application.state, application.version) == (State.SUBMITTED, deciding.version + 1)
    assert not application.decisions.exists()
    assert stages.run_jobs() == [JobState.COMPLETE]
    again = present_assessment(application)
    assert (again.number, again.application.state) == (before.number + 1, State.DECIDING)
    assert on_disk(artefact_of(application))
    before.refresh_from_db()
    assert (before.superseded_because, again.superseded_because) == (because, "")


def test_after_the_new_assessment_it_can_be_granted(
    stages: Stages, acts: Acts, cast: Cast, deciding: Application
) -> None:
    change_the_protection(stages, acts)
    with pytest.raises(Blocked):
        stages.act(cast.amy, deciding, Action.APPROVE)
    stages.run_jobs()
    assert present_assessment(deciding).risk_grade == "low"
    assert acts.sign(deciding, cast.amy).state == State.GRANTED
    assert Release.objects.get().artefact == artefact_of(deciding)


def test_signatures_on_what_is_void_count_no_more(
    stages: Stages, acts: Acts, cast: Cast, deciding: Application
) -> None:
    acts.sign(deciding, cast.amy)
    change_a_finding(stages, acts)
    with pytest.raises(Blocked) as refused:
        acts.sign(deciding, cast.oscar)
    assert refused.value.code == "basis_changed"
    stages.run_jobs()
    assert Side.OWNER in outstanding_sides(deciding)
    assert not Release.objects.exists()


def test_a_source_that_changed_and_was_not_scanned_gives_the_application_back(
    stages: Stages, acts: Acts, cast: Cast, deciding: Application, committed: Callable[[], Any]
) -> None:
    artefact = artefact_of(deciding)
    acts.replace_table(visits_csv(241))
    with committed(), pytest.raises(Blocked) as refused:
        stages.act(cast.amy, deciding, Action.APPROVE)
    assert refused.value.code == "basis_changed"
    application = fresh(deciding)
    assert (application.state, application.note_code) == (State.RETURNED, "source_changed")
    assert not on_disk(artefact)
    assert not Assessment.objects.filter(application=application, superseded_at__isnull=True).exists()
    assert last_line(application).action == "application.basis_changed"
    assert Assessment.objects.get(application=application).superseded_because == "data"


def test_a_finding_that_waits_for_a_second_person_gives_the_application_back(
    stages: Stages, cast: Cast, deciding: Application
) -> None:
    finding = stages.field("身份证号").finding
    assert finding.checksum_proven
    correct_finding(actor=cast.oscar, finding=finding, entity_type="PERSON", role="none", reason="测试数据")
    with pytest.raises(Blocked):
        stages.act(cast.amy, deciding, Action.APPROVE)
    assert (fresh(deciding).state, fresh(deciding).note_code) == (State.RETURNED, "findings_undecided")


def test_a_change_before_the_payment_is_confirmed_counts_as_well(
    stages: Stages, acts: Acts, cast: Cast, committed: Callable[[], Any]
) -> None:
    application = acts.reach(State.AWAITING_PAYMENT)
    artefact = artefact_of(application)
    change_the_protection(stages, acts)
    with committed(), pytest.raises(Blocked) as refused:
        stages.act(cast.fiona, application, Action.CONFIRM_PAYMENT, bank_reference="ICBC-1")
    assert refused.value.code == "basis_changed"
    assert not on_disk(artefact)
    assert (fresh(application).state, application.order.paid_on) == (State.SUBMITTED, None)
    assert not Release.objects.exists()


def test_a_change_while_the_artefact_is_written_voids_it(stages: Stages, acts: Acts, cast: Cast) -> None:
    """The worker looks again when it has finished writing."""
    application = stages.application()
    stages.act(cast.rita, application, Action.SUBMIT)
    acts.during_the_assessment(application, lambda: change_the_protection(stages, acts))
    assert (fresh(application).state, fresh(application).note_code) == (State.RETURNED, "basis_changed")
    assert not Artefact.objects.exists()


def test_nothing_is_granted_from_a_dataset_that_was_suspended(
    stages: Stages, cast: Cast, acts: Acts, deciding: Application
) -> None:
    suspend_dataset(actor=cast.stella, dataset=stages.draft, reason="数据有误")
    with pytest.raises(Blocked) as refused:
        stages.act(cast.amy, deciding, Action.APPROVE)
    assert refused.value.code == "dataset_not_published"
    assert fresh(deciding).state == State.DECIDING


def test_nothing_is_granted_on_a_gate_that_was_passed_before_the_data_was_withheld(
    stages: Stages, cast: Cast, deciding: Application
) -> None:
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
    with pytest.raises(Blocked) as refused:
        stages.act(cast.amy, deciding, Action.APPROVE)
    assert refused.value.code == "basis_changed"
    stages.run_jobs()
    with pytest.raises(Blocked) as refused:
        stages.act(cast.amy, deciding, Action.APPROVE)
    assert refused.value.code == "risk_blocked"


@pytest.mark.parametrize(
    ("action", "person"),
    [(Action.REJECT, "amy"), (Action.RETURN, "oscar"), (Action.WITHDRAW, "rita")],
)
def test_what_is_not_approved_is_deleted(
    stages: Stages, cast: Cast, deciding: Application, committed: Callable[[], Any], action: Action, person: str
) -> None:
    artefact = artefact_of(deciding)
    assert on_disk(artefact)
    with committed():
        stages.act(getattr(cast, person), deciding, action, reason="理由")
    artefact.refresh_from_db()
    assert artefact.deleted_at is not None
    assert not on_disk(artefact)


def test_a_refused_approval_deletes_nothing(
    stages: Stages, cast: Cast, deciding: Application, committed: Callable[[], Any]
) -> None:
    with committed(), pytest.raises(Blocked):
        stages.act(cast.olga, stages.deciding(fields={"区县": "比较", "性别": "比较"}), Action.APPROVE)
    assert on_disk(artefact_of(deciding))


def test_a_returned_application_is_assessed_anew_when_it_is_submitted_again(
    stages: Stages, cast: Cast, deciding: Application
) -> None:
    first = artefact_of(deciding)
    stages.act(cast.amy, deciding, Action.RETURN, reason="请补充用途")
    stages.act(cast.rita, deciding, Action.SUBMIT)
    assert fresh(deciding).note == ""
    stages.run_jobs()
    assert present_assessment(deciding).number == 2
    assert deciding.assessments.get(number=1).superseded_because == "resubmitted"
    assert artefact_of(deciding) != first
    assert fresh(deciding).state == State.DECIDING
