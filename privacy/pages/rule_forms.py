"""One form per operator: what a person may set, in words; and the same rule told back in a sentence.

Which parameters an operator has and what is possible in them is the masking package's to say (`privacy.masking`); a form only gathers
them. A field left empty is a parameter left out.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import date
from io import StringIO
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from catalog.datasets.models import DataField
from privacy.masking.encryption import Form
from privacy.masking.generalise import OLDEST_AGE, Target, implied_target
from privacy.masking.generalise_codes import MOST_GEOHASH, MOST_METRES, CoordinateOrder
from privacy.masking.operators import PROPERTIES, Operator
from privacy.masking.partial import PRESETS, Preset, implied_preset
from privacy.masking.policy import InvalidPolicy, NullPolicy
from privacy.models import FieldProtection
from privacy.pages.rule_form import INVALID_WORDS, NULL_WORDS, RuleForm
from privacy.pages.rule_forms_keyed import Ff1Form, ff1_in_words
from privacy.pages.rule_forms_numbers import (
    ClipForm,
    DateShiftForm,
    DictionaryForm,
    NoiseForm,
    RoundForm,
    clip_in_words,
    date_shift_in_words,
    dictionary_in_words,
    noise_in_words,
    round_in_words,
)
from privacy.pages.rule_forms_text import RedactForm, redact_in_words
from privacy.pages.words import operator_label
from privacy.services.protections import NUMBER_TYPES

_TEXT_LENGTH = 200
_GROUPS_LENGTH = 20_000

PRESET_WORDS: Mapping[Preset, Any] = {
    Preset.MOBILE: gettext_lazy("Mobile number · 138****5678"),
    Preset.RESIDENT_ID: gettext_lazy("Resident ID · 3205************23"),
    Preset.NAME: gettext_lazy("Name · 王**"),
    Preset.NAME_ENDS: gettext_lazy("Name, both ends · 王*明"),
    Preset.BANK_CARD: gettext_lazy("Bank card · 622202******1234"),
    Preset.EMAIL: gettext_lazy("E-mail · z****@example.com"),
    Preset.ADDRESS: gettext_lazy("Address · 姑苏区****"),
    Preset.PLATE: gettext_lazy("Vehicle plate · 苏E***88"),
    Preset.PASSPORT: gettext_lazy("Passport · E*****678"),
    Preset.LANDLINE: gettext_lazy("Landline · 0512-****1234"),
    Preset.GENERIC: gettext_lazy("Free: you say how many characters stay"),
}

TARGET_WORDS: Mapping[Target, Any] = {
    Target.DECADE: gettext_lazy("Decade"),
    Target.YEAR: gettext_lazy("Year"),
    Target.QUARTER: gettext_lazy("Quarter"),
    Target.MONTH: gettext_lazy("Month"),
    Target.DAY: gettext_lazy("Day"),
    Target.AGE_BAND: gettext_lazy("Age band"),
    Target.RANGE: gettext_lazy("Range of numbers"),
    Target.DISTRICT: gettext_lazy("District"),
    Target.CITY: gettext_lazy("City"),
    Target.PROVINCE: gettext_lazy("Province"),
    Target.AREA: gettext_lazy("Area code"),
    Target.PREFIX: gettext_lazy("First characters"),
    Target.GROUP: gettext_lazy("Groups of your own"),
    Target.TOWN: gettext_lazy("Town or subdistrict"),
    Target.PHONE_REGION: gettext_lazy("Region of a telephone number"),
    Target.NETWORK: gettext_lazy("Network of an IP address"),
    Target.GRID: gettext_lazy("Square of a map"),
    Target.GEOHASH: gettext_lazy("Geohash"),
    Target.HIERARCHY: gettext_lazy("Levels of your own"),
}
SEALED_WORDS: Mapping[Form, Any] = {
    Form.CANONICAL: gettext_lazy("The value in its uniform spelling"),
    Form.EXACT: gettext_lazy("The text exactly as it stands"),
}
_DATES = (Target.DECADE, Target.YEAR, Target.QUARTER, Target.MONTH, Target.DAY)
_PLACES = (Target.DISTRICT, Target.TOWN, Target.CITY, Target.PROVINCE)
_BY_TYPE: Mapping[str, tuple[Target, ...]] = {
    "BIRTH_DATE": (*_DATES, Target.AGE_BAND),
    "AGE": (Target.AGE_BAND, Target.RANGE),
    "CN_RESIDENT_ID": (Target.AREA, *_DATES, Target.AGE_BAND),
    "CN_ADDRESS": _PLACES,
    "REGION": (*_PLACES, Target.AREA, Target.GROUP),
    "INCOME": (Target.RANGE,),
    "CN_GPS": (Target.GRID, Target.GEOHASH, Target.RANGE),
    "IP_ADDRESS": (Target.NETWORK,),
    **dict.fromkeys(("CN_MOBILE", "CN_LANDLINE", "PHONE_NUMBER"), (Target.PHONE_REGION, Target.PREFIX)),
    "POSTCODE": (Target.PREFIX,),
}
_BY_DATA_TYPE: Mapping[str, tuple[Target, ...]] = {
    **dict.fromkeys("DT", _DATES),
    **dict.fromkeys(NUMBER_TYPES, (Target.RANGE, Target.AGE_BAND)),
}


def fitting_targets(field: DataField) -> tuple[Target, ...]:
    """What a field of this type is usually generalised to, the usual one first."""
    return _BY_TYPE.get(field.entity_type) or _BY_DATA_TYPE.get(field.data_type) or (Target.PREFIX, Target.GROUP)


class ConstantForm(RuleForm):
    """One value for the whole column, of the column's own type."""

    value = forms.CharField(
        label=pgettext_lazy("constant", "Text"),
        max_length=_TEXT_LENGTH,
        help_text=gettext_lazy("It also stands where the cell was empty, so that this is not told either."),
    )

    def __init__(self, *args: Any, field: DataField, **kwargs: Any) -> None:
        super().__init__(*args, field=field, **kwargs)
        help_text = self.fields["value"].help_text
        if field.data_type in NUMBER_TYPES:
            any_step = forms.NumberInput(attrs={"step": "any"})
            self.fields["value"] = forms.FloatField(label=_("Number"), help_text=help_text, widget=any_step)
        elif field.data_type == "L":
            choices = [("true", _("yes")), ("false", _("no"))]
            self.fields["value"] = forms.ChoiceField(label=_("Yes or no"), help_text=help_text, choices=choices)
            self.initial["value"] = str(self.initial.get("value", "")).lower()
        elif field.data_type == "D":
            day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields["value"] = forms.DateField(label=_("Date"), help_text=help_text, widget=day)

    def parameters(self) -> dict[str, Any]:
        value = self.cleaned_data["value"]
        if self.field.data_type == "L":
            return {"value": value == "true"}
        return {"value": value.isoformat() if isinstance(value, date) else _plain(value)}


