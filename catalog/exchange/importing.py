"""Resources of a sheet into draft datasets, through the same services as anybody's: all of them, or none.

What a resource names (related resources, what it was derived from) becomes links once every row is in, so that the order of
the rows does not matter. A code that nobody has yet, or that the importer does not see, is told and not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from catalog.datasets.items import item_of, missing_items
from catalog.datasets.lineage import DatasetLink, LinkKind
from catalog.datasets.linking import link_datasets
from catalog.datasets.models import DataField, Dataset, DatasetState
from catalog.datasets.services import edit_dataset, register_dataset
from catalog.errors import InvalidInput
from catalog.exchange import columns
from catalog.exchange.reading import Problem, Reading, Resource
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import Organization, User
from catalog.people.policies import require


class ImportAct(StrEnum):
    """What an import does to one dataset."""

    REGISTERED = "registered"
    EDITED = "edited"
    UNCHANGED = "unchanged"


class RecordRefused(MessageError):
    """The catalogue does not take this record."""

    code = "record_refused"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one resource, and how many items and links were written for it. In a dry run, what would become of it."""

    resource: Resource
    dataset: Dataset
    act: ImportAct
    items: int = 0
    links: int = 0

    @property
    def code(self) -> str:
        return self.dataset.code


@dataclass(frozen=True, slots=True)
class ImportResult:
    """`committed` only without a problem and not in a dry run. `unlinked` says where codes name nothing that could be linked."""

    datasets: tuple[Imported, ...]
    problems: tuple[Problem, ...]
    unlinked: tuple[Problem, ...]
    committed: bool


def import_resources(
    *, actor: User, reading: Reading, dry_run: bool, progress: Callable[[], object] = lambda: None
) -> ImportResult:
    """Register the resources as drafts of their providers, and edit the drafts that have their codes already.

    A dry run does it all and takes it back, so that it meets every rule a real run would.
    """
    problems = list(reading.problems)
    faulty = {(problem.sheet, problem.row) for problem in problems}
    done: list[Imported] = []
    unlinked: list[Problem] = []
    with transaction.atomic():
        importer = _Importer(actor, reading)
        for resource in reading.resources:
            if (resource.sheet, resource.row) not in faulty:
                try:
                    with transaction.atomic():
                        done.append(importer.write(resource))
                except _FieldRefused as refused:
                    problems.append(resource.problem(refused.field, refused.error))
                except InvalidInput as error:
                    problems.extend(_of_fields(resource, error))
                except MessageError as error:
                    problems.append(resource.problem("code", error))
            progress()
        if not problems:
            linker = _Linker(actor, reading)
            done = [linker.link(one) for one in done]
            problems, unlinked = linker.problems, linker.unlinked
        committed = not problems and not dry_run
        if not committed:
            transaction.set_rollback(True)
    place = {sheet: number for number, sheet in enumerate(reading.sheets)}
    problems.sort(key=lambda problem: (place[problem.sheet], problem.row))
    return ImportResult(tuple(done), tuple(problems), tuple(unlinked), committed)


def _of_fields(resource: Resource, error: InvalidInput) -> Iterator[Problem]:
    """One problem for each field that a service marks."""
    if not error.fields:
        yield resource.problem("code", error)
    for name, messages in error.fields.items():
        for message in messages:
            # A sentence of Django's own is translated already; ours are msgids.
            yield resource.problem(name, RecordRefused(gettext(str(message)), code="field_invalid"))


class _FieldRefused(Exception):
    """An error, and the field of the record it is about."""

    def __init__(self, field: str, error: MessageError) -> None:
        super().__init__(field)
        self.field, self.error = field, error


