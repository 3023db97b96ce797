"""The rule packs, readable: what each entity type means and what its columns are called; the limits of a risk assessment.

Whatever is not read from its source yet says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from catalog.pages.acts import user_of
from catalog.people.policies import may
from catalog.templatetags.canglang import colon
from privacy.detection.rules import EntityRule
from privacy.models import FieldRole, OwnRule
from privacy.pages.own_rules import links_of, step_of
from privacy.pages.words import FAMILIES, PIPL_CATEGORIES, citation, in_chinese, label_of_rule, percent
from privacy.risk.rules import Rule, RulePack, shipped_rule_pack
from privacy.services.rules import current_rules, displaced_rules


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One entity type. The names are what its columns are called."""

    rule: EntityRule
    label: str
    other_label: str
    pipl: str
    source: str
    own: OwnRule | None = None  # the bureau's own, where the reader may see more of it
    step: tuple[str, Any] = ("", "")

    @property
    def names(self) -> tuple[str, ...]:
        lexicon = self.rule.names
        return (*lexicon.zh, *lexicon.pinyin, *lexicon.en)

    @property
    def told_by(self) -> str:
        return str(FAMILIES[self.rule.family])

    @property
    def luck(self) -> str:
        """How often a value of its form passes the check by luck; empty where there is no check."""
        return "" if self.rule.luck is None else percent(self.rule.luck)

    @property
    def format(self) -> str:
        """The document that values follow, in the reader's language."""
        return self.rule.format if in_chinese() else self.rule.format_en or self.rule.format

    def holds(self, words: str) -> bool:
        """Whether the row has these words anywhere."""
        rule = self.rule
        texts = (
            rule.entity_type,
            rule.label_zh,
            rule.label_en,
            self.pipl,
            *(getattr(rule.source, name) for name in ("title", "title_en", "article", "article_en")),
            self.told_by,
            rule.format,
            rule.format_en,
            *self.names,
            *rule.names.weak,
        )
        return any(words in text.lower() for text in texts)


@require_safe
@login_required
def entity_rules(request: HttpRequest) -> HttpResponse:
    """Every entity type of the rule pack and of the bureau's own rules; `?q=` searches, `?role=` and `?own=` narrow."""
    user, pack = user_of(request), current_rules()
    links, own_only = links_of(user), bool(request.GET.get("own"))
    words, role = request.GET.get("q", "").strip().lower()[:100], request.GET.get("role", "")
    rows = [
        TypeRow(
            rule=rule,
            label=label_of_rule(rule),
            other_label=rule.label_en if in_chinese() else rule.label_zh,
            pipl=str(PIPL_CATEGORIES[rule.pipl]),
            source=citation(rule.source.title, rule.source.title_en, rule.source.article, rule.source.article_en),
            own=links.get(rule.entity_type) if rule.own else None,
            step=step_of(links[rule.entity_type]) if rule.own and rule.entity_type in links else ("", ""),
        )
        for rule in pack.entities.values()
    ]
    shown = [
        row
        for row in rows
        if (not words or row.holds(words))
        and (not role or row.rule.role == role)
        and (not own_only or row.rule.own is not None)
    ]
    context = {
        "version": pack.version,
        "rows": shown,
        "total": len(rows),
        "q": request.GET.get("q", "")[:100],
        "role": role,
        "own": own_only,
        "displaced": displaced_rules() if links else [],
        "may_read_own": may(user, "own_rule.read"),
        "may_write_own": may(user, "own_rule.manage"),
        "roles": [code for code in FieldRole.values if code != FieldRole.NONE],
    }
    return render(request, "privacy/rules.html", context)


# --- the limits of a risk assessment ---------------------------------------------------------------------------------------

