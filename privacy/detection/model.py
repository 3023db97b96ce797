"""The words of a detection result: roles, likelihoods, column inputs, column and table scans.

Lives here: enums and frozen values that other packages read, and nothing that computes. No raw cell value is ever held by
these values: examples are masked before they get here (`privacy.detection.masked`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow as pa

from catalog.messages import gettext_noop


class ScanMode(StrEnum):
    """`FULL` reads every row; `SAMPLE` reads some batches and is never called clean."""

    FULL = "full"
    SAMPLE = "sample"


class ScanState(StrEnum):
    """What may be said of a finished scan. Only a complete one can be released from."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"


class FieldRole(StrEnum):
    """What a field does for somebody who wants to find a person (terms of GB/T 37964)."""

    DIRECT = "direct"
    QUASI = "quasi"
    SENSITIVE = "sensitive"
    NONE = "none"


class Likelihood(StrEnum):
    """Five steps, from the verdict's score."""

    VERY_UNLIKELY = "very_unlikely"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    LIKELY = "likely"
    VERY_LIKELY = "very_likely"

    @classmethod
    def of(cls, score: float) -> Likelihood:
        """The step of a `score` in 0–1."""
        for floor, step in _STEPS:
            if score >= floor:
                return step
        return cls.VERY_UNLIKELY


POSSIBLE_SCORE = 0.45  # a type is proposed from here on
_STEPS = (
    (0.9, Likelihood.VERY_LIKELY),
    (0.7, Likelihood.LIKELY),
    (POSSIBLE_SCORE, Likelihood.POSSIBLE),
    (0.2, Likelihood.UNLIKELY),
)


@dataclass(frozen=True, slots=True)
class ColumnInput:
    """A column to scan: its name and comment are evidence, its Arrow type decides what can be in it."""

    name: str
    comment: str
    arrow_type: pa.DataType


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """Which batches `ScanMode.SAMPLE` reads: every `every`-th one, `max_batches` at most."""

    max_batches: int = 8
    every: int = 1

    def __post_init__(self) -> None:
        if self.max_batches < 1 or self.every < 1:
            raise ValueError("a sample reads at least one batch")


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """Where a scan is: rows read so far, the estimate of all (None: unknown), seconds spent on reading names in text."""

    rows: int
    row_estimate: int | None
    batches: int
    text_seconds: float


REASON_MESSAGES: Mapping[str, str] = {
    "text_unread": gettext_noop("%(rows)s rows of free text in column “%(column)s” were not read for names."),
    "sampled": gettext_noop("Only a sample was read: %(rows)s rows."),
    "digits_lost": gettext_noop(
        "Column “%(column)s” holds %(rows)s numbers in scientific notation or as floats: their last digits are lost."
    ),
    "column_missing": gettext_noop("Column “%(column)s” is not in the data that was read."),
    "binary_unread": gettext_noop("Column “%(column)s” holds binary content that was not read (%(rows)s rows)."),
}

# A lost digit is a defect of the source, not of the scan: it is reported, but every cell was read.
INFORMATIVE_REASONS = frozenset({"digits_lost"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a scan is incomplete, or what else must be said about it. `column` is None for the whole table."""

    code: str
    column: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The English msgid with `%(name)s` placeholders, for translation with `params`."""
        return REASON_MESSAGES[self.code]

    def __str__(self) -> str:
        return self.message % {"column": self.column, **self.params}


@dataclass(frozen=True, slots=True)
class TypeCount:
    """Another entity type that some rows of a column hold."""

    entity_type: str
    rows: int


@dataclass(frozen=True, slots=True)
class ColumnScan:
    """The verdict on one column.

    `counts`: rows, nulls, blanks (empty or a placeholder such as 无), cells, distinct (estimated above 50,000), matched,
    checksum_valid and, for free text, text_rows, text_read, text_unread. `evidence` is JSON-able and masked.
    `checksum_proven`: the checksum holds more often than luck allows, so rejecting needs a second person.
    """

    name: str
    entity_type: str | None
    role: FieldRole
    likelihood: Likelihood
    score: float
    counts: Mapping[str, int]
    other_types: tuple[TypeCount, ...]
    evidence: Mapping[str, Any]
    checksum_proven: bool


@dataclass(frozen=True, slots=True)
class TableScan:
    """The verdict on a table. `state` is incomplete when anything was not read; `reasons` says what."""

    state: ScanState
    rows: int
    reasons: tuple[Reason, ...]
    columns: tuple[ColumnScan, ...]
    rules_version: str
    sampled: bool

    def column(self, name: str) -> ColumnScan:
        """The scan of the column called `name`; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
