"""Links between datasets: what goes with what, and what was made from what. The acts on them are in `linking`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from catalog.datasets.models import Dataset
from catalog.people.models import User


class LinkKind(models.TextChoices):
    """dct:relation says nothing of direction and holds both ways; prov:wasDerivedFrom leads from a dataset to what it was made from."""

    RELATED = "related", _("Related")
    DERIVED_FROM = "derived_from", _("Derived from")


class LinkQuerySet(models.QuerySet["DatasetLink"]):
    def visible_to(self, user: User) -> LinkQuerySet:
        """A link is seen by whoever sees both its ends: it must not tell of a draft."""
        visible = Dataset.objects.visible_to(user).order_by().values("pk")
        return self.filter(dataset__in=visible, target__in=visible)

    def about(self, dataset: Dataset) -> LinkQuerySet:
        """Links at either end of which the dataset stands."""
        return self.filter(Q(dataset=dataset) | Q(target=dataset))


class DatasetLink(models.Model):
    """One dataset's record names another (关联资源代码), as a steward of its provider recorded it."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="links")
    target = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="links_here")
    kind = models.CharField(max_length=12, choices=LinkKind)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            # Whichever way round: the reverse of a relation says the same, the reverse of a derivation is a circle.
            models.UniqueConstraint(
                Least("dataset", "target"), Greatest("dataset", "target"), F("kind"), name="dataset_linked_once"
            ),
            models.CheckConstraint(name="dataset_not_linked_to_itself", condition=~Q(dataset=F("target"))),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.kind} {self.target_id}"
