"""What happens again and again in the access tests: prices, signatures, a changed table, a worker that stops half-way."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from access.models import Application, Artefact, Assessment, Offer
from access.pricing import PermittedRevenue
from access.services.artefacts import open_artefact
from access.services.offers import price_offer, propose_offer
from access.workers import run_assessment
from access.workflow import Action, State
from catalog.datasets.models import RightKind
from catalog.datasets.rights import record_right
from catalog.jobs.models import Job, JobState
from catalog.jobs.runner import JobRun, LeaseLost, _run_handler
from catalog.jobs.services import claim
from catalog.people.models import User
from catalog.storage import STAGED, UPLOADS, delete_sealed, path_of, sealed_output
from tests.stages import Stages

REVENUE = PermittedRevenue(cost=Decimal(800), profit=Decimal(150), tax=Decimal(50))


class StoppedRun(JobRun):
    """A worker that is cut off when it comes to a part of the work: its job is left running, as a killed process leaves it."""

    def __init__(self, job: Job, at: str) -> None:
        super().__init__(job)
        self.at = at

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        super().progress(done, total, note)
        if note == self.at:
            raise LeaseLost


class InterruptedRun(JobRun):
    """A worker beside which something else happens, once, when it comes to a part of the work."""

    def __init__(self, job: Job, at: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(job)
        self.at, self.meanwhile = at, meanwhile

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        super().progress(done, total, note)
        if note == self.at:
            self.at = ""
            self.meanwhile()


class Acts:
    """The cast at work."""

    def __init__(self, stages: Stages) -> None:
        self.stages, self.cast = stages, stages.cast

    def offer(self, amount: str = "500") -> Offer:
        """Stella proposes a price, Fiona puts it in force."""
        offer = propose_offer(actor=self.cast.stella, dataset=self.stages.draft, amount=Decimal(amount))
        return price_offer(
            actor=self.cast.fiona,
            offer=offer,
            amount=Decimal(amount),
            cap=Decimal(900),
            permitted_revenue=REVENUE,
            basis="苏发改价〔2026〕7号",
        )

    def control_goes_to_big_data(self) -> None:
        """From today the big-data bureau controls what health owns."""
        record_right(
            actor=self.cast.stella,
            dataset=self.stages.draft,
            kind=RightKind.CONTROL,
            holder=self.cast.big_data,
            basis="数据委托管理协议",
            valid_from=date(2025, 1, 1),
        )

    def sign(self, application: Application, *people: User) -> Application:
        """Each approves, in this order."""
        for person in people:
            application = self.stages.act(person, application, Action.APPROVE)
        return application

    def assess_until(self, application: Application, part: str = "protect") -> Assessment:
        """A worker takes the assessment up and is cut off at that part of it."""
        assessment = present_assessment(application)
        job = claim(job_id=assessment.job_id, worker="lost")
        assert job is not None
        try:
            run_assessment(StoppedRun(job, part))
        except LeaseLost:
            return assessment
        raise AssertionError("the worker was not cut off")

    def during_the_assessment(
        self, application: Application, meanwhile: Callable[[], object], part: str = "protect"
    ) -> JobState | None:
        """A worker makes the assessment; at that part of it something else happens. Returns how the job ended."""
        job = claim(job_id=present_assessment(application).job_id, worker="test")
        assert job is not None
        return _run_handler(InterruptedRun(job, part, meanwhile), job)

    def reach(self, state: State, **changes: Any) -> Application:
        """An application of rita's, brought to `state` by acts."""
        if state == State.AWAITING_PAYMENT:
            self.offer()
            changes = {"purpose": "industrial", **changes}
        application = self.stages.application(**changes)
        for step in self._way_to(state):
            step(application)
        return fresh(application)

    def _way_to(self, state: State) -> list[Callable[[Application], object]]:
        """What is done, one after the other, from the draft on."""
        act, cast = self.stages.act, self.cast

        def by(person: User, action: Action, **details: Any) -> Callable[[Application], object]:
            return lambda application: act(person, application, action, **details)

        signers = [cast.amy, cast.oscar]
        if self.stages.draft.controller != self.stages.draft.owner:
            signers.append(cast.carl)
        submitted = [by(cast.rita, Action.SUBMIT)]
        assessed = [*submitted, lambda _: self.stages.run_jobs()]
        approved = [*assessed, *(by(person, Action.APPROVE) for person in signers)]
        return {
            State.DRAFT: [],
            State.SUBMITTED: submitted,
            State.ASSESSING: [*submitted, self.assess_until],
            State.DECIDING: assessed,
            State.RETURNED: [*assessed, by(cast.amy, Action.RETURN, reason="请补充用途")],
            State.REJECTED: [*assessed, by(cast.amy, Action.REJECT, reason="与职责无关")],
            State.WITHDRAWN: [*assessed, by(cast.rita, Action.WITHDRAW)],
            State.AWAITING_PAYMENT: approved,
            State.GRANTED: approved,
            State.REVOKED: [*approved, by(cast.amy, Action.REVOKE, reason="用途已变")],
        }[state]

    def reach_paid(self, **changes: Any) -> Application:
        """An application for industrial use, assessed and signed by health."""
        return self.sign(self.stages.deciding(purpose="industrial", **changes), self.cast.amy, self.cast.oscar)

    def replace_table(self, content: bytes) -> None:
        """The rows behind the source are other ones now."""
        name = self.stages.source.sealed_name
        delete_sealed(UPLOADS, name)
        with sealed_output(UPLOADS, name) as sink:
            sink.write(content)


def fresh(application: Application) -> Application:
    """The row as it is now."""
    found: Application = Application.objects.get(pk=application.pk)
    return found


def present_assessment(application: Application) -> Assessment:
    """The assessment that counts."""
    found: Assessment = Assessment.objects.select_related("artefact", "job").get(
        application=application, superseded_at__isnull=True
    )
    return found


def artefact_of(application: Application) -> Artefact:
    """The artefact of the assessment that counts."""
    artefact = present_assessment(application).artefact
    assert artefact is not None
    return artefact


def plain_bytes(artefact: Artefact) -> bytes:
    with open_artefact(artefact) as stream:
        return stream.read()


def rows_of(artefact: Artefact) -> list[dict[str, str]]:
    """The rows of a CSV artefact."""
    return list(csv.DictReader(io.StringIO(plain_bytes(artefact).decode("utf-8-sig"))))


def on_disk(artefact: Artefact) -> bool:
    return path_of(STAGED, artefact.sealed_name).exists()
