"""Resources of a sheet into draft datasets, through the same services as anybody's: all of them, or none.

Not kept, because the catalogue has no place for them before a table is attached: information items (fields come from the
table itself) and related resources. Both are checked and counted, so that nobody believes they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext

from catalog.datasets.models import Dataset, DatasetState
from catalog.datasets.services import edit_dataset, register_dataset
from catalog.errors import InvalidInput
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
    """What became of one resource. In a dry run, what would become of it."""

    resource: Resource
    code: str
    act: ImportAct


@dataclass(frozen=True, slots=True)
class ImportResult:
    """`committed` only without a problem and not in a dry run."""

    datasets: tuple[Imported, ...]
    problems: tuple[Problem, ...]
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
        committed = not problems and not dry_run
        if not committed:
            transaction.set_rollback(True)
    place = {sheet: number for number, sheet in enumerate(reading.sheets)}
    problems.sort(key=lambda problem: (place[problem.sheet], problem.row))
    return ImportResult(tuple(done), tuple(problems), committed)


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
        values = resource.values
        dataset = self.existing.get(str(values.get("code", "")))
        permission, subject = ("dataset.edit", dataset) if dataset else ("dataset.register", provider)
        if dataset is not None and dataset.provider_id != provider.pk:
            refused = RecordRefused(gettext_noop("This code is another provider's."), code="code_taken")
            raise _FieldRefused("code", refused)
        self._require(permission, subject, resource)
        if dataset is None:
            created = register_dataset(actor=self.actor, provider=provider, values=values)
            return Imported(resource, created.code, ImportAct.REGISTERED)
        if all(getattr(dataset, name) == value for name, value in values.items()):
            return Imported(resource, dataset.code, ImportAct.UNCHANGED)
        if dataset.state != DatasetState.DRAFT:
            message = gettext_noop("This dataset is no draft (%(state)s); an import changes drafts only.")
            raise _FieldRefused("code", RecordRefused(message, code="not_a_draft", state=dataset.state))
        edit_dataset(actor=self.actor, dataset=dataset, revision=dataset.revision, values=values)
        return Imported(resource, dataset.code, ImportAct.EDITED)

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


def count_acts(result: ImportResult) -> Mapping[str, int]:
    """How many datasets each act was done to."""
    return {act.value: sum(one.act == act for one in result.datasets) for act in ImportAct}
