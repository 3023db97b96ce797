"""Acts on sources: register an upload, a file under a root, or a database; attach a table to a dataset with its schema; retire one."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import chain, count
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog import sources, storage
from catalog.datasets.items import describe_by_items
from catalog.datasets.lifecycle import STATES_OF
from catalog.datasets.locations import open_source, require_not_retired, seal_credentials
from catalog.datasets.models import DataField, Dataset, DatasetState, Distribution, Source, SourceKind
from catalog.datasets.services import index_dataset, lock_dataset, open_draft, require_state
from catalog.errors import Blocked, InvalidInput
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import Organization, User
from catalog.people.policies import require
from catalog.uploads import SealedUpload

# 类 3, 部门信息资源 (政务信息资源目录编制指南): whatever is in no base database and no cross-department subject.
DEPARTMENT_CLASS = "3"
MAX_TABLE_NAME = 255
"""Characters that `Distribution.table` keeps: it is asked for by this name, so it is not shortened."""


def _save_source(source: Source) -> Source:
    """Insert the row once its tables could really be read: a source that cannot be opened is not registered.

    One that was given no name is called after its file or host.
    """
    source.name = source.name.strip() or free_name(PurePosixPath(source.file_name).stem or source.host)
    try:
        source.clean_fields(exclude=["size", "sealed_credentials", "retired_at"])
    except ValidationError as error:
        raise InvalidInput(fields=error.message_dict) from error
    with closing(open_source(source)) as opened:
        tables = opened.tables()
        if not tables:
            raise InvalidInput(gettext_noop("There is no table in this source."), code="no_tables")
        if source.kind != SourceKind.DATABASE and len(tables) == 1:
            # A text file lists its table by the file's name; only asked for it does it tell its encoding and its header.
            opened.table(tables[0].name)
    with transaction.atomic():
        try:
            with transaction.atomic():
                source.save(force_insert=True)
        except IntegrityError as error:
            message = gettext_noop("There is a source of that name already.")
            raise InvalidInput(fields={"name": [message]}, code="name_taken") from error
        record(
            actor=source.created_by,
            action="source.registered",
            subject=source,
            organization=source.organization,
            details={"kind": source.kind},
        )
    return source


def register_upload(*, actor: User, organization: Organization, name: str, upload: SealedUpload) -> Source:
    """Keep an uploaded file as a source of the organisation."""
    require(actor, "source.register", organization)
    if upload.too_large:
        message = gettext_noop("The file is larger than this installation accepts: at most %(limit)s MB.")
        raise InvalidInput(message, code="file_too_large", limit=f"{round(settings.UPLOAD_MAX_BYTES / 1024**2, 1):g}")
    source = _save_source(
        Source(
            name=name,
            organization=organization,
            kind=SourceKind.UPLOAD,
            file_name=str(upload.name),
            sealed_name=upload.sealed_name,
            size=upload.size,
            created_by=actor,
        )
    )
    upload.adopt()
    return source


def register_file(*, actor: User, organization: Organization, name: str, root: str, path: str) -> Source:
    """Register a file below a root that the operator has configured."""
    require(actor, "source.register", organization)
    return _save_source(
        Source(
            name=name,
            organization=organization,
            kind=SourceKind.FILE,
            file_name=path.rsplit("/", 1)[-1],
            root=root,
            path=path,
            created_by=actor,
        )
    )


def register_database(
    *, actor: User, organization: Organization, name: str, host: str, user: str, password: str, schema: str = ""
) -> Source:
    """Register a database on a host that the operator has configured, with an account of the steward's, sealed."""
    require(actor, "source.register", organization)
    return _save_source(
        Source(
            name=name,
            organization=organization,
            kind=SourceKind.DATABASE,
            host=host,
            schema=schema,
            sealed_credentials=seal_credentials(user=user, password=password),
            created_by=actor,
        )
    )


def try_database(
    *, actor: User, organization: Organization, host: str, user: str, password: str, schema: str = ""
) -> tuple[sources.TableInfo, ...]:
    """Whether a database answers to this account, before it is registered: its tables. Nothing is kept.

    Raises: the errors of `catalog.sources` in the words of what is wrong.
    """
    require(actor, "source.register", organization)
    source = Source(
        organization=organization,
        kind=SourceKind.DATABASE,
        host=host,
        schema=schema,
        sealed_credentials=seal_credentials(user=user, password=password),
    )
    with closing(open_source(source)) as opened:
        return opened.tables()


def free_name(stem: str) -> str:
    """A name for a source that nobody has taken: `stem`, or `stem-2`, `stem-3` … At most 80 characters."""
    stem = sources.clean_name(stem)[:70] or "source"
    taken = set(Source.objects.filter(name__startswith=stem).values_list("name", flat=True))
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def read_tables(*, actor: User, source: Source) -> tuple[sources.TableInfo, ...]:
    """The tables a steward can attach."""
    require(actor, "source.read", source)
    with closing(open_source(source)) as opened:
        return opened.tables()


