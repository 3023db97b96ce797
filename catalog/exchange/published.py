"""What may leave: the records of published datasets, as values. Nothing of sources, hosts, tables or findings is in them.

The one place an export reads the database; `dcat` and `workbook` are pure functions of what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch

from catalog.datasets.lineage import DatasetLink, LinkKind
from catalog.datasets.models import Dataset, DatasetVersion, RightKind, RightsAssignment
from catalog.people.models import Organization, OrganizationKind


@dataclass(frozen=True, slots=True)
class Agent:
    """An organisation: its unified social credit code and its names."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class PublishedItem:
    """One information item; `label` is its name for people, or ""."""

    name: str
    label: str
    data_type: str


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """One distribution: the kind of its format (`csv xlsx … postgresql mysql`) and its items."""

    format: str
    items: tuple[PublishedItem, ...]


@dataclass(frozen=True, slots=True)
class PublishedDataset:
    """One record (standards §1), its owner today, and when its published version was made."""

    code: str
    category: str
    title: str
    title_en: str
    abstract: str
    abstract_en: str
    theme: str
    keywords: tuple[str, ...]
    provider: Agent
    owner: Agent | None
    share_type: str
    share_condition: str
    share_citation: str
    share_mode: str
    open_to_public: bool
    open_condition: str
    update_cycle: str
    issued: date | None
    modified: datetime
    version: int
    tables: tuple[PublishedTable, ...]
    related: tuple[str, ...]
    derived_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedCatalogue:
    """Everything that is published, by code, and the government that answers for it where there is one."""

    publisher: Agent | None
    datasets: tuple[PublishedDataset, ...]


def read_published() -> PublishedCatalogue:
    """The published catalogue as it stands now, in the order of the codes whatever the database's collation."""
    ownership = RightsAssignment.objects.current().filter(kind=RightKind.OWNERSHIP).select_related("holder")
    found = (
        Dataset.objects.published()
        .select_related("provider")
        .prefetch_related(
            "distributions__fields",
            Prefetch("versions", queryset=DatasetVersion.objects.defer("record")),
            Prefetch("rights", queryset=ownership.order_by("-exclusive", "id"), to_attr="ownership"),
        )
    )
    links = _links()
    roots = Organization.objects.filter(kind=OrganizationKind.GOVERNMENT, parent__isnull=True, is_active=True)
    root = roots.order_by("code").first()
    return PublishedCatalogue(
        publisher=_agent(root) if root else None,
        datasets=tuple(sorted((_published(dataset, links) for dataset in found), key=lambda dataset: dataset.code)),
    )


def _agent(organization: Organization) -> Agent:
    return Agent(organization.code, organization.name, organization.name_en)


def _links() -> dict[tuple[str, str], set[str]]:
    """Between published datasets: (kind, code) → the codes that it names. A relation is said at both its ends."""
    published = Dataset.objects.published().order_by()
    named: dict[tuple[str, str], set[str]] = {}
    rows = DatasetLink.objects.filter(dataset__in=published, target__in=published)
    for kind, code, target in rows.values_list("kind", "dataset__code", "target__code"):
        named.setdefault((kind, code), set()).add(target)
        if kind == LinkKind.RELATED:
            named.setdefault((kind, target), set()).add(code)
    return named


def _published(dataset: Dataset, links: Mapping[tuple[str, str], set[str]]) -> PublishedDataset:
    version = max(dataset.versions.all(), key=lambda one: one.number)
    owners: list[RightsAssignment] = dataset.ownership  # type: ignore[attr-defined]  # by the prefetch above
    return PublishedDataset(
        code=dataset.code,
        category=dataset.category,
        title=dataset.title,
        title_en=dataset.title_en,
        abstract=dataset.abstract,
        abstract_en=dataset.abstract_en,
        theme=dataset.theme,
        keywords=tuple(dataset.keywords),
        provider=_agent(dataset.provider),
        owner=_agent(owners[0].holder) if owners else None,
        share_type=dataset.share_type,
        share_condition=dataset.share_condition,
        share_citation=dataset.share_citation,
        share_mode=dataset.share_mode,
        open_to_public=dataset.open_to_public,
        open_condition=dataset.open_condition,
        update_cycle=dataset.update_cycle,
        issued=dataset.issued,
        modified=version.published_at,
        version=version.number,
        tables=tuple(
            PublishedTable(
                distribution.format,
                tuple(PublishedItem(field.name, field.label, field.data_type) for field in distribution.fields.all()),
            )
            for distribution in dataset.distributions.all()
        ),
        related=tuple(sorted(links.get((LinkKind.RELATED, dataset.code), ()))),
        derived_from=tuple(sorted(links.get((LinkKind.DERIVED_FROM, dataset.code), ()))),
    )
