"""From a staged artefact to its assessment: gather the facts, ask the rule pack, keep the record; and raising an answer.

The rules are `privacy.risk`; here is only where each input comes from. The record is canonical JSON: the same inputs give the same
bytes, and decisions are signed on its SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.models import Application, Artefact, Assessment, Release
from access.services.applications import lock_application
from access.services.staging import Staged
from access.workflow import State
from catalog.datasets.models import GRADES_BY_WEIGHT, Grade, ShareType, SubjectKind
from catalog.errors import Blocked, InvalidInput, StaleVersion, WrongState
from catalog.ledger.services import record as write_ledger
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from privacy.models import FieldRole
from privacy.risk.assessment import AssessmentResult, assess
from privacy.risk.codes import Gate, SignOff, Treatment
from privacy.risk.codes import ReleaseMode as RiskMode
from privacy.risk.facts import AssessmentInput, DataFacts, NoDataSubjects
from privacy.risk.gates import GateAnswer
from privacy.risk.lowering import what_would_lower
from privacy.risk.measurement import Measurement
from privacy.risk.questionnaire import (
    Override,
    read_answers,
    read_controls,
    read_gates,
    read_motives,
    read_overrides,
)
from privacy.risk.record import digest, record
from privacy.risk.rules import RulePack, shipped_rule_pack
from privacy.services.readiness import Basis
from privacy.services.rules import current_rules

SPECIFIC_PURPOSE = 10  # characters; house rule: fewer say nothing specific


def check_answers(application: Application) -> None:
    """Raise `InvalidInput` where the questionnaire, the controls or the motive cannot be used: before a job is spent on it."""
    try:
        read_answers(application.questionnaire)
        read_controls(application.controls)
        read_motives(application.motive)
    except MessageError as error:
        raise InvalidInput.of(error) from error


def inputs_for(application: Application, staged: Staged, basis: Basis, *, today: date) -> dict[str, Any]:
    """Every input of the assessment as JSON: what `conclude` reads, now and when an answer is raised later."""
    return {
        "assessed_on": today.isoformat(),
        "release_mode": application.mode,
        "hashes": {
            "artefact": staged.sha256,
            "policy": staged.manifest["policy_sha256"],
            "scan": f"scan:{basis.scan_id}",
            "source": basis.fingerprint,
        },
        "gates": {
            gate.value: {"passed": answer.passed, "evidence": answer.evidence}
            for gate, answer in _gates(application, basis).items()
        },
        "answers": application.questionnaire,
        "controls": application.controls,
        "motives": application.motive,
        "facts": _facts(application, staged),
        "measured": staged.measured.as_dict() if staged.measured else None,
        "declaration": _declaration(application),
        "inherent": staged.inherent.as_dict() if staged.inherent else None,
        "rows_linkable": staged.subject_linkable,
        "treatments": sorted(technique.value for technique in staged.treatments),
        "overrides": [],
    }


def _gates(application: Application, basis: Basis) -> dict[Gate, GateAnswer]:
    """The eight gates of standards §5 A, each with what it was decided on."""
    dataset = application.distribution.dataset
    fields = list(application.requested_fields.select_related("field"))
    unjustified = [row.field.name for row in fields if not row.justification.strip()]
    core = [row.field.name for row in fields if row.field.grade == Grade.CORE]
    quote = application.quote or {}
    specific = len(application.purpose_detail.strip()) >= SPECIFIC_PURPOSE and not unjustified
    return {
        Gate.WITHIN_DUTY: GateAnswer(bool(application.duty_citation.strip()), application.duty_citation),
        Gate.PURPOSE_SPECIFIC: GateAnswer(
            specific,
            f"{application.purpose}; {len(fields)} fields"
            + (f"; without a justification: {', '.join(unjustified)[:200]}" if unjustified else ", each justified"),
        ),
        Gate.NOT_CORE: GateAnswer(not core, f"core fields: {', '.join(core)[:200] or 'none'}"),
        Gate.NOT_WITHHELD: GateAnswer(
            dataset.share_type != ShareType.WITHHELD,
            f"{dataset.share_type}{': ' + dataset.share_citation if dataset.share_citation else ''}"[:300],
        ),
        Gate.RECIPIENT_IN_CHINA: GateAnswer(application.recipient_in_china, application.organization.code),
        Gate.LAWFUL_BASIS: GateAnswer(
            bool(application.legal_citation.strip()),
            f"PIPL Art 13 {application.legal_basis}: {application.legal_citation}",
        ),
        Gate.LAWFUL_PRICE: GateAnswer(
            bool(quote), f"{quote.get('amount')} {quote.get('currency')} ({quote.get('reason')})"
        ),
        Gate.SCAN_COMPLETE: GateAnswer(
            basis.scan_id is not None and not basis.problems, f"scan {basis.scan_id}, {basis.fingerprint[:23]}"
        ),
    }


def _facts(application: Application, staged: Staged) -> dict[str, Any]:
    """What is in the output (standards §5 D and F). None is unknown and counts as yes."""
    plan, rules = staged.plan, current_rules().entities
    output = [plan.fields[name] for name in plan.output]
    categories = {rules[item.entity_type].pipl for item in output if item.entity_type in rules}
    about_people = application.distribution.dataset.subject_kind == SubjectKind.PERSON
    heaviest = GRADES_BY_WEIGHT.index(Grade.IMPORTANT)
    return {
        "sensitive": any(category.startswith("sensitive") for category in categories)
        or any(item.role == FieldRole.SENSITIVE for item in output),
        "biometric": "sensitive_biometric" in categories,
        "under_14": staged.ages.any_child() if about_people else False,
        "minors": staged.ages.any_minor() if about_people else False,
        "important": any(item.grade and GRADES_BY_WEIGHT.index(item.grade) <= heaviest for item in output),
        # Tokens link inside a project: a second release to it can be joined with the first.
        "merge": Release.objects.filter(grant__application__project=application.project)
        .exclude(grant__application=application)
        .exists(),
        # A row without a subject may be about anybody: for the limits on the number of persons each is one.
        "persons": staged.measured.subjects + staged.measured.null_subject_rows
        if staged.measured and about_people
        else None,
    }


def _declaration(application: Application) -> dict[str, Any] | None:
    """A privacy officer's word that the dataset is about nobody; None where it is about somebody, and then it is measured."""
    dataset = application.distribution.dataset
    if dataset.subject_kind != SubjectKind.NONE:
        return None
    return {
        "declared_by": str(dataset.subject_declared_by_id),
        "on": timezone.localdate().isoformat(),
        "reason": "The dataset is declared to be about nobody.",
    }


