"""Setting the rule of one field: choose an operator, fill its form, see before and after, save."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog.datasets.models import DataField, Distribution
from catalog.errors import translated
from catalog.messages import MessageError
from catalog.pages.acts import attempt, say, user_of
from catalog.people.policies import may
from privacy.masking.generalise import Target
from privacy.masking.operators import PROPERTIES, Operator
from privacy.masking.surrogate_forms import FORMS
from privacy.masking.tokens import TOKEN_ALPHABET, TOKEN_BITS, TOKEN_CHARACTERS, collision_odds
from privacy.models import FieldProtection, FieldRole, Finding, FindingState
from privacy.pages.protection import warnings_in_words
from privacy.pages.rule_form import RuleForm
from privacy.pages.rule_forms import (
    TARGET_WORDS,
    fitting_targets,
    offered_operators,
    protection_in_words,
    rule_form,
    target_of,
)
from privacy.pages.selection import distributions_worked_on
from privacy.pages.words import OPERATORS, TECHNIQUES, count, operator_label
from privacy.services.protections import Sample, Stated, preview_protection, set_protection, usual_rule
from privacy.services.warnings import distinct_values, warnings_of_rule


@dataclass(frozen=True, slots=True)
class Choice:
    """One operator or target to choose. `refused` says why it cannot be chosen here."""

    code: str
    label: str
    text: str = ""
    technique: str = ""
    chosen: bool = False
    usual: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the address or the form says is being set."""

    operator: Operator
    target: Target | None


@dataclass(frozen=True, slots=True)
class Preview:
    """Masked examples before and after, or why there are none."""

    samples: list[Sample]
    problem: str = ""
    warnings: tuple[str, ...] = ()


def _field(request: HttpRequest, pk: int, field: int) -> DataField:
    distribution = get_object_or_404(distributions_worked_on(user_of(request)), pk=pk)
    found: DataField = get_object_or_404(distribution.fields.select_related("finding"), pk=field)
    return found


@require_http_methods(["GET", "POST"])
@login_required
def field_rule(request: HttpRequest, pk: int, field: int) -> HttpResponse:
    """The rule of one field. `?operator=` and `?to=` choose what the form is for; the button "Preview" only shows."""
    found = _field(request, pk, field)
    stored = FieldProtection.objects.filter(field=found).select_related("changed_by").first()
    said = request.POST if request.method == "POST" else request.GET
    chosen = _chosen(said, found, stored)
    stated = _stated(chosen, found, stored)
    form = rule_form(chosen.operator, chosen.target, request.POST or None, field=found, stated=stated)
    preview = None
    if request.method == "POST" and (wrong := _not_offered(request.POST, chosen)) is not None:
        # No button of ours sends it; the service says what is wrong with it.
        attempt(request, lambda: set_protection(actor=user_of(request), field=found, **wrong))
    elif request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            preview = _preview(request, found, **form.rule())
        else:
            saved = attempt(
                request,
                lambda: set_protection(actor=user_of(request), field=found, **form.rule()),
                # Whoever may not set it sees no form, and is told above the page.
                form=form if may(user_of(request), "protection.set", found.distribution.dataset) else None,
            )
            if saved is not None:
                words = protection_in_words(saved, found)
                say(request, _("%(column)s: %(rule)s.") % {"column": found.name, "rule": words})
                return redirect("protection", found.distribution_id)
    return _show(request, found, stored, chosen, form, preview)


@require_POST
@login_required
def rule_preview(request: HttpRequest, pk: int, field: int) -> HttpResponse:
    """The fragment with before and after, for the form as it is being filled."""
    found = _field(request, pk, field)
    chosen = _chosen(request.POST, found, None)
    form = rule_form(chosen.operator, chosen.target, request.POST, field=found, stated={})
    if (wrong := _not_offered(request.POST, chosen)) is not None:
        preview = _preview(request, found, **wrong)
    elif form.is_valid():
        preview = _preview(request, found, **form.rule())
    else:
        preview = Preview([], _("Fill in the form to see what it does."))
    return render(request, "privacy/_preview.html", {"preview": preview, "operator": chosen.operator.value})


def _chosen(said: Any, field: DataField, stored: FieldProtection | None) -> _Chosen:
    """What is asked for; else the rule as it stands, else the usual one of the field's type."""
    usual = usual_rule(field)
    asked = said.get("operator")
    if asked not in set(Operator) or not PROPERTIES[Operator(asked)].available:
        asked = stored.operator if stored else usual["operator"]
    operator = Operator(asked)
    if operator is not Operator.GENERALISE:
        return _Chosen(operator, None)
    if said.get("to") in set(Target):
        return _Chosen(operator, Target(said["to"]))
    return _Chosen(operator, target_of(_stated(_Chosen(operator, None), field, stored), field))