class PartialMaskForm(RuleForm):
    preset = forms.ChoiceField(
        label=gettext_lazy("What stays"),
        choices=list(PRESET_WORDS.items()),
        help_text=gettext_lazy("A value that does not have this form is left empty."),
    )
    keep_first = forms.IntegerField(
        label=gettext_lazy("Characters kept at the beginning"), min_value=0, max_value=32, required=False
    )
    keep_last = forms.IntegerField(
        label=gettext_lazy("Characters kept at the end"),
        min_value=0,
        max_value=32,
        required=False,
        help_text=gettext_lazy("The two numbers count only for the free mask."),
    )
    mask_char = forms.CharField(label=gettext_lazy("Written instead"), max_length=1, initial="*", required=False)

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        free = "keep_first" in stated or "keep_last" in stated
        usual = Preset.GENERIC if free else PRESETS.get(self.field.entity_type, Preset.GENERIC)
        return {"preset": usual.value, "mask_char": "*", **super().initial_of(stated)}

    def parameters(self) -> dict[str, Any]:
        found = super().parameters()
        if found["preset"] != Preset.GENERIC:
            found.pop("keep_first", None)
            found.pop("keep_last", None)
        if found.get("mask_char") == "*":
            del found["mask_char"]
        return found


class EncryptForm(RuleForm):
    form = forms.ChoiceField(
        label=gettext_lazy("What comes back"),
        required=False,
        choices=[(code.value if code is not Form.CANONICAL else "", words) for code, words in SEALED_WORDS.items()],
        help_text=gettext_lazy(
            "The uniform spelling links a value however it is written; the exact text also keeps what is malformed."
        ),
    )


