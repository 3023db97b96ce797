"""The ledger for its readers: lines in words, verified on demand, taken out as a file."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.api.serializers.records import error_of, progress_of
from catalog.jobs.models import ENDED
from catalog.ledger.checking import checkpoint_of, is_long, request_verification, verifications_of
from catalog.ledger.exporting import ExportForm
from catalog.ledger.reading import LedgerQuery, matching
from catalog.ledger.verification import Checkpoint, examine
from catalog.ledger.wording import ACTS, KINDS, SUBJECTS, sentence
from catalog.pages.acts import attempt, page_of, user_of
from catalog.pages.forms import DateInput, OrganizationChoice
from catalog.pages.ledger_file import send_lines
from catalog.pages.ledger_lines import lines_of
from catalog.people.models import Organization, Role, User
from catalog.people.policies import may, organizations_below

LINES = 50


def _act_choices() -> list[tuple[Any, Any]]:
    """Every act, in words, under what it is done to; a group by itself is its prefix."""
    groups: list[tuple[Any, Any]] = [("", _("Every act"))]
    for prefix, heading in SUBJECTS.items():
        acts = [(code, sentence(code, {})) for code in ACTS if code.startswith(f"{prefix}.")]
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
def export(request: HttpRequest) -> HttpResponseBase:
    """The chosen lines as a file. The act stands in the ledger before the first byte is sent."""
    user = user_of(request)
    form = LedgerForm(user, request.POST)
    form.is_valid()
    kind = ExportForm.JSON_LINES if request.POST.get("format") == ExportForm.JSON_LINES else ExportForm.CSV
    answer = attempt(request, lambda: send_lines(user, form.query(), kind))
    return answer or redirect("ledger")


class CheckpointForm(forms.Form):
    """A place in the chain that the auditor noted earlier."""

    sequence = forms.IntegerField(label=_("Entry"), min_value=1, max_value=10**18 - 1)
    entry_hash = forms.RegexField(
        r"^\s*[0-9a-fA-F]{64}\s*$",
        label=_("Its hash"),
        error_messages={"invalid": _("64 characters, of 0 to 9 and a to f.")},
    )

    @property
    def checkpoint(self) -> Checkpoint | None:
        """What was typed; None where nothing was."""
        said = getattr(self, "cleaned_data", None)
        return Checkpoint(said["sequence"], said["entry_hash"].strip().lower()) if said else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def verification(request: HttpRequest) -> HttpResponse:
    """Read the whole chain and say whether anything in it was changed. Nothing is written.

    A chain that is too long for a request is read by a worker, when the reader asks for it; the page shows what came of the last time.
    """
    user = user_of(request)
    if not may(user, "ledger.audit"):
        raise PermissionDenied
    asked = request.POST if request.method == "POST" else request.GET
    form = CheckpointForm(asked) if "sequence" in asked else CheckpointForm()
    context: dict[str, Any] = {"form": form, "long": is_long()}
    if form.is_bound and not form.is_valid():
        return render(request, "ledger/verification.html", context)
    checkpoint = form.checkpoint
    if not context["long"]:
        context |= {"result": examine(checkpoint), "checkpoint": checkpoint, "checked_at": timezone.now()}
        return render(request, "ledger/verification.html", context)
    if request.method == "POST":
        attempt(request, lambda: request_verification(actor=user, checkpoint=checkpoint))
        return redirect("ledger-verification")
    job = verifications_of(user).first()
    if job is not None:
        context |= {
            "job": job,
            "underway": job.state not in ENDED,
            "progress": progress_of(job),
            "error": error_of(job),
            "result": job.result,
            "checkpoint": checkpoint_of(job.arguments),
            "checked_at": job.ended_at,
        }
    return render(request, "ledger/verification.html", context)
