"""What the codes of this app are called: rule-pack terms, operators, purposes, sides, actions, in the reader's language.

Lives here: words only. Which button is shown and what a figure is stays with the pages that show them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from django.utils.functional import lazy
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from access.models import STATE_CHOICES, LegalBasis, OfferState
from access.pricing import Purpose
from access.workflow import Action, Side, State
from catalog.api.errors import render_message
from catalog.datasets.models import ShareType
from catalog.errors import InvalidInput
from catalog.messages import MessageError
from catalog.pages.wording import entity_type_word
from catalog.templatetags.canglang import bracketed, colon, listed, money
from privacy.masking.generalise import implied_target
from privacy.masking.operators import Operator
from privacy.masking.partial import Preset, implied_preset
from privacy.pages.rule_forms import PRESET_WORDS
from privacy.pages.words import citation, in_chinese
from privacy.risk.codes import Dimension, ImpactQuestion, LikelihoodQuestion
from privacy.risk.rules import HOUSE_RULE, Rule, shipped_rule_pack

Result = TypeVar("Result")

# No state of an application is one of an offer.
STATES: Mapping[str, Any] = {**dict(STATE_CHOICES), **dict(OfferState.choices)}
PURPOSES: Mapping[str, Any] = {
    Purpose.PUBLIC_GOVERNANCE: _("Public governance"),
    Purpose.PUBLIC_GOOD: _("Public good"),
    Purpose.INDUSTRIAL: _("Development of an industry or sector"),
}
SIDES: Mapping[str, Any] = {
    Side.APPLICANT: _("Applicant"),
    Side.OWNER: _("Owner’s approver"),
    Side.CONTROLLER: _("Controller’s approver"),
    Side.PRIVACY: _("Privacy officer"),
    Side.FINANCE: _("Finance"),
}
ACTIONS: Mapping[str, Any] = {
    Action.SUBMIT: _("Submit"),
    Action.WITHDRAW: _("Withdraw"),
    Action.RETURN: _("Return"),
    Action.APPROVE: _("Approve and sign"),
    Action.REJECT: pgettext_lazy("application", "Reject"),
    Action.CONFIRM_PAYMENT: _("Confirm payment"),
    Action.REVOKE: _("Revoke"),
}
DONE: Mapping[str, Any] = {
    Action.SUBMIT: _("Submitted. The protected copy is now made and its risk measured."),
    Action.WITHDRAW: _("Withdrawn."),
    Action.RETURN: _("Returned to the applicant."),
    Action.APPROVE: _("Signed."),
    Action.REJECT: _("Rejected."),
    Action.CONFIRM_PAYMENT: _("Payment confirmed; the release is open to its recipients."),
    Action.REVOKE: _("Revoked. No further download is possible and the bytes are deleted."),
}
VERDICTS: Mapping[str, Any] = {
    Action.APPROVE: _("Signed"),
    Action.RETURN: _("Returned"),
    Action.REJECT: pgettext_lazy("application", "Rejected"),
    Action.REVOKE: _("Revoked"),
}
NOTE_TITLES: Mapping[str, Any] = {
    "returned": _("Returned to the applicant"),
    "rejected": pgettext_lazy("application", "Rejected"),
    "revoked": _("Revoked"),
}
# A note under one of these codes is what a person wrote; under any other it is a message of the program.
WRITTEN_NOTES = frozenset({"", "returned", "rejected", "revoked"})


# The parts of an assessment, as its job tells them.
READING_SOURCE = _("reading the data’s fingerprint")
PROTECTING = _("protecting and measuring")
ASSESSING = _("assessing")
BYTES_GONE = _("The released bytes are not there any more.")
UNKNOWN_LEVEL = _("Not known")
UNKNOWN_HINT = _("Counts as the highest level")


def term(group: str, code: object) -> str:
    """What the rule pack calls `code` of `group`; the code itself where it has no name."""
    try:
        found = shipped_rule_pack().term(group, str(code))
    except KeyError:
        return str(code)
    return found.zh if in_chinese() else found.en


def term_hint(group: str, code: object) -> str:
    """The rule pack's explanation of the term, or nothing."""
    try:
        found = shipped_rule_pack().term(group, str(code))
    except KeyError:
        return ""
    return found.hint_zh if in_chinese() else found.hint_en


