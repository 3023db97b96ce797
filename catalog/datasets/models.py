"""What there is and whose it is: sources, datasets, their distributions and fields, and the three rights over them."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.people.models import Organization, Role, User
from catalog.people.policies import organizations_below, organizations_with

# Whoever works on a dataset before it is published: its steward, officer, approver, finance; auditors see acts only.
WORKING_ROLES = (Role.DATA_STEWARD, Role.PRIVACY_OFFICER, Role.APPROVER, Role.FINANCE)


class SourceKind(models.TextChoices):
    UPLOAD = "upload", _("Uploaded file")
    FILE = "file", _("File under a configured root")
    DATABASE = "database", _("Database on a configured host")


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, user: User) -> SourceQuerySet:
        """Sources are seen by those who work on the organisation's data; the requesters' side never sees one."""
        return self.filter(organization_id__in=organizations_with(user, *WORKING_ROLES))


class Source(models.Model):
    """Where rows are read from. Credentials and uploads are sealed; nothing here lets a user name a path or a DSN."""

    name = models.CharField(max_length=80, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sources")
    kind = models.CharField(max_length=10, choices=SourceKind)
    # upload: the file's name as the user had it, and the sealed file under DATA_DIR
    file_name = models.CharField(max_length=255, blank=True)
    sealed_name = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(null=True)
    # file: the operator's name of a root, and the path below it
    root = models.CharField(max_length=60, blank=True)
    path = models.CharField(max_length=500, blank=True)
    # database: the operator's name of a host; user and password sealed together
    host = models.CharField(max_length=60, blank=True)
    schema = models.CharField(max_length=63, blank=True)
    sealed_credentials = models.BinaryField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # From then on nothing is read of it: the upload and the account are destroyed, the row stays.
    retired_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class DatasetState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", pgettext_lazy("dataset", "Submitted")
    PUBLISHED = "published", _("Published")
    SUSPENDED = "suspended", _("Suspended")
    RETIRED = "retired", pgettext_lazy("dataset", "Retired")


class ShareType(models.TextChoices):
    """国发〔2016〕51号."""

    UNCONDITIONAL = "unconditional", _("Unconditional sharing")
    CONDITIONAL = "conditional", _("Conditional sharing")
    WITHHELD = "withheld", _("Withheld")


class ShareMode(models.TextChoices):
    FILE = "file", _("File")
    API = "api", _("Interface")
    DATABASE = "database", _("Database exchange")


class UpdateCycle(models.TextChoices):
    REALTIME = "realtime", _("Real time")
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")
    QUARTERLY = "quarterly", _("Quarterly")
    YEARLY = "yearly", _("Yearly")
    IRREGULAR = "irregular", _("Irregular")


class Price(models.TextChoices):
    """What the offer in force says of industrial use; public governance and public good are free by law (发改价格〔2025〕65号)."""

    FREE = "free", _("Free of charge")
    PAID = "paid", _("Industrial use is paid")
    UNPRICED = "unpriced", _("No price yet")


class SubjectKind(models.TextChoices):
    """Whom a row is about; risk counts these, not rows."""

    PERSON = "person", _("A person")
    ENTERPRISE = "enterprise", _("An enterprise")
    NONE = "none", _("Nobody (no data subjects)")


class Grade(models.TextChoices):
    """GB/T 43697-2024, from the gravest to the least."""

    CORE = "core", _("Core data")
    IMPORTANT = "important", _("Important data")
    GENERAL_4 = "general_4", _("General, level 4")
    GENERAL_3 = "general_3", _("General, level 3")
    GENERAL_2 = "general_2", _("General, level 2")
    GENERAL_1 = "general_1", _("General, level 1")


class AffectedObject(models.TextChoices):
    """Who or what is harmed (GB/T 43697-2024)."""

    NATIONAL_SECURITY = "national_security", _("National security")
    ECONOMY = "economy", _("The running of the economy")
    SOCIAL_ORDER = "social_order", _("Social order")
    PUBLIC_INTEREST = "public_interest", _("Public interest")
    ORGANIZATION = "organization", _("Rights of organisations")
    INDIVIDUAL = "individual", _("Rights of individuals")


class Impact(models.TextChoices):
    """How badly (GB/T 43697-2024)."""

    EXTREMELY_SERIOUS = "extremely_serious", _("Extremely serious harm")
    SERIOUS = "serious", _("Serious harm")
    ORDINARY = "ordinary", _("Ordinary harm")
    NONE = "none", _("No harm")


GRADES_BY_WEIGHT = [grade.value for grade in Grade]


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, user: User) -> DatasetQuerySet:
        """Published datasets are seen by everyone who is signed in; others by those who work on them or audit them."""
        working = organizations_with(user, *WORKING_ROLES)
        audited = organizations_below(user, Role.AUDITOR)
        holders = RightsAssignment.objects.current().filter(
            dataset=models.OuterRef("pk"), kind__in=[RightKind.OWNERSHIP, RightKind.CONTROL], holder_id__in=working
        )
        return self.filter(
            Q(state__in=[DatasetState.PUBLISHED, DatasetState.SUSPENDED])
            | Q(provider_id__in=working | audited)
            | models.Exists(holders)
        )

    def published(self) -> DatasetQuerySet:
        return self.filter(state=DatasetState.PUBLISHED)


class Dataset(models.Model):
    """One record of the catalogue (发改高技〔2017〕1272号), with the rights and the sharing terms of its data."""

    code = models.CharField(max_length=40, unique=True, help_text=_("Category code / sequence"))
    category = models.CharField(max_length=20, help_text=_("Class, item and subject codes of the catalogue"))
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200, blank=True)
    abstract = models.TextField(max_length=4000)
    abstract_en = models.TextField(max_length=4000, blank=True)
    theme = models.CharField(max_length=40, blank=True)
    keywords = models.JSONField(default=list, blank=True)
    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="datasets")
    share_type = models.CharField(max_length=13, choices=ShareType)
    share_condition = models.TextField(max_length=1000, blank=True)
    share_citation = models.TextField(max_length=1000, blank=True)
    share_mode = models.CharField(max_length=10, choices=ShareMode, default=ShareMode.FILE)
    open_to_public = models.BooleanField(default=False)
    open_condition = models.TextField(max_length=1000, blank=True)
    update_cycle = models.CharField(max_length=10, choices=UpdateCycle)
    issued = models.DateField(null=True, blank=True)
    # What the record says its columns are (信息项), before a table says it; see `items`.
    items = models.JSONField(default=list, blank=True)
    # Written by access through `services`, for the catalogue to filter on.
    price = models.CharField(max_length=8, choices=Price, default=Price.UNPRICED, editable=False)
    subject_kind = models.CharField(max_length=10, choices=SubjectKind, default=SubjectKind.PERSON)
    subject_declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=DatasetState, default=DatasetState.DRAFT)
    revision = models.PositiveIntegerField(
        default=1, help_text=_("Counts changes, so that two editors cannot overwrite each other")
    )
    note = models.CharField(max_length=500, blank=True, help_text=_("Why it was last returned, suspended or retired"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    # Two-character tokens of title, abstract, keywords and fields (see `search`); kept by the services.
    search_text = models.TextField(blank=True, editable=False)

    objects: ClassVar[Any] = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="dataset_conditional_names_its_condition",
                condition=~Q(share_type=ShareType.CONDITIONAL) | ~Q(share_condition=""),
            ),
            models.CheckConstraint(
                name="dataset_withheld_cites_its_ground",
                condition=~Q(share_type=ShareType.WITHHELD) | ~Q(share_citation=""),
            ),
            models.CheckConstraint(
                name="dataset_published_was_reviewed_by_another",
                condition=~Q(state=DatasetState.PUBLISHED)
                | (Q(reviewed_by__isnull=False) & ~Q(reviewed_by=F("submitted_by")) & ~Q(reviewed_by=F("created_by"))),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def grade(self) -> str | None:
        """The highest grade of its fields (就高从严), or None where none is graded."""
        grades = {field.grade for distribution in self.distributions.all() for field in distribution.fields.all()}
        return next((grade for grade in GRADES_BY_WEIGHT if grade in grades), None)

    def holder_of(self, kind: RightKind, on: date | None = None) -> Organization | None:
        """Who holds the right on that day (today). Ownership and control have at most one exclusive holder."""
        right = self.rights.current(on).filter(kind=kind).select_related("holder").order_by("-exclusive", "id").first()
        return right.holder if right else None

    @property
    def owner(self) -> Organization | None:
        return self.holder_of(RightKind.OWNERSHIP)

    @property
    def controller(self) -> Organization | None:
        """The holder of control, who is the owner unless a record says otherwise."""
        return self.holder_of(RightKind.CONTROL) or self.owner


class DatasetVersion(models.Model):
    """What the record said each time it was published."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    record = models.JSONField()
    digest = models.CharField(max_length=64)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="dataset_version_numbered_once")]

    def __str__(self) -> str:
        return f"{self.dataset_id} v{self.number}"


