"""Scans and what they found, how each field is protected, and the key domains that tokens live in."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.datasets.models import DataField, Distribution, RightKind, RightsAssignment
from catalog.jobs.models import Job
from catalog.people.models import Role, User
from catalog.people.policies import may, organizations_with

# Who works on the privacy side of a dataset. Evidence is masked, but still no business of the requesters' side.
READING_ROLES = (Role.PRIVACY_OFFICER, Role.DATA_STEWARD, Role.APPROVER)


class OfDistributionQuerySet(models.QuerySet[Any]):
    """Rows that belong to a distribution, seen by those who work for its provider, owner or controller."""

    def visible_to(self, user: User) -> Any:
        working = organizations_with(user, *READING_ROLES)
        holders = RightsAssignment.objects.current().filter(
            dataset=models.OuterRef("distribution__dataset"),
            kind__in=[RightKind.OWNERSHIP, RightKind.CONTROL],
            holder_id__in=working,
        )
        return self.filter(Q(distribution__dataset__provider_id__in=working) | models.Exists(holders))


class OfPresentFieldManager(models.Manager[Any]):
    """Rows about fields that the table has. What stands of a field whose column is gone is asked for as `ever`."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(field__gone_at__isnull=True)


class ScanMode(models.TextChoices):
    FULL = "full", _("Every row")
    SAMPLE = "sample", _("A sample")


class Scan(models.Model):
    """One reading of a distribution for personal data. Its state is its job's: there is no second truth."""

    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="scans")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="scan")
    mode = models.CharField(max_length=6, choices=ScanMode)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    rows = models.BigIntegerField(null=True)
    rules_version = models.CharField(max_length=60, blank=True)
    rules = models.JSONField(default=dict, help_text=_("The version of every rule and model it ran"))
    fingerprint = models.CharField(max_length=80, blank=True)
    reasons = models.JSONField(default=list, help_text=_("Why it is not complete"))
    columns = models.JSONField(default=list, help_text=_("The verdict of each column, evidence masked"))
    # The sample with its seed, and what reading text for names took.
    reading = models.JSONField(default=dict, help_text=_("How the rows were read"))
    comparison = models.JSONField(default=dict, help_text=_("What is new, gone or changed since the scan before"))
    # The scan that this one goes on from: it stopped in the middle, and the source is still the same.
    resumes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="resumed_by")

    objects: ClassVar[Any] = OfDistributionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"scan {self.pk}"

    @property
    def state(self) -> str:
        return str(self.job.state)


class ScanCheckpoint(models.Model):
    """How far a scan came: a sealed file of what it had counted, so that another attempt or a resuming scan goes on from there."""

    scan = models.OneToOneField(Scan, on_delete=models.PROTECT, related_name="checkpoint")
    rows = models.BigIntegerField()
    fingerprint = models.CharField(max_length=80)
    # What decides the order of the rows beside their content (`catalog.sources`): both the same, the rows come as they came.
    row_order = models.CharField(max_length=80)
    rules_version = models.CharField(max_length=60)
    # Of the sealed file (`catalog.storage`): counts, sketches and masked examples, never a raw value.
    file = models.CharField(max_length=64)
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"scan {self.scan_id} at {self.rows}"


class ScanInterval(models.TextChoices):
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every three months")


class ScanSchedule(models.Model):
    """When a distribution is scanned again by itself, in the name of whoever set it: their permission is asked for each time."""

    distribution = models.OneToOneField(Distribution, on_delete=models.PROTECT, related_name="scan_schedule")
    every = models.CharField(max_length=9, choices=ScanInterval)
    next_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    # Why it does not run any more although it is set: whoever set it may not scan this table now, for example.
    stopped_because = models.CharField(max_length=60, blank=True)

    objects: ClassVar[Any] = OfDistributionQuerySet.as_manager()

    class Meta:
        ordering = ["next_at"]

    def __str__(self) -> str:
        return f"{self.distribution_id} {self.every}"


class OwnRuleState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ON = "on", _("On")
    OFF = "off", _("Off")


class OwnRuleQuerySet(models.QuerySet[Any]):
    """Own rules are the whole deployment's: whoever may read one may read all."""

    def visible_to(self, user: User) -> Any:
        return self if may(user, "own_rule.read") else self.none()