def conclude(inputs: Mapping[str, Any], pack: RulePack | None = None) -> tuple[AssessmentInput, AssessmentResult]:
    """Assess from stored inputs. The same inputs and rules give the same record, byte for byte."""
    pack = pack or shipped_rule_pack()
    measured: Measurement | NoDataSubjects
    if inputs["measured"] is not None:
        measured = Measurement.from_dict(inputs["measured"])
    else:
        declared = inputs["declaration"]
        if declared is None:
            raise Blocked(gettext_noop("The risk was not measured."), code="not_measured")
        measured = NoDataSubjects(
            declared_by=declared["declared_by"],
            role=SignOff.PRIVACY_OFFICER,
            on=date.fromisoformat(declared["on"]),
            reason=declared["reason"],
        )
    overrides: list[Override] = []
    for item in inputs["overrides"]:
        overrides += read_overrides([item], by=item["by"], on=date.fromisoformat(item["on"]))
    given = AssessmentInput(
        assessed_on=date.fromisoformat(inputs["assessed_on"]),
        release_mode=RiskMode(inputs["release_mode"]),
        hashes=inputs["hashes"],
        gates=read_gates(inputs["gates"]),
        answers=read_answers(inputs["answers"]),
        controls=read_controls(inputs["controls"]),
        motives=read_motives(inputs["motives"]),
        facts=DataFacts(**inputs["facts"]),
        measured=measured,
        rows_linkable=inputs["rows_linkable"],
        inherent=Measurement.from_dict(inputs["inherent"]) if inputs["inherent"] else None,
        treatments=frozenset(Treatment(name) for name in inputs["treatments"]),
        overrides=tuple(overrides),
    )
    if isinstance(measured, NoDataSubjects):
        given = replace(given, inherent=None)
    return given, assess(given, pack)


