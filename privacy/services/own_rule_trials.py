"""Trying an own rule on a registered table: asked for here, read by a worker, kept with the rule for those who may read the table's findings.

The result holds columns, counts and masked examples. Trying reads a sample and changes nothing of the table's findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction

from catalog.datasets.models import Distribution
from catalog.errors import Blocked
from catalog.jobs.models import Job
from catalog.jobs.services import enqueue, request_cancel
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from privacy.models import Finding, FindingState, OwnRule, OwnRuleTrial
from privacy.services.own_rules import note_trial
from privacy.services.rules import rules_with

TRIAL_JOB: Final = "own_rule_trial"


@transaction.atomic
def try_on_table(*, actor: User, rule: OwnRule, distribution: Distribution) -> OwnRuleTrial:
    """Queue a trial of a rule on a sample of a table. One at a time for each rule and table."""
    require(actor, "own_rule.try")
    require(actor, "scan.request", distribution.dataset)
    rule = OwnRule.objects.select_for_update().get(pk=rule.pk)
    rules_with(rule)  # refused here rather than by the worker
    underway = Job.objects.underway()
    if OwnRuleTrial.objects.filter(rule=rule, distribution=distribution, job__in=underway).exists():
        raise Blocked(gettext_noop("This rule is already being tried on this table."), code="trial_underway")
    job = enqueue(kind=TRIAL_JOB, arguments={}, requested_by=actor)
    trial: OwnRuleTrial = OwnRuleTrial.objects.create(
        rule=rule, version=rule.version, distribution=distribution, job=job, requested_by=actor
    )
    return trial


def cancel_trial_of(actor: User, job: Job) -> Job:
    """Stop one, as anybody who may ask for it: how the jobs' registry calls it."""
    trial = OwnRuleTrial.objects.select_related("distribution__dataset__provider").get(job=job)
    require(actor, "scan.cancel", trial.distribution.dataset)
    return request_cancel(job=job)


def publish_trial(*, trial: OwnRuleTrial, rows: int, population: int | None, columns: list[dict[str, Any]]) -> None:
    """Write what a trial came to. Called inside the transaction that ends its job."""
    findings = {
        finding.field.name: finding
        for finding in Finding.objects.filter(distribution=trial.distribution).select_related("field")
    }
    for column in columns:
        finding = findings.get(column["name"])
        column["finding"] = None if finding is None else {"entity_type": finding.entity_type, "state": finding.state}
        column["asks_again"] = _asks_again(finding, column)
    trial.result = {"rows": rows, "population": population, "columns": columns}
    trial.save(update_fields=["result"])
    counts = {
        "distribution": trial.distribution_id,
        "rows": rows,
        "found": sum(column["after"] == trial.rule.entity_type for column in columns),
        "changed": sum(bool(column["asks_again"]) for column in columns),
    }
    note_trial(actor=trial.requested_by, rule=trial.rule, version=trial.version, counts=counts)


def _asks_again(finding: Finding | None, column: Mapping[str, Any]) -> bool:
    """Whether somebody has decided on this column what a scan with the rule would ask again."""
    decided = finding is not None and finding.state != FindingState.PROPOSED
    return decided and column["before"] != column["after"]
