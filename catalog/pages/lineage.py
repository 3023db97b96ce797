"""Where a dataset comes from and what comes of it, as its page shows it. Recording it is in `links`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.datasets.lineage import DatasetLink, LinkKind
from catalog.datasets.linking import removable_links
from catalog.datasets.models import Dataset, Source
from catalog.people.models import User


@dataclass(frozen=True, slots=True)
class Linked:
    """The dataset at the other end of a link, and whether the reader may take the link back."""

    link: DatasetLink
    other: Dataset
    removable: bool


@dataclass(frozen=True, slots=True)
class Lineage:
    """What the dataset comes from: sources (for those who work with them) and other datasets; what is made from it; what goes
    with it."""

    sources: list[Source]
    origins: list[Linked]
    derived: list[Linked]
    related: list[Linked]

    @property
    def empty(self) -> bool:
        return not (self.sources or self.origins or self.derived)


def lineage_of(dataset: Dataset, user: User, working: Iterable[int]) -> Lineage:
    """The lineage of a dataset whose tables and their sources are read; of its links those whose other end the reader sees."""
    links = DatasetLink.objects.visible_to(user).about(dataset)
    removable = set(removable_links(user, links).values_list("pk", flat=True))
    found = [
        Linked(link, link.target if link.dataset_id == dataset.pk else link.dataset, link.pk in removable)
        for link in links.select_related("dataset__provider", "target__provider")
    ]
    derivations = [one for one in found if one.link.kind == LinkKind.DERIVED_FROM]
    sources = {table.source_id: table.source for table in dataset.distributions.all()}
    return Lineage(
        sources=[source for source in sources.values() if source.organization_id in set(working)],
        origins=[one for one in derivations if one.link.dataset_id == dataset.pk],
        derived=[one for one in derivations if one.link.target_id == dataset.pk],
        related=[one for one in found if one.link.kind == LinkKind.RELATED],
    )
