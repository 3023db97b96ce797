"""Why the scanner says what it says of a column, in sentences an officer can weigh.

The figures are the scan's (`privacy.detection.verdict`); nothing is judged again here, and no raw value is in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.pages.wording import entity_type_word
from privacy.models import Finding
from privacy.pages.words import bounds, count, interval_in_words, percent
from privacy.services.rules import known_rule

FOR, AGAINST, NEUTRAL = "for", "against", "neutral"
_SAYS_SO = 0.8
_NEARLY_EACH_ONCE = 0.95
_FEW = 50
_MOST = 0.5
_NOTABLY = 0.005

# Notes of the scanner and which way they weigh.
_NOTES: Mapping[str, tuple[str, Any]] = {
    "checksum_unverified": (
        AGAINST,
        gettext_lazy("Check digits unverified: the form is right, but the check digits only as often as luck has it."),
    ),
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
    "named_words": (
        NEUTRAL,
        gettext_lazy("Only the column's name says so; the values are words that do not speak against it."),
    ),
    "partly_masked": (
        NEUTRAL,
        gettext_lazy("A part of the values is hidden already; what is left may still tell who it is."),
    ),
    "income_bands": (NEUTRAL, gettext_lazy("They are ranges of income, not sums.")),
    "few_distinct_values": (AGAINST, gettext_lazy("The same few values stand again and again.")),
    "code_list": (FOR, gettext_lazy("The values are codes of a known list.")),
    "year_or_month": (NEUTRAL, gettext_lazy("They are years or months without a day.")),
    "years_spread_like_birthdays": (FOR, gettext_lazy("The years are spread as birthdays are.")),
    "age_groups": (NEUTRAL, gettext_lazy("They are age groups, not ages.")),
    "in_some_cells": (NEUTRAL, gettext_lazy("Only some cells hold it; the column is of something else.")),
    "no_values": (NEUTRAL, gettext_lazy("The column is empty.")),
    "names_in_latin_text_not_read": (NEUTRAL, gettext_lazy("Text in Latin letters was not read for names.")),
    "only_truth_types_tried": (NEUTRAL, gettext_lazy("The column holds yes or no; nothing else was looked for.")),
    "only_measure_types_tried": (
        NEUTRAL,
        gettext_lazy("The column holds decimals; only what can be one was looked for."),
    ),
    "only_date_types_tried": (NEUTRAL, gettext_lazy("The column holds dates; only what can be one was looked for.")),
}


_NAME = (gettext_lazy("The column's name hints at it"), gettext_lazy("The column's name says so"))
_COMMENT = (gettext_lazy("The column's comment hints at it"), gettext_lazy("The column's comment says so"))


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
    def sampled(self) -> bool:
        """Whether only a sample of the rows was judged."""
        return "sampled" in self.evidence.get("notes", ())

    @property
    def unverified(self) -> bool:
        """Whether the values have the form of the type and their check digits are right by luck alone."""
        return bool(self.entity_type) and "checksum_unverified" in self.evidence.get("notes", ())

    @property
    def others(self) -> list[str]:
        """Other types that were seen, with their rows; in a sample also how many of all rows that may be."""
        intervals = self.evidence.get("other_intervals") or {}
        told = []
        for other in self.other_types:
            code = str(other["entity_type"])
            text = _("%(type)s in %(rows)s rows") % {"type": entity_type_word(code), "rows": count(other["rows"])}
            interval = intervals.get(code)
            told.append(f"{text} · {interval_in_words(interval)}" if interval else text)
        return told

    @property
    def of_all_rows(self) -> str:
        """In a sample: how many of all rows it may be."""
        interval = self.evidence.get("interval")
        return interval_in_words(interval) if interval else ""

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
            *self._read(),
            *self._values(),
            *self._sampled(),
            *self._checksum(),
            *self._names(),
            *self._spread(),
            *self._notes(),
            *self._neighbours(),
        ]

    def _read(self) -> Iterator[Reason]:
        rows, cells = self.counts.get("rows", 0), self.counts.get("cells", 0)
        if rows:
            text = _("%(rows)s rows were read, %(cells)s of them with a value.")
            yield Reason(text % {"rows": count(rows), "cells": count(cells)})

    def _sampled(self) -> Iterator[Reason]:
        """What a sample says of the whole table."""
        if not self.sampled:
            return
        interval = self.evidence.get("interval")
        if interval:
            low, high = bounds(interval["low"], interval["high"])
            params = {"low": low, "high": high, "rows": count(interval["rows"]), "level": f"{interval['level']:.0%}"}
            if (population := interval.get("population")) is not None:
                params["rows"] = _("%(rows)s of %(population)s") % {**params, "population": count(population)}
            if self.entity_type:
                text = _(
                    "In the whole table between %(low)s and %(high)s of the rows hold it (%(level)s interval, %(rows)s rows read)."
                )
            else:
                text = _(
                    "In no row that was read was anything found; of all rows at most %(high)s hold something (%(level)s interval, "
                    "%(rows)s rows read). That is no proof that there is nothing."
                )
            yield Reason(text % params)
        elif "interval" in self.evidence and self.counts.get("rows"):
            yield Reason(_("Not all drawn rows were read, so nothing is said of the others."), AGAINST)
        elif "interval" not in self.evidence:
            yield Reason(_("The rows that were read were not drawn at random: nothing is said of the others."), AGAINST)

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
            if not free_text and (shape - share > _NOTABLY or self.evidence.get("checksum_rate") is not None):
                yield Reason(
                    _("%(share)s have its form.") % {"share": percent(shape)}, FOR if shape >= _MOST else NEUTRAL
                )
        if unread := self.counts.get("text_unread", 0):
            text = _("%(rows)s texts were not read for names.")
            yield Reason(text % {"rows": count(unread)}, AGAINST)

    def _checksum(self) -> Iterator[Reason]:
        rate, lift = self.evidence.get("checksum_rate"), self.evidence.get("checksum_lift")
        if rate is None or not self.entity_type:
            return
        rule = known_rule(str(self.evidence.get("best_type")))
        luck = rule.luck if rule is not None else None
        params = {
            "rate": percent(rate),
            "luck": percent(luck or 0),
            "lift": number_format(round(lift or 0, 1), 1, use_l10n=True),
            "checked": count(self.counts.get("checksum_checked", 0)),
        }
        text = _(
            "Check digits are right in %(rate)s of %(checked)s values: %(lift)s times as often as luck would have it (%(luck)s)."
        )
        weight = AGAINST if luck and rate < 2 * luck else NEUTRAL
        yield Reason(text % params, FOR if self.checksum_proven else weight)
        if self.checksum_proven:
            yield Reason(_("The check digits are proof: to reject the finding takes two people."), FOR)

    def _names(self) -> Iterator[Reason]:
        name, comment = self.evidence.get("name_match") or 0, self.evidence.get("comment_match") or 0
        if not self.entity_type:
            pass
        elif name or comment:
            sure = max(name, comment) >= _SAYS_SO
            who = _COMMENT if comment > name else _NAME
            said, word = str(who[sure]), self.evidence.get("name_word")
            yield Reason(_("%(said)s: “%(word)s”.") % {"said": said, "word": word} if word else f"{said}.", FOR)
        else:
            yield Reason(_("Neither the column's name nor its comment says anything of it."))
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
