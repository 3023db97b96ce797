"""How far quasi-identifiers together single persons out, told: on the scan's page, on the protection's, and on a page of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from catalog.datasets.models import Distribution
from catalog.errors import Blocked, translated
from catalog.jobs.models import ENDED, Job, JobState
from catalog.pages.acts import attempt, page_of, say, user_of
from catalog.people.models import User
from catalog.people.policies import may
from catalog.templatetags.canglang import listed
from privacy.models import Combinations, Scan, ScanMode
from privacy.pages.scan_report import Progress, failure_in_words, progress_in_words
from privacy.pages.scans import visible_scans
from privacy.pages.words import count, percent
from privacy.risk.combinations import LONGEST, Combination, CombinationsFound
from privacy.services.combinations import counted_of, request_combinations, require_countable

_SHOWN = 8
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """One combination. `share` is from 0 to 1."""

    columns: list[Column]
    share: float
    share_words: str
    uniques: int
    smallest: int
    median: int
    classes: int
    minimal: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A count as the pages show it."""

    persons: int
    counted_at: datetime | None
    summary: str
    lines: list[str]
    warned: list[str]
    notes: list[str]
    rows: list[Row]
    threshold: str


@dataclass(frozen=True, slots=True)
class Section:
    """What a scan's page says of its combinations. Where `shown` is False there is nothing to say."""

    scan: Scan
    told: Told | None
    rows: list[Row]
    underway: Progress | None
    trouble: str
    may_request: bool
    hindrance: str

    @property
    def shown(self) -> bool:
        return bool(self.told or self.underway or self.trouble or self.may_request or self.hindrance)


class LengthForm(forms.Form):
    """Of how many columns."""

    columns = forms.ChoiceField(
        label=gettext_lazy("Columns"),
        required=False,
        choices=[
            ("", gettext_lazy("2 to 4 together")),
            ("2", gettext_lazy("2 together")),
            ("3", gettext_lazy("3 together")),
            ("4", gettext_lazy("4 together")),
            ("1", gettext_lazy("Each by itself")),
        ],
    )


def section_of(user: User, scan: Scan) -> Section:
    """What there is to say of a scan's combinations, and what this person may do."""
    found = Combinations.objects.filter(scan=scan).select_related("job").first()
    told = tell(found, scan) if found else None
    job = found.job if found else None
    underway = job is not None and job.state not in ENDED
    allowed = _is_thorough(scan) and may(user, "combinations.request", scan.distribution.dataset)
    hindrance = "" if underway or not allowed else _hindrance(scan)
    return Section(
        scan=scan,
        told=told,
        rows=of_length(told.rows, "")[:_SHOWN] if told else [],
        underway=progress_in_words(job) if job is not None and underway else None,
        trouble=_trouble(job),
        may_request=allowed and not underway and not hindrance,
        hindrance=hindrance,
    )


def of_length(rows: list[Row], length: str) -> list[Row]:
    """Those of so many columns. Where none is chosen, those of several, and a single one that is too much by itself."""
    return [row for row in rows if (len(row.columns) == int(length) if length else len(row.columns) > 1 or row.minimal)]


def _is_thorough(scan: Scan) -> bool:
    return scan.mode == ScanMode.FULL and scan.state == JobState.COMPLETE


def _hindrance(scan: Scan) -> str:
    try:
        require_countable(scan)
    except Blocked as error:
        return translated(error)
    return ""


def _trouble(job: Job | None) -> str:
    if job is None:
        return ""
    if job.state == JobState.CANCELLED:
        return _("The count was stopped.")
    return failure_in_words(job)


def tell(found: Combinations, scan: Scan) -> Told | None:
    """A count in words; None where nothing has been counted yet, or by another version of the program."""
    try:
        counted = CombinationsFound.from_dict(found.result)
    except (KeyError, TypeError):
        return None
    labels = dict(scan.distribution.fields.values_list("name", "label"))
    return Told(
        persons=counted.persons,
        counted_at=parse_datetime(str(found.result.get("counted_at", ""))),
        summary=_summary(counted),
        lines=_first_lines(counted, labels),
        warned=_warnings(counted, found.result, scan),
        notes=_notes(counted),
        rows=[_row(one, labels) for one in counted.combinations],
        threshold=percent(counted.threshold),
    )


def _row(one: Combination, labels: Mapping[str, str]) -> Row:
    return Row(
        columns=[Column(name, "" if labels.get(name) == name else labels.get(name, "")) for name in one.columns],
        share=one.unique_share,
        share_words=percent(one.unique_share),
        uniques=one.uniques,
        smallest=one.smallest,
        median=one.median,
        classes=one.classes,
        minimal=one.minimal,
    )