class Distribution(models.Model):
    """A dataset's rows in one place: a table of a source."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="distributions")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="distributions")
    table = models.CharField(max_length=255)
    format = models.CharField(max_length=20)
    rows = models.BigIntegerField(null=True, help_text=_("As counted by the last complete reading"))
    fingerprint = models.CharField(
        max_length=80, blank=True, help_text=_("Of the content, when it was last read whole")
    )
    subject_field = models.ForeignKey("DataField", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # Where the source's columns are not the record's any more (see `drift`): as they were read, and since when that is known.
    drift = models.JSONField(default=list, blank=True)
    drift_seen_at = models.DateTimeField(null=True)
    # When the record last took its columns over from the source: a scan that was asked for before did not know them.
    columns_changed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["source", "table"], name="distribution_registered_once")]

    def __str__(self) -> str:
        return self.table


class PresentFieldManager(models.Manager["DataField"]):
    """The fields that the table has. One whose column is gone stays for what was said and decided of it, and is asked for as `ever`."""

    def get_queryset(self) -> models.QuerySet[DataField]:
        return super().get_queryset().filter(gone_at__isnull=True)


class DataField(models.Model):
    """One column (信息项). Type, role and grade are written by privacy through `services`, for the catalogue to filter on."""

    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="fields")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    label = models.CharField(max_length=255, blank=True)
    data_type = models.CharField(max_length=1)
    native_type = models.CharField(max_length=80, blank=True)
    nullable = models.BooleanField(default=True)
    entity_type = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=10, default="none")
    grade = models.CharField(max_length=10, choices=Grade, blank=True)
    grade_object = models.CharField(max_length=40, blank=True)
    grade_impact = models.CharField(max_length=40, blank=True)
    grade_reason = models.CharField(max_length=500, blank=True)
    # The source has no such column any more: no form, no release and no count knows the field, its history does.
    gone_at = models.DateTimeField(null=True)

    objects: ClassVar[PresentFieldManager] = PresentFieldManager()
    ever: ClassVar[models.Manager[DataField]] = models.Manager()

    class Meta:
        ordering = ["distribution", "position"]
        constraints = [
            # A gone one too: a column that comes back is the same field.
            models.UniqueConstraint(fields=["distribution", "name"], name="field_named_once"),
            models.UniqueConstraint(
                fields=["distribution", "position"], condition=Q(gone_at__isnull=True), name="field_placed_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GradeProposal(models.Model):
    """A lower grade that one person asks for and a second decides."""

    field = models.ForeignKey(DataField, on_delete=models.PROTECT, related_name="grade_proposals")
    grade = models.CharField(max_length=10, choices=Grade)
    affected_object = models.CharField(max_length=40)
    impact = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    accepted = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["field"], condition=Q(accepted__isnull=True), name="grade_proposal_open_once"
            ),
            models.CheckConstraint(name="grade_lowered_by_a_second_person", condition=~Q(decided_by=F("proposed_by"))),
        ]

    def __str__(self) -> str:
        return f"{self.field_id} {self.grade}"


class RightKind(models.TextChoices):
    """The three rights; in 数据二十条: 持有权, 加工使用权, 产品经营权."""

    OWNERSHIP = "ownership", _("Ownership")
    CONTROL = "control", _("Control")
    USAGE = "usage", _("Usage")


class RightsQuerySet(models.QuerySet["RightsAssignment"]):
    def current(self, on: date | None = None) -> RightsQuerySet:
        """Rights in force on that day (today). The last day counts."""
        day = on or timezone.localdate()
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day), valid_from__lte=day, ended_at__isnull=True)


class RightsAssignment(models.Model):
    """Who holds which right over a dataset, from when to when, on what ground."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="rights")
    kind = models.CharField(max_length=10, choices=RightKind)
    holder = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="rights")
    basis = models.CharField(max_length=500)
    scope = models.CharField(max_length=500, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    exclusive = models.BooleanField(default=True)
    transferable = models.BooleanField(default=False)
    sublicensable = models.BooleanField(default=False)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = RightsQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "valid_from", "id"]
        constraints = [
            models.CheckConstraint(name="right_has_a_basis", condition=~Q(basis="")),
            models.CheckConstraint(
                name="right_ends_after_it_begins",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.holder_id}"
