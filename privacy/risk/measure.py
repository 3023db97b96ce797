"""Measuring the re-identification risk of a table that comes as Arrow record batches.

Lives here: `measure`, and `Measuring` for whoever writes the batches at the same time. They check what is asked, feed
the batches through `partial_of` and `merge`, and conclude. An engine that cuts a table in partitions calls those
three itself, with one secret key for all of its parts.

Source of the method: GB/T 37964 (data risk from equivalence classes), GB/T 42460; the diversity measures are the
usual ones of disclosure control (k-anonymity, distinct and entropy l-diversity, t-closeness).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from catalog.messages import MessageError, gettext_noop
from privacy.risk.measurement import Measurement, conclude
from privacy.risk.partial import Partial, Plan, merge, partial_of

# Below this many waiting entries merging is not worth its fixed cost; above it the waiting parts may at most double
# what is held already, so each entry is merged a logarithmic number of times.
_MERGE_AT = 1 << 19


class MeasureError(MessageError):
    """The table cannot be measured as asked."""

    code = "measure_error"


class NoQuasiIdentifiers(MeasureError):
    """No quasi-identifier was named. Without one there is nothing to measure, which is not the same as no risk."""

    code = "no_quasi_identifiers"
    message = gettext_noop("No quasi-identifier is named, so the risk of re-identification cannot be measured.")


class ColumnUnknown(MeasureError):
    """A named column is not in the table."""

    code = "unknown_column"
    message = gettext_noop("There is no column “%(column)s” in the table.")


class ColumnAmbiguous(MeasureError):
    """A named column is in the table more than once."""

    code = "ambiguous_column"
    message = gettext_noop("The column “%(column)s” is in the table more than once.")


class NoRows(MeasureError):
    """The table has no rows, so there is nobody whose risk could be measured."""

    code = "no_rows"
    message = gettext_noop("The table has no rows, so there is nothing to measure.")


class PopulationInvalid(MeasureError):
    """A population is a number of persons, at least one."""

    code = "invalid_population"
    message = gettext_noop("The population must be at least 1.")


def measure(
    batches: Iterable[pa.RecordBatch],
    *,
    quasi: Sequence[str],
    subject: str | None,
    sensitive: Sequence[str] = (),
    population: int | None = None,
    key: bytes = b"",
) -> Measurement:
    """Measure the table in `batches`, which is read once.

    `quasi` are the quasi-identifiers; an empty cell is a value of its own. `subject` names the column that says whom
    a row is about: classes count its distinct values, and the rows where it is empty count as one person together; None
    means every row is a person. `sensitive` are the fields for l and t. `population` is the number of persons these
    are a part of. `key` (up to 64 bytes) keys the internal hashes; the result does not depend on it.

    Memory grows with the distinct (class, subject) pairs, not with the rows: see `privacy.risk.partial`.
    Raises `NoQuasiIdentifiers`, `ColumnUnknown`, `ColumnAmbiguous`, `ColumnTypeUnsupported`, `NoRows`,
    `PopulationInvalid`.
    """
    measuring = Measuring(quasi=quasi, subject=subject, sensitive=sensitive, population=population, key=key)
    for batch in batches:
        measuring.add(batch)
    return measuring.result()


class Measuring:
    """A measurement in progress, for whoever writes the batches elsewhere at the same time; arguments as of `measure`."""

    def __init__(
        self,
        *,
        quasi: Sequence[str],
        subject: str | None,
        sensitive: Sequence[str] = (),
        population: int | None = None,
        key: bytes = b"",
    ) -> None:
        # The same name twice says nothing more than once.
        self._plan = Plan(tuple(dict.fromkeys(quasi)), subject, tuple(dict.fromkeys(sensitive)), key)
        self._population = population
        self._merged: Partial | None = None
        self._waiting: list[Partial] = []
        self._weight = 0
        if not self._plan.quasi:
            raise NoQuasiIdentifiers
        if population is not None and population < 1:
            raise PopulationInvalid

    def add(self, batch: pa.RecordBatch) -> None:
        """Count one more batch. Raises `ColumnUnknown`, `ColumnAmbiguous`, `ColumnTypeUnsupported`."""
        check_columns(batch.schema, self._plan)
        if batch.num_rows == 0:
            return
        part = partial_of(batch, self._plan)
        self._waiting.append(part)
        self._weight += part.weight
        if self._weight > max(_MERGE_AT, self._merged.weight if self._merged else 0):
            self._merged = merge(self._parts())
            self._waiting, self._weight = [], 0

    def result(self) -> Measurement:
        """The measurement of the batches added so far. Raises `NoRows` where there was no row among them."""
        if not (parts := self._parts()):
            raise NoRows
        return conclude(merge(parts), self._plan, population=self._population)

    def _parts(self) -> list[Partial]:
        return [*([self._merged] if self._merged else []), *self._waiting]


def check_columns(schema: pa.Schema, plan: Plan) -> None:
    """Raise `ColumnUnknown` or `ColumnAmbiguous` unless each column of the plan is in the table exactly once."""
    subject = () if plan.subject is None else (plan.subject,)
    for name in (*plan.quasi, *subject, *plan.sensitive):
        places = schema.get_all_field_indices(name)
        if not places:
            raise ColumnUnknown(column=name)
        if len(places) > 1:
            raise ColumnAmbiguous(column=name)
