"""What a record can begin with: taken from the names of the columns and from what the department registered before. Never from a cell."""

from __future__ import annotations

from django.db.models import Count
from django.utils.translation import gettext as _

from catalog.datasets.models import Dataset
from catalog.templatetags.canglang import listed

NAMED_COLUMNS = 12
OFFERED_CATEGORIES = 12


def proposals_for(dataset: Dataset) -> dict[str, str]:
    """A beginning for what the draft leaves empty: an abstract that names the columns, the department's usual theme."""
    found = {}
    fields = [field for table in dataset.distributions.all() for field in table.fields.all()]
    if not dataset.abstract and fields:
        names = [field.label or field.name for field in fields]
        columns = listed(names[:NAMED_COLUMNS]) + ("…" if len(names) > NAMED_COLUMNS else "")
        found["abstract"] = _("Each row holds: %(columns)s.") % {"columns": columns}
    if not dataset.theme:
        others = Dataset.objects.filter(provider_id=dataset.provider_id).exclude(theme="").order_by()
        usual = others.values_list("theme").annotate(times=Count("pk")).order_by("-times", "theme").first()
        if usual:
            found["theme"] = str(usual[0])
    return found


def categories_of(dataset: Dataset) -> list[tuple[str, str]]:
    """Category codes the department uses already, each with a dataset that has it."""
    rows = Dataset.objects.filter(provider_id=dataset.provider_id).exclude(pk=dataset.pk).order_by("category", "pk")
    found: dict[str, str] = {}
    for category, title in rows.values_list("category", "title")[:200]:
        found.setdefault(category, title)
    return list(found.items())[:OFFERED_CATEGORIES]
