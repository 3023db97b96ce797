"""Projects, offers, applications and what comes of them: assessment, decision, order, grant, release, download."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.key_models import KeyRequest, projects_whose_keys_show  # noqa: F401  a model of this app
from access.reidentification_models import Reidentification  # noqa: F401  a model of this app
from access.workflow import State
from catalog.datasets.models import DataField, Dataset, Distribution, RightKind, RightsAssignment
from catalog.jobs.models import Job
from catalog.people.models import Organization, Role, User
from catalog.people.policies import organizations_below, organizations_with
from privacy.models import KeyDomain

DECIDING_ROLES = (Role.APPROVER, Role.PRIVACY_OFFICER, Role.FINANCE)


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> ProjectQuerySet:
        """A project is its organisation's own."""
        return self.filter(organization_id__in=organizations_with(user, Role.REQUESTER))

    def with_keys_shown_to(self, user: User) -> ProjectQuerySet:
        """The projects of which `user` sees how the key stands; officers of the data in them act on it."""
        return self.filter(projects_whose_keys_show(user)).distinct()


class Project(models.Model):
    """What an organisation wants to do with data. Tokens of one kind link across its releases, and nowhere else."""

    name = models.CharField(max_length=120)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="projects")
    key_domain = models.OneToOneField(KeyDomain, on_delete=models.PROTECT, related_name="project")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="project_named_once")]

    def __str__(self) -> str:
        return self.name


class OfferState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("offer", "Proposed")
    ACTIVE = "active", pgettext_lazy("offer", "In force")
    RETIRED = "retired", pgettext_lazy("offer", "Retired")


class OfferQuerySet(models.QuerySet["Offer"]):
    def visible_to(self, user: User) -> OfferQuerySet:
        """What is in force is seen with its dataset; the rest by those who set it."""
        return self.filter(
            Q(state=OfferState.ACTIVE, dataset__in=Dataset.objects.visible_to(user))
            | Q(dataset__provider_id__in=organizations_with(user, Role.DATA_STEWARD, Role.FINANCE, Role.APPROVER))
        )


class Offer(models.Model):
    """The price of industrial use of a dataset: proposed by a steward, priced by finance under the cap (发改价格〔2025〕65号)."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="offers")
    state = models.CharField(max_length=8, choices=OfferState, default=OfferState.PROPOSED)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="CNY")
    cap = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    # What the operator may earn: the cap is derived from it.
    cost = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    profit = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    tax = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    basis = models.CharField(max_length=500, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    priced_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset"], condition=Q(state=OfferState.ACTIVE), name="offer_in_force_once"
            ),
            models.CheckConstraint(name="offer_amount_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="offer_in_force_is_under_its_cap",
                condition=~Q(state=OfferState.ACTIVE)
                | (
                    Q(amount__lte=F("cap"))
                    & Q(cap__lte=F("cost") + F("profit") + F("tax"))
                    & Q(priced_by__isnull=False)
                ),
            ),
            models.CheckConstraint(name="offer_priced_by_another", condition=~Q(priced_by=F("proposed_by"))),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.amount}"


class ReleaseMode(models.TextChoices):
    """GB/T 37964."""

    PUBLIC = "public", _("Public release")
    CONTROLLED = "controlled", _("Controlled release")
    ENCLAVE = "enclave", _("Enclave")


class ReleaseFormat(models.TextChoices):
    CSV = "csv", "CSV"
    PARQUET = "parquet", "Parquet"


class LegalBasis(models.TextChoices):
    """PIPL Art 13 (1)."""

    CONSENT = "consent", _("Consent of the individual")
    CONTRACT = "contract", _("Necessary for a contract or personnel management")
    STATUTORY_DUTY = "statutory_duty", _("Necessary for a statutory duty")
    EMERGENCY = "emergency", _("Public health emergency or protection of life and property")
    PUBLIC_INTEREST = "public_interest", _("News reporting or supervision in the public interest")
    DISCLOSED = "disclosed", _("Lawfully disclosed information")
    OTHER_LAW = "other_law", _("Other law or administrative regulation")


STATE_CHOICES = [
    (State.DRAFT, _("Draft")),
    (State.SUBMITTED, pgettext_lazy("application", "Submitted")),
    (State.ASSESSING, _("Being assessed")),
    (State.DECIDING, _("Being decided")),
    (State.RETURNED, _("Returned")),
    (State.AWAITING_PAYMENT, _("Awaiting payment")),
    (State.GRANTED, _("Granted")),
    (State.REJECTED, pgettext_lazy("application", "Rejected")),
    (State.WITHDRAWN, _("Withdrawn")),
    (State.REVOKED, _("Revoked")),
]


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, user: User) -> ApplicationQuerySet:
        """The applicant's organisation sees its own; the owner's and controller's side what was submitted; auditors both."""
        requesting = organizations_with(user, Role.REQUESTER)
        deciding = organizations_with(user, *DECIDING_ROLES)
        audited = organizations_below(user, Role.AUDITOR)
        holders = RightsAssignment.objects.current().filter(
            dataset=models.OuterRef("distribution__dataset"),
            kind__in=[RightKind.OWNERSHIP, RightKind.CONTROL],
            holder_id__in=deciding | audited,
        )
        submitted = ~Q(state=State.DRAFT) & (
            Q(distribution__dataset__provider_id__in=deciding | audited) | models.Exists(holders)
        )
        return self.filter(
            Q(applicant=user) | Q(organization_id__in=requesting | audited) | Q(recipients=user) | submitted
        ).distinct()


