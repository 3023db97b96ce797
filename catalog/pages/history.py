"""The ledger's lines about one dataset: its sentences, with what their details add to read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.datasets.models import DataField, Dataset
from catalog.ledger.models import LedgerEntry
from catalog.pages import ledger_lines
from catalog.pages.wording import SUBJECTS, code_word
from catalog.people.models import User

# What the fields of the record are called in a sentence.
RECORD_WORDS = {
    "code": _("Code"),
    "category": _("Category code"),
    "title": _("Title"),
    "title_en": _("Title in English"),
    "abstract": _("Abstract"),
    "abstract_en": _("Abstract in English"),
    "theme": _("Theme"),
    "keywords": _("Keywords"),
    "share_type": _("Share type"),
    "share_condition": _("Share condition"),
    "share_citation": _("Ground for withholding"),
    "share_mode": _("Share mode"),
    "open_to_public": _("Open to the public"),
    "open_condition": _("Condition of opening"),
    "update_cycle": _("Update cycle"),
    "issued": _("Date of issue"),
    "items": _("Declared items"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One act: its sentence, what more is known of it, who did it and when."""

    text: str
    more: str
    actor: str
    occurred_at: datetime
    action: str


def entries_about(dataset: Dataset) -> Any:
    """The dataset's history, the last act first."""
    return (
        LedgerEntry.objects.about(dataset).select_related("actor", "organization", "counterpart").order_by("-sequence")
    )


def lines_of(reader: User, entries: Iterable[LedgerEntry], dataset: Dataset) -> list[Line]:
    """The entries in words; one query for the names of the fields they are about."""
    entries = list(entries)
    fields = dict(DataField.ever.filter(distribution__dataset=dataset).values_list("pk", "name"))
    return [
        Line(
            text=line.text,
            more=_more(line.entry, fields),
            actor=ledger_lines.actor_of(line.entry),
            occurred_at=line.entry.occurred_at,
            action=line.entry.action,
        )
        for line in ledger_lines.lines_of(reader, entries)
    ]


def _more(entry: LedgerEntry, fields: dict[int, str]) -> str:
    """What the details of a line add to it; nothing where they add nothing to read."""
    details = entry.details
    parts: list[str] = []
    if entry.action == "dataset.edited":
        parts = [str(RECORD_WORDS.get(name, name)) for name in details.get("fields", [])]
    elif entry.action == "dataset.published":
        parts = [gettext("version %(number)s") % {"number": details.get("version", "")}]
    elif entry.action in ("dataset.linked", "dataset.unlinked") or entry.action.startswith("right."):
        parts = [code_word(details.get("kind", ""))]
    elif entry.action == "distribution.attached":
        number = details.get("fields", 0)
        parts = [ngettext("%(count)s field", "%(count)s fields", number) % {"count": number}]
    elif entry.action == "dataset.subject_declared":
        parts = [str(SUBJECTS.get(details.get("kind", ""), "")), fields.get(details.get("field") or 0, "")]
    elif "field" in details:
        grade = details.get("grade") or details.get("to")
        parts = [fields.get(details["field"], ""), code_word(grade) if grade else ""]
    return " · ".join(part for part in parts if part)
