"""Acts on datasets: the record and its life from draft to retired. Rights and grades have modules of their own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from catalog.datasets import search
from catalog.datasets.items import DATA_TYPES, describe_by_items, items_problem
from catalog.datasets.lifecycle import STATES_OF
from catalog.datasets.models import (
    DataField,
    Dataset,
    DatasetState,
    DatasetVersion,
    Distribution,
    Price,
    ShareType,
    SubjectKind,
)
from catalog.errors import Blocked, InvalidInput, NotPermitted, StaleVersion, WrongState
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import Organization, User
from catalog.people.policies import may, require
from catalog.reasons import stated_reason

# What a steward writes on the record (standards §1); state, rights, links and what privacy finds have acts of their own.
RECORD_FIELDS = (
    "code",
    "category",
    "title",
    "title_en",
    "abstract",
    "abstract_en",
    "theme",
    "keywords",
    "share_type",
    "share_condition",
    "share_citation",
    "share_mode",
    "open_to_public",
    "open_condition",
    "update_cycle",
    "issued",
)
# With the information items, which are no single value.
WRITTEN_FIELDS = (*RECORD_FIELDS, "items")

# People whom the acts write, not the steward: empty until then.
_NOT_WRITTEN = ("created_by", "submitted_by", "reviewed_by", "subject_declared_by")

# What a higher floor knows against a field as the subject: each is called with it and with whom rows are about, and raises
# `Blocked`.
SUBJECT_CHECKS: list[Callable[[DataField, str], None]] = []

# A draft may lack these until it is submitted: whoever begins one sees the table before they can describe it.
LEFT_FOR_LATER = ("abstract", "share_type", "update_cycle")


def lock_dataset(dataset: Dataset) -> Dataset:
    """The row, locked for the rest of the transaction."""
    locked: Dataset = Dataset.objects.select_for_update().get(pk=dataset.pk)
    return locked


def require_state(dataset: Dataset, *states: DatasetState) -> None:
    """Raise `WrongState` unless the dataset is in one of `states`."""
    if dataset.state not in states:
        raise WrongState(state=DatasetState(dataset.state))


def record_problems(dataset: Dataset, *, unfinished: bool = False) -> dict[str, list[Any]]:
    """What is wrong with the record, by field. Standards §1: the model's own rules, and what the share type asks for
    (国发〔2016〕51号). With `unfinished`, what a draft may still leave empty is not wrong.
    """
    problems: dict[str, list[Any]] = {}
    left = [name for name in LEFT_FOR_LATER if unfinished and not getattr(dataset, name)]
    try:
        dataset.full_clean(exclude=[*_NOT_WRITTEN, *left], validate_constraints=False)
    except ValidationError as error:
        problems.update(error.message_dict)
    if dataset.share_type == ShareType.CONDITIONAL and not dataset.share_condition.strip():
        problems["share_condition"] = [gettext_noop("Conditional sharing names its condition.")]
    if dataset.share_type == ShareType.WITHHELD and not dataset.share_citation.strip():
        problems["share_citation"] = [
            gettext_noop("Withholding cites the law, regulation or State Council document that says so.")
        ]
    if dataset.open_to_public and dataset.share_type == ShareType.WITHHELD:
        problems["open_to_public"] = [gettext_noop("What is withheld cannot be open to the public.")]
    keywords = dataset.keywords
    if (
        not isinstance(keywords, list)
        or len(keywords) > 30
        or not all(isinstance(w, str) and len(w) <= 40 for w in keywords)
    ):
        problems["keywords"] = [gettext_noop("At most 30 keywords of at most 40 characters.")]
    if wrong := items_problem(dataset.items):
        problems["items"] = [wrong]
    return problems


def _check_record(dataset: Dataset, *, unfinished: bool = False) -> None:
    problems = record_problems(dataset, unfinished=unfinished)
    if problems:
        raise InvalidInput(fields=problems)


def index_dataset(dataset: Dataset) -> None:
    """Bring the search index up to date with the record and its fields."""
    columns = DataField.objects.filter(distribution__dataset=dataset).values_list("name", "label")
    # What is declared is looked for until a table says what there is.
    fields = list(columns) or [(item["name"], item["field"]) for item in dataset.items]
    text = " ".join(
        [dataset.code, dataset.title, dataset.title_en, dataset.abstract, dataset.abstract_en, dataset.theme]
        + [str(word) for word in dataset.keywords]
        + [dataset.provider.name, dataset.provider.name_en]
        + [part for names in fields for part in names]
    )
    dataset.search_text = " ".join(search.tokens(text))
    dataset.save(update_fields=["search_text"])
    search.index(dataset.pk, dataset.search_text)


def _next_code(category: str) -> str:
    """Category code + "/" + sequence (standards §1); the unique constraint settles a tie."""
    taken = Dataset.objects.filter(code__startswith=f"{category}/").values_list("code", flat=True)
    numbers = [int(code.rsplit("/", 1)[1]) for code in taken if code.rsplit("/", 1)[1].isdigit()]
    return f"{category}/{max(numbers, default=0) + 1:05d}"


@transaction.atomic
def register_dataset(*, actor: User, provider: Organization, values: Mapping[str, Any]) -> Dataset:
    """Open a draft record for a dataset that `provider` answers for."""
    return _open_record(actor=actor, provider=provider, values=values, unfinished=False)


@transaction.atomic
def open_draft(*, actor: User, provider: Organization, values: Mapping[str, Any]) -> Dataset:
    """As `register_dataset`, for a record that is written step by step: what `LEFT_FOR_LATER` names may be missing."""
    return _open_record(actor=actor, provider=provider, values=values, unfinished=True)


def _open_record(*, actor: User, provider: Organization, values: Mapping[str, Any], unfinished: bool) -> Dataset:
    require(actor, "dataset.register", provider)
    dataset = Dataset(
        provider=provider, created_by=actor, **{name: values[name] for name in WRITTEN_FIELDS if name in values}
    )
    if not dataset.code and dataset.category:
        dataset.code = _next_code(dataset.category)
    _check_record(dataset, unfinished=unfinished)
    dataset.save()
    index_dataset(dataset)
    record(actor=actor, action="dataset.registered", subject=dataset, organization=provider)
    return dataset


@transaction.atomic
def edit_dataset(*, actor: User, dataset: Dataset, revision: int, values: Mapping[str, Any]) -> Dataset:
    """Change the record of a draft or suspended dataset. `revision` is the one the editor read."""
    require(actor, "dataset.edit", dataset)
    dataset = lock_dataset(dataset)
    require_state(dataset, *STATES_OF["dataset.edit"])
    if dataset.revision != revision:
        raise StaleVersion
    changed = [name for name in WRITTEN_FIELDS if name in values and getattr(dataset, name) != values[name]]
    for name in changed:
        setattr(dataset, name, values[name])
    if "category" in changed and "code" not in changed and dataset.category and not dataset.versions.exists():
        # The code begins with the category (standards §1); once published, others may have written it down.
        dataset.code = _next_code(dataset.category)
        changed.append("code")
    _check_record(dataset, unfinished=dataset.state == DatasetState.DRAFT)
    dataset.revision += 1
    dataset.save(update_fields=[*changed, "revision", "changed_at"])
    if "items" in changed:
        describe_by_items(dataset)
    index_dataset(dataset)
    record(
        actor=actor,
        action="dataset.edited",
        subject=dataset,
        organization=dataset.provider,
        details={"fields": changed, "revision": dataset.revision},
    )
    return dataset


def _move(
    dataset: Dataset,
    state: DatasetState,
    *,
    actor: User,
    action: str,
    also: tuple[str, ...] = (),
    note: str = "",
    **details: Any,
) -> Dataset:
    """Change the state of a locked dataset and write the line.

    `note` is why, in the person's own words: it stays on the record, where it can be replaced, and out of the ledger, where a
    name that somebody typed would stand for ever.
    """
    dataset.state = state
    dataset.revision += 1
    dataset.note = note.strip()[:500]
    dataset.save(update_fields=["state", "revision", "note", "changed_at", *also])
    record(actor=actor, action=action, subject=dataset, organization=dataset.provider, details=details)
    return dataset


@transaction.atomic
def submit_dataset(*, actor: User, dataset: Dataset) -> Dataset:
    """Hand a complete draft to a reviewer."""
    require(actor, "dataset.submit", dataset)
    dataset = lock_dataset(dataset)
    require_state(dataset, *STATES_OF["dataset.submit"])
    _check_record(dataset)
    if not dataset.distributions.exists():
        raise Blocked(gettext_noop("Attach a table before you submit."), code="no_distribution")
    if dataset.distributions.filter(drift_seen_at__isnull=False).exists():
        raise Blocked(
            gettext_noop("The source has other columns than the record. Take them over before you submit."),
            code="columns_changed",
        )
    if dataset.owner is None:
        raise Blocked(
            gettext_noop("Record whose the data is (ownership, with its basis) before you submit."), code="no_owner"
        )
    dataset.submitted_by, dataset.reviewed_by = actor, None
    return _move(
        dataset, DatasetState.SUBMITTED, actor=actor, action="dataset.submitted", also=("submitted_by", "reviewed_by")
    )


@transaction.atomic
def return_dataset(*, actor: User, dataset: Dataset, reason: str) -> Dataset:
    """Give a submitted record back to its steward, saying why."""
    require(actor, "dataset.return", dataset)
    dataset = lock_dataset(dataset)
    require_state(dataset, *STATES_OF["dataset.return"])
    stated_reason(reason)
    return _move(dataset, DatasetState.DRAFT, actor=actor, action="dataset.returned", note=reason)


@transaction.atomic
def publish_dataset(*, actor: User, dataset: Dataset) -> Dataset:
    """Publish a submitted record as a new version. The reviewer is not its author."""
    # Locked before it is asked: who submitted it is part of the answer.
    dataset = lock_dataset(dataset)
    require(actor, "dataset.return", dataset)  # a reviewer at all
    if not may(actor, "dataset.publish", dataset):
        raise NotPermitted(gettext_noop("Whoever wrote or submitted a record does not review it."), code="own_record")
    require_state(dataset, *STATES_OF["dataset.publish"])
    dataset.reviewed_by = actor
    dataset.issued = dataset.issued or timezone.localdate()
    content = record_of(dataset)
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    number = dataset.versions.count() + 1
    DatasetVersion.objects.create(dataset=dataset, number=number, record=content, digest=digest, published_by=actor)
    return _move(
        dataset,
        DatasetState.PUBLISHED,
        actor=actor,
        action="dataset.published",
        also=("reviewed_by", "issued"),
        version=number,
        digest=digest,
    )


@transaction.atomic
def suspend_dataset(*, actor: User, dataset: Dataset, reason: str) -> Dataset:
    """Stop new applications, to correct the record or because something is wrong."""
    require(actor, "dataset.suspend", dataset)
    dataset = lock_dataset(dataset)
    require_state(dataset, *STATES_OF["dataset.suspend"])
    return _move(dataset, DatasetState.SUSPENDED, actor=actor, action="dataset.suspended", note=reason)


@transaction.atomic
def retire_dataset(*, actor: User, dataset: Dataset, reason: str) -> Dataset:
    """Take a dataset out of the catalogue for good; its history stays."""
    require(actor, "dataset.retire", dataset)
    dataset = lock_dataset(dataset)
    require_state(dataset, *STATES_OF["dataset.retire"])
    return _move(dataset, DatasetState.RETIRED, actor=actor, action="dataset.retired", note=reason)


@transaction.atomic
def declare_subject(
    *, actor: User, distribution: Distribution, kind: SubjectKind, field: DataField | None
) -> Distribution:
    """Say whom a row is about, and which field tells one such subject from another; risk counts these.

    A privacy officer's act. That a table is about nobody is a claim the officer answers for, and it is refused while a field
    is known to identify a person.
    """
    require(actor, "dataset.declare_subject", distribution.dataset)
    dataset = lock_dataset(distribution.dataset)
    fields = distribution.fields.all()
    if kind == SubjectKind.NONE:
        if field is not None:
            raise InvalidInput(fields={"field": [gettext_noop("A table about nobody has no subject field.")]})
        # Said of the dataset: what holds for this table holds for its others.
        if DataField.objects.filter(distribution__dataset=dataset, role="direct").exists():
            raise Blocked(
                gettext_noop("A field of this table identifies people directly; it cannot be about nobody."),
                code="subjects_present",
            )
    elif field is None or not fields.filter(pk=field.pk).exists():
        raise InvalidInput(fields={"field": [gettext_noop("Name the field of this table that tells subjects apart.")]})
    else:
        for check in SUBJECT_CHECKS:
            check(field, kind)
    dataset.subject_kind, dataset.subject_declared_by = kind, actor
    dataset.save(update_fields=["subject_kind", "subject_declared_by", "changed_at"])
    distribution.subject_field = field
    distribution.save(update_fields=["subject_field"])
    record(
        actor=actor,
        action="dataset.subject_declared",
        subject=dataset,
        organization=dataset.provider,
        details={"distribution": distribution.pk, "kind": kind, "field": field.pk if field else None},
    )
    return distribution


@transaction.atomic
def describe_field(*, actor: User, field: DataField, label: str, data_type: str) -> DataField:
    """Write what a column is called (its Chinese name) and its catalogue type: the scanner reads the name as evidence."""
    dataset = field.distribution.dataset
    require(actor, "dataset.edit", dataset)
    dataset = lock_dataset(dataset)
    require_state(dataset, *STATES_OF["dataset.edit"])
    if len(label) > 255 or data_type not in DATA_TYPES:
        raise InvalidInput(fields={"data_type": [gettext_noop("Choose one of the catalogue's data types.")]})
    field.label, field.data_type = label.strip(), data_type
    field.save(update_fields=["label", "data_type"])
    index_dataset(dataset)
    record(
        actor=actor,
        action="field.described",
        subject=dataset,
        organization=dataset.provider,
        details={"field": field.pk, "data_type": data_type},
    )
    return field


def write_field_verdict(*, field: DataField, entity_type: str, role: str) -> None:
    """Called by privacy, inside its act: put a confirmed verdict where the catalogue can filter on it."""
    field.entity_type, field.role = entity_type, role
    field.save(update_fields=["entity_type", "role"])


def write_price(*, dataset: Dataset, price: Price) -> None:
    """Called by access, inside its act: whether industrial use costs anything, where the catalogue can filter on it."""
    dataset.price = price
    dataset.save(update_fields=["price"])


def write_reading(*, distribution: Distribution, rows: int, fingerprint: str) -> None:
    """Called by privacy, inside its act: what the last complete reading of the table found."""
    distribution.rows, distribution.fingerprint = rows, fingerprint
    distribution.save(update_fields=["rows", "fingerprint"])


def record_of(dataset: Dataset) -> dict[str, Any]:
    """The catalogue record as one JSON document: what a version keeps and exports start from."""
    return {
        **{name: getattr(dataset, name) for name in WRITTEN_FIELDS if name != "issued"},
        "issued": dataset.issued.isoformat() if dataset.issued else None,
        "provider": {"code": dataset.provider.code, "name": dataset.provider.name},
        "subject_kind": dataset.subject_kind,
        "grade": dataset.grade,
        "rights": [
            {
                "kind": right.kind,
                "holder": right.holder.code,
                "basis": right.basis,
                "valid_from": right.valid_from.isoformat(),
                "valid_to": right.valid_to.isoformat() if right.valid_to else None,
            }
            for right in dataset.rights.current().select_related("holder")
        ],
        "distributions": [
            {
                "format": distribution.format,
                "fields": [
                    {"name": field.name, "label": field.label, "data_type": field.data_type, "grade": field.grade}
                    for field in distribution.fields.all()
                ],
            }
            for distribution in dataset.distributions.all()
        ],
    }