class TargetForm(RuleForm):
    """A generalisation without more to say."""

    def parameters(self) -> dict[str, Any]:
        return {"to": (self.target or fitting_targets(self.field)[0]).value, **super().parameters()}


class RangeForm(TargetForm):
    width = forms.FloatField(
        label=gettext_lazy("Width of a range"), min_value=0, widget=forms.NumberInput(attrs={"step": "any"})
    )
    origin = forms.FloatField(
        label=gettext_lazy("Counted from"), required=False, widget=forms.NumberInput(attrs={"step": "any"})
    )

    def parameters(self) -> dict[str, Any]:
        return {name: _plain(value) for name, value in super().parameters().items()}


class AgeBandForm(TargetForm):
    width = forms.IntegerField(label=gettext_lazy("Years in a band"), min_value=1, max_value=OLDEST_AGE, initial=5)
    top = forms.IntegerField(
        label=gettext_lazy("One band from this age on"),
        min_value=1,
        max_value=OLDEST_AGE,
        required=False,
        help_text=gettext_lazy("The very old are few and easily recognised."),
    )
    on = forms.DateField(
        label=gettext_lazy("Age on this day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Needed where the column holds dates of birth."),
    )

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        return {"width": 5, **super().initial_of(stated)}

    def parameters(self) -> dict[str, Any]:
        found = super().parameters()
        if "on" in found:
            found["on"] = found["on"].isoformat()
        return found


class AreaForm(TargetForm):
    digits = forms.TypedChoiceField(
        label=gettext_lazy("Digits kept"),
        coerce=int,
        choices=[
            (6, gettext_lazy("6 · district")),
            (4, gettext_lazy("4 · city")),
            (2, gettext_lazy("2 · province")),
        ],
    )


class PrefixForm(TargetForm):
    length = forms.IntegerField(
        label=gettext_lazy("Characters kept"),
        min_value=1,
        max_value=64,
        help_text=gettext_lazy("A value with no more characters than that is left empty."),
    )


class GroupForm(TargetForm):
    groups = forms.CharField(
        label=gettext_lazy("Groups"),
        max_length=_GROUPS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
        help_text=gettext_lazy("One line for each value: the value, “=”, its group."),
    )
    other = forms.CharField(
        label=gettext_lazy("All other values"),
        max_length=_TEXT_LENGTH,
        required=False,
        help_text=gettext_lazy("Left empty, what no line names is left empty."),
    )

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        initial = super().initial_of(stated)
        if isinstance(groups := stated.get("groups"), Mapping):
            initial["groups"] = "\n".join(f"{value} = {group}" for value, group in groups.items())
        return initial

    def clean_groups(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for number, line in enumerate(self.cleaned_data["groups"].replace("＝", "=").splitlines(), 1):
            if not line.strip():
                continue
            value, mark, group = (part.strip() for part in line.partition("="))
            if not (value and mark and group):
                raise forms.ValidationError(_("Line %(number)s is not “value = group”.") % {"number": number})
            if value in found:
                raise forms.ValidationError(_("Line %(number)s names a value a second time.") % {"number": number})
            found[value] = group
        return found


class NetworkForm(TargetForm):
    bits = forms.IntegerField(
        label=gettext_lazy("Bits kept of an IPv4 address"), min_value=8, max_value=30, initial=24, required=False
    )
    bits6 = forms.IntegerField(
        label=gettext_lazy("Bits kept of an IPv6 address"), min_value=16, max_value=120, initial=48, required=False
    )

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        return {"bits": 24, "bits6": 48, **super().initial_of(stated)}


class GridForm(TargetForm):
    metres = forms.IntegerField(
        label=gettext_lazy("Metres from side to side"),
        min_value=1,
        max_value=MOST_METRES,
        help_text=gettext_lazy(
            "The middle of the square is written. Both coordinates in one cell, or one of the two in each column."
        ),
    )


class GeohashForm(TargetForm):
    length = forms.IntegerField(
        label=gettext_lazy("Characters kept"),
        min_value=1,
        max_value=MOST_GEOHASH,
        help_text=gettext_lazy("Five are squares of about 5 km, six of about 1 km."),
    )
    first = forms.ChoiceField(
        label=gettext_lazy("Which coordinate stands first"),
        choices=[
            (CoordinateOrder.LONGITUDE.value, gettext_lazy("Longitude, as in 120.58,31.30")),
            (CoordinateOrder.LATITUDE.value, gettext_lazy("Latitude, as in 31.30,120.58")),
        ],
    )


class HierarchyForm(TargetForm):
    levels = forms.CharField(
        label=gettext_lazy("Values and their classes"),
        max_length=_GROUPS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One line for each value, as CSV: the value, its class, the class above that, and so on."
        ),
    )
    level = forms.IntegerField(label=gettext_lazy("Level that is written"), min_value=1, initial=1)
    other = forms.CharField(
        label=gettext_lazy("All other values"),
        max_length=_TEXT_LENGTH,
        required=False,
        help_text=gettext_lazy("Left empty, what no line names is left empty."),
    )

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        initial = {"level": 1, **super().initial_of(stated)}
        if isinstance(levels := stated.get("levels"), Mapping):
            written = StringIO()
            csv.writer(written, lineterminator="\n").writerows([value, *classes] for value, classes in levels.items())
            initial["levels"] = written.getvalue()
        return initial

    def clean_levels(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        rows = csv.reader(self.cleaned_data["levels"].replace("，", ",").splitlines())
        for number, row in enumerate(rows, 1):
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) < 2 or not all(cells):
                raise forms.ValidationError(_("Line %(number)s is not a value and its classes.") % {"number": number})
            if cells[0] in found:
                raise forms.ValidationError(_("Line %(number)s names a value a second time.") % {"number": number})
            found[cells[0]] = cells[1:]
        return found


