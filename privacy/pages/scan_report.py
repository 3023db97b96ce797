"""What a scan says of itself, in words: how its rows were read, which rules ran, what it left out and what can be done about that.

Lives here: words for what the scan has written down. The verdict on each column is `privacy.pages.evidence`'s, the page itself
`privacy.pages.scans`'s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.api.serializers.records import progress_of
from catalog.datasets.models import DataField
from catalog.jobs.models import ENDED, Job, JobState
from catalog.pages.waiting import duration, queued_since, reason_for_waiting
from catalog.pages.wording import entity_type_word
from privacy.detection.column import Held
from privacy.detection.rules import Family
from privacy.masking.operators import Operator
from privacy.models import FieldProtection, Scan, ScanMode
from privacy.pages.evidence import Verdict
from privacy.pages.words import WORK, count, operator_label, told
from privacy.services.protections import policy_of
from privacy.services.rules import current_rules
from privacy.services.scans import LONGEST_TEXT_BUDGET
from privacy.services.unread import read_enough, unread_of

# What a column's own type lets it hold: why some types were not looked for in it.
_HELD: Mapping[str, Any] = {
    Held.INTEGER: gettext_lazy("it holds whole numbers"),
    Held.MEASURE: gettext_lazy("it holds decimals"),
    Held.DATE: gettext_lazy("it holds dates"),
    Held.TRUTH: gettext_lazy("it holds yes or no"),
}
_MACHINERY: Mapping[str, Any] = {
    "names": gettext_lazy("Names in text"),
    "engine": gettext_lazy("Matching"),
    "presidio": gettext_lazy("Rules as Presidio runs them"),
}
# Found by their form or their check digits: a column's own type can rule them out before a value is seen.
_BY_FORM = frozenset({Family.CHECKSUM, Family.PATTERN})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in words. `hint` is what to do where it does not move."""

    done: int
    total: int | None
    words: str
    hint: str = ""
    text: str = ""


def progress_in_words(job: Job) -> Progress:
    """What the worker is at, how fast, how long it may still take; and where nobody works, that."""
    figures = progress_of(job)
    done, total, rate = figures["done"], figures["total"], figures["rows_per_second"]
    parts = [str(WORK.get(figures["note"], "")) if job.state == JobState.RUNNING else queued_since(job)]
    # Rows that were drawn are judged slower than they were passed over: one speed for both would tell neither.
    if rate and job.state == JobState.RUNNING and figures["note"] != "judge":
        parts.append(_("%(rate)s rows a second") % {"rate": count(round(rate))})
        if total and total > done:
            parts.append(_("about %(time)s left") % {"time": duration((total - done) / rate)})
    if job.cancel_requested and job.state not in ENDED:
        parts.append(_("stopping"))
    return Progress(done=done, total=total, words=" · ".join(filter(None, parts)), hint=reason_for_waiting(job))


def scan_progress_in_words(scan: Scan) -> Progress:
    """The same of a scan, with what it has spent on reading text."""
    progress = progress_in_words(scan.job)
    text = text_in_words(scan) if scan.job.state == JobState.RUNNING else ""
    return replace(progress, text=text)


def state_in_words(scan: Scan, *, enough: bool = False) -> str:
    """What a scan that has ended says of itself. `enough`: what it left unread does not leave."""
    match scan.job.state:
        case JobState.COMPLETE:
            return _(
                "Every row was read. What was found is a proposal until a privacy officer decides it; no finding is no "
                "promise that there is nothing."
            )
        case JobState.INCOMPLETE:
            return _incomplete_in_words(scan, enough=enough)
        case JobState.CANCELLED:
            return _("The scan was stopped. What it had read is not kept.")
        case JobState.FAILED:
            return failure_in_words(scan.job) or _("The scan failed.")
    return ""


def _incomplete_in_words(scan: Scan, *, enough: bool) -> str:
    if scan.mode == ScanMode.SAMPLE:
        return _("Only a sample was read. Nothing can be released on it; scan every row for that.")
    if enough:
        return _(
            "All rows were read, but not all text. The columns with that text do not leave; for the others the scan is enough."
        )
    return _("Not everything was read, for the reasons below. Nothing can be released until a scan is complete.")


