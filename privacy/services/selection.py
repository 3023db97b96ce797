"""Finding the distribution that a command names by its source and table, among what the user may see."""

from __future__ import annotations

from catalog.datasets.models import Distribution, Source
from catalog.errors import InvalidInput
from catalog.messages import gettext_noop
from catalog.people.models import User


def distribution_named(user: User, source: str, table: str | None) -> Distribution:
    """The distribution of `source` (and `table`, where it has several). Invisible and absent read the same."""
    if not Source.objects.visible_to(user).filter(name=source).exists():
        raise InvalidInput(gettext_noop("There is no source named %(name)s."), code="source_unknown", name=source)
    found = Distribution.objects.filter(source__name=source).select_related(
        "source", "dataset__provider", "subject_field"
    )
    if table is not None:
        found = found.filter(table=table)
    distributions = list(found[:2])
    if not distributions:
        raise InvalidInput(
            gettext_noop("No table of %(name)s is registered in the catalogue."), code="not_registered", name=source
        )
    if len(distributions) > 1:
        raise InvalidInput(
            gettext_noop("Several tables of %(name)s are registered: say which (--table)."),
            code="table_not_named",
            name=source,
        )
    return distributions[0]
