"""Organisations, users, and who holds which role where. What a role may do is in `policies`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from tree_queries.fields import TreeNodeForeignKey
from tree_queries.query import TreeQuerySet


class Role(models.TextChoices):
    """The roles of the design, each held in one organisation."""

    DATA_STEWARD = "data_steward", _("Data steward")
    PRIVACY_OFFICER = "privacy_officer", _("Privacy officer")
    REQUESTER = "requester", _("Requester")
    APPROVER = "approver", _("Approver")
    FINANCE = "finance", _("Finance")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class OrganizationKind(models.TextChoices):
    GOVERNMENT = "government", _("Government")
    BUREAU = "bureau", _("Department")
    DISTRICT = "district", _("District or county-level city")
    ENTERPRISE = "enterprise", _("Enterprise")
    RESEARCH = "research", _("Research body")


class Organization(models.Model):  # type: ignore[django-manager-missing]  # the tree library is untyped
    """A department, district, enterprise or research body, at its place in the tree."""

    name = models.CharField(max_length=120, unique=True)
    name_en = models.CharField(max_length=160)
    code = models.CharField(max_length=18, unique=True, help_text=_("Unified social credit code"))
    kind = models.CharField(max_length=20, choices=OrganizationKind)
    parent = TreeNodeForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    is_active = models.BooleanField(default=True)

    objects: ClassVar[Any] = TreeQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="organization_not_its_own_parent", condition=~Q(parent=F("id"))),
        ]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who signs in. Every right in the domain comes from memberships; `is_superuser` gives none."""

    display_name = models.CharField(max_length=60, blank=True)

    objects: ClassVar[UserManager[Any]] = UserManager()

    def __str__(self) -> str:
        return self.display_name or self.username


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> MembershipQuerySet:
        """Memberships that count today."""
        return self.filter(ended_at__isnull=True, organization__is_active=True, user__is_active=True)


class Membership(models.Model):
    """One role of one user in one organisation, from when it was granted until it was ended."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    # Empty only for the first administrator, who is made on the operator's command line.
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization", "role"],
                condition=Q(ended_at__isnull=True),
                name="membership_held_once",
            ),
            models.CheckConstraint(name="membership_not_granted_to_oneself", condition=~Q(granted_by=F("user"))),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.organization_id}"
