"""The ledger for its readers: lines in words, verified on demand, taken out as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.ledger import triggers
from catalog.ledger.exporting import ExportForm, as_csv, as_json_lines, begin_export
from catalog.ledger.models import LedgerEntry
from catalog.ledger.reading import LedgerQuery, matching
from catalog.ledger.verification import Checkpoint, verify
from catalog.ledger.wording import ACTS, KINDS, SUBJECTS
from catalog.pages.acts import attempt, page_of, user_of
from catalog.pages.forms import DateInput, OrganizationChoice
from catalog.pages.ledger_lines import Line, lines_of
from catalog.people.models import Organization, Role, User
from catalog.people.policies import may, organizations_below

LINES = 50
CHUNK = 500


def _act_choices() -> list[tuple[Any, Any]]:
    """Every act, in words, under what it is done to; a group by itself is its prefix."""
    groups: list[tuple[Any, Any]] = [("", _("Every act"))]
    blank = {"actor": "…", "object": "…", "person": "…", "role": "…", "organization": "…", "counterpart": "…"}
    for prefix, heading in SUBJECTS.items():
        acts = [(code, str(words) % blank) for code, words in ACTS.items() if code.startswith(f"{prefix}.")]
        groups.append((heading, [(prefix, _("All of these")), *acts] if len(acts) > 1 else acts))
    return groups


class DayField(forms.DateField):
    """A day that can be one of the ledger's; times before and after are not computed with."""

    def __init__(self, **options: Any) -> None:
        limits = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31))]
        super().__init__(required=False, widget=DateInput, validators=limits, **options)


class LedgerForm(forms.Form):
    """What to look for. Everything is optional."""

    object_type = forms.ChoiceField(
        label=_("Kind of object"), required=False, choices=[("", _("Any kind")), *KINDS.items()]
    )
    object_id = forms.RegexField(
        r"^[0-9A-Za-z-]+$",
        label=_("Its number"),
        required=False,
        max_length=40,
        error_messages={"invalid": _("A number, as it stands in the address of the object's page.")},
    )
    action = forms.ChoiceField(label=_("Act"), required=False, choices=_act_choices)
    actor = forms.CharField(label=_("Who (name or user name)"), required=False, max_length=60)
    organization = OrganizationChoice(label=_("Organisation"), required=False, empty_label=_("Every organisation"))
    since = DayField(label=_("From day"))
    until = DayField(label=_("To day"))

    def __init__(self, reader: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        below = organizations_below(reader, Role.AUDITOR)
        organizations: Any = self.fields["organization"]
        organizations.queryset = Organization.objects.filter(pk__in=below) if below else Organization.objects.none()

    def query(self) -> LedgerQuery:
        """What was asked for, without what was asked for wrongly."""
        found = {name: value for name, value in getattr(self, "cleaned_data", {}).items() if value}
        if "organization" in found:
            found["organization"] = found["organization"].pk
        return LedgerQuery(**found)

    @property
    def is_narrowed(self) -> bool:
        return self.query() != LedgerQuery()


@require_safe
@login_required
def ledger(request: HttpRequest) -> HttpResponse:
    """What happened, newest first: an auditor's branch, anybody's own acts."""
    user = user_of(request)
    form = LedgerForm(user, request.GET)
    form.is_valid()
    page = page_of(request, matching(user, form.query()), LINES)
    context = {
        "form": form,
        "page": page,
        "lines": lines_of(user, page),
        "audits": may(user, "ledger.audit"),
    }
    part = request.headers.get("HX-Target") == "ledger-lines"
    return render(request, "ledger/_lines.html" if part else "ledger/ledger.html", context)


@require_POST
@login_required
def export(request: HttpRequest) -> Any:
    """The chosen lines as a file. The act stands in the ledger before the first byte is sent."""
    user = user_of(request)
    form = LedgerForm(user, request.POST)
    form.is_valid()
    kind = ExportForm.JSON_LINES if request.POST.get("format") == ExportForm.JSON_LINES else ExportForm.CSV
    entries = attempt(request, lambda: begin_export(actor=user, query=form.query(), form=kind))
    if entries is None:
        return redirect("ledger")
    rows = entries.iterator(CHUNK)
    body = as_csv(_in_words(user, rows)) if kind == ExportForm.CSV else as_json_lines(rows)
    types = {ExportForm.CSV: "text/csv; charset=utf-8", ExportForm.JSON_LINES: "application/jsonl"}
    name = f"ledger-{timezone.localdate():%Y%m%d}.{kind}"
    answer = StreamingHttpResponse(body, content_type=types[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _in_words(reader: User, entries: Iterator[LedgerEntry]) -> Iterator[Line]:
    """Lines with their names, looked up for many at a time."""
    while chunk := list(islice(entries, CHUNK)):
        yield from lines_of(reader, chunk)


class CheckpointForm(forms.Form):
    """A place in the chain that the auditor noted earlier."""

    sequence = forms.IntegerField(label=_("Entry"), min_value=1, max_value=10**18 - 1)
    entry_hash = forms.RegexField(
        r"^\s*[0-9a-fA-F]{64}\s*$",
        label=_("Its hash"),
        error_messages={"invalid": _("64 characters, of 0 to 9 and a to f.")},
    )


@never_cache
@require_safe
@login_required
def verification(request: HttpRequest) -> HttpResponse:
    """Read the whole chain and say whether anything in it was changed. Nothing is written."""
    if not may(user_of(request), "ledger.audit"):
        raise PermissionDenied
    form = CheckpointForm(request.GET) if "sequence" in request.GET else CheckpointForm()
    checkpoint = None
    if form.is_bound:
        if not form.is_valid():
            return render(request, "ledger/verification.html", {"form": form})
        checkpoint = Checkpoint(form.cleaned_data["sequence"], form.cleaned_data["entry_hash"].strip().lower())
    result = verify(checkpoint)
    missing = sorted(triggers.expected(connection.vendor) - triggers.installed(connection))
    context = {
        "form": form,
        "result": result,
        "missing": missing,
        "sound": result.ok and not missing,
        "checkpoint": checkpoint,
        "checked_at": timezone.now(),
    }
    return render(request, "ledger/verification.html", context)
