"""Own rules on pages: writing one, trying it, switching it on and off, and files of them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog.jobs.models import ENDED
from catalog.pages.acts import attempt, only_if_may, say, user_of
from catalog.people.models import User
from catalog.people.policies import may
from privacy.detection.trying import Trial
from privacy.models import OwnRule, OwnRuleState, OwnRuleTrial
from privacy.pages.own_rule_forms import CHECKSUMS, ImportForm, OwnRuleForm, TryTableForm, TryValuesForm, initial_of
from privacy.pages.scan_report import progress_in_words
from privacy.pages.selection import SCANNING_ROLES, distributions_worked_on
from privacy.pages.words import FAMILIES, PIPL_CATEGORIES, citation, count, in_chinese, percent
from privacy.services.own_rule_trials import try_on_table
from privacy.services.own_rules import (
    export_own_rules,
    import_own_rules,
    switch_off,
    switch_on,
    try_on_values,
    write_own_rule,
)
from privacy.services.rules import DISPLACED, is_displaced, rule_in_force

_TRIALS_SHOWN = 10


def _rule(request: HttpRequest, pk: int) -> OwnRule:
    rule: OwnRule = get_object_or_404(OwnRule.objects.visible_to(user_of(request)).select_related("changed_by"), pk=pk)
    return rule


@require_http_methods(["GET", "POST"])
@login_required
def new_rule(request: HttpRequest) -> HttpResponse:
    """Write a rule."""
    user = user_of(request)
    only_if_may(user, "own_rule.manage", None)
    form = OwnRuleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if form.was_sent(request):
            return redirect("rules")
        rule = _attempt_to_write(request, form)
        if rule is not None:
            form.remember(request)
            say(request, _("The rule is written. Try it on sample data next."))
            return redirect("own-rule", rule.pk)
    return render(request, "privacy/own_rule_form.html", {"form": form})


@require_http_methods(["GET", "POST"])
@login_required
def edit_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a new version of a rule."""
    user, rule = user_of(request), _rule(request, pk)
    only_if_may(user, "own_rule.manage", None)
    if request.method == "POST":
        form = OwnRuleForm(request.POST, fixed_type=True, initial={"type": rule.entity_type})
        version = request.POST.get("version", "")
        if form.is_valid():
            read = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None
            after = _attempt_to_write(request, form, rule=rule, version=read)
            if after is not None:
                if after.version == rule.version:
                    say(request, _("Nothing was changed."))
                else:
                    say(
                        request,
                        _("Version %(number)s is written. Try it on sample data next.") % {"number": after.version},
                    )
                return redirect("own-rule", rule.pk)
    else:
        form = OwnRuleForm(fixed_type=True, initial=initial_of(rule.document))
    return render(request, "privacy/own_rule_form.html", {"form": form, "rule": rule, "title": title_of(rule)})


def _attempt_to_write(request: HttpRequest, form: OwnRuleForm, **options: Any) -> OwnRule | None:
    """Write what the form says. An expression is named by its number in the document: errors go to the fields it came from."""
    numbers = form.numbers()

    def write() -> OwnRule:
        return write_own_rule(actor=user_of(request), document=form.document(), **options)

    return attempt(request, write, form=_Renumbered(form, numbers))  # type: ignore[arg-type]  # acts as the form


class _Renumbered:
    """A form to which errors are added by the numbers that its expressions have in the document."""

    def __init__(self, form: OwnRuleForm, numbers: list[int]) -> None:
        self._form = form
        self.fields = form.fields
        self._numbers = numbers

    def add_error(self, name: str | None, error: Any) -> None:
        parts = (name or "").split(".")
        if parts[0] == "expressions" and len(parts) > 1 and int(parts[1]) <= len(self._numbers):
            name = ".".join([parts[0], str(self._numbers[int(parts[1]) - 1]), *parts[2:]])
        self._form.add_error(name, error)


@require_safe
@login_required
def rule_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What a rule says, and what may be done with it next."""
    return _shown(request, _rule(request, pk))


def _shown(
    request: HttpRequest,
    rule: OwnRule,
    *,
    values: TryValuesForm | None = None,
    table: TryTableForm | None = None,
    trial: Trial | None = None,
) -> HttpResponse:
    user = user_of(request)
    meaning = rule_in_force(rule)
    source = meaning.source
    tables = distributions_worked_on(user, *SCANNING_ROLES)
    trials = rule.trials.visible_to(user).select_related("job", "distribution__dataset", "requested_by")
    context = {
        "rule": rule,
        "document": rule.document,
        "title": title_of(rule),
        "step": step_of(rule),
        "is_on": rule.state == OwnRuleState.ON,
        "displaced": displacement_of(rule),
        "may_manage": may(user, "own_rule.manage"),
        "pipl": PIPL_CATEGORIES[meaning.pipl],
        "told_by": FAMILIES[meaning.family],
        "source": citation(source.title, source.title_en, source.article, source.article_en),
        "checksum": CHECKSUMS.get(rule.document["checksum"], ""),
        "luck": "" if meaning.luck is None else percent(meaning.luck),
        "names": [name for names in rule.document["names"].values() for name in names],
        "words": rule.document["words"][:20],
        "words_total": len(rule.document["words"]),
        "last_trial": last_trial(rule) if rule.is_tried else "",
        "values_form": values or TryValuesForm(),
        "table_form": table or TryTableForm(distributions=tables),
        "any_table": tables.exists(),
        "trial": trial,
        "trial_likelihood": str(trial.likelihood) if trial else "",
        "trials": trials[:_TRIALS_SHOWN],
    }
    return render(request, "privacy/own_rule.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def try_values(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a rule on pasted values. They go no further than this answer, so it is no redirect."""
    rule = _rule(request, pk)
    if request.method != "POST":
        return redirect("own-rule", pk)
    form = TryValuesForm(request.POST)
    trial = None
    if form.is_valid():
        said = form.cleaned_data
        trial = attempt(request, lambda: try_on_values(actor=user_of(request), rule=rule, **said), form=form)
    return _shown(request, rule, values=form, trial=trial)