class OwnRule(models.Model):
    """A bureau's own entity type: expressions, words or names of columns, tried on sample data before scans look for it."""

    entity_type = models.CharField(max_length=40, unique=True)
    # The rule as the rule pack spells one, checked by `privacy.detection`: the page, the API and a file write the same document.
    document = models.JSONField()
    digest = models.CharField(max_length=64, help_text=_("SHA-256 of the document, which stands for it elsewhere"))
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=5, choices=OwnRuleState, default=OwnRuleState.DRAFT)
    # The version that was last tried and what came of it, in counts: only a tried version is switched on.
    tried_version = models.PositiveIntegerField(null=True)
    trial = models.JSONField(default=dict)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    objects: ClassVar[Any] = OwnRuleQuerySet.as_manager()

    class Meta:
        ordering = ["entity_type"]
        constraints = [
            models.CheckConstraint(
                name="own_rule_on_only_once_tried",
                # A comparison with nothing is not false, and a check passes that is not false.
                condition=~Q(state="on") | Q(tried_version__isnull=False, tried_version=F("version")),
            ),
        ]

    def __str__(self) -> str:
        return self.entity_type

    @property
    def is_tried(self) -> bool:
        """Whether this very version was tried on sample data."""
        return self.tried_version == self.version


class OwnRuleTrial(models.Model):
    """A bureau's own rule, tried on a table: what scans would find with it that they do not find now. Read by who may read findings."""

    rule = models.ForeignKey(OwnRule, on_delete=models.PROTECT, related_name="trials")
    version = models.PositiveIntegerField()
    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="own_rule_trials")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="own_rule_trial")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    # Columns, counts and masked examples, never a raw value.
    result = models.JSONField(default=dict)

    objects: ClassVar[Any] = OfDistributionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.version} on {self.distribution_id}"


class Combinations(models.Model):
    """How far 2 to 4 quasi-identifiers of a scanned table together single persons out."""

    scan = models.OneToOneField(Scan, on_delete=models.PROTECT, related_name="combinations")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="combinations")
    # Columns, persons, classes, unique persons and the smallest class of each combination, and on how much of the table.
    result = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"combinations of scan {self.scan_id}"


class FindingState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("finding", "Proposed")
    CONFIRMED = "confirmed", _("Confirmed")
    CORRECTED = "corrected", _("Corrected")
    REJECTED = "rejected", pgettext_lazy("finding", "Rejected")


class FieldRole(models.TextChoices):
    DIRECT = "direct", _("Direct identifier")
    QUASI = "quasi", _("Quasi-identifier")
    SENSITIVE = "sensitive", _("Sensitive attribute")
    NONE = "none", _("None")


class FindingQuerySet(OfDistributionQuerySet):
    def awaiting_review(self) -> Any:
        """Findings nobody has decided, or that wait for a second person."""
        return self.filter(Q(state=FindingState.PROPOSED) | ~Q(pending_state=""))

    def came_back(self) -> Any:
        """Findings that were decided once, and of which a scan asks again."""
        return self.awaiting_review().exclude(returned=[])


FindingManager = OfPresentFieldManager.from_queryset(FindingQuerySet)


class Finding(models.Model):
    """What a scan, or an officer by hand, says of one field. Never holds a raw value."""

    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="findings")
    field = models.OneToOneField(DataField, on_delete=models.PROTECT, related_name="finding")
    # Empty where an officer declared it by hand.
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, null=True, related_name="findings")
    entity_type = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=10, choices=FieldRole)
    likelihood = models.CharField(max_length=13, blank=True)
    score = models.FloatField(default=0)
    counts = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    other_types = models.JSONField(default=list)
    checksum_proven = models.BooleanField(default=False)
    # What the scanner said, kept when an officer corrects it: a re-scan that says the same does not ask again.
    found_type = models.CharField(max_length=40, blank=True)
    found_role = models.CharField(max_length=10, blank=True)
    # How the values looked to that scan (`privacy.detection.patterns`), in figures and forms; empty before there were patterns.
    pattern = models.JSONField(default=dict)
    # In what they differ from what was decided, where a scan asked again for it; empty once somebody has decided.
    returned = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=FindingState, default=FindingState.PROPOSED)
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    # A decision that needs a second person waits here, with who proposed it.
    pending_state = models.CharField(max_length=10, choices=FindingState, blank=True)
    pending_type = models.CharField(max_length=40, blank=True)
    pending_role = models.CharField(max_length=10, blank=True)
    pending_reason = models.CharField(max_length=500, blank=True)
    pending_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[Any] = FindingManager()
    ever: ClassVar[Any] = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["field__position"]
        constraints = [
            models.CheckConstraint(
                name="finding_pending_has_its_person",
                condition=Q(pending_state="") | Q(pending_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field_id} {self.entity_type}"


class FindingDecision(models.Model):
    """What one person said of a finding, and why: the words stand here and not in the ledger."""

    # A finding that nobody decided goes when nothing is there any more, and with it what somebody had asked a second person.
    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="decisions")
    state = models.CharField(max_length=10, choices=FindingState)
    entity_type = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=10, choices=FieldRole)
    reason = models.CharField(max_length=500, blank=True)
    # Whether this word alone was not enough: a second person had to say the same.
    waits = models.BooleanField(default=False)
    # What the values looked like when it was said, with the version of the rule: the decision holds for what looks so, and for nothing else.
    pattern = models.JSONField(default=dict)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.state}"