def read_columns(*, actor: User, source: Source, table: str | None) -> tuple[sources.Column, ...]:
    """What a table's columns are called and of what type they are; no cell is shown."""
    require(actor, "source.read", source)
    with closing(open_source(source)) as opened:
        return opened.table(table).schema.columns


@dataclass(frozen=True, slots=True)
class _ReadTable:
    """What a source says of one of its tables."""

    name: str
    comment: str
    kind: str
    columns: tuple[sources.Column, ...]


def _read_table(source: Source, table: str | None) -> _ReadTable:
    """Read before anything is written: a slow source must not hold the database's lock."""
    with closing(open_source(source)) as opened:
        found = opened.table(table)
        comment = next((listed.comment for listed in opened.tables() if listed.name == found.name), "")
        return _ReadTable(found.name, comment, opened.kind, found.schema.columns)


def start_record(*, actor: User, source: Source, table: str | None) -> Dataset:
    """Begin the record of a table: a draft of the source's organisation with the table attached, and what can be told from it.

    The title is the table's own description, where a database keeps one, or its name; the category is the class of a
    department's own data (类 3) until the steward says which.
    """
    require(actor, "dataset.register", source.organization)
    require(actor, "source.read", source)
    read = _read_table(source, table)
    title = sources.clean_name(read.comment) or read.name
    with transaction.atomic():
        dataset = open_draft(
            actor=actor, provider=source.organization, values={"title": title, "category": DEPARTMENT_CLASS}
        )
        _attach(actor=actor, dataset=dataset, source=source, read=read)
    return dataset


def attach_table(*, actor: User, dataset: Dataset, source: Source, table: str | None) -> Distribution:
    """Make a table of `source` a distribution of `dataset`, importing names, types and comments of its columns."""
    require(actor, "dataset.edit", dataset)
    require(actor, "source.read", source)
    if source.organization_id != dataset.provider_id:
        # Who works for both would otherwise give one organisation's rows away under the other's signature.
        raise InvalidInput(fields={"source": [gettext_noop("The source is another organisation's.")]})
    return _attach(actor=actor, dataset=dataset, source=source, read=_read_table(source, table))


@transaction.atomic
def _attach(*, actor: User, dataset: Dataset, source: Source, read: _ReadTable) -> Distribution:
    dataset = lock_dataset(dataset)
    require_state(dataset, *STATES_OF["dataset.edit"])
    # It was open when the table was read; whoever retires it meanwhile must find the table, or be found.
    require_not_retired(Source.objects.select_for_update().get(pk=source.pk))
    if len(read.name) > MAX_TABLE_NAME:
        raise InvalidInput(
            gettext_noop("The table's name is longer than %(limit)d characters; rename it or make a view of it."),
            code="table_name_too_long",
            limit=MAX_TABLE_NAME,
        )
    try:
        with transaction.atomic():
            distribution = Distribution.objects.create(
                dataset=dataset, source=source, table=read.name, format=read.kind
            )
    except IntegrityError as error:
        raise InvalidInput(gettext_noop("This table is registered already."), code="table_registered") from error
    DataField.objects.bulk_create(
        DataField(
            distribution=distribution,
            position=position,
            name=column.name,
            label=column.comment[:255],
            data_type=column.data_type,
            native_type=column.native_type[:80],
            nullable=column.nullable,
        )
        for position, column in enumerate(read.columns)
    )
    describe_by_items(dataset)
    index_dataset(dataset)
    record(
        actor=actor,
        action="distribution.attached",
        subject=dataset,
        organization=dataset.provider,
        details={"distribution": distribution.pk, "source": source.pk, "fields": len(read.columns)},
    )
    return distribution


@transaction.atomic
def retire_source(*, actor: User, source: Source) -> Source:
    """Close a source for good: its upload and its account are destroyed, the row stays, and nothing is read of it any more.

    Refused while a dataset that is not retired has a table in it.
    """
    require(actor, "source.retire", source)
    source = Source.objects.select_for_update().get(pk=source.pk)
    require_not_retired(source)
    if source.distributions.exclude(dataset__state=DatasetState.RETIRED).exists():
        raise Blocked(
            gettext_noop("Datasets stand on this source. Retire them first, or leave it as it is."),
            code="source_in_use",
        )
    source.retired_at, source.sealed_credentials = timezone.now(), None
    source.save(update_fields=["retired_at", "sealed_credentials"])
    record(
        actor=actor,
        action="source.retired",
        subject=source,
        organization=source.organization,
        details={"kind": source.kind},
    )
    transaction.on_commit(destroy_retired_uploads, robust=True)
    return source


def destroy_retired_uploads() -> int:
    """Delete the sealed files of retired sources. A process that dies before it leaves them to the relay; returns how many there were."""
    retired = Source.objects.filter(retired_at__isnull=False).exclude(sealed_name="")
    names = list(retired.values_list("sealed_name", flat=True))
    for name in names:
        storage.delete_sealed(storage.UPLOADS, name)
    retired.filter(sealed_name__in=names).update(sealed_name="")
    return len(names)
