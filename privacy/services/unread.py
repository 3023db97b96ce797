"""What a scan left unread, and whether that stands in the way of a release.

A scan that did not read everything is no ground for a release. One thing does not matter: text that a budget left unread in fields that do not
leave. Nothing in it can reach anybody, and the other fields were read to the last row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.jobs.models import JobState
from privacy.detection.model import INFORMATIVE_REASONS
from privacy.masking.operators import Operator
from privacy.masking.policy import Policy
from privacy.models import Scan, ScanMode

TEXT_UNREAD = "text_unread"
_CUT_SHORT = frozenset({"source_changed", "reading_stopped"})


@dataclass(frozen=True, slots=True)
class Unread:
    """What a scan that has ended left unread: rows of text by their column, and whether that is all it left."""

    texts: dict[str, int]
    only_texts: bool

    def leaving(self, policy: Policy) -> list[str]:
        """The columns of unread text that leave under a policy; a field without a rule is dropped."""
        return [name for name in self.texts if name in policy.fields and policy.fields[name].operator != Operator.DROP]


def unread_of(scan: Scan) -> Unread:
    """From the reasons that the scan has written down."""
    weighty: list[Any] = [reason for reason in scan.reasons if reason["code"] not in INFORMATIVE_REASONS]
    texts = {
        str(reason["params"]["column"]): int(reason["params"]["rows"])
        for reason in weighty
        if reason["code"] == TEXT_UNREAD
    }
    return Unread(texts, bool(weighty) and len(texts) == len(weighty))


def read_enough(scan: Scan, policy: Policy) -> bool:
    """Whether a scan of every row read all that leaves under a policy."""
    if scan.state == JobState.COMPLETE:
        return True
    if scan.state != JobState.INCOMPLETE or scan.mode != ScanMode.FULL:
        return False
    unread = unread_of(scan)
    return unread.only_texts and not unread.leaving(policy)


def every_row_was_read(scan: Scan) -> bool:
    """Whether a scan that ends passed over every row of a source that stayed the same, whatever it left unread in them."""
    return scan.mode == ScanMode.FULL and _CUT_SHORT.isdisjoint(reason["code"] for reason in scan.reasons)
