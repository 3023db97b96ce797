"""A table's whole protection on pages: its versions, what differs between two, restoring one, and the policy as a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from catalog.datasets.models import DataField, Distribution
from catalog.pages.acts import attempt, only_if_may, page_of, say, user_of
from catalog.people.policies import may
from catalog.storage import UPLOADS, open_sealed
from privacy.masking.policy import FieldRule, NullPolicy
from privacy.masking.policy_document import RuleChange
from privacy.models import FieldProtection, ProtectionPolicy
from privacy.pages.rule_forms import protection_in_words
from privacy.pages.selection import distributions_worked_on
from privacy.pages.words import count, operator_label
from privacy.services.policy_files import (
    LONGEST_POLICY,
    Replaced,
    changes_of,
    import_policy,
    policy_file,
    restore_protection_version,
)
from privacy.services.protection_history import versions_of


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A field whose rule differs, both rules in words; empty where it had or has none."""

    field: str
    before: str
    after: str


class PolicyFileForm(forms.Form):
    """A policy file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=200,
        allow_empty_file=True,
        help_text=gettext_lazy("TOML, as the download gives it."),
        widget=forms.FileInput(attrs={"accept": ".toml"}),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )

    def content(self) -> bytes:
        """What is in the file, up to one byte more than is taken."""
        with open_sealed(UPLOADS, self.cleaned_data["file"].sealed_name) as file:
            return bytes(file.read(LONGEST_POLICY + 1))


def _distribution(request: HttpRequest, pk: int) -> Distribution:
    found: Distribution = get_object_or_404(distributions_worked_on(user_of(request)), pk=pk)
    return found


@require_safe
@login_required
def protection_versions(request: HttpRequest, pk: int) -> HttpResponse:
    """The versions of a table's rules; `?before=` and `?after=` say which two are compared (no `after`: as the rules stand)."""
    distribution = _distribution(request, pk)
    before, after = _number(request.GET.get("before")), _number(request.GET.get("after"))
    changes = None
    if before is not None:
        changes = attempt(
            request,
            lambda: changes_of(actor=user_of(request), distribution=distribution, before=before, after=after),
        )
    policy = ProtectionPolicy.objects.filter(distribution=distribution).first()
    context = {
        "distribution": distribution,
        "versions": page_of(request, versions_of(distribution)),
        "numbers": list(versions_of(distribution).values_list("version", flat=True)[:200]),
        "current": policy.version if policy else 0,
        "before": before,
        "after": after,
        "changes": None if changes is None else _in_words(distribution, changes),
        "may_set": may(user_of(request), "protection.set", distribution.dataset),
    }
    return render(request, "privacy/protection_versions.html", context)


def _number(said: str | None) -> int | None:
    """A version out of an address; None where there is none, or no number."""
    return int(said) if said and said.isascii() and said.isdigit() and len(said) < 10 else None


def _in_words(distribution: Distribution, changes: Iterable[RuleChange]) -> list[ChangeRow]:
    fields = {field.name: field for field in distribution.fields.all()}
    return [
        ChangeRow(
            change.field,
            *(
                _told(rule, fields.get(change.field) or DataField(name=change.field))
                for rule in (change.before, change.after)
            ),
        )
        for change in changes
    ]


def _told(rule: FieldRule | None, field: DataField) -> str:
    if rule is None:
        return ""
    # The field as it was typed then: what a rule implies follows from that.
    typed = DataField(name=field.name, entity_type=rule.entity_type or "", data_type=field.data_type)
    stated = FieldProtection(
        operator=rule.operator.value,
        parameters=dict(rule.parameters),
        invalid=rule.invalid.value if rule.invalid else "",
        null="" if rule.null is NullPolicy.KEEP else rule.null.value,
    )
    label, words = operator_label(rule.operator.value), protection_in_words(stated, typed)
    return words if words.startswith(label) else f"{label} · {words}"


@require_http_methods(["GET", "POST"])
@login_required
def restore_version(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    """Write the rules of an earlier version again."""
    distribution = _distribution(request, pk)
    if request.method == "POST":
        restored = attempt(
            request,
            lambda: restore_protection_version(actor=user_of(request), distribution=distribution, version=version),
        )
        if restored is not None:
            say(request, _what_became(restored))
            return redirect("protection", distribution.pk)
    return redirect("protection-versions", distribution.pk)


@require_safe
@login_required
def download_policy(request: HttpRequest, pk: int) -> HttpResponse:
    """The rules as a policy file; `?version=` as one held them."""
    distribution = _distribution(request, pk)
    version = _number(request.GET.get("version"))
    text = attempt(request, lambda: policy_file(actor=user_of(request), distribution=distribution, version=version))
    if text is None:
        return redirect("protection-versions", distribution.pk)
    answer = HttpResponse(text, content_type="application/toml; charset=utf-8")
    name = f"policy-{distribution.pk}" + (f"-v{version}" if version else "")
    answer["Content-Disposition"] = f'attachment; filename="{name}.toml"'
    return answer


@require_http_methods(["GET", "POST"])
@login_required
def upload_policy(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over a policy file in the place of all rules."""
    distribution = _distribution(request, pk)
    user = user_of(request)
    only_if_may(user, "protection.set", distribution.dataset)
    form = PolicyFileForm(request.POST, request.FILES) if request.method == "POST" else PolicyFileForm()
    if request.method == "POST" and form.is_valid():
        taken = attempt(
            request,
            lambda: import_policy(actor=user, distribution=distribution, content=form.content()),
            form=form,
        )
        if taken is not None:
            say(request, _what_became(taken))
            return redirect("protection", distribution.pk)
    return render(request, "privacy/policy_upload.html", {"distribution": distribution, "form": form})


def _what_became(replaced: Replaced) -> str:
    if not replaced.changed:
        return _("The rules say the same already; nothing was changed.")
    text = ngettext(
        "The rule of %(number)s field was changed. This is version %(version)s.",
        "The rules of %(number)s fields were changed. This is version %(version)s.",
        len(replaced.changed),
    )
    return text % {"number": count(len(replaced.changed)), "version": count(replaced.version)}