class Application(models.Model):
    """A request to use some fields and rows of a distribution for a purpose, over a period, by named people."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="applications")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="applications")
    applicant = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="applications")
    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="applications")
    fields = models.ManyToManyField(DataField, through="ApplicationField", related_name="+")
    recipients = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    row_filter = models.JSONField(null=True)
    purpose = models.CharField(max_length=30)
    purpose_detail = models.TextField(max_length=2000)
    duty_citation = models.CharField(max_length=500, help_text=_("The duty or mandate the use falls under"))
    legal_basis = models.CharField(max_length=20, choices=LegalBasis)
    legal_citation = models.CharField(max_length=500)
    recipient_in_china = models.BooleanField()
    mode = models.CharField(max_length=10, choices=ReleaseMode, default=ReleaseMode.CONTROLLED)
    format = models.CharField(max_length=8, choices=ReleaseFormat, default=ReleaseFormat.CSV)
    months = models.PositiveSmallIntegerField()
    questionnaire = models.JSONField(default=dict)
    controls = models.JSONField(default=dict)
    motive = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=STATE_CHOICES, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    quote = models.JSONField(null=True)
    note = models.CharField(
        max_length=500, blank=True, help_text=_("The last reason given: returned, rejected, revoked")
    )
    note_code = models.CharField(max_length=60, blank=True)
    note_params = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # Work lists: what waits in one state, oldest first.
            models.Index(fields=["state", "submitted_at"], name="application_work_list"),
        ]
        constraints = [
            models.CheckConstraint(name="application_for_a_period", condition=Q(months__gte=1) & Q(months__lte=24)),
        ]

    def __str__(self) -> str:
        return f"application {self.pk}"


class ApplicationField(models.Model):
    """One field asked for, and why it is needed."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="requested_fields")
    field = models.ForeignKey(DataField, on_delete=models.PROTECT, related_name="+")
    justification = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["field__position"]
        constraints = [models.UniqueConstraint(fields=["application", "field"], name="application_field_once")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.field_id}"


