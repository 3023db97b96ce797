"""The effect of a protection on the risk, measured on all rows of a table: asked for here, worked out by a worker, kept on the job's row.

Measuring itself, on a part of the rows at once, is `privacy.services.whatif`. It only reads, so it leaves no line.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from catalog.datasets.models import Distribution
from catalog.errors import Blocked
from catalog.jobs.models import Job
from catalog.jobs.services import enqueue, request_cancel
from catalog.messages import gettext_noop
from catalog.people.models import User
from catalog.people.policies import require
from privacy.services.whatif import require_measurable

EFFECT_JOB = "effect"


@transaction.atomic
def request_effect(*, actor: User, distribution: Distribution) -> Job:
    """Queue the measurement of all rows under the rules as they stand. One at a time per table."""
    require(actor, "protection.preview", distribution.dataset)
    require_measurable(distribution)
    distribution = Distribution.objects.select_for_update().get(pk=distribution.pk)
    if effects_of(distribution).underway().exists():
        raise Blocked(gettext_noop("All rows of this table are already being measured."), code="effect_underway")
    return enqueue(kind=EFFECT_JOB, arguments={"distribution": distribution.pk}, requested_by=actor)


def effects_of(distribution: Distribution) -> Any:
    """The measurements of a table, the newest first; `result` holds what one came to (`Effect.as_dict`, and `policy_version`)."""
    return Job.objects.filter(kind=EFFECT_JOB, arguments__distribution=distribution.pk).order_by("-created_at")


def cancel_effect(actor: User, job: Job) -> Job:
    """Stop one, as anybody who may ask for it."""
    distribution = Distribution.objects.select_related("dataset__provider").get(pk=job.arguments["distribution"])
    require(actor, "protection.preview", distribution.dataset)
    return request_cancel(job=job)
