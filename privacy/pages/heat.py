"""One table's findings as a grid: its columns down, the five likelihoods across, the role in the cell where they meet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from catalog.datasets.models import DataField
from privacy.models import FieldRole, Finding, FindingState, Scan
from privacy.pages.changes import reasons_of_return
from privacy.pages.evidence import Verdict
from privacy.pages.words import LIKELIHOODS
from privacy.services.mentions import undecided_mentions

# How strongly a cell is coloured; the word in it says the same.
_HEAT = {FieldRole.DIRECT: 4, FieldRole.SENSITIVE: 3, FieldRole.QUASI: 2, FieldRole.NONE: 1}


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One column of the table. `cells` is as long as there are likelihoods; what was declared by hand stands in none of them."""

    field: DataField
    finding: Finding | None
    # Seen in a few rows of a column that is nothing personal otherwise (`privacy.services.mentions`).
    mentions: tuple[str, ...] = ()

    @property
    def heat(self) -> int:
        """1 to 4; 0 for a column with nothing found or with a rejected finding."""
        if self.finding is None or self.finding.state == FindingState.REJECTED:
            return 0
        return _HEAT[FieldRole(self.finding.role)]

    @property
    def cells(self) -> list[bool]:
        """Whether the finding stands in each of the likelihoods."""
        stands = self.finding.likelihood if self.finding else ""
        return [step == stands for step in LIKELIHOODS]

    @property
    def by_hand(self) -> bool:
        """Whether a person said it, not a scan."""
        return self.finding is not None and self.finding.scan_id is None

    @property
    def returned(self) -> list[str]:
        """Why the finding came back for review after it was decided."""
        return reasons_of_return(self.finding) if self.finding else []

    @property
    def unverified(self) -> bool:
        """Whether its check digits are right by luck alone, although its values have the form of the type."""
        return self.finding is not None and Verdict.of_finding(self.finding).unverified

    @property
    def waits(self) -> bool:
        """Whether somebody has still to decide it."""
        found = self.finding
        return found is not None and (found.state == FindingState.PROPOSED or found.pending_state != "")


def heat_map(fields: Iterable[Any], scan: Scan | None = None) -> list[HeatRow]:
    """The rows, in the order of the table. `fields` come with their finding selected; `scan` is the last, for what it only saw."""
    rows = [HeatRow(field, getattr(field, "finding", None)) for field in fields]
    if scan is None:
        return rows
    mentioning = undecided_mentions(scan, [row.finding for row in rows if row.finding])
    seen = {
        str(column["name"]): tuple(Verdict.of_column(column).others)
        for column in scan.columns
        if column["name"] in mentioning
    }
    return [replace(row, mentions=seen[row.field.name]) if row.field.name in seen else row for row in rows]
