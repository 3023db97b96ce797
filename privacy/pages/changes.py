"""What is new, gone or changed since the scan before, and why a finding came back for review, in sentences.

The comparison is the scan's own (`privacy.services.comparing`); nothing is compared again here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog.datasets.models import DataField
from catalog.pages.wording import code_word, entity_type_word
from catalog.templatetags.canglang import listed
from privacy.detection.comparison import Change
from privacy.detection.forms import LONGEST, Form
from privacy.detection.patterns import Aspect, Checksum
from privacy.models import Finding, Scan, ScanMode
from privacy.pages.words import count, percent

_FORMS: Mapping[str, Any] = {
    Form.DIGITS: gettext_lazy("digits"),
    Form.FIGURES: gettext_lazy("digits and marks"),
    Form.LETTERS: gettext_lazy("Latin letters"),
    Form.HAN: gettext_lazy("Chinese characters"),
    Form.AT: gettext_lazy("words with @"),
    Form.CODE: gettext_lazy("letters with digits or marks"),
    Form.WORDS: gettext_lazy("text in Latin letters"),
    Form.HAN_MIXED: gettext_lazy("Chinese with other characters"),
    Form.OTHER: gettext_lazy("other characters"),
    Form.DATE: gettext_lazy("dates"),
    Form.TRUTH: gettext_lazy("yes or no"),
}
_CHANGES: Mapping[str, Any] = {
    Change.NEW_COLUMN: gettext_lazy("New column"),
    Change.NEW_FINDING: gettext_lazy("New finding"),
    Change.CHANGED: pgettext_lazy("column", "Changed"),
    Change.GONE_FINDING: gettext_lazy("Finding gone"),
    Change.GONE_COLUMN: gettext_lazy("Column gone"),
}
# What a type of a table says already: a finding that is new or gone has another type and role of course.
_SAID_BY_THE_CHANGE = frozenset({Aspect.TYPE, Aspect.ROLE})


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One column of the comparison. `field` is None where the record has no such column."""

    name: str
    field: DataField | None
    word: str
    kind: str
    found: str
    sentences: list[str]
    returned: bool


@dataclass(frozen=True, slots=True)
class ComparisonInWords:
    """A scan's comparison with the scan before, for a page."""

    with_scan: int
    at: datetime
    summary: str
    caveat: str
    lines: list[ChangeLine]


def comparison_in_words(scan: Scan) -> ComparisonInWords | None:
    """What a page says of it; None for the first scan of a table and for one that has not ended."""
    document = scan.comparison
    if not document:
        return None
    fields = {field.name: field for field in scan.distribution.fields.all()} if document["columns"] else {}
    return ComparisonInWords(
        with_scan=document["with"]["scan"],
        at=datetime.fromisoformat(document["with"]["at"]),
        summary=_summary(document),
        caveat=_caveat(scan, document),
        lines=[_line(column, fields.get(column["name"])) for column in document["columns"]],
    )


def _summary(document: Mapping[str, Any]) -> str:
    counts = (
        (document["new"], _("%(number)s new")),
        (document["gone"], _("%(number)s gone")),
        (document["changed"], _("%(number)s changed")),
    )
    told = [text % {"number": count(number)} for number, text in counts if number]
    return listed(told) if told else _("nothing has changed")


def _caveat(scan: Scan, document: Mapping[str, Any]) -> str:
    """What has to be said of what was compared."""
    said = []
    if document["with"]["mode"] == ScanMode.SAMPLE:
        said.append(_("The scan before read only a sample, so what is new may have been there already."))
    if scan.mode == ScanMode.SAMPLE:
        said.append(
            _("This scan read only a sample: what it did not see is not called gone, and shares are not compared.")
        )
    if document["rows_changed"]:
        said.append(_("The number of rows has changed by a fifth or more."))
    return " ".join(said)


def _line(column: Mapping[str, Any], field: DataField | None) -> ChangeLine:
    change = column["change"]
    skipped = frozenset() if change == Change.CHANGED else _SAID_BY_THE_CHANGE
    found = column["before_type"] if change in (Change.GONE_FINDING, Change.GONE_COLUMN) else column["now_type"]
    return ChangeLine(
        name=column["name"],
        field=field,
        word=str(_CHANGES[change]),
        kind=change,
        found=entity_type_word(found) if found else "",
        sentences=[told_of(one) for one in column["differences"] if one["what"] not in skipped],
        returned=column["returned"],
    )


def reasons_of_return(finding: Finding) -> list[str]:
    """Why a finding came back for review; nothing for one that did not."""
    return [told_of(difference) for difference in finding.returned]


def told_of(difference: Mapping[str, Any]) -> str:
    """One difference as a sentence."""
    before, now = difference["before"], difference["now"]
    match difference["what"]:
        case Aspect.TYPE:
            return _type_told(before, now)
        case Aspect.CHECKSUM if now == Checksum.PROVEN:
            return _("The check digits are right now; before they were not.")
        case Aspect.CHECKSUM:
            return _("The check digits are not right any more.")
        case Aspect.COLUMN:
            return _(
                "The column itself is another one: its type has changed at the source, or it was gone and came back."
            )
    text, words = _TOLD[difference["what"]]
    return str(text) % {"before": words(before), "now": words(now)}


def _type_told(before: str, now: str) -> str:
    if not now:
        return _("Before it was %(before)s, now no known type.") % {"before": entity_type_word(before)}
    if not before:
        return _("Before it was no known type, now %(now)s.") % {"now": entity_type_word(now)}
    return _("Another type: before %(before)s, now %(now)s.") % {
        "before": entity_type_word(before),
        "now": entity_type_word(now),
    }


def _look(look: Mapping[str, Any]) -> str:
    """Digits 98% · letters 2%, 11 characters."""
    forms = [f"{_FORMS.get(form, form)} {percent(share)}" for form, share in look["form"].items()]
    if len(forms) == 1:
        forms = [str(_FORMS.get(form, form)) for form in look["form"]]
    return listed(filter(None, [" · ".join(forms), _length(look["length"])])) or "–"


def _length(length: Sequence[int]) -> str:
    if not length:
        return ""
    low, _middle, high = length
    if low >= LONGEST:
        return _("%(number)s characters and more") % {"number": LONGEST}
    if low == high:
        return _("%(number)s characters") % {"number": low}
    return _("%(low)s to %(high)s characters") % {"low": low, "high": high}


def _types(codes: Sequence[str]) -> str:
    return " · ".join(entity_type_word(code) for code in codes) or _("nothing")


_TOLD: Mapping[str, tuple[Any, Any]] = {
    Aspect.ROLE: (gettext_lazy("Another role: before %(before)s, now %(now)s."), code_word),
    Aspect.LIKELIHOOD: (gettext_lazy("Likelihood: before %(before)s, now %(now)s."), code_word),
    Aspect.FORM: (gettext_lazy("The values look different: before %(before)s; now %(now)s."), _look),
    Aspect.SHARE: (gettext_lazy("Before %(before)s of the values were of this kind, now %(now)s."), percent),
    Aspect.EMPTY: (gettext_lazy("Before %(before)s of the cells were empty, now %(now)s."), percent),
    Aspect.OTHER_TYPES: (gettext_lazy("Also seen in it: before %(before)s, now %(now)s."), _types),
}
