"""Whether the field that tells persons apart does: a serial number makes every row its own person, and every class look large.

A subject is doubted where nearly all of its values differ, as the last scan counted them, while a direct identifier that is one
person's own (a resident ID, a telephone) repeats. Nobody has to take a serial number for a person: unless an officer has confirmed the
field as a direct identifier itself, it is refused. Where one has, the assessment says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q

from catalog.datasets.models import DataField, SubjectKind
from catalog.datasets.services import SUBJECT_CHECKS
from catalog.errors import Blocked
from catalog.messages import gettext_noop
from privacy.models import FieldRole
from privacy.services.mentions import last_scan

# House rule: of so many of its values, counted over the rows that have one, a column is taken for different from row to row.
DIFFERENT = 0.95
# Issued to one subject each: a column confirmed as one of these tells them apart whatever the others do.
OWN_NUMBERS = frozenset({"CN_RESIDENT_ID", "CN_PASSPORT", "CN_USCC"})
# Shared by many persons, so that they repeat in any table: names, addresses, the code of an employer.
SHARED = frozenset({"PERSON", "CN_ADDRESS", "CN_LANDLINE", "IP_ADDRESS", "CN_USCC"})


def repeated_identifiers(subject: DataField, kind: str) -> tuple[str, ...]:
    """The confirmed direct identifiers of the table that repeat where `subject` does not; none where it cannot be told.

    `kind` is whom the rows are about: of enterprises only their code is one, for a telephone in such a table is a person's.
    """
    scan = last_scan(subject.distribution)
    if scan is None or subject.entity_type in OWN_NUMBERS:
        return ()
    counts = {column["name"]: column["counts"] for column in scan.columns}
    if not _differs(counts.get(subject.name, {})):
        return ()
    own = Q(entity_type="CN_USCC") if kind == SubjectKind.ENTERPRISE else ~Q(entity_type__in=SHARED)
    others = subject.distribution.fields.filter(own, role=FieldRole.DIRECT).exclude(pk=subject.pk)
    return tuple(
        field.name
        for field in others.order_by("position")
        if counts.get(field.name, {}).get("cells") and not _differs(counts[field.name])
    )


def is_serial(subject: DataField, kind: str) -> bool:
    """Whether the field cannot be the subject: it is doubted, and nobody has confirmed that it identifies a person."""
    return subject.role != FieldRole.DIRECT and bool(repeated_identifiers(subject, kind))


def _differs(counts: Mapping[str, int]) -> bool:
    return counts.get("distinct", 0) >= DIFFERENT * counts.get("cells", 0) > 0


def refuse_serial(subject: DataField, kind: str) -> None:
    """Raise `Blocked` where every row would become its own person."""
    if is_serial(subject, kind):
        raise Blocked(
            gettext_noop(
                "“%(field)s” differs from row to row while %(others)s repeats: one person would be counted as several. Name"
                " the field that tells persons apart, or have this one confirmed as a direct identifier first."
            ),
            code="subject_is_serial",
            field=subject.name,
            others=", ".join(repeated_identifiers(subject, kind))[:200],
        )


SUBJECT_CHECKS.append(refuse_serial)