def term_source(group: str, code: object) -> str:
    """The document a term comes from, or nothing."""
    try:
        found = shipped_rule_pack().term(group, str(code))
    except KeyError:
        return ""
    if found.source == HOUSE_RULE:
        return gettext("house rule")
    return citation(found.source, found.source_en, found.article, found.article_en)


def question(code: str) -> str:
    """One of the eight questions, or a whole dimension."""
    if code == Dimension.IMPACT:
        return gettext("Impact as a whole")
    if code == Dimension.LIKELIHOOD:
        return gettext("Likelihood as a whole")
    group = "impact_question" if code in set(ImpactQuestion) else "likelihood_question"
    return term(group, code)


QUESTIONS: Mapping[str, Any] = {
    code.value: lazy(question, str)(code) for code in (*ImpactQuestion, *LikelihoodQuestion, *Dimension)
}


def question_group(code: str) -> str:
    """Which scale the levels of a question have: `impact_level` or `likelihood_level`."""
    return "impact_level" if code in {*ImpactQuestion, Dimension.IMPACT} else "likelihood_level"


QUESTION_HELP: Mapping[str, Any] = {
    ImpactQuestion.AUTONOMY: _("Could people lose the choice over what is done with them or their information?"),
    ImpactQuestion.DISCRIMINATION: _("Could people be treated worse because of what the data says?"),
    ImpactQuestion.REPUTATION: _("Could people be embarrassed, slandered or distressed?"),
    ImpactQuestion.PROPERTY_SAFETY: _("Could people be harmed in body, money or property?"),
    LikelihoodQuestion.NETWORK_MEASURES: _("How well are the systems protected on which the data will be used?"),
    LikelihoodQuestion.PROCESSING: _("How well is it controlled what is done with the data, step by step?"),
    LikelihoodQuestion.PARTICIPANTS: _("Who works with the data, and are outside parties involved?"),
    LikelihoodQuestion.SCALE_TREND: _("How large and attractive is the use, and how has security been lately?"),
}

# Why a side of the matrix does not lie below a level. The rule and its source stand in the rule pack.
FLOORS: Mapping[str, Any] = {
    "floor.likelihood.risk": _("because of the measured re-identification risk R"),
    "floor.likelihood.persons": _("because of the number of persons"),
    "floor.impact.sensitive": _("because sensitive personal information (PIPL Art 28) is in the output"),
    "floor.impact.biometric": _("because biometric information is in the output"),
    "floor.impact.under_14": _("because children under 14 are in the output"),
    "floor.impact.important": _("because important data is in the output"),
}


def floor(rule_id: str) -> str:
    """Why the level is not lower."""
    return str(FLOORS.get(rule_id, rule_id))


def rule_source(rule_id: str) -> str:
    """Where a limit comes from, and that nobody has read the source where that is so."""
    rule: Rule | None = shipped_rule_pack().rules.get(rule_id)
    if rule is None:
        return ""
    source = (
        gettext("house rule")
        if rule.is_house_rule
        else citation(rule.source, rule.source, rule.article, rule.article_en)
    )
    return source if rule.verified else gettext("%(source)s (unverified)") % {"source": source}


# --- operators in words --------------------------------------------------------------------------------------------------