@require_http_methods(["GET", "POST"])
@login_required
def try_table(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a rule on a table."""
    user, rule = user_of(request), _rule(request, pk)
    if request.method != "POST":
        return redirect("own-rule", pk)
    form = TryTableForm(request.POST, distributions=distributions_worked_on(user, *SCANNING_ROLES))
    if form.is_valid():
        chosen = form.cleaned_data["distribution"]
        trial = attempt(request, lambda: try_on_table(actor=user, rule=rule, distribution=chosen), form=form)
        if trial is not None:
            return redirect("own-rule-trial", trial.pk)
    return _shown(request, rule, table=form)


@require_safe
@login_required
def trial_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What a trial on a table came to; while it runs, how far it is."""
    user = user_of(request)
    trials = OwnRuleTrial.objects.visible_to(user).filter(rule__in=OwnRule.objects.visible_to(user))
    trial = get_object_or_404(trials.select_related("rule", "job", "distribution__dataset", "requested_by"), pk=pk)
    context = {
        "trial": trial,
        "title": title_of(trial.rule),
        "ended": trial.job.state in ENDED,
        "progress": progress_in_words(trial.job),
        "columns": trial.result.get("columns", []),
        "asks_again": sum(bool(column["asks_again"]) for column in trial.result.get("columns", [])),
    }
    if request.headers.get("HX-Request"):
        answer = render(request, "privacy/_trial_progress.html", context)
        if context["ended"]:
            answer["HX-Refresh"] = "true"
        return answer
    return render(request, "privacy/own_rule_trial.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def turn_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Have scans look for it."""
    return _switched(
        request, pk, switch_on, _("Scans look for it from now on. Scan the tables again that were scanned before.")
    )


@require_http_methods(["GET", "POST"])
@login_required
def turn_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Have no scan look for it."""
    return _switched(request, pk, switch_off, _("No scan looks for it any more. What was found stays."))


def _switched(request: HttpRequest, pk: int, switch: Any, done: str) -> HttpResponse:
    rule = _rule(request, pk)
    version = request.POST.get("version", "")
    read = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None
    if request.method == "POST" and attempt(request, lambda: switch(actor=user_of(request), rule=rule, version=read)):
        say(request, done)
    return redirect("own-rule", pk)


@require_http_methods(["GET", "POST"])
@login_required
def import_rules(request: HttpRequest) -> HttpResponse:
    """Take over a file of rules."""
    user = user_of(request)
    only_if_may(user, "own_rule.manage", None)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if request.method == "POST" and form.is_valid():
        imported = attempt(request, lambda: import_own_rules(actor=user, content=form.content()), form=form)
        if imported is not None:
            told = _("Written: %(written)s, changed: %(changed)s, as they were: %(unchanged)s.")
            say(
                request,
                told
                % {
                    "written": count(len(imported.written)),
                    "changed": count(len(imported.changed)),
                    "unchanged": count(len(imported.unchanged)),
                },
            )
            return redirect(reverse("rules") + "?own=1")
    return render(request, "privacy/own_rule_import.html", {"form": form})


@require_safe
@login_required
def export_rules(request: HttpRequest) -> HttpResponse:
    """All own rules as a file."""
    user = user_of(request)
    only_if_may(user, "own_rule.read", None)
    answer = HttpResponse(export_own_rules(actor=user), content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="own-rules.toml"'
    return answer


def title_of(rule: OwnRule) -> str:
    """A rule's name in the reader's language."""
    return str(rule.document["zh" if in_chinese() else "en"])


def step_of(rule: OwnRule) -> tuple[str, Any]:
    """Where a rule is, as a badge shows it: its kind and the word."""
    if is_displaced(rule):
        return "incomplete", _("Displaced")
    if rule.state == OwnRuleState.DRAFT and rule.is_tried:
        return "proposed", _("Tried")
    kinds = {OwnRuleState.DRAFT: "draft", OwnRuleState.ON: "complete", OwnRuleState.OFF: "retired"}
    return kinds[OwnRuleState(rule.state)], OwnRuleState(rule.state).label


def displacement_of(rule: OwnRule) -> str:
    """Why no scan runs a rule although it may be on, in a sentence; empty where nothing is in its way."""
    return _(DISPLACED) % {"type": rule.entity_type} if is_displaced(rule) else ""


def last_trial(rule: OwnRule) -> str:
    """What the last trial came to, in words."""
    counts = rule.trial
    if "rows" in counts:
        text = ngettext(
            "on %(rows)s row of a table: found in columns: %(found)s",
            "on %(rows)s rows of a table: found in columns: %(found)s",
            counts["rows"],
        )
        return text % {"rows": count(counts["rows"]), "found": count(counts["found"])}
    text = _("on pasted values: %(found)s of %(values)s found")
    told = text % {"found": count(counts.get("found", 0)), "values": count(counts.get("values", 0))}
    if counts.get("checked"):
        checked = _("check digits hold in %(valid)s of %(checked)s")
        told += " · " + checked % {"valid": count(counts["valid"]), "checked": count(counts["checked"])}
    return told


def links_of(user: User) -> dict[str, OwnRule]:
    """The own rules that somebody may read, by type, for the page of all rules."""
    return {rule.entity_type: rule for rule in OwnRule.objects.visible_to(user).defer("document")}