def failure_in_words(job: Job) -> str:
    """Why a job failed; nothing for one that did not, or that gave no reason."""
    return told(job.error_message, job.error_params) if job.state == JobState.FAILED and job.error_message else ""


def took_in_words(job: Job) -> str:
    """How long the reading took, and how fast it was."""
    if job.started_at is None or job.ended_at is None:
        return ""
    took, rate = duration((job.ended_at - job.started_at).total_seconds()), progress_of(job)["rows_per_second"]
    return f"{took} · {_('%(rate)s rows a second') % {'rate': count(round(rate))}}" if rate else took


def text_in_words(scan: Scan) -> str:
    """What reading names in free text took of its budget; nothing where there was no text to read."""
    text = scan.reading.get("text") or {}
    if not text.get("characters"):
        return ""
    spent = {"spent": duration(text["seconds"]), "characters": count(text["characters"])}
    if text["budget_seconds"] is None:
        return _("%(characters)s characters in %(spent)s") % spent
    return _("%(characters)s characters in %(spent)s, of %(budget)s at most") % {
        **spent,
        "budget": duration(text["budget_seconds"]),
    }


def sample_in_words(scan: Scan) -> str:
    """Of how many rows a sample was drawn, how, and what that is worth."""
    if scan.mode != ScanMode.SAMPLE or scan.rows is None:
        return ""
    sample = scan.reading.get("sample")
    if not sample:
        return _("The rows that were read were not drawn at random: nothing can be said of the others.")
    params = {"rows": count(sample["rows"]), "blocks": count(sample["blocks"])}
    if sample["drawn"] == "all":
        return _("The table has no more than these %(rows)s rows: all of them were judged.") % params
    population = sample["population"]
    params["population"] = count(population) if population is not None else "?"
    if sample["drawn"] == "blocks":
        text = _(
            "%(rows)s of about %(population)s rows were judged, from %(blocks)s blocks of the table drawn at random. Rows of one block are "
            "often alike, so what is said of all rows is less certain than the number of rows suggests."
        )
    elif sample["exact"]:
        text = _("%(rows)s of %(population)s rows were judged, each drawn at random.")
    else:
        text = _("%(rows)s of about %(population)s rows were judged, each drawn at random.")
    return text % params


# --- rules ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RulesRun:
    """The rules that a scan ran: the pack, each type with its version, and the models and machinery beside them."""

    pack: str
    types: list[tuple[str, str, str]] = field(default_factory=list)  # code, word, version
    others: list[tuple[str, str]] = field(default_factory=list)


def rules_that_ran(scan: Scan) -> RulesRun:
    """What a scan wrote down of the rules it ran. Entity types are spelt in capitals, all else in small letters."""
    versions: Mapping[str, str] = scan.rules
    return RulesRun(
        scan.rules_version,
        [(code, entity_type_word(code), version) for code, version in versions.items() if code == code.upper()],
        [(str(_MACHINERY.get(code, code)), version) for code, version in versions.items() if code != code.upper()],
    )


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was not looked for in a column, and why."""

    column: str
    why: str
    types: list[str]


def types_not_looked_for(scan: Scan) -> list[Skipped]:
    """The types that each column's own type rules out, and the text in which names were not looked for."""
    rules = current_rules().entities
    by_form = [code for code in scan.rules if code in rules and rules[code].family in _BY_FORM]
    skipped = []
    for column in scan.columns:
        evidence, counts, name = column["evidence"], column["counts"], str(column["name"])
        why = _HELD.get(evidence.get("held", ""))
        ruled_out = [entity_type_word(code) for code in by_form if code not in evidence.get("tried", ())]
        if why and ruled_out:
            skipped.append(Skipped(name, str(why), ruled_out))
        structured = counts.get("text_rows", 0) - counts.get("text_read", 0) - counts.get("text_unread", 0)
        if structured > 0 and column["entity_type"]:
            why_not_read = _("%(rows)s texts were taken for what the column is, and not read for names") % {
                "rows": count(structured)
            }
            skipped.append(Skipped(name, why_not_read, [entity_type_word("PERSON")]))
    return skipped