class _Importer:
    """Knows the organisations, and the datasets that have the codes of the sheet."""

    def __init__(self, actor: User, reading: Reading) -> None:
        self.actor = actor
        organizations = Organization.objects.filter(is_active=True)
        self.by_code: dict[str, Organization] = {one.code.upper(): one for one in organizations}
        self.by_name: dict[str, Organization] = {}
        for one in self.by_code.values():
            self.by_name[one.name_en], self.by_name[one.name] = one, one
        codes = {str(resource.values.get("code", "")) for resource in reading.resources} - {""}
        # All locks before the first act: each act takes the ledger's head, which others wait for holding a dataset.
        existing = Dataset.objects.filter(code__in=codes).select_for_update().order_by("pk")
        self.existing: dict[str, Dataset] = {dataset.code: dataset for dataset in existing}

    def write(self, resource: Resource) -> Imported:
        """Register or edit one dataset, or find that it is so already."""
        provider = self._provider(resource)
        values = _values_of(resource)
        dataset = self.existing.get(str(values.get("code", "")))
        permission, subject = ("dataset.edit", dataset) if dataset else ("dataset.register", provider)
        if dataset is not None and dataset.provider_id != provider.pk:
            refused = RecordRefused(gettext_noop("This code is another provider's."), code="code_taken")
            raise _FieldRefused("code", refused)
        self._require(permission, subject, resource)
        if dataset is None:
            created = register_dataset(actor=self.actor, provider=provider, values=values)
            return Imported(resource, created, ImportAct.REGISTERED, len(resource.items))
        if not any(_differs(dataset, name, value) for name, value in values.items()):
            return Imported(resource, dataset, ImportAct.UNCHANGED)
        if dataset.state != DatasetState.DRAFT:
            message = gettext_noop("This dataset is no draft (%(state)s); an import changes drafts only.")
            raise _FieldRefused("code", RecordRefused(message, code="not_a_draft", state=DatasetState(dataset.state)))
        edited = edit_dataset(actor=self.actor, dataset=dataset, revision=dataset.revision, values=values)
        return Imported(resource, edited, ImportAct.EDITED, len(resource.items))

    def _provider(self, resource: Resource) -> Organization:
        code, name = resource.provider_code, resource.provider_name
        found = self.by_code.get(code) if code else self.by_name.get(name)
        if found is None:
            message = gettext_noop("There is no such organisation in the catalogue.")
            refused = RecordRefused(message, code="provider_unknown")
            raise _FieldRefused("provider" if name and not code else "provider_code", refused)
        if name and name not in (found.name, found.name_en):
            message = gettext_noop("This is not the name of the organisation that has the code.")
            raise _FieldRefused("provider", RecordRefused(message, code="provider_differs"))
        return found

    def _require(self, permission: str, subject: object, resource: Resource) -> None:
        """The services ask again; asked here, a refusal stands at the column that names the provider."""
        try:
            require(self.actor, permission, subject)
        except MessageError as error:
            field = "provider_code" if "provider_code" in resource.headings else "provider"
            raise _FieldRefused(field, error) from error


def _values_of(resource: Resource) -> dict[str, object]:
    """What the services take; items only of a sheet that has a column for them."""
    if "item_name" not in resource.headings:
        return resource.values
    items = [
        item_of(name=item.name, field=item.field, data_type=item.data_type, length=item.length)
        for item in resource.items
    ]
    return {**resource.values, "items": items}


def _differs(dataset: Dataset, name: str, value: Any) -> bool:
    """Whether the sheet says something else than the record. Of a record that is no draft, columns of its tables are items too."""
    if name != "items" or dataset.state == DatasetState.DRAFT:
        return bool(getattr(dataset, name) != value)
    fields = DataField.objects.filter(distribution__dataset=dataset)
    return bool(dataset.items != value and missing_items(value, fields))


class _Linker:
    """Knows the datasets that the sheet's codes name, and the links between them."""

    def __init__(self, actor: User, reading: Reading) -> None:
        self.actor = actor
        self.problems: list[Problem] = []
        self.unlinked: list[Problem] = []
        codes = {code for resource in reading.resources for named in resource.links.values() for code in named}
        self.named = {one.code: one for one in Dataset.objects.visible_to(actor).filter(code__in=codes)}
        self.known: set[tuple[str, int, int]] = set()
        for link in DatasetLink.objects.filter(Q(dataset__in=self.named.values()) | Q(target__in=self.named.values())):
            self._know(link.kind, link.dataset_id, link.target_id)

    def link(self, imported: Imported) -> Imported:
        """Link a dataset to those that its row names and that it is not linked to yet. None is ever taken back."""
        count = 0
        for kind, codes in imported.resource.links.items():
            missing = [code for code in codes if code not in self.named]
            if missing:
                self.unlinked.append(imported.resource.problem(columns.LINKS[kind], _unknown(len(missing))))
            for code in codes:
                target = self.named.get(code)
                if target is not None and (kind, imported.dataset.pk, target.pk) not in self.known:
                    count += self._link(imported, kind, target)
        changed = count and imported.act == ImportAct.UNCHANGED
        return replace(imported, links=count, act=ImportAct.EDITED if changed else imported.act)

    def _link(self, imported: Imported, kind: LinkKind, target: Dataset) -> int:
        try:
            with transaction.atomic():
                link_datasets(actor=self.actor, dataset=imported.dataset, target=target, kind=kind)
        except MessageError as error:
            self.problems.append(imported.resource.problem(columns.LINKS[kind], error))
            return 0
        self._know(kind, imported.dataset.pk, target.pk)
        return 1

    def _know(self, kind: str, dataset: int, target: int) -> None:
        self.known.add((kind, dataset, target))
        if kind == LinkKind.RELATED:  # it holds both ways
            self.known.add((kind, target, dataset))


def _unknown(count: int) -> RecordRefused:
    message = gettext_noop("Codes that name no dataset you can see, and are not kept: %(count)d.")
    return RecordRefused(message, code="code_unknown", count=count)


def count_acts(result: ImportResult) -> Mapping[str, int]:
    """How many datasets each act was done to."""
    return {act.value: sum(one.act == act for one in result.datasets) for act in ImportAct}
