"""Exchanging the wrapping key: everything it seals is put under another one, and nothing is decrypted but the keys.

Lives here: the list of what is sealed (columns register themselves, files are the areas of `catalog.storage`), what
`manage.py rewrap_keys` does, and the look at start whether the key is the right one. Which key is which is
`catalog.wrapping`; the bytes are `catalog.sealed`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, models, transaction

from catalog import storage
from catalog.errors import InvalidInput
from catalog.ledger.models import LedgerHead
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.sealed import KeyEncryptionKey, SealError, WrongKey, rewrap, stream_key_id, wrapping_key_id
from catalog.wrapping import old_wrapping_key, wrapping_key

FILES = "files"
_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of wrapped secrets. `context` is what each is bound to; an empty or missing value is nobody's secret."""

    name: str
    rows: Callable[[], models.QuerySet[Any]]
    column: str
    context: Callable[[Any], bytes]

    def filled(self) -> models.QuerySet[Any]:
        """The rows that hold a secret."""
        return self.rows().exclude(**{f"{self.column}__isnull": True}).exclude(**{self.column: b""}).order_by("pk")


_columns: dict[str, SealedColumn] = {}


def register_sealed_column(column: SealedColumn) -> None:
    """Make a column one of those that change keys. Registered once for each name."""
    _columns[column.name] = column


def sealed_columns() -> tuple[SealedColumn, ...]:
    """Every column of wrapped secrets, by its name."""
    return tuple(_columns[name] for name in sorted(_columns))


@dataclass(slots=True)
class Rewrapped:
    """What one run did: how many of each kind were put under the present key, were there already, or could not be opened."""

    changed: Counter[str] = field(default_factory=Counter)
    already: Counter[str] = field(default_factory=Counter)
    refused: list[dict[str, str]] = field(default_factory=list)

    def refuse(self, kind: str, name: str, error: SealError) -> None:
        """Neither key opens it: it stays as it is, and is named."""
        self.refused.append({"kind": kind, "name": name, "code": error.code})


def rewrap_everything(*, progress: Callable[[int], object] = lambda _done: None) -> Rewrapped:
    """Put everything that the old wrapping key seals under the present one.

    One row or file after the other, each whole before the next is begun: a run that was cut off is simply run again.
    What neither key opens is left, counted and named. For the operator, who alone holds both keys; one line of the
    ledger says that it was done.
    """
    old, new = old_wrapping_key(), wrapping_key()
    if old is None:
        raise InvalidInput(
            gettext_noop("Give the wrapping key before this one too: CANGLANG_KEK_OLD or CANGLANG_KEK_OLD_FILE."),
            code="old_key_missing",
        )
    if old.id == new.id:
        raise InvalidInput(
            gettext_noop("The old wrapping key is the present one: nothing is to be exchanged."), code="same_key"
        )
    report = Rewrapped()
    try:
        for done, step in enumerate(_steps(), 1):
            step(report, old, new)
            progress(done)
    finally:
        if report.changed:
            _write_line(report, old, new)
    return report


def _write_line(report: Rewrapped, old: KeyEncryptionKey, new: KeyEncryptionKey) -> None:
    with transaction.atomic():
        record(
            actor=None,
            action="key.rewrapped",
            subject=LedgerHead.objects.get(pk=1),
            details={"from": old.id, "to": new.id, **report.changed, "refused": len(report.refused)},
        )


Step = Callable[[Rewrapped, KeyEncryptionKey, KeyEncryptionKey], None]


def _steps() -> Iterator[Step]:
    for column in sealed_columns():
        for pk in list(column.filled().values_list("pk", flat=True)):
            yield lambda report, old, new, column=column, pk=pk: _rewrap_row(column, pk, report, old, new)  # type: ignore[misc]
    for area in storage.AREAS:
        for path in sorted(storage.folder(area).glob("*.sealed")):
            yield lambda report, old, new, area=area, path=path: _rewrap_file(area, path, report, old, new)  # type: ignore[misc]


@transaction.atomic
def _rewrap_row(column: SealedColumn, pk: Any, report: Rewrapped, old: KeyEncryptionKey, new: KeyEncryptionKey) -> None:
    row = column.filled().select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:  # destroyed meanwhile
        return
    blob = bytes(getattr(row, column.column))
    try:
        if wrapping_key_id(blob) == new.id:
            new.unwrap(blob, context=column.context(row))
            report.already[column.name] += 1
            return
        wrapped = rewrap(blob, old=old, new=new, context=column.context(row))
    except SealError as error:
        report.refuse(column.name, str(pk), error)
        return
    column.rows().filter(pk=pk).update(**{column.column: wrapped})
    report.changed[column.name] += 1


def _rewrap_file(area: str, path: Path, report: Rewrapped, old: KeyEncryptionKey, new: KeyEncryptionKey) -> None:
    try:
        changed = storage.rewrap_sealed(area, path.stem, old=old, new=new)
    except FileNotFoundError:  # deleted meanwhile
        return
    except SealError as error:
        report.refuse(FILES, f"{area}/{path.stem}", error)
        return
    (report.changed if changed else report.already)[FILES] += 1


def wrong_key() -> WrongKey | None:
    """What is sealed under another key than the present one, told by the ids of both; None where nothing is.

    Looks at every wrapped column and at the newest files, and opens none. Raises `DatabaseError` where there is no
    database or not this one.
    """
    present = wrapping_key().id
    for needed in _key_ids():
        if needed != present:
            return WrongKey(needed=needed, given=present)
    return None


def require_right_key() -> None:
    """Raise `ImproperlyConfigured` where something is sealed under another key. Called by every process that serves."""
    if LedgerHead._meta.db_table not in connection.introspection.table_names():
        return  # nothing is migrated yet: nothing is sealed
    try:
        wrong = wrong_key()
    except DatabaseError:
        return  # a database of another version: migrating says so
    if wrong is not None:
        raise ImproperlyConfigured(
            f"The wrapping key is not the one that data is sealed under: needed {wrong.params['needed']}, given "
            f"{wrong.params['given']}. Give the right CANGLANG_KEK, or finish `manage.py rewrap_keys`."
        )


def _key_ids() -> Iterator[str]:
    for column in sealed_columns():
        for blob in column.filled().values_list(column.column, flat=True).iterator():
            try:
                yield wrapping_key_id(bytes(blob))
            except SealError:
                continue  # damaged: told by whoever opens it
    for area in storage.AREAS:
        newest = sorted(storage.folder(area).glob("*.sealed"), key=_written_at, reverse=True)
        for path in newest[:_LOOKED_AT]:
            try:
                with path.open("rb") as file:
                    yield stream_key_id(file)
            except (OSError, SealError):
                continue


def _written_at(path: Path) -> float:
    try:
        return os.stat(path).st_mtime
    except FileNotFoundError:
        return 0.0