class ProtectionPolicy(models.Model):
    """How a distribution's fields are protected; the version moves with every change, so a release can name it."""

    distribution = models.OneToOneField(Distribution, on_delete=models.PROTECT, related_name="protection")
    version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.distribution_id} v{self.version}"


class ProtectionVersion(models.Model):
    """The rules as one act left them: what a version held stays to be looked at, compared and restored."""

    policy = models.ForeignKey(ProtectionPolicy, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    # The fields' names and rules (`privacy.masking.policy_document`), and the digest that a manifest names them by.
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["policy", "version"], name="protection_version_once")]

    def __str__(self) -> str:
        return f"{self.policy_id} v{self.version}"


class FieldProtectionQuerySet(OfDistributionQuerySet):
    pass


FieldProtectionManager = OfPresentFieldManager.from_queryset(FieldProtectionQuerySet)


class FieldProtection(models.Model):
    """The rule of one field. A field without one is dropped."""

    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="protections")
    policy = models.ForeignKey(ProtectionPolicy, on_delete=models.PROTECT, related_name="fields")
    field = models.OneToOneField(DataField, on_delete=models.PROTECT, related_name="protection")
    operator = models.CharField(max_length=20)
    parameters = models.JSONField(default=dict)
    # What becomes of malformed and of missing values (`privacy.masking.policy`); empty: what is usual for the operator.
    invalid = models.CharField(max_length=5, blank=True)
    null = models.CharField(max_length=4, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = FieldProtectionManager()
    ever: ClassVar[Any] = FieldProtectionQuerySet.as_manager()

    class Meta:
        ordering = ["field__position"]

    def __str__(self) -> str:
        return f"{self.field_id} {self.operator}"


class KeyDomain(models.Model):
    """A random data key, wrapped: tokens link inside one domain and nowhere else. The domain is an approved project."""

    name = models.CharField(max_length=120)
    # Bound into the wrapping: one domain's wrapped key put into another's row does not open.
    binding = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    wrapped_key = models.BinaryField()
    # Counts the data keys that the domain has had; the ones before this one are its former keys.
    key_number = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="key_domain_destroyed_after_created",
                condition=Q(destroyed_at__isnull=True) | Q(destroyed_at__gte=F("created_at")),
            ),
            # A destroyed domain holds no key, and one without a key is destroyed.
            models.CheckConstraint(
                name="key_domain_destroyed_has_no_key",
                condition=Q(destroyed_at__isnull=True) & ~Q(wrapped_key=b"")
                | Q(destroyed_at__isnull=False) & Q(wrapped_key=b""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FormerKey(models.Model):
    """A data key that a domain had before it was given another one: what was released under it can still be restored."""

    domain = models.ForeignKey(KeyDomain, on_delete=models.PROTECT, related_name="former_keys")
    number = models.PositiveSmallIntegerField()
    # As the manifests of the releases made under it name it.
    fingerprint = models.CharField(max_length=16)
    # Bound to the domain, as its present key is; empty once the domain is destroyed.
    wrapped_key = models.BinaryField()
    retired_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["domain", "number"], name="former_key_numbered_once")]

    def __str__(self) -> str:
        return f"{self.domain_id} {self.number}"