# --- columns ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One column of a scan's result. `field` is None where the column is not registered any more."""

    verdict: Verdict
    field: DataField | None
    reasons: list[str]


def column_lines(scan: Scan) -> list[Line]:
    """The verdict of each column with what else must be said of it."""
    if not scan.columns:
        return []
    fields = _fields_of(scan)
    by_column = _reasons_by_column(scan)
    return [
        Line(Verdict.of_column(column), fields.get(str(column["name"])), by_column.get(str(column["name"]), []))
        for column in scan.columns
    ]


def _fields_of(scan: Scan) -> dict[str, DataField]:
    return {field.name: field for field in scan.distribution.fields.all()}


def _reasons_by_column(scan: Scan) -> dict[str, list[str]]:
    """What is said of single columns, in words."""
    by_column: dict[str, list[str]] = {}
    for reason in scan.reasons:
        params = reason.get("params") or {}
        if column := params.get("column"):
            by_column.setdefault(str(column), []).append(told(reason["message"], params))
    return by_column


# --- what was not read ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnreadColumn:
    """A column of which something has to be said. `texts`: texts that the budget left unread; what does not leave need not be read."""

    name: str
    field: DataField | None
    sentences: list[str]
    texts: int
    rule: str
    leaves: bool


@dataclass(frozen=True, slots=True)
class NotRead:
    """What a scan left unread: of the whole table, of single columns, and what can be done about unread text."""

    table: list[str]
    columns: list[UnreadColumn]
    verdict: str = ""
    minutes: int = 0

    def __bool__(self) -> bool:
        return bool(self.table or self.columns)


def is_enough(scan: Scan) -> bool:
    """Whether a scan that did not read everything read all that leaves under the rules of today."""
    return scan.state == JobState.INCOMPLETE and read_enough(scan, policy_of(scan.distribution)[0])


def what_was_not_read(scan: Scan) -> NotRead:
    """What is said of a scan beside its findings. That a sample is one is said elsewhere."""
    reasons = [reason for reason in scan.reasons if reason["code"] != "sampled"]
    table = [
        told(reason["message"], reason.get("params") or {})
        for reason in reasons
        if not (reason.get("params") or {}).get("column")
    ]
    by_column = _reasons_by_column(scan)
    if not by_column:
        return NotRead(table, [])
    fields, texts = _fields_of(scan), unread_of(scan).texts
    rules = (
        FieldProtection.objects.filter(distribution=scan.distribution_id) if texts else FieldProtection.objects.none()
    )
    operators = dict(rules.values_list("field__name", "operator"))
    columns = [
        UnreadColumn(
            name=name,
            field=fields.get(name),
            sentences=sentences,
            texts=texts.get(name, 0),
            rule=operator_label(operators[name]) if name in operators else "",
            leaves=operators.get(name, Operator.DROP) != Operator.DROP,
        )
        for name, sentences in by_column.items()
    ]
    return NotRead(table, columns, _about_texts(columns), _minutes_for_all(scan, texts))


def _about_texts(columns: list[UnreadColumn]) -> str:
    """What unread text means for a release."""
    unread = [column for column in columns if column.texts]
    if not unread:
        return ""
    leaving = [column for column in unread if column.leaves]
    if not leaving:
        return _(
            "None of the columns with unread text leaves. A rule that lets one of them leave asks for another scan first."
        )
    return _(
        "Columns with unread text that leave: %(columns)s. Nothing can be released until their text is read in a scan with more time, or "
        "they are left out."
    ) % {"columns": " · ".join(column.name for column in leaving)}


def _minutes_for_all(scan: Scan, texts: Mapping[str, int]) -> int:
    """About how long reading all text would have taken, in minutes, with a fifth in reserve; 0 where nobody can tell."""
    read = sum(column["counts"].get("text_read", 0) for column in scan.columns)
    spent = (scan.reading.get("text") or {}).get("seconds", 0)
    if not texts or not read or not spent:
        return 0
    minutes: int = math.ceil(1.2 * spent * (read + sum(texts.values())) / read / 60)
    return min(max(minutes, 1), LONGEST_TEXT_BUDGET // 60)
