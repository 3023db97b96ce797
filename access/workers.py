"""What the worker process runs for access: staging an application's artefact and assessing it."""

from __future__ import annotations

import re

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from access.models import Application, Artefact, Assessment, Grant, Superseded
from access.services.applications import lock_application
from access.services.artefacts import discard_artefacts
from access.services.assessing import conclude, inputs_for, publish_assessment
from access.services.deciding import ASSESS_JOB
from access.services.reidentifying import expire_reidentifications
from access.services.staging import StagingRefused, stage
from access.workflow import State
from catalog.jobs.models import ENDED, Job, JobState
from catalog.jobs.registry import register, register_chore
from catalog.jobs.runner import JobCancelled, JobRun
from catalog.ledger.services import record
from catalog.storage import STAGED, UPLOADS, delete_sealed, names_older_than, sweep_partials
from privacy.services.readiness import basis_of, current_fingerprint

# The job's id and the fence of the attempt (see `run_assessment`).
_STAGED_NAME = re.compile(r"([0-9a-f]{32})[0-9]{4,}")


def run_assessment(run: JobRun) -> None:
    """Stage the artefact, measure it, assess it, and hand the application to its deciders."""
    assessment = Assessment.objects.select_related("application").get(job_id=run.job_id)
    application = _start(assessment)
    run.progress(0, application.distribution.rows, "fingerprint")
    before = basis_of(application.distribution, fingerprint=current_fingerprint(application.distribution))
    if before.problems:
        raise StagingRefused(before.problems[0].message, code=before.problems[0].code)
    # The name tells attempts apart: a second worker never writes over, or deletes, what the first one published.
    sealed_name = f"{run.job_id.hex}{run.fence:04d}"
    today = timezone.localdate()
    try:
        staged = stage(run, application, sealed_name=sealed_name, today=today)
        run.progress(staged.rows_read, staged.rows_read, "assess")
        after = basis_of(application.distribution, fingerprint=current_fingerprint(application.distribution))
        if after.problems or after.digest != before.digest:
            problem = after.problems[0] if after.problems else None
            raise StagingRefused(
                problem.message if problem else StagingRefused.message,
                code=problem.code if problem else "basis_changed",
            )
        inputs = inputs_for(application, staged, after, today=today)
        conclude(inputs)  # refuses unusable answers before anything is locked
        with run.finish(JobState.COMPLETE):
            publish_assessment(
                application=lock_application(application),
                assessment=assessment,
                staged=staged,
                basis=after,
                inputs=inputs,
            )
    except BaseException:
        delete_sealed(STAGED, sealed_name)
        raise


@transaction.atomic
def _start(assessment: Assessment) -> Application:
    """Move the application to `assessing`; a second attempt finds it there."""
    application = lock_application(assessment.application)
    if assessment.superseded_at is not None or application.state not in (State.SUBMITTED, State.ASSESSING):
        raise JobCancelled
    if application.state == State.SUBMITTED:
        application.state = State.ASSESSING
        application.save(update_fields=["state"])
    return application


def return_after_failure(job: Job) -> None:
    """An assessment that could not be made gives the application back, with the reason. Nothing leaves on an incomplete result."""
    assessment = Assessment.objects.get(job=job)
    application = lock_application(assessment.application)
    if assessment.superseded_at is not None or application.state not in (State.SUBMITTED, State.ASSESSING):
        return  # withdrawn, or another assessment has taken this one's place
    assessment.superseded_at, assessment.superseded_because = timezone.now(), Superseded.FAILED
    assessment.save(update_fields=["superseded_at", "superseded_because"])
    application.state, application.version = State.RETURNED, application.version + 1
    application.note, application.note_code = job.error_message[:500], job.error_code or job.state
    application.note_params = job.error_params
    application.save(update_fields=["state", "version", "note", "note_code", "note_params"])
    record(
        actor=None,
        action="application.assessment_failed",
        subject=application,
        organization=application.distribution.dataset.provider,
        counterpart=application.organization,
        details={"assessment": assessment.pk, "code": job.error_code or job.state},
    )


def delete_expired_artefacts() -> int:
    """Delete the bytes of grants whose last day is over, or whose usage right was ended. Run by the relay now and then; returns
    how many were deleted."""
    over = Grant.objects.filter(
        Q(valid_until__lt=timezone.localdate()) | Q(right__ended_at__isnull=False),
        release__artefact__deleted_at__isnull=True,
    )
    count = 0
    for grant in over.select_related("application", "right"):
        with transaction.atomic():
            application = lock_application(grant.application)
            discard_artefacts(application)
            record(
                actor=None,
                action="artefact.deleted",
                subject=application,
                organization=application.distribution.dataset.provider,
                counterpart=application.organization,
                details={"reason": "expired" if grant.right.ended_at is None else "right_ended"},
            )
        count += 1
    return count


def delete_abandoned_artefacts(*, older_than: float = 24 * 3600) -> int:
    """Delete staged files whose process died before their row was committed, or between the commit that gave them up and their
    deletion. Only those of jobs that this database knows to have ended: beside another database the folder stays as it is."""
    jobs = {name: found[1] for name in names_older_than(STAGED, older_than) if (found := _STAGED_NAME.fullmatch(name))}
    ended = Job.objects.filter(kind=ASSESS_JOB, state__in=ENDED, pk__in=set(jobs.values())).values_list("pk", flat=True)
    over = {job_id.hex for job_id in ended}
    kept = set(
        Artefact.objects.filter(deleted_at__isnull=True, sealed_name__in=jobs).values_list("sealed_name", flat=True)
    )
    abandoned = [name for name, job in jobs.items() if job in over and name not in kept]
    for name in abandoned:
        delete_sealed(STAGED, name)
    return len(abandoned)


register_chore(delete_expired_artefacts)
register_chore(expire_reidentifications)
register_chore(delete_abandoned_artefacts)
register_chore(lambda: sweep_partials(STAGED) + sweep_partials(UPLOADS))
register(ASSESS_JOB, run=run_assessment, ended=return_after_failure)
