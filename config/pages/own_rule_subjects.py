"""What jobs and lines of the ledger about a bureau's own rules are called, among those the reader may see."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.jobs.models import Job
from catalog.pages.jobs import Kind, Subject, register_kind
from catalog.pages.ledger_lines import Named, register_objects
from catalog.people.models import User
from catalog.templatetags.canglang import titled
from privacy.models import OwnRule, OwnRuleTrial
from privacy.pages.own_rules import title_of
from privacy.pages.selection import SCANNING_ROLES, distributions_worked_on
from privacy.pages.words import WORK
from privacy.services.own_rule_trials import TRIAL_JOB


def register() -> None:
    """Called once, when Django has started."""
    register_kind(TRIAL_JOB, Kind(_("Trial of an own rule"), _trials, WORK))
    register_objects("ownrule", _rules)


def _trials(user: User, jobs: list[Job]) -> Mapping[UUID, Subject]:
    trials = OwnRuleTrial.objects.visible_to(user).filter(job__in=jobs).select_related("distribution__dataset", "rule")
    tables = distributions_worked_on(user, *SCANNING_ROLES).filter(own_rule_trials__job__in=jobs)
    mine = set(tables.values_list("pk", flat=True))
    return {
        trial.job_id: Subject(
            f"{title_of(trial.rule)} · {titled(trial.distribution.dataset)}",
            reverse("own-rule-trial", args=[trial.pk]),
            trial.distribution_id in mine,
        )
        for trial in trials
    }


def _rules(user: User, ids: set[int]) -> Mapping[int, Named]:
    rules = OwnRule.objects.visible_to(user).in_bulk(ids)
    return {pk: Named(title_of(rule), reverse("own-rule", args=[pk])) for pk, rule in rules.items()}
