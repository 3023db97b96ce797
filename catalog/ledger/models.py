"""The rows of the ledger. Nothing writes them but `services.record`; triggers refuse every change (`triggers`)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.people.models import Organization, Role, User
from catalog.people.policies import organizations_below


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    def visible_to(self, user: User) -> LedgerEntryQuerySet:
        """Auditors read what happened in their branch of the tree; everybody reads what they did themselves."""
        audited = organizations_below(user, Role.AUDITOR)
        return self.filter(Q(actor_id=user.pk) | Q(organization_id__in=audited) | Q(counterpart_id__in=audited))

    def about(self, subject: models.Model) -> LedgerEntryQuerySet:
        """The history of one object, oldest first."""
        return self.filter(object_type=object_type_of(subject), object_id=str(subject.pk)).order_by("sequence")


class LedgerEntry(models.Model):
    """One act: who did what to which object, when, chained to the act before it by hash.

    `details` holds ids, codes and counts; a personal value never (see `services.record`).
    """

    sequence = models.BigIntegerField(primary_key=True)
    occurred_at = models.DateTimeField()
    # Empty where the program itself acted (a job, the operator's command line).
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    counterpart = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    details = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    entry_hash = models.CharField(max_length=64, unique=True)

    objects: ClassVar[Any] = LedgerEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-sequence"]
        indexes = [
            # The history of one object, on its page and at /api/v1/ledger/?object=
            models.Index(fields=["object_type", "object_id", "sequence"], name="ledger_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"


class LedgerHead(models.Model):
    """The end of the chain: one row, locked by whoever appends."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)
    entry_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(name="ledger_has_one_head", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"{self.sequence}"


def object_type_of(subject: models.Model) -> str:
    """How the ledger names a kind of object: the model's name in lower case."""
    return str(subject._meta.model_name)