_GENERALISED: Mapping[str, Any] = {
    "day": _("generalised to the day"),
    "month": _("generalised to the month"),
    "quarter": _("generalised to the quarter"),
    "year": _("generalised to the year"),
    "decade": _("generalised to the decade"),
    "age_band": _("generalised to age bands"),
    "province": _("generalised to the province"),
    "city": _("generalised to the city"),
    "district": _("generalised to the district"),
    "group": _("generalised to groups"),
    "town": _("generalised to the town or subdistrict"),
    "phone_region": _("generalised to the region of the telephone number"),
    "network": _("generalised to the network"),
    "grid": _("generalised to squares of a map"),
    "geohash": _("generalised to squares of a map"),
    "hierarchy": _("generalised to groups"),
    "range": _("generalised to ranges"),
}
_OPERATORS: Mapping[str, Any] = {
    Operator.KEEP: _("kept as it is"),
    Operator.DROP: _("left out of the release"),
    Operator.NULL: _("emptied"),
    Operator.CONSTANT: _("replaced by one constant"),
    Operator.PARTIAL_MASK: _("partly masked"),
    Operator.TOKEN: _("replaced by a token that links only inside your project"),
    Operator.ENCRYPT: _("encrypted: only who holds the project’s key can turn it back"),
    Operator.GENERALISE: _("generalised"),
    Operator.ROUND: _("rounded"),
    Operator.CLIP: _("cut off at the ends of a range"),
    Operator.NOISE: _("moved a little by chance"),
    Operator.DATE_SHIFT: _("moved by some days, the same for one person"),
    Operator.DICTIONARY: _("replaced by made-up names, the same for the same name"),
    Operator.REDACT: _("names, numbers and addresses in the text replaced"),
}


def protection(operator: str, parameters: Mapping[str, Any] | None = None, entity_type: str = "") -> str:
    """What becomes of a field's values, as a person would say it. Without `parameters` (None) nobody knows how far it goes."""
    if parameters is not None and operator == Operator.GENERALISE:
        return _generalisation(parameters, entity_type)
    if parameters is not None and operator == Operator.PARTIAL_MASK:
        return _mask(parameters, entity_type)
    return str(_OPERATORS.get(operator, operator))


def _mask(parameters: Mapping[str, Any], entity_type: str) -> str:
    preset = Preset(parameters.get("preset") or implied_preset(parameters, entity_type))
    if preset is not Preset.GENERIC:
        return gettext("partly masked: %(form)s") % {"form": PRESET_WORDS[preset]}
    first, last = parameters.get("keep_first", 0), parameters.get("keep_last", 0)
    if not first and not last:
        return gettext("masked whole")
    return gettext("partly masked: the first %(first)s and the last %(last)s characters stay") % {
        "first": first,
        "last": last,
    }


def _generalisation(parameters: Mapping[str, Any], entity_type: str) -> str:
    target = parameters.get("to") or implied_target(parameters, entity_type)
    if target == "range" and "width" in parameters:
        return gettext("generalised to ranges of %(width)s") % {"width": parameters["width"]}
    if target == "age_band":
        width = int(parameters.get("width", 5))
        return ngettext(
            "generalised to age bands of %(width)d year", "generalised to age bands of %(width)d years", width
        ) % {"width": width}
    if target == "area":
        return gettext("shortened to the first %(digits)s digits of the area code") % {
            "digits": parameters.get("digits", 6)
        }
    if target == "prefix" and "length" in parameters:
        return gettext("shortened to its first %(length)s characters") % {"length": parameters["length"]}
    return str(_GENERALISED.get(str(target), _OPERATORS[Operator.GENERALISE]))


# --- filters in words ------------------------------------------------------------------------------------------------------