def _summary(counted: CombinationsFound) -> str:
    minimal = sum(one.minimal for one in counted.combinations)
    threshold = percent(counted.threshold)
    if minimal:
        words = ngettext(
            "%(number)s combination singles out more than %(threshold)s of the persons, and no smaller one within it does.",
            "%(number)s combinations single out more than %(threshold)s of the persons, and no smaller one within them does.",
            minimal,
        )
        return words % {"number": count(minimal), "threshold": threshold}
    return _("No combination of up to %(longest)s columns singles out more than %(threshold)s of the persons.") % {
        "longest": count(LONGEST),
        "threshold": threshold,
    }


def _first_lines(counted: CombinationsFound, labels: Mapping[str, str]) -> list[str]:
    """The smallest combinations that are too much already, and the smallest of those that single out most."""
    first = [one for one in counted.combinations if one.minimal][:_NAMED]
    most = min(counted.combinations, key=lambda one: (-one.uniques, len(one.columns), one.columns))
    if most.uniques and most not in first:
        first.append(most)
    return [_sentence(one, labels) for one in first]


def _sentence(one: Combination, labels: Mapping[str, str]) -> str:
    if len(one.columns) == 1:
        words = _("The column %(columns)s by itself singles out %(share)s of the persons.")
    else:
        words = _("These %(number)s columns together single out %(share)s of the persons: %(columns)s.")
    names = listed(labels.get(name) or name for name in one.columns)
    return words % {"number": count(len(one.columns)), "share": percent(one.unique_share), "columns": names}


def _warnings(counted: CombinationsFound, result: Mapping[str, Any], scan: Scan) -> list[str]:
    """What makes the count less than what is true today."""
    distribution = scan.distribution
    now = counted_of(distribution)
    subject = now.subject.name if now.subject else None
    warned = []
    if distribution.fingerprint != scan.fingerprint:
        warned.append(_("The data has changed since it was counted."))
    if set(now.columns) != {*counted.columns, *counted.left_out}:
        warned.append(_("Other columns are quasi-identifiers now than when it was counted."))
    if subject != counted.subject:
        warned.append(_("Since it was counted, somebody has said otherwise whom a row is about."))
    elif subject is None:
        warned.append(_("Nobody has said whom a row is about, so every row counts as a person."))
    if proposed := [name for name in result.get("proposed", []) if name in now.proposed]:
        warned.append(_("Nobody has confirmed yet that these are quasi-identifiers: %(names)s") % _names(proposed))
    return warned


def _notes(counted: CombinationsFound) -> list[str]:
    notes = []
    if counted.left_out:
        words = _("Counted only by themselves, because the others have more different values: %(names)s")
        notes.append(words % _names(counted.left_out))
    if counted.null_subject_rows:
        words = ngettext(
            "%(number)s row names nobody.",
            "%(number)s rows name nobody; they count as one person together.",
            counted.null_subject_rows,
        )
        notes.append(words % {"number": count(counted.null_subject_rows)})
    return notes


def _names(names: Iterable[str]) -> dict[str, str]:
    return {"names": listed(names)}


@dataclass(frozen=True, slots=True)
class Context:
    """What the protection's page says of the last count of its table."""

    lines: list[str]
    summary: str
    warned: list[str]
    address: str


def context_of(distribution: Distribution) -> Context | None:
    """The last count of a table in a few sentences; None where there is none."""
    last = (
        Combinations.objects.filter(scan__distribution=distribution)
        .exclude(result={})
        .select_related("scan__distribution__subject_field")
        .order_by("-scan_id")
        .first()
    )
    told = tell(last, last.scan) if last else None
    if last is None or told is None:
        return None
    return Context(told.lines, told.summary, told.warned, reverse("scan-combinations", args=[last.scan_id]))


@require_http_methods(["GET", "POST"])
@login_required
def combinations_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Every combination of a scan's quasi-identifiers; a POST asks for a count."""
    scan = get_object_or_404(visible_scans(request).defer("columns"), pk=pk)
    user = user_of(request)
    if request.method == "POST":
        if attempt(request, lambda: request_combinations(actor=user, scan=scan)) is not None:
            say(request, _("The combinations are being counted. You may leave this page; it goes on by itself."))
        return redirect("scan-combinations", scan.pk)
    section, form = section_of(user, scan), LengthForm(request.GET)
    length = form.cleaned_data["columns"] if form.is_valid() else ""
    rows = section.told.rows if section.told else []
    page = page_of(request, of_length(rows, length))
    context = {
        "scan": scan,
        "section": section,
        "form": form,
        "page": page,
        "rows": page.object_list,
    }
    return render(request, "privacy/combinations.html", context)


@require_safe
@login_required
def combinations_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the count is. When it has ended the page is asked for again."""
    scan = get_object_or_404(visible_scans(request).defer("columns"), pk=pk)
    section = section_of(user_of(request), scan)
    if section.underway is None:
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    return render(request, "privacy/_combinations_progress.html", {"section": section})
