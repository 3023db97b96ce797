"""What two persons agree on about the key of a project: that it is renewed, or destroyed for good."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from catalog.people.models import Membership, Role, User
from catalog.people.policies import organizations_below, organizations_with


class KeyAct(models.TextChoices):
    RENEW = "renew", pgettext_lazy("key", "Renew")
    DESTROY = "destroy", pgettext_lazy("key", "Destroy")


class KeyRequestState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("key", "Waits for a second person")
    CONFIRMED = "confirmed", pgettext_lazy("key", "Carried out")
    REFUSED = "refused", pgettext_lazy("key", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("key", "Taken back")


def projects_of_officers(user: User, *, path: str = "") -> Q:
    """The projects for which data of the organisations was asked whose privacy officer `user` is."""
    # Asked within the query: the home page asks too.
    officer = Membership.objects.active().filter(user_id=user.pk, role=Role.PRIVACY_OFFICER).values("organization_id")
    return Q(
        **{
            f"{path}applications__submitted_at__isnull": False,
            f"{path}applications__distribution__dataset__provider_id__in": officer,
        }
    )


def projects_whose_keys_show(user: User, *, path: str = "") -> Q:
    """Whose project it is, whose data is in it, and who administers or audits the branch: they see how the key stands."""
    own = organizations_with(user, Role.REQUESTER)
    branch = organizations_below(user, Role.ADMINISTRATOR) | organizations_below(user, Role.AUDITOR)
    return projects_of_officers(user, path=path) | Q(**{f"{path}organization_id__in": own | branch})


class KeyRequestQuerySet(models.QuerySet["KeyRequest"]):
    def visible_to(self, user: User) -> KeyRequestQuerySet:
        """Whoever sees how the project's key stands."""
        return self.filter(projects_whose_keys_show(user, path="project__")).distinct()

    def awaiting_second_person(self, user: User) -> KeyRequestQuerySet:
        """What `user` can confirm or refuse: a privacy officer of data in the project who did not ask for it."""
        waiting = self.filter(projects_of_officers(user, path="project__"), state=KeyRequestState.PROPOSED)
        return waiting.exclude(asked_by=user).distinct()


class KeyRequest(models.Model):
    """Asked for by one privacy officer whose organisation's data is in the project, confirmed or refused by another."""

    project = models.ForeignKey("access.Project", on_delete=models.PROTECT, related_name="key_requests")
    act = models.CharField(max_length=7, choices=KeyAct)
    state = models.CharField(max_length=9, choices=KeyRequestState, default=KeyRequestState.PROPOSED)
    reason = models.CharField(max_length=500)
    refusal = models.CharField(max_length=500, blank=True)
    # What it would break, as it was shown to whoever asked: counts, and the operator's places of backups.
    told = models.JSONField(default=dict)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects: ClassVar[KeyRequestQuerySet] = KeyRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(state="proposed"), name="key_request_one_at_a_time"
            ),
            models.CheckConstraint(
                name="key_request_confirmed_by_another",
                condition=~Q(state="confirmed") | ~Q(decided_by=F("asked_by")) & Q(decided_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.project_id}"