def _plain(value: Any) -> Any:
    """A whole number as one: the masking package then computes exactly."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_OPERATOR_FORMS: Mapping[Operator, type[RuleForm]] = {
    Operator.CONSTANT: ConstantForm,
    Operator.PARTIAL_MASK: PartialMaskForm,
    Operator.FF1: Ff1Form,
    Operator.ENCRYPT: EncryptForm,
    Operator.DATE_SHIFT: DateShiftForm,
    Operator.ROUND: RoundForm,
    Operator.NOISE: NoiseForm,
    Operator.CLIP: ClipForm,
    Operator.DICTIONARY: DictionaryForm,
    Operator.REDACT: RedactForm,
}
_TARGET_FORMS: Mapping[Target, type[TargetForm]] = {
    Target.RANGE: RangeForm,
    Target.AGE_BAND: AgeBandForm,
    Target.AREA: AreaForm,
    Target.PREFIX: PrefixForm,
    Target.GROUP: GroupForm,
    Target.NETWORK: NetworkForm,
    Target.GRID: GridForm,
    Target.GEOHASH: GeohashForm,
    Target.HIERARCHY: HierarchyForm,
}


def rule_form(
    operator: Operator, target: Target | None, data: Any, *, field: DataField, stated: Mapping[str, Any]
) -> RuleForm:
    """The form of an operator (of `generalise`: of its target), filled from `data` or from the rule as it stands."""
    if operator is not Operator.GENERALISE:
        return _OPERATOR_FORMS.get(operator, RuleForm)(data, field=field, operator=operator, stated=stated)
    chosen = target or fitting_targets(field)[0]
    kind = _TARGET_FORMS.get(chosen, TargetForm)
    return kind(data, field=field, operator=operator, stated=stated, target=chosen)


# --- the same in a sentence --------------------------------------------------------------------------------------------


def target_of(parameters: Mapping[str, Any], field: DataField) -> Target:
    """What a stored generalisation goes to, also where its parameters only imply it."""
    stated = parameters.get("to")
    if stated in set(Target):
        return Target(stated)
    return implied_target(parameters, field.entity_type) or Target.PREFIX


def rule_in_words(operator: str, parameters: Mapping[str, Any], field: DataField) -> str:
    """What a rule does with its parameters; for an operator without any, nothing more than its name."""
    try:
        tell = _SENTENCES.get(Operator(operator))
    except ValueError:
        return operator
    return tell(parameters, field) if tell else operator_label(operator)


def protection_in_words(protection: FieldProtection, field: DataField) -> str:
    """A stored rule with what it says of malformed and of missing values."""
    parts = [rule_in_words(protection.operator, protection.parameters, field)]
    if protection.invalid:
        what = INVALID_WORDS[InvalidPolicy(protection.invalid)]
        parts.append(_("a value without the expected form: %(what)s") % {"what": what})
    if protection.null:
        parts.append(_("a missing value: %(what)s") % {"what": NULL_WORDS[NullPolicy(protection.null)]})
    return _("; ").join(parts)


def _mask_in_words(parameters: Mapping[str, Any], field: DataField) -> str:
    preset = parameters.get("preset") or implied_preset(parameters, field.entity_type)
    if preset != Preset.GENERIC and preset in set(Preset):
        return _("Masked: %(preset)s") % {"preset": PRESET_WORDS[Preset(preset)]}
    first, last = parameters.get("keep_first", 0), parameters.get("keep_last", 0)
    return _("Masked: the first %(first)s and the last %(last)s characters stay") % {"first": first, "last": last}


def _generalised_in_words(parameters: Mapping[str, Any], field: DataField) -> str:
    target = target_of(parameters, field)
    if target is Target.AGE_BAND:
        width, top = parameters.get("width", 5), parameters.get("top")
        if top:
            return _("Age bands of %(width)s years, one from %(top)s on") % {"width": width, "top": top}
        return _("Age bands of %(width)s years") % {"width": width}
    sentences = {
        Target.RANGE: _("Ranges of %(width)s") % {"width": parameters.get("width", "…")},
        Target.AREA: _("Area code, %(digits)s digits") % {"digits": parameters.get("digits", 6)},
        Target.PREFIX: _("The first %(length)s characters") % {"length": parameters.get("length", "…")},
        Target.GROUP: _("Groups: %(number)s values named") % {"number": len(parameters.get("groups") or {})},
        Target.GRID: _("Squares of at most %(metres)s m") % {"metres": parameters.get("metres", "…")},
        Target.GEOHASH: _("Geohash, %(length)s characters") % {"length": parameters.get("length", "…")},
        Target.NETWORK: _("Network: /%(bits)s, IPv6 /%(bits6)s")
        % {"bits": parameters.get("bits", 24), "bits6": parameters.get("bits6", 48)},
        Target.HIERARCHY: _("Levels of your own: level %(level)s, %(number)s values named")
        % {"level": parameters.get("level", 1), "number": len(parameters.get("levels") or {})},
    }
    return sentences.get(target) or _("Coarser: %(level)s") % {"level": TARGET_WORDS[target]}


_SENTENCES: Mapping[Operator, Callable[[Mapping[str, Any], DataField], str]] = {
    Operator.CONSTANT: lambda parameters, _field: _("Always “%(text)s”") % {"text": parameters.get("value", "")},
    Operator.PARTIAL_MASK: _mask_in_words,
    Operator.FF1: ff1_in_words,
    Operator.ENCRYPT: lambda parameters, _field: (
        _("Encrypted; comes back as: %(form)s") % {"form": SEALED_WORDS[Form(parameters.get("form") or Form.CANONICAL)]}
    ),
    Operator.GENERALISE: _generalised_in_words,
    Operator.DATE_SHIFT: date_shift_in_words,
    Operator.ROUND: round_in_words,
    Operator.NOISE: noise_in_words,
    Operator.CLIP: clip_in_words,
    Operator.DICTIONARY: dictionary_in_words,
    Operator.REDACT: redact_in_words,
}


def offered_operators() -> list[Operator]:
    """The operators of this version, from leaving everything to leaving nothing."""
    order = (
        Operator.KEEP,
        Operator.GENERALISE,
        *(Operator.ROUND, Operator.CLIP, Operator.NOISE, Operator.DATE_SHIFT),
        Operator.PARTIAL_MASK,
        Operator.DICTIONARY,
        Operator.TOKEN,
        Operator.SURROGATE,
        Operator.FF1,
        Operator.ENCRYPT,
        Operator.REDACT,
        Operator.CONSTANT,
        Operator.NULL,
        Operator.DROP,
    )
    return [operator for operator in order if PROPERTIES[operator].available]