TITLES: Mapping[str, Any] = {
    "environment.public": _("Environment risk of a public release"),
    "environment.insider.high": _("Insider attack, recipient's controls high"),
    "environment.insider.mid": _("Insider attack, recipient's controls middling"),
    "environment.insider.low": _("Insider attack, recipient's controls low"),
    "environment.acquaintance.people_known": _("People one person knows"),
    "environment.breach": _("Breach at the recipient"),
    "controls.high": _("When the recipient's controls are high"),
    "controls.mid": _("When the recipient's controls are middling"),
    "motive.high": _("When the motive is high"),
    "motive.mid": _("When the motive is middling"),
    "accept.r_max.controlled": _("Greatest risk of one person, controlled release, at most"),
    "accept.risk": _("Risk of being recognised, at most"),
    "accept.k.controlled": _("Smallest class, controlled release, at least"),
    "accept.k.public": _("Smallest class, public release, at least"),
    "accept.l.sensitive": _("Different sensitive values in a class, at least"),
    "aggregate.min_cell": _("Smallest cell of an aggregate"),
    "floor.likelihood.risk": _("Likelihood is no lower than this, by risk"),
    "floor.likelihood.persons": _("Likelihood is no lower than this, by number of people"),
    "floor.impact.sensitive": _("Impact is no lower than this for sensitive personal information"),
    "floor.impact.biometric": _("Impact is no lower than this for biometric data"),
    "floor.impact.under_14": _("Impact is no lower than this for persons under 14"),
    "floor.impact.important": _("Impact is no lower than this for important data"),
    "answer.unknown": _("An answer nobody knows counts as"),
    "matrix.impact.4": _("Risk matrix, impact very high"),
    "matrix.impact.3": _("Risk matrix, impact high"),
    "matrix.impact.2": _("Risk matrix, impact middling"),
    "matrix.impact.1": _("Risk matrix, impact low"),
    "decision.low": _("Decision at low risk"),
    "decision.medium": _("Decision at medium risk"),
    "decision.high": _("Decision at high risk"),
    "decision.severe": _("Decision at severe risk"),
    "full_assessment.persons": _("Full assessment above this number of people"),
    "full_assessment.triggers": _("Full assessment whatever the risk"),
    "full_assessment.sign_offs": _("Who signs a full assessment"),
    "reassess.rows_change": _("Assess again when the rows change by"),
    "reassess.months": _("Assess again after so many months"),
}

_KEYS: Mapping[str, Any] = {
    "at_least": _("at least"),
    "required": _("among them"),
    "any_of": _("or any of"),
    "outcome": _("outcome"),
    "sign_offs": _("signed by"),
    "max_months": _("months at most"),
    "min_treatments": _("treatments at least"),
    "watermark": _("watermark"),
    "low": _("low"),
    "mid": _("middling"),
    "high": _("high"),
}
# Which scale the levels of these rules stand on.
_SCALES = {"floor.likelihood": "likelihood_level", "floor.impact": "impact_level"}
_TERM_GROUPS = ("control", "motive_factor", "risk_grade", "outcome", "sign_off", "full_assessment")


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One limit with its value in words."""

    rule: Rule
    title: str
    lines: list[str]
    source: str

    def holds(self, words: str) -> bool:
        """Whether the row has these words anywhere."""
        rule = self.rule
        texts = (rule.rule_id, self.title, self.source, rule.article, rule.article_en, *self.lines)
        return any(words in text.lower() for text in texts)


@require_safe
@login_required
def risk_rules(request: HttpRequest) -> HttpResponse:
    """Every limit of the risk assessment with its source; `?q=` searches, `?unverified=1` shows what nobody has read."""
    pack = shipped_rule_pack()
    words, unverified = request.GET.get("q", "").strip().lower()[:100], bool(request.GET.get("unverified"))
    rows = [
        RiskRow(rule, str(TITLES.get(rule.rule_id, rule.rule_id)), list(_value_lines(pack, rule)), _source(rule))
        for rule in pack.rules.values()
    ]
    shown = [row for row in rows if (not words or row.holds(words)) and not (unverified and row.rule.verified)]
    context = {
        "version": pack.version,
        "digest": pack.digest,
        "rows": shown,
        "total": len(rows),
        "unverified_total": len(pack.unverified()),
        "q": request.GET.get("q", "")[:100],
        "unverified": unverified,
    }
    return render(request, "privacy/risk_rules.html", context)


def _source(rule: Rule) -> str:
    return gettext("House rule") if rule.is_house_rule else citation(rule.source, "", rule.article, rule.article_en)


def _value_lines(pack: RulePack, rule: Rule) -> Iterator[str]:
    """A value in words, a line for each part."""
    value, scale = rule.value, _SCALES.get(rule.rule_id.rpartition(".")[0])
    if isinstance(value, Mapping):
        for key, part in value.items():
            if part not in ([], ()):
                yield colon(_KEYS.get(str(key), key)) + _said(pack, part)
    elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        for floor in value:
            yield gettext("above %(over)s: not below “%(level)s”") % {
                "over": _said(pack, floor["over"]),
                "level": _level(pack, scale, floor["level"]),
            }
    elif scale:
        yield _level(pack, scale, value)
    else:
        yield _said(pack, value)


def _level(pack: RulePack, scale: str | None, level: object) -> str:
    term = pack.terms.get((scale or "", str(level)))
    return str(level) if term is None else term.zh if in_chinese() else term.en


def _said(pack: RulePack, value: object) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list | tuple):
        return " · ".join(_said(pack, part) for part in value) or "–"
    if isinstance(value, str):
        for group in _TERM_GROUPS:
            if (term := pack.terms.get((group, value))) is not None:
                return term.zh if in_chinese() else term.en
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)