def write_record(assessment: Assessment, inputs: dict[str, Any]) -> None:
    """Keep inputs, record and grade on the assessment."""
    pack = shipped_rule_pack()
    given, result = conclude(inputs, pack)
    document = record(given, result)
    assessment.inputs, assessment.record_sha256 = inputs, digest(document).removeprefix("sha256:")
    assessment.record = {**document, "would_lower": [str(m) for m in what_would_lower(given, result, pack)]}
    assessment.risk_grade = result.grade.value
    assessment.save(update_fields=["inputs", "record", "record_sha256", "risk_grade", "artefact"])


def publish_assessment(
    *, application: Application, assessment: Assessment, staged: Staged, basis: Basis, inputs: dict[str, Any]
) -> Assessment:
    """Attach the artefact and the record, and hand the application to the deciders. Called inside the job's last transaction."""
    assessment.artefact = Artefact.objects.create(
        application=application,
        sealed_name=staged.sealed_name,
        sha256=staged.sha256,
        size=staged.size,
        rows=staged.rows,
        format=application.format,
        manifest=staged.manifest,
        basis_digest=basis.digest,
    )
    write_record(assessment, inputs)
    application.state, application.version = State.DECIDING, application.version + 1
    application.save(update_fields=["state", "version"])
    write_ledger(
        actor=None,
        action="application.assessed",
        subject=application,
        organization=application.distribution.dataset.provider,
        counterpart=application.organization,
        details={
            "assessment": assessment.pk,
            "record": assessment.record_sha256,
            **_told(assessment, risk_grade=assessment.risk_grade, artefact=staged.sha256, rows=staged.rows),
        },
    )
    return assessment


def _told(assessment: Assessment, **figures: Any) -> dict[str, Any]:
    """What a line of the ledger says of the figures: nothing where rows were filtered, for the side that asks has auditors too.

    The record's digest binds them all the same.
    """
    return {} if assessment.filtered else figures


@transaction.atomic
def raise_answer(
    *, actor: User, application: Application, version: int, target: str, level: int, reason: str
) -> Application:
    """Raise one of the eight answers, or a whole dimension, with name and reason. Nobody lowers one.

    What others signed, they signed on the record before; so a raise after a signature is refused.
    """
    require(actor, "assessment.raise", application)
    application = lock_application(application)
    if application.state != State.DECIDING:
        raise WrongState(state=application.state)
    if application.version != version:
        raise StaleVersion
    assessment = application.assessments.select_for_update().filter(superseded_at__isnull=True).first()
    if assessment is None or not assessment.inputs:
        raise Blocked(gettext_noop("There is no finished assessment to decide on."), code="not_assessed")
    if assessment.decisions.filter(verdict="approve").exists():
        raise Blocked(
            gettext_noop("Someone has signed this assessment; return the application instead."), code="signed"
        )
    raised = {
        "target": target,
        "level": level,
        "reason": reason.strip(),
        "by": str(actor.pk),
        "on": timezone.localdate().isoformat(),
    }
    try:
        write_record(assessment, {**assessment.inputs, "overrides": [*assessment.inputs["overrides"], raised]})
    except MessageError as error:
        raise InvalidInput.of(error) from error
    application.version += 1
    application.save(update_fields=["version"])
    write_ledger(
        actor=actor,
        action="assessment.raised",
        subject=application,
        organization=application.distribution.dataset.provider,
        counterpart=application.organization,
        details={
            "assessment": assessment.pk,
            "target": target,
            "level": level,
            "record": assessment.record_sha256,
            **_told(assessment, risk_grade=assessment.risk_grade),
        },
    )
    return application
