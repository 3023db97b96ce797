"""What an officer is warned of in the rules as they stand, by what the last scan counted in each column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import OuterRef, Subquery

from catalog.datasets.models import DataField
from privacy.masking.policy import FieldRule, Policy
from privacy.masking.safety import ColumnFacts, PolicyWarning, policy_warnings
from privacy.models import FieldProtection, Scan
from privacy.services.protections import Stated, parsed


def warnings_of(protections: Iterable[FieldProtection]) -> dict[int, list[PolicyWarning]]:
    """The warnings of stored rules, by the id of their field. One query, however many tables they are of."""
    rules = [(row.field, parsed(row.field, Stated.of(row))) for row in protections]
    counted = _counted({field.distribution_id for field, _rule in rules})
    return {field.pk: _warnings(field, rule, counted) for field, rule in rules}


def warnings_of_rule(field: DataField, stated: Stated) -> list[PolicyWarning]:
    """The warnings of a rule that is not set yet. Raises the masking package's errors where it is none."""
    return _warnings(field, parsed(field, stated), _counted({field.distribution_id}))


def distinct_values(field: DataField) -> int | None:
    """How many different values the last scan counted in the field; None where nobody has."""
    counts = _counted({field.distribution_id}).get(field.distribution_id, {}).get(field.name, {})
    return counts.get("distinct")


_Counts = Mapping[int, Mapping[str, Mapping[str, int]]]


def _counted(distributions: set[int]) -> _Counts:
    """Table → column → counts, from the last scan of each table that read anything."""
    scans = Scan.objects.filter(distribution__in=distributions).exclude(columns=[])
    last = scans.filter(distribution=OuterRef("distribution")).order_by("-pk").values("pk")[:1]
    found = scans.filter(pk=Subquery(last)).only("distribution_id", "columns")
    return {scan.distribution_id: {column["name"]: column["counts"] for column in scan.columns} for scan in found}


def _warnings(field: DataField, rule: FieldRule, counted: _Counts) -> list[PolicyWarning]:
    counts = counted.get(field.distribution_id, {}).get(field.name, {})
    facts = ColumnFacts(
        entity_type=field.entity_type or None, distinct=counts.get("distinct"), rows=counts.get("cells")
    )
    return list(policy_warnings(Policy(fields={field.name: rule}), {field.name: facts}))
