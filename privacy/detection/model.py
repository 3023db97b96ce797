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

from catalog.messages import MessageError, gettext_noop


class ScanMode(StrEnum):
    """`FULL` reads every row; `SAMPLE` judges some, drawn at random, and is never called clean."""

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
    """How many rows `ScanMode.SAMPLE` judges, and the seed by which they are drawn: the same seed draws the same rows again."""

    seed: int
    rows: int = 20_000

    def __post_init__(self) -> None:
        if self.rows < 1 or not 0 <= self.seed < 2**31:
            raise ValueError("a sample judges at least one row, and its seed has at most 31 bits")


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """Where a scan is: rows read so far, the estimate of all (None: unknown), what was spent on reading names in text.

    `phase`: `scan` (reading rows), `text` (in the middle of a batch, reading its text for names), `draw` (quick mode, drawing
    rows), `judge` (quick mode, judging those it drew: then the rows are these).
    """

    rows: int
    row_estimate: int | None
    batches: int
    text_seconds: float
    text_characters: int = 0
    phase: str = "scan"


REASON_MESSAGES: Mapping[str, str] = {
    "text_unread": gettext_noop("%(rows)s rows of free text in column “%(column)s” were not read for names."),
    "sampled": gettext_noop("Only a sample was read: %(rows)s rows."),  # and of how many is in `SampleTaken`
    "digits_lost": gettext_noop(
        "Column “%(column)s” holds %(rows)s numbers in scientific notation or as floats: their last digits are lost."
    ),
    "column_missing": gettext_noop("Column “%(column)s” is not in the data that was read."),
    "column_unregistered": gettext_noop(
        "Column “%(column)s” is new in the source: it was scanned and is not registered."
    ),
    "cells_damaged": gettext_noop(
        "%(rows)s cells of column “%(column)s” could not be read: their bytes are not text in the encoding of the source."
    ),
    "column_failed": gettext_noop(
        "%(rows)s rows of column “%(column)s” could not be examined because of an error of the program (%(error)s)."
    ),
    "reading_stopped": gettext_noop("Reading stopped after %(rows)s rows. %(cause)s"),
    "order_unknown": gettext_noop(
        "The rows of this table come in no order that lasts, so a scan cannot go on in the middle: scan it again from the beginning."
    ),
    "binary_unread": gettext_noop("Column “%(column)s” holds binary content that was not read (%(rows)s rows)."),
}

# A lost digit is a defect of the source, not of the scan: it is reported, but every cell was read. So is a column that is new.
INFORMATIVE_REASONS = frozenset({"digits_lost", "column_unregistered"})


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

    @classmethod
    def of_stop(cls, rows: int, error: MessageError) -> Reason:
        """Reading stopped in the middle: after how many rows, and what the source said."""
        told = {name: value if isinstance(value, int) else str(value) for name, value in error.params.items()}
        return cls(
            "reading_stopped",
            None,
            {"rows": rows, "cause": {"code": error.code, "message": error.message, "params": told}},
        )

    def __str__(self) -> str:
        params = {"column": self.column, **self.params}
        if isinstance(cause := params.get("cause"), Mapping):
            params["cause"] = cause["message"] % cause["params"]
        return self.message % params


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
class TextSpent:
    """What reading names in free text took: seconds of how many (None: unlimited), and the characters that were read."""

    seconds: float
    budget_seconds: float | None
    characters: int


@dataclass(frozen=True, slots=True)
class SampleTaken:
    """The sample that a scan in quick mode judged: `rows` of `population`, which is exact where every row was passed over.

    `drawn`: `all` (the table has no more rows), `rows` (single rows at random), `blocks` (rows of blocks at random) of which there
    were `blocks`. `population` is None where not even an estimate is there.
    """

    seed: int
    drawn: str
    rows: int
    population: int | None
    exact: bool
    blocks: int = 0


@dataclass(frozen=True, slots=True)
class TableScan:
    """The verdict on a table. `state` is incomplete when anything was not read; `reasons` says what."""

    state: ScanState
    rows: int
    reasons: tuple[Reason, ...]
    columns: tuple[ColumnScan, ...]
    rules_version: str
    sampled: bool
    # The version of each type's rule, of the models that read names and of what matches the expressions.
    rules: Mapping[str, str] = field(default_factory=dict)
    text: TextSpent | None = field(
        default=None, compare=False
    )  # two scans that say the same may have taken different times
    sample: SampleTaken | None = None

    def column(self, name: str) -> ColumnScan:
        """The scan of the column called `name`; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