FILTER_OPERATORS: Mapping[str, Any] = {
    "eq": _("is"),
    "ne": _("is not"),
    "in": _("is one of"),
    "lt": _("is less than / before"),
    "le": _("is at most / up to"),
    "gt": _("is more than / after"),
    "ge": _("is at least / from"),
    "between": _("is between (both included)"),
    "is_null": _("is empty"),
    "not_null": _("is not empty"),
}


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def filter_lines(tree: Any, *, labels: Mapping[str, str], values: bool, depth: int = 0) -> list[tuple[int, str]]:
    """A row filter as lines of (depth, words). Without `values` only the fields and operators are told."""
    if not isinstance(tree, Mapping):
        return []
    for kind, words in (("all", gettext("all of these hold")), ("any", gettext("at least one of these holds"))):
        if kind in tree:
            lines = [(depth, words)]
            for part in tree[kind]:
                lines += filter_lines(part, labels=labels, values=values, depth=depth + 1)
            return lines
    if "not" in tree:
        return [(depth, gettext("not:")), *filter_lines(tree["not"], labels=labels, values=values, depth=depth + 1)]
    name = str(tree.get("field", ""))
    parts = {
        "field": labels.get(name) or name,
        "operator": FILTER_OPERATORS.get(str(tree.get("op")), tree.get("op")),
    }
    if values and "value" in tree:
        words = gettext("%(field)s %(operator)s %(value)s") % {**parts, "value": _filter_value(tree)}
    else:
        words = gettext("%(field)s %(operator)s") % parts
    return [(depth, words)]


def _filter_value(tree: Mapping[str, Any]) -> str:
    value = tree["value"]
    if tree.get("op") == "between" and isinstance(value, list) and len(value) == 2:
        return f"{_one_value(value[0])} … {_one_value(value[1])}"
    if isinstance(value, list):
        shown = listed(_one_value(item) for item in value[:20])
        return f"{shown} …" if len(value) > 20 else shown
    return _one_value(value)


