"""What the worker process runs for own rules: a sample of a table judged with a rule and without it, the same rows both times."""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import Any, Final

from catalog.datasets.locations import open_source
from catalog.jobs.models import JobState
from catalog.jobs.registry import register
from catalog.jobs.runner import JobRun
from privacy.detection.model import ColumnInput, SamplePlan, ScanProgress
from privacy.detection.sampling import scan_sample
from privacy.detection.trying import ChangedColumn, compare
from privacy.models import OwnRuleTrial
from privacy.services.own_rule_trials import TRIAL_JOB, cancel_trial_of, publish_trial
from privacy.services.rules import rules_with, rules_without

ROWS: Final = 5_000
TEXT_SECONDS: Final = 30.0  # for reading names in text, each time


def run_trial(run: JobRun) -> None:
    """Draw rows, judge them twice, publish what is different."""
    trial = OwnRuleTrial.objects.select_related(
        "rule", "distribution__source", "distribution__dataset__provider", "requested_by"
    ).get(job_id=run.job_id)
    plan = SamplePlan(seed=secrets.randbits(31), rows=ROWS)
    labels = dict(trial.distribution.fields.values_list("name", "label"))

    def advance(progress: ScanProgress) -> None:
        run.progress(progress.rows, progress.row_estimate, progress.phase)

    with closing(open_source(trial.distribution.source)) as source:
        table = source.table(trial.distribution.table)
        run.progress(0, trial.distribution.rows or table.row_estimate, "draw")
        columns = [
            ColumnInput(column.name, labels.get(column.name) or column.comment, column.arrow_type)
            for column in table.schema.columns
        ]
        without, found = (
            scan_sample(
                columns,
                table,
                plan=plan,
                rules=rules,
                text_budget_seconds=TEXT_SECONDS,
                progress=advance,
                row_estimate=run.total,
            )
            for rules in (rules_without(trial.rule), rules_with(trial.rule))
        )
    changed = [_as_dict(column) for column in compare(trial.rule.entity_type, without, found)]
    population = found.sample.population if found.sample else None
    with run.finish(JobState.COMPLETE):
        publish_trial(trial=trial, rows=found.rows, population=population, columns=changed)


def _as_dict(column: ChangedColumn) -> dict[str, Any]:
    return {
        "name": column.name,
        "before": column.before,
        "after": column.after,
        "likelihood": str(column.likelihood),
        "rows": column.rows,
        "cells": column.cells,
        "examples": list(column.examples),
    }


register(TRIAL_JOB, run=run_trial, cancel=cancel_trial_of)
