"""Why the scanner says what it says of a column, in sentences an officer can weigh.

The figures are the scan's (`privacy.detection.verdict`); nothing is judged again here, and no raw value is in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.pages.wording import entity_type_word
from privacy.detection.checksums import LUCK
from privacy.models import Finding
from privacy.pages.words import count, percent

FOR, AGAINST, NEUTRAL = "for", "against", "neutral"
_SAYS_SO = 0.8
_NEARLY_EACH_ONCE = 0.95
_FEW = 50
_MOST = 0.5
_NOTABLY = 0.005

# Notes of the scanner and which way they weigh.
_NOTES: Mapping[str, tuple[str, Any]] = {
    "checksum_unverified": (AGAINST, gettext_lazy("The check digits are right no more often than luck would have it.")),
    "dates_in_few_years": (AGAINST, gettext_lazy("The dates inside the numbers lie in few years, as in case numbers.")),
    "never_ends_in_x": (AGAINST, gettext_lazy("No number ends in X; of real ones every eleventh does.")),
    "digits_lost": (
        AGAINST,
        gettext_lazy("Numbers stand in scientific notation: their last digits were lost before they came here."),
    ),
    "one_number_segment": (AGAINST, gettext_lazy("All numbers are of one segment, as running numbers are.")),
    "like_version_numbers": (AGAINST, gettext_lazy("They could be version numbers as well.")),
    "like_serial_numbers": (AGAINST, gettext_lazy("They could be serial or article numbers as well.")),
    "by_name": (
        NEUTRAL,
        gettext_lazy("Only the column's name says so: such numbers have no check digit and no form of their own."),
    ),
    "few_distinct_values": (AGAINST, gettext_lazy("The same few values stand again and again.")),
    "code_list": (FOR, gettext_lazy("The values are codes of a known list.")),
    "year_or_month": (NEUTRAL, gettext_lazy("They are years or months without a day.")),
    "years_spread_like_birthdays": (FOR, gettext_lazy("The years are spread as birthdays are.")),
    "age_groups": (NEUTRAL, gettext_lazy("They are age groups, not ages.")),
    "in_some_cells": (NEUTRAL, gettext_lazy("Only some cells hold it; the column is of something else.")),
    "no_values": (NEUTRAL, gettext_lazy("The column is empty.")),
    "sampled": (NEUTRAL, gettext_lazy("Only a sample was read.")),
    "names_in_latin_text_not_read": (NEUTRAL, gettext_lazy("Text in Latin letters was not read for names.")),
    "only_truth_types_tried": (NEUTRAL, gettext_lazy("The column holds yes or no; nothing else was looked for.")),
    "only_measure_types_tried": (
        NEUTRAL,
        gettext_lazy("The column holds decimals; only what can be one was looked for."),
    ),
    "only_date_types_tried": (NEUTRAL, gettext_lazy("The column holds dates; only what can be one was looked for.")),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence, and which way it weighs: for, against or neutral."""

    text: str
    weight: str = NEUTRAL


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scan says of a column: a finding of today, or a line of a scan's own result."""

    name: str
    entity_type: str
    role: str
    likelihood: str
    counts: Mapping[str, int]
    evidence: Mapping[str, Any]
    other_types: Sequence[Mapping[str, Any]] = field(default=())
    checksum_proven: bool = False

    @classmethod
    def of_finding(cls, finding: Finding) -> Verdict:
        """What the scanner found, whatever was decided since; of a finding by hand what the officer said."""
        return cls(
            name=finding.field.name,
            entity_type=finding.found_type if finding.scan_id else finding.entity_type,
            role=finding.found_role if finding.scan_id else finding.role,
            likelihood=finding.likelihood,
            counts=finding.counts,
            evidence=finding.evidence,
            other_types=finding.other_types,
            checksum_proven=finding.checksum_proven,
        )

    @classmethod
    def of_column(cls, column: Mapping[str, Any]) -> Verdict:
        """A line of `Scan.columns`."""
        return cls(
            name=str(column["name"]),
            entity_type=str(column["entity_type"] or ""),
            role=str(column["role"]),
            likelihood=str(column["likelihood"]),
            counts=column["counts"],
            evidence=column["evidence"],
            other_types=column["other_types"],
            checksum_proven=bool(column["checksum_proven"]),
        )

    @property
    def examples(self) -> list[str]:
        """Masked by the scanner."""
        return [str(example) for example in self.evidence.get("examples", [])]

    @property
    def others(self) -> list[str]:
        """Other types that were seen, with their rows."""
        return [
            _("%(type)s in %(rows)s rows") % {"type": entity_type_word(str(o["entity_type"])), "rows": count(o["rows"])}
            for o in self.other_types
        ]

    @property
    def summary(self) -> str:
        """The main figure, for a table: values of this kind / all values."""
        cells, matched = self.counts.get("cells", 0), self.counts.get("matched", 0)
        if not cells:
            return _("No values")
        return f"{count(matched)} / {count(cells)}" if self.entity_type else count(cells)

    @property
    def reasons(self) -> list[Reason]:
        """Every sentence, the weightiest kind of evidence first."""
        if not self.counts:
            return []
        return [
            *self._values(),
            *self._checksum(),
            *self._names(),
            *self._spread(),
            *self._notes(),
            *self._neighbours(),
        ]

    def _values(self) -> Iterator[Reason]:
        cells, matched = self.counts.get("cells", 0), self.counts.get("matched", 0)
        if self.entity_type and cells:
            share, free_text = matched / cells, bool(self.evidence.get("free_text"))
            if free_text:
                text = _("Found in %(matched)s of %(cells)s texts that people wrote (%(share)s).")
            else:
                text = _("%(share)s of the values are of this kind: %(matched)s of %(cells)s.")
            params = {"matched": count(matched), "cells": count(cells), "share": percent(share)}
            yield Reason(text % params, FOR if free_text or share >= _MOST else NEUTRAL)
            shape = self.evidence.get("shape_rate") or 0
            if not free_text and shape - share > _NOTABLY:
                yield Reason(
                    _("%(share)s have its shape.") % {"share": percent(shape)}, FOR if shape >= _MOST else NEUTRAL
                )
        interval = self.evidence.get("confidence_interval")
        if interval:
            low, high = (percent(bound) for bound in interval)
            yield Reason(
                _("In the whole table probably between %(low)s and %(high)s (95%%).") % {"low": low, "high": high}
            )
        if unread := self.counts.get("text_unread", 0):
            text = _("%(rows)s texts were not read for names.")
            yield Reason(text % {"rows": count(unread)}, AGAINST)

    def _checksum(self) -> Iterator[Reason]:
        rate, lift = self.evidence.get("checksum_rate"), self.evidence.get("checksum_lift")
        if rate is None or not self.entity_type:
            return
        luck = LUCK.get(str(self.evidence.get("best_type")))
        params = {"rate": percent(rate), "luck": percent(luck or 0), "lift": count(round(lift or 0, 1))}
        if self.checksum_proven:
            text = _(
                "Check digits are right in %(rate)s; luck would give %(luck)s (%(lift)s times as often). That is proof: to reject "
                "it takes two people."
            )
            yield Reason(text % params, FOR)
        else:
            text = _("Check digits are right in %(rate)s; luck would give %(luck)s.")
            yield Reason(text % params, AGAINST if luck and rate < 2 * luck else NEUTRAL)

    def _names(self) -> Iterator[Reason]:
        name, comment = self.evidence.get("name_match") or 0, self.evidence.get("comment_match") or 0
        if name >= _SAYS_SO or comment >= _SAYS_SO:
            yield Reason(_("The column's name says so."), FOR)
        elif name or comment:
            yield Reason(_("The column's name hints at it."), FOR)
        elif self.entity_type:
            yield Reason(_("The column's name says nothing of it."))
        if named := self.evidence.get("named_like"):
            text = _("The column is named like %(type)s, but its values are not.")
            yield Reason(text % {"type": entity_type_word(str(named))})
        if (self.evidence.get("counter_name") or 0) >= _SAYS_SO:
            yield Reason(_("The column's name speaks of something that is not personal."), AGAINST)

    def _spread(self) -> Iterator[Reason]:
        distinct, rate = self.counts.get("distinct", 0), self.evidence.get("distinct_rate")
        if rate is None or not self.counts.get("cells"):
            return
        params = {"distinct": count(distinct)}
        if rate >= _NEARLY_EACH_ONCE and distinct > _FEW:
            yield Reason(
                _("Nearly every value stands once (%(distinct)s different ones): it can single people out.") % params
            )
        elif distinct <= _FEW:
            yield Reason(_("Few different values: %(distinct)s.") % params)
        else:
            yield Reason(_("%(distinct)s different values.") % params)
        empty = self.counts.get("nulls", 0) + self.counts.get("blanks", 0)
        if empty:
            share = empty / max(1, self.counts.get("rows", 0))
            yield Reason(_("%(rows)s cells are empty (%(share)s).") % {"rows": count(empty), "share": percent(share)})

    def _neighbours(self) -> Iterator[Reason]:
        if (near := self.evidence.get("neighbours")) and self.entity_type:
            text = _("The same table holds: %(types)s.")
            yield Reason(text % {"types": " · ".join(entity_type_word(str(code)) for code in near)})

    def _notes(self) -> Iterator[Reason]:
        for note in self.evidence.get("notes", []):
            if note in _NOTES:
                weight, text = _NOTES[note]
                yield Reason(str(text), weight)