class Artefact(models.Model):
    """The protected bytes, written once, sealed. What was assessed, decided on and is released is this row's `sha256`."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="artefacts")
    sealed_name = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    rows = models.BigIntegerField()
    format = models.CharField(max_length=8, choices=ReleaseFormat)
    manifest = models.JSONField()
    basis_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"artefact {self.pk}"


class Superseded(models.TextChoices):
    """Why an assessment counts no more and another was made, or has to be."""

    RESUBMITTED = "resubmitted", _("The application was changed and submitted again")
    FAILED = "failed", _("It could not be made")
    DATA = "data", _("The data changed")
    PROTECTION = "protection", _("The protection changed")
    SCAN = "scan", _("The table was scanned again")
    # Decisions on findings, grades, sharing terms, holders of rights, rule packs.
    GROUND = "ground", _("What is said of the data, or the rules, changed")


class Assessment(models.Model):
    """One measured, recorded assessment of one submission. Its state is its job's."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="assessments")
    number = models.PositiveSmallIntegerField()
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="assessment")
    artefact = models.OneToOneField(Artefact, on_delete=models.PROTECT, null=True, related_name="assessment")
    inputs = models.JSONField(default=dict)
    record = models.JSONField(default=dict)
    record_sha256 = models.CharField(max_length=64, blank=True)
    risk_grade = models.CharField(max_length=6, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Whether a row filter chose the rows: the application may be changed since, and what was counted is about these rows still.
    filtered = models.BooleanField(default=False)
    superseded_at = models.DateTimeField(null=True)
    superseded_because = models.CharField(max_length=11, choices=Superseded, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["application", "number"], name="assessment_numbered_once")]

    def __str__(self) -> str:
        return f"assessment {self.pk}"


class Decision(models.Model):
    """What one side decided, on which bytes and which assessment."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, null=True, related_name="decisions")
    side = models.CharField(max_length=10)
    verdict = models.CharField(max_length=16)
    reason = models.CharField(max_length=1000, blank=True)
    conditions = models.CharField(max_length=1000, blank=True)
    artefact_sha256 = models.CharField(max_length=64, blank=True)
    record_sha256 = models.CharField(max_length=64, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "side"], condition=Q(verdict="approve"), name="decision_signed_once_a_side"
            ),
            models.UniqueConstraint(
                fields=["assessment", "decided_by"], condition=Q(verdict="approve"), name="decision_one_side_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.side} {self.verdict}"


class Order(models.Model):
    """What a granted paid use costs, and the bank transfer that paid it."""

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="order")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    bank_reference = models.CharField(max_length=80, blank=True)
    paid_on = models.DateField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bank_reference"], condition=~Q(bank_reference=""), name="order_transfer_used_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self) -> GrantQuerySet:
        """The list form of `Grant.in_force`."""
        today = timezone.localdate()
        return self.filter(
            revoked_at__isnull=True, right__ended_at__isnull=True, valid_from__lte=today, valid_until__gte=today
        )


class Grant(models.Model):
    """The usage right given: to an organisation, for named recipients, from a day to a day."""

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="grant")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="grants")
    recipients = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="grants")
    right = models.OneToOneField(RightsAssignment, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_until = models.DateField()
    conditions = models.TextField(blank=True)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="grant_ends_after_it_begins", condition=Q(valid_until__gte=F("valid_from"))),
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"

    @property
    def in_force(self) -> bool:
        """Today, counting the last day; never once it was revoked or its usage right was ended."""
        if self.revoked_at is not None or self.right.ended_at is not None:
            return False
        return self.valid_from <= timezone.localdate() <= self.valid_until


class ReleaseQuerySet(models.QuerySet["Release"]):
    def visible_to(self, user: User) -> ReleaseQuerySet:
        """Whoever sees the application sees that there is a release; who may download is the grant's recipients."""
        return self.filter(grant__application__in=Application.objects.visible_to(user))


class Release(models.Model):
    """The artefact, published to the grant's recipients: exactly the bytes that were assessed."""

    grant = models.OneToOneField(Grant, on_delete=models.PROTECT, related_name="release")
    artefact = models.OneToOneField(Artefact, on_delete=models.PROTECT, related_name="release")
    released_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"release {self.pk}"


class Download(models.Model):
    """One download by one recipient, recorded before its first byte leaves."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="downloads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    first_byte = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.release_id} {self.user_id}"