def _stated(chosen: _Chosen, field: DataField, stored: FieldProtection | None) -> dict[str, Any]:
    """The parameters the form begins with."""
    usual = usual_rule(field)
    said = {**stored.parameters, "invalid": stored.invalid, "null": stored.null} if stored else {}
    for operator, parameters in (
        (stored.operator if stored else "", said),
        (usual["operator"], usual["parameters"]),
    ):
        if operator == chosen.operator:
            same = chosen.target is None or target_of(parameters, field) is chosen.target
            return dict(parameters) if same else {}
    return {"to": fitting_targets(field)[0].value} if chosen.operator is Operator.GENERALISE else {}


def _not_offered(said: Any, chosen: _Chosen) -> dict[str, Any] | None:
    """The operator or target that was sent and is none that can be chosen; None where all is well."""
    operator, target = str(said.get("operator", "")), said.get("to")
    if operator != chosen.operator.value:
        return {"operator": operator, "parameters": {}}
    if chosen.target is not None and target is not None and target != chosen.target.value:
        return {"operator": operator, "parameters": {"to": target}}
    return None


def _preview(request: HttpRequest, field: DataField, **said: Any) -> Preview:
    try:
        samples = preview_protection(actor=user_of(request), field=field, **said)
        warnings = warnings_of_rule(field, Stated(**said))
    except MessageError as error:
        return Preview([], translated(error))
    return Preview(samples, warnings=tuple(warnings_in_words(warnings)))


def _show(
    request: HttpRequest,
    field: DataField,
    stored: FieldProtection | None,
    chosen: _Chosen,
    form: RuleForm,
    preview: Preview | None,
) -> HttpResponse:
    distribution: Distribution = field.distribution
    fields = list(distribution.fields.order_by("position").values_list("pk", flat=True))
    place = fields.index(field.pk)
    context = {
        "field": field,
        "distribution": distribution,
        "stored": stored,
        "stored_words": protection_in_words(stored, field) if stored else "",
        "operators": _operators(field, chosen.operator),
        "targets": _targets(field, chosen) if chosen.operator is Operator.GENERALISE else [],
        "operator": chosen.operator.value,
        "operator_text": OPERATORS.get(chosen.operator, ""),
        "operator_label": operator_label(chosen.operator),
        "notes": token_notes(chosen.operator, field),
        "target": chosen.target.value if chosen.target else "",
        "form": form,
        "preview": preview,
        "may_set": may(user_of(request), "protection.set", distribution.dataset),
        "previous": fields[place - 1] if place else None,
        "next": fields[place + 1] if place + 1 < len(fields) else None,
    }
    return render(request, "privacy/rule.html", context)


def token_notes(operator: Operator, field: DataField) -> list[str]:
    """What a token is made of, and how likely two different values of this field get the same one; nothing for other operators."""
    if operator is not Operator.TOKEN:
        return []
    told = _("A token has %(characters)s characters out of %(alphabet)s: %(bits)s bits.")
    notes = [told % {"characters": TOKEN_CHARACTERS, "alphabet": TOKEN_ALPHABET, "bits": TOKEN_BITS}]
    distinct = distinct_values(field) or 0
    if distinct > 1:
        # As a power of ten rounded down: the odds are never told smaller than they are.
        power = math.floor(-math.log10(collision_odds(distinct)))
        told = _(
            "Among the %(distinct)s different values here, two share one by chance less often than once in %(odds)s."
        )
        notes.append(told % {"distinct": count(distinct), "odds": f"10^{power}"})
    return notes


def _operators(field: DataField, chosen: Operator) -> list[Choice]:
    usual = usual_rule(field)["operator"]
    clear = _("A confirmed direct identifier cannot be kept in the clear.") if _is_direct(field) else ""
    return [
        Choice(
            code=operator.value,
            label=operator_label(operator),
            text=str(OPERATORS.get(operator, "")),
            technique=str(TECHNIQUES[PROPERTIES[operator].technique]),
            chosen=operator is chosen,
            usual=operator == usual,
            refused=clear if operator is Operator.KEEP else _no_surrogate(field, operator),
        )
        for operator in offered_operators()
    ]


def _no_surrogate(field: DataField, operator: Operator) -> str:
    if operator is not Operator.SURROGATE or field.entity_type in FORMS:
        return ""
    return _("Only for resident IDs, mobile numbers, bank cards and credit codes.")


def _is_direct(field: DataField) -> bool:
    finding: Finding | None = getattr(field, "finding", None)
    decided = (FindingState.CONFIRMED, FindingState.CORRECTED)
    return finding is not None and finding.role == FieldRole.DIRECT and finding.state in decided


def _targets(field: DataField, chosen: _Chosen) -> list[Choice]:
    """The targets, those that fit the field first."""
    fitting = fitting_targets(field)
    others = [target for target in TARGET_WORDS if target not in fitting]
    return [
        Choice(target.value, str(TARGET_WORDS[target]), chosen=target is chosen.target, usual=target in fitting)
        for target in (*fitting, *others)
    ]