def _one_value(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return f"“{value}”" if isinstance(value, str) and not _DAY.fullmatch(value) else str(value)


# --- the evidence of the gates -----------------------------------------------------------------------------------------------

_FIELDS = re.compile(
    r"^(?P<purpose>\w+); (?P<count>\d+) fields(?:; without a justification: (?P<names>.*))?", re.DOTALL
)
_PRICE = re.compile(r"^(?P<amount>[\d.]+) CNY \((?P<reason>\w+)\)$")
_SCAN = re.compile(r"^scan (?P<number>\d+), (?P<digest>\S*)$")
_BASIS = re.compile(r"^PIPL Art 13 (?P<basis>\w+): (?P<citation>.*)$", re.DOTALL)
_CORE = re.compile(r"^core fields: (?P<names>.*)$", re.DOTALL)


def gate_evidence(gate: str, evidence: str) -> str:
    """What a gate was decided on, in the reader's language. The record keeps one spelling; one it does not know is shown as it is."""
    reader = _EVIDENCE.get(gate)
    return (reader(evidence) if reader else None) or evidence


def _purpose_evidence(evidence: str) -> str | None:
    if (found := _FIELDS.match(evidence)) is None:
        return None
    purpose, count = PURPOSES.get(found["purpose"], found["purpose"]), int(found["count"])
    if found["names"]:
        return gettext("%(purpose)s; no reason is given for %(names)s") % {
            "purpose": purpose,
            "names": listed(found["names"].split(", ")),
        }
    words = ngettext(
        "%(purpose)s; %(count)d field, with its reason", "%(purpose)s; %(count)d fields, each with its reason", count
    )
    return words % {"purpose": purpose, "count": count}


def _core_evidence(evidence: str) -> str | None:
    if (found := _CORE.match(evidence)) is None:
        return None
    if found["names"] == "none":
        return gettext("none of the fields is graded core")
    return gettext("graded core: %(names)s") % {"names": listed(found["names"].split(", "))}


def _share_evidence(evidence: str) -> str | None:
    share_type, _colon, citation = evidence.partition(": ")
    if share_type not in ShareType.values:
        return None
    label = str(ShareType(share_type).label)
    return colon(label) + citation if citation else label


def _place_evidence(evidence: str) -> str:
    return gettext("unified social credit code %(code)s") % {"code": evidence}


def _basis_evidence(evidence: str) -> str | None:
    if (found := _BASIS.match(evidence)) is None or found["basis"] not in LegalBasis.values:
        return None
    return colon(LegalBasis(found["basis"]).label) + found["citation"]


def _price_evidence(evidence: str) -> str | None:
    if (found := _PRICE.match(evidence)) is None:
        return None
    why = free_reason(found["reason"]) or gettext("within the cap")
    return f"{money(Decimal(found['amount']))} · {why}"


def _scan_evidence(evidence: str) -> str | None:
    if (found := _SCAN.match(evidence)) is None:
        return None
    return gettext("scan %(number)s of content %(digest)s…") % {"number": found["number"], "digest": found["digest"]}


_EVIDENCE = {
    "purpose_specific": _purpose_evidence,
    "not_core": _core_evidence,
    "not_withheld": _share_evidence,
    "recipient_in_china": _place_evidence,
    "lawful_basis": _basis_evidence,
    "lawful_price": _price_evidence,
    "scan_complete": _scan_evidence,
}


# --- money, notes, states ------------------------------------------------------------------------------------------------------


def free_reason(code: str | None) -> str:
    """Why nothing is to be paid; nothing where something is."""
    reasons = {
        "free_purpose": gettext("free by law for this purpose"),
        "free_offer": gettext("the provider asks for nothing"),
    }
    return reasons.get(code or "", "")


# An entity type behind a column, as `access.services.staging` names what was left in the output.
_TYPE = re.compile(r" \(([A-Z][A-Z_]+)\)")


def _type_in_words(found: re.Match[str]) -> str:
    return bracketed(entity_type_word(found[1]))


def note_of(application: Any) -> str:
    """The last reason given: what a person wrote, or the program's message in the reader's language."""
    if application.note_code in WRITTEN_NOTES:
        return str(application.note)
    params = {name: _TYPE.sub(_type_in_words, str(value)) for name, value in application.note_params.items()}
    return render_message(application.note, params)


def note_title(application: Any) -> str:
    """What happened with the application for that reason."""
    title = NOTE_TITLES.get(application.note_code)
    if title:
        return str(title)
    if application.note_code and application.state == State.RETURNED:
        return gettext("The assessment could not be made")
    return ""


STEPS: Mapping[str, Any] = {
    State.DRAFT: _("Draft"),
    State.ASSESSING: _("Assessment"),
    State.DECIDING: pgettext_lazy("step", "Decision"),
    State.AWAITING_PAYMENT: _("Payment"),
    State.GRANTED: _("Release"),
}


def spoken(act: Callable[[], Result]) -> Result:
    """Call a service; where it refuses, the codes in its message are put into words before it is told."""
    try:
        return act()
    except MessageError as error:
        error.params = {name: _spoken(name, value) for name, value in error.params.items()}
        raise


def on_fields(act: Callable[[], Result], fields: Mapping[str, str]) -> Result:
    """Call a service; a refusal whose code stands in `fields` is told on that field of the form."""
    try:
        return act()
    except InvalidInput as error:
        if error.code in fields and not error.fields:
            spoken_params = {name: _spoken(name, value) for name, value in error.params.items()}
            error.fields = {fields[error.code]: [gettext(error.message) % spoken_params]}
        raise


def _spoken(name: str, value: object) -> object:
    match name:
        case "question":
            return question(str(value))
        case "state":
            return STATES.get(str(value), value)
        case "purpose":
            return PURPOSES.get(str(value), value)
        case "price" | "cap" | "permitted_revenue":
            return money(value)
        case "name":
            return AMOUNTS.get(str(value), value)
        case _:
            return value


AMOUNTS: Mapping[str, Any] = {
    Purpose.INDUSTRIAL: _("Price"),
    "cap": _("Cap"),
    "cost": _("Permitted cost"),
    "profit": _("Permitted profit"),
    "tax": _("Permitted tax"),
}
