"""A world with something at every stage, and for every page of the program who visits it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.key_models import KeyAct, KeyRequest
from access.models import Application
from access.reidentification_models import Reidentification
from access.services.project_keys import ask_key_act
from access.services.projects import open_project
from access.workflow import State
from catalog.datasets.drift import ColumnRead, note_columns
from catalog.datasets.endings import EndingProposal
from catalog.datasets.grading import set_grade
from catalog.datasets.lineage import LinkKind
from catalog.datasets.linking import link_datasets
from catalog.datasets.models import DataField, Dataset, Distribution, Grade, GradeProposal, RightKind
from catalog.datasets.registration import register_upload, start_record
from catalog.datasets.rights import end_right, record_right
from catalog.datasets.services import edit_dataset, submit_dataset
from catalog.people.links import make_link
from catalog.people.models import Membership, Role, User
from catalog.people.services import create_user, invite_user
from privacy.models import Finding, Scan
from privacy.services.combinations import request_combinations
from privacy.services.effects import request_effect
from privacy.services.findings import reject_finding
from privacy.services.own_rule_trials import try_on_table
from privacy.services.scans import request_scan
from privacy.services.schedules import set_scan_schedule
from tests.access.acts import Acts
from tests.privacy.own_rules import tried
from tests.stages import RECORD, Stages, sealed_upload, visits_csv

REACHED = (
    State.DRAFT,
    State.DECIDING,
    State.RETURNED,
    State.GRANTED,
    State.REVOKED,
    State.AWAITING_PAYMENT,
)


@dataclass(frozen=True)
class Visit:
    """A page: the name of its address, the values in it, and who goes there (nobody is signed in where it is empty)."""

    name: str
    who: str
    args: tuple[Any, ...] = ()
    query: str = ""
    status: int = 200
    is_part: bool = False  # of a page: htmx puts it there

    def __str__(self) -> str:
        return f"{self.name}{self.args or ''}{self.query} as {self.who or 'nobody'}"


class City:
    """The visits table with applications in every state, a table under review, and a draft that has just begun."""

    def __init__(self, stages: Stages) -> None:
        self.stages, self.cast = stages, stages.cast

    @cached_property
    def applications(self) -> dict[str, Application]:
        """One of rita's in each state; the last one waits for a worker."""
        acts = Acts(self.stages)
        self.project = open_project(actor=self.cast.rita, organization=self.cast.institute, name="慢性病研究")
        found = {str(state): acts.reach(state) for state in REACHED}
        return {**found, str(State.SUBMITTED): acts.reach(State.SUBMITTED)}

    @cached_property
    def key_request(self) -> KeyRequest:
        """Oscar asks that the key of a project with a release is renewed."""
        project = self.applications["granted"].project
        return ask_key_act(actor=self.cast.oscar, project=project, act=KeyAct.RENEW, reason="定期更换")

    @cached_property
    def restoration(self) -> Reidentification:
        """Oscar asked about pseudonyms; nobody has agreed. (The releases here hold tokens: it is there to be looked at.)"""
        asked: Reidentification = Reidentification.objects.create(
            release=self.applications["granted"].grant.release,
            field="身份证号",
            reason="核查一例不良反应",
            count=2,
            asked_by=self.cast.oscar,
            expires_at=timezone.now() + timedelta(hours=24),
        )
        return asked

    @cached_property
    def reviewed(self) -> Distribution:
        """A second table: submitted, scanned, nothing decided, and one finding that needs a second officer."""
        table = self._begin("followup", people=60)
        dataset = Dataset.objects.get(pk=table.dataset_id)
        record = {**RECORD, "title": "慢性病随访", "title_en": "Follow-up of chronic diseases"}
        edit_dataset(actor=self.cast.stella, dataset=dataset, revision=dataset.revision, values=record)
        record_right(
            actor=self.cast.stella,
            dataset=dataset,
            kind=RightKind.OWNERSHIP,
            holder=self.cast.health,
            basis="苏政发〔2025〕1号",
            valid_from=date(2025, 1, 1),
        )
        submit_dataset(actor=self.cast.stella, dataset=dataset)
        self.scan = request_scan(actor=self.cast.oscar, distribution=table)
        self.stages.run_jobs()
        proven = Finding.objects.get(field__distribution=table, field__name="身份证号")
        reject_finding(actor=self.cast.oscar, finding=proven, reason="是流水号")
        return table

    @cached_property
    def begun(self) -> Distribution:
        """A third table: a draft that lacks nearly everything."""
        return self._begin("screening", people=5)

    @cached_property
    def waiting_scan(self) -> Scan:
        """A scan that no worker has taken."""
        return request_scan(actor=self.cast.stella, distribution=self.begun)

    @cached_property
    def invited(self) -> User:
        """Somebody who has not set a password yet."""
        return invite_user(
            actor=self.cast.adam,
            username="nina",
            display_name="Nina",
            organization=self.cast.health,
            roles=[Role.DATA_STEWARD],
        ).user

    @cached_property
    def newcomer(self) -> User:
        """An account without any role."""
        return create_user(
            actor=self.cast.adam,
            username="noel",
            password="a long enough password",
            display_name="Noel",
            organization=self.cast.health,
        )

    def build(self) -> None:
        """Make all of it, what must stay queued last."""
        assert self.reviewed
        applications = self.applications
        stages, stella = self.stages, self.cast.stella
        self.ending = self._asked_to_end()
        words = {"affected_object": "individual", "impact": "serious", "reason": "已核对"}
        set_grade(actor=stella, field=stages.field("诊断"), grade=Grade.GENERAL_4, **words)
        set_grade(actor=stella, field=stages.field("诊断"), grade=Grade.GENERAL_2, **words)
        followup = self.reviewed.dataset
        self.link = link_datasets(actor=stella, dataset=followup, target=stages.draft, kind=LinkKind.DERIVED_FROM)
        link_datasets(actor=stella, dataset=followup, target=self.begun.dataset, kind=LinkKind.RELATED)
        assert self.invited
        assert self.newcomer
        assert self.waiting_scan
        self.schedule = set_scan_schedule(actor=self.cast.oscar, distribution=stages.distribution, every="monthly")
        self._source_changes()
        request_effect(actor=self.cast.oscar, distribution=stages.distribution)
        request_combinations(actor=self.cast.oscar, scan=stages.scan)
        self.own_rule = tried(self.cast.adam)
        try_on_table(actor=self.cast.oscar, rule=self.own_rule, distribution=stages.distribution)
        assert applications

    def _source_changes(self) -> None:
        """The screening table has lost its last column and got another."""
        *kept, lost = self.begun.fields.order_by("position")
        columns = [ColumnRead(field.name, field.data_type, field.native_type, True, "") for field in kept]
        with transaction.atomic():
            note_columns(
                distribution=self.begun, columns=[*columns, ColumnRead(f"{lost.name}2", "C", "text", True, "")]
            )

    def _asked_to_end(self) -> EndingProposal:
        """Big data controls the other table, and health would have it back."""
        right = record_right(
            actor=self.cast.stella,
            dataset=self.reviewed.dataset,
            kind=RightKind.CONTROL,
            holder=self.cast.big_data,
            basis="数据委托管理协议",
            valid_from=date(2025, 1, 1),
        )
        end_right(actor=self.cast.stella, right=right, reason="协议到期,不再续签")
        found: EndingProposal = EndingProposal.objects.get()
        return found

    def _begin(self, name: str, people: int) -> Distribution:
        upload = sealed_upload(f"{name}.csv", visits_csv(people, seed=people))
        source = register_upload(actor=self.cast.stella, organization=self.cast.health, name=name, upload=upload)
        dataset = start_record(actor=self.cast.stella, source=source, table=None)
        return Distribution.objects.get(dataset=dataset)

    # --- who goes where --------------------------------------------------------------------------------------------------

    def visits(self) -> Iterator[Visit]:
        """Every page that is read, by whoever may read it."""
        yield from self._everybody()
        yield from self._catalogue()
        yield from self._privacy()
        yield from self._access()
        yield from self._administration()

    def _everybody(self) -> Iterator[Visit]:
        yield Visit("login", "")
        link = make_link(self.invited)
        yield Visit("set-password", "", (link.uid, link.token))
        yield Visit("set-password", "", (link.uid, "spoiled"), status=410)
        for name in ("stella", "oscar", "rita", "amy", "carl", "audrey", "adam", "noel"):
            yield Visit("home", name)
        yield Visit("account", "rita")
        yield Visit("signed-in", "rita")
        yield Visit("help", "rita")
        for slug in ("start", "auditor"):
            yield Visit("help-page", "rita", (slug,))

    def _catalogue(self) -> Iterator[Visit]:
        visits, draft, followup = self.stages.draft, self.begun.dataset_id, self.reviewed.dataset_id
        yield Visit("catalogue", "rita")
        yield Visit("catalogue", "rita", query="?q=门诊")
        yield Visit("catalogue", "rita", query="?q=zzzz")
        yield Visit("dataset", "rita", (visits.pk,))
        yield Visit("dataset", "stella", (visits.pk,))
        yield Visit("dataset", "stefan", (followup,))
        yield Visit("dataset-edit", "stella", (draft,))
        yield Visit("dataset-return", "stefan", (followup,))
        yield Visit("dataset-suspend", "stefan", (visits.pk,))
        yield Visit("dataset-retire", "stefan", (visits.pk,))
        yield Visit("dataset-history", "stella", (visits.pk,))
        yield Visit("dataset-version", "stella", (visits.pk, 1))
        yield Visit("dataset-rights", "stella", (visits.pk,))
        yield Visit("dataset-rights", "carl", (followup,))
        yield Visit("right-end", "stella", (self.stages.draft.rights.get(kind=RightKind.OWNERSHIP).pk,))
        yield Visit("right-end", "stella", (self.ending.right_id,))
        yield Visit("dataset-links", "stella", (visits.pk,))
        yield Visit("dataset-fields", "stella", (draft,))
        yield Visit("field-grade", "stella", (self.stages.field("性别").pk,))
        yield Visit("distribution-columns", "stella", (self.begun.pk,))
        yield Visit("distribution-columns", "oscar", (self.reviewed.pk,))
        yield Visit("distribution-subject", "oscar", (self.reviewed.pk,))
        for kind in ("upload", "file", "database"):
            yield Visit("register", "stella", query=f"?kind={kind}")
        yield Visit("register-table", "stella", (self.begun.source_id,))
        yield Visit("register-columns", "stella", (self.begun.source_id,), f"?table={self.begun.table}", is_part=True)
        yield Visit("register-record", "stella", (draft,))
        yield Visit("register-rights", "stella", (draft,))
        yield Visit("register-check", "stella", (draft,))
        yield Visit("sources", "stella")
        yield Visit("source", "stella", (self.begun.source_id,))
        yield Visit("source-tables", "stella", (self.begun.source_id,), is_part=True)

    def _privacy(self) -> Iterator[Visit]:
        ready, review = self.stages.distribution.pk, self.reviewed.pk
        column = DataField.objects.get(distribution=self.reviewed, name="姓名").pk
        proven = Finding.objects.get(field__distribution=self.reviewed, field__name="身份证号")
        yield Visit("scans", "oscar")
        yield Visit("scan-request", "oscar")
        yield Visit("scan", "oscar", (self.scan.pk,))
        yield Visit("scan", "stella", (self.waiting_scan.pk,))
        yield Visit("scan-schedule", "oscar", (ready,))
        yield Visit("scan-schedule", "stella", (review,))
        yield Visit("scan-combinations", "oscar", (self.scan.pk,))
        yield Visit("scan-combinations-progress", "oscar", (self.stages.scan.pk,), is_part=True)
        yield Visit("scan-progress", "stella", (self.waiting_scan.pk,), is_part=True)
        yield Visit("review", "oscar")
        yield Visit("review-next", "oscar", (review,))
        yield Visit("review-card", "olga", (proven.pk,))
        yield Visit("findings", "oscar", (review,))
        yield Visit("findings", "oscar", (ready,))
        yield Visit("review-declare", "oscar", (review,))
        yield Visit("column", "oscar", (review, column))
        yield Visit("protections", "oscar")
        yield Visit("protection", "oscar", (ready,))
        yield Visit("protection", "oscar", (review,))
        yield Visit("protection-versions", "oscar", (ready,), "?before=1")
        yield Visit("policy-upload", "oscar", (ready,))
        yield Visit("protection-effect-progress", "oscar", (ready,), is_part=True)
        yield Visit("field-rule", "oscar", (ready, self.stages.field("出生日期").pk))
        yield Visit("rules", "oscar")
        yield Visit("rules", "adam", query="?own=1")
        yield Visit("own-rule-new", "adam")
        yield Visit("own-rules-import", "adam")
        yield Visit("own-rule", "adam", (self.own_rule.pk,))
        yield Visit("own-rule", "oscar", (self.own_rule.pk,))
        yield Visit("own-rule-edit", "adam", (self.own_rule.pk,))
        yield Visit("own-rule-trial", "oscar", (self.own_rule.trials.get().pk,))
        yield Visit("risk-rules", "oscar")
        yield Visit("privacy-dataset-panel", "oscar", (self.stages.draft.pk,))

    def _access(self) -> Iterator[Visit]:
        table = self.stages.distribution.pk
        yield Visit("apply", "rita", (table,))
        yield Visit("apply-quote", "rita", (table,), "?purpose=industrial", is_part=True)
        yield Visit("application-edit", "rita", (self.applications["draft"].pk,))
        yield Visit("applications", "rita", query="?which=mine")
        yield Visit("applications", "amy")
        for state, application in self.applications.items():
            yield Visit("application", "amy" if state == State.DECIDING else "rita", (application.pk,))
        yield Visit("application-progress", "rita", (self.applications["submitted"].pk,), is_part=True)
        yield Visit("projects", "rita")
        yield Visit("project", "rita", (self.project.pk,))
        yield Visit("reidentify", "oscar", (self.applications["granted"].grant.release.pk,))
        yield Visit("reidentifications", "oscar")
        yield Visit("reidentification", "oscar", (self.restoration.pk,))
        yield Visit("reidentification", "olga", (self.restoration.pk,))
        yield Visit("project-keys", "oscar")
        yield Visit("project-key", "oscar", (self.applications["granted"].project_id,))
        yield Visit("project-key", "olga", (self.applications["granted"].project_id,))
        yield Visit("project-key", "rita", (self.project.pk,))
        yield Visit("offers", "stella")
        yield Visit("offer", "fiona", (self.stages.draft.offers.get().pk,))
        yield Visit("payments", "fiona")
        yield Visit("releases", "rita", query="?which=all")
        yield Visit("release", "rita", (self.applications["granted"].grant.release.pk,))
        yield Visit("release", "amy", (self.applications["granted"].grant.release.pk,))
        yield Visit("release", "rita", (self.applications["revoked"].grant.release.pk,))
        yield Visit("overview", "amy")
        yield Visit("access-dataset-panel", "rita", (self.stages.draft.pk,))

    def _administration(self) -> Iterator[Visit]:
        health = self.cast.health.pk
        yield Visit("organizations", "adam")
        yield Visit("organization", "adam", (health,))
        yield Visit("organization-new", "adam", (self.cast.city.pk,))
        yield Visit("organization-move", "adam", (health,))
        yield Visit("administered-accounts", "adam")
        yield Visit("administered-account", "adam", (self.cast.oscar.pk,))
        yield Visit("password-link", "adam", (self.invited.pk,))
        yield Visit("invitations", "adam")
        yield Visit("invite", "adam")
        yield Visit("keys", "adam")
        yield Visit("ledger", "audrey")
        yield Visit("ledger", "rita", query="?action=application.submit")
        yield Visit("ledger-verification", "audrey")
        yield Visit("jobs", "oscar")

    def sends(self) -> dict[str, tuple[Any, ...]]:
        """The addresses that only take what is sent, with values that exist."""
        visits, table = self.stages.draft.pk, self.stages.distribution.pk
        proposal, role = GradeProposal.objects.get(), Membership.objects.get(user=self.cast.oscar)
        finding, deciding = Finding.objects.first(), self.applications["deciding"]
        assert finding is not None
        return {
            **{f"review-{act}": (finding.pk,) for act in ("confirm", "correct", "reject", "agree", "keep")},
            "scan-stop": (self.waiting_scan.pk,),
            "scan-resume": (self.waiting_scan.pk,),
            "scan-schedule-end": (self.schedule.pk,),
            **{f"own-rule-{act}": (self.own_rule.pk,) for act in ("try", "try-table", "on", "off")},
            "reidentification-act": (self.restoration.pk, "approve"),
            "key-request-act": (self.key_request.pk, "confirm"),
            "application-raise": (deciding.pk,),
            "application-act": (deciding.pk, "approve"),
            "logout": (),
            "dataset-submit": (visits,),
            "dataset-publish": (visits,),
            "ending-decide": (self.ending.pk, "agree"),
            "link-remove": (self.link.pk,),
            "grade-decide": (proposal.pk, "accept"),
            "register-test": (),
            "protection-rules": (table,),
            "protection-restore": (table, 1),
            "protection-subject": (table,),
            "protection-effect": (table,),
            "rule-preview": (table, self.stages.field("性别").pk),
            "apply-filter": (table,),
            "account-name": (),
            "account-password": (),
            "source-retire": (self.begun.source_id,),
            "organization-close": (self.cast.water.pk,),
            "organization-reopen": (self.cast.water.pk,),
            "role-end": (role.pk,),
            "password-link-issue": (self.invited.pk,),
            "account-close": (self.cast.ron.pk,),
            "account-reopen": (self.cast.ron.pk,),
            "ledger-export": (),
            "job-cancel": (self.waiting_scan.job_id,),
        }
