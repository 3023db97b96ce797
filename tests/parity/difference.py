"""What an act left in the database: the lines of the ledger and every row that is not as it was, with what must differ made alike.

Two runs of one act differ in the numbers of new rows, in times, and in what is drawn at random. New rows are named by their kind and
order, times and random values by that they are there. All else is compared as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models, transaction

from catalog.ledger.models import LedgerEntry, LedgerHead

APPS = frozenset({"catalog", "privacy", "access", "knox"})
THERE = "…"
# Drawn at random, besides times, keys and what is sealed.
_DRAWN = frozenset({"sealed_name", "password"})
# Which kinds of new object a member of a JSON document may name. PostgreSQL does not give a number twice: a missing kind shows there.
_NAMED_IN_JSON: Mapping[str, tuple[str, ...]] = {
    "decision": ("access.decision", "privacy.findingdecision"),
    "distribution": ("catalog.distribution",),
    "download": ("access.download",),
    "key_domain": ("privacy.keydomain",),
    "link": ("catalog.datasetlink",),
    "order": ("access.order",),
    "proposal": ("catalog.endingproposal",),
    "right": ("catalog.rightsassignment",),
    "user": ("catalog.user",),
}

Rows = dict[Any, dict[str, Any]]
Snapshot = dict[str, Rows]


@dataclass(frozen=True, slots=True)
class Difference:
    """`lines` of the ledger, and what is otherwise changed: kind, number and column → what stands there now."""

    lines: list[dict[str, Any]]
    rows: dict[str, Any]

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(line["action"] for line in self.lines)


@contextmanager
def undone() -> Iterator[None]:
    """What happens in the block has not happened after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def difference_of(act: Callable[[], object]) -> Difference:
    """What `act` changes."""
    last = LedgerEntry.objects.count()
    before = _snapshot()
    act()
    after = _snapshot()
    entries = LedgerEntry.objects.order_by("sequence")[last:]
    new = {label: _names(label, before[label], rows) for label, rows in after.items()}
    rows = {
        f"{label} {new[label].get(key, key)} {column}": value
        for label in after
        for key in {**before[label], **after[label]}
        for column, value in _change(label, before[label].get(key), after[label].get(key), new).items()
    }
    return Difference([_line(entry, new) for entry in entries], rows)


def _models() -> list[type[models.Model]]:
    ours = (model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in APPS)
    return [model for model in ours if model not in (LedgerEntry, LedgerHead)]


def _snapshot() -> Snapshot:
    return {
        model._meta.label_lower: {row[_key(model)]: row for row in model._base_manager.order_by().values()}
        for model in _models()
    }


def _key(model: type[models.Model]) -> str:
    assert model._meta.pk is not None
    return model._meta.pk.attname


def _names(label: str, before: Rows, after: Rows) -> dict[Any, str]:
    """The new rows of one kind, numbered as they were made."""

    def place(key: Any) -> Any:
        # A job's number is drawn at random.
        return after[key]["created_at"] if label == "catalog.job" else key

    made = sorted((key for key in after if key not in before), key=place)
    return {key: f"new {number}" for number, key in enumerate(made, 1)}


def _change(label: str, before: Any, after: Any, new: Mapping[str, Mapping[Any, str]]) -> dict[str, Any]:
    """A new row whole, a deleted one as such, a changed one by its changed columns."""
    if after is None:
        return {"deleted": True}
    fields = {field.attname: field for field in apps.get_model(label)._meta.concrete_fields}
    # Signing in is no act of the command's.
    changed = [
        name for name, value in after.items() if before is None or (value != before[name] and name != "last_login")
    ]
    return {name: _alike(fields[name], after[name], new) for name in changed}


def _alike(field: Any, value: Any, new: Mapping[str, Mapping[Any, str]]) -> Any:
    if field.is_relation:
        return new[field.related_model._meta.label_lower].get(value, value)
    if field.primary_key:
        return new[field.model._meta.label_lower].get(value, value)
    drawn = isinstance(field, models.DateTimeField | models.BinaryField | models.UUIDField) or field.name in _DRAWN
    if drawn:
        return THERE if value else value
    return _json(value, new)


def _json(value: Any, new: Mapping[str, Mapping[Any, str]], name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: THERE if key == "frozen_at" else _json(part, new, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_json(part, new) for part in value]
    kinds = _NAMED_IN_JSON.get(name, ())
    return next((new[kind][value] for kind in kinds if value in new[kind]), value)


def _line(entry: LedgerEntry, new: Mapping[str, Mapping[Any, str]]) -> dict[str, Any]:
    labels = {label.partition(".")[2]: label for label in new}
    names = {str(key): name for key, name in new.get(labels.get(entry.object_type, ""), {}).items()}
    return {
        "action": entry.action,
        "actor": entry.actor_id,
        "object": (entry.object_type, names.get(entry.object_id, entry.object_id)),
        "organization": new["catalog.organization"].get(entry.organization_id, entry.organization_id),
        "counterpart": new["catalog.organization"].get(entry.counterpart_id, entry.counterpart_id),
        "details": _json(entry.details, new),
    }
