"""Forms of the operators on numbers, dates and names from a dictionary, and the same told back in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.datasets.models import DataField
from privacy.masking.date_shift import MOST_DAYS, USUAL_DAYS
from privacy.masking.dictionary import implied_kind
from privacy.masking.noise import NoiseShape
from privacy.masking.rounding import MOST_PLACES
from privacy.masking.word_lists import Kind
from privacy.pages.rule_form import RuleForm

_TEXT_LENGTH = 60

SHAPE_WORDS: Mapping[NoiseShape, Any] = {
    NoiseShape.LAPLACE: gettext_lazy("Laplace: mostly small, now and then large"),
    NoiseShape.GAUSSIAN: gettext_lazy("Gaussian: bell-shaped"),
    NoiseShape.UNIFORM: gettext_lazy("Uniform: never beyond its bounds"),
}
KIND_WORDS: Mapping[Kind, Any] = {
    Kind.CHINESE_NAME: gettext_lazy("Chinese names"),
    Kind.ENGLISH_NAME: gettext_lazy("English names"),
    Kind.COMPANY: gettext_lazy("Names of companies"),
    Kind.STREET: gettext_lazy("Streets with house numbers"),
}


def _number(label: Any, *, help_text: Any = "", required: bool = False) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "any"})
    return forms.FloatField(label=label, help_text=help_text, required=required, widget=widget)


class NumbersForm(RuleForm):
    """Parameters that are numbers; a whole one is told as a whole one, so that it is computed exactly."""

    def parameters(self) -> dict[str, Any]:
        return {name: _plain(value) for name, value in super().parameters().items()}


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


class RoundForm(NumbersForm):
    """To a multiple, or to a number of places."""

    multiple = _number(gettext_lazy("To multiples of"), help_text=gettext_lazy("Such as 100, or 0.5."))
    digits = forms.IntegerField(
        label=gettext_lazy("Or to so many places"),
        min_value=-18,
        max_value=MOST_PLACES,
        required=False,
        help_text=gettext_lazy("After the point; −3 rounds to thousands. Fill in one of the two."),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if "multiple" in said and "digits" in said and (said["multiple"] is None) == (said["digits"] is None):
            self.add_error("multiple", _("Fill in one of the two: multiples or places."))
        return said


class ClipForm(NumbersForm):
    """The ends, and what is written there."""

    low = _number(gettext_lazy("Nothing below"))
    low_text = forms.CharField(label=gettext_lazy("Written there instead"), max_length=_TEXT_LENGTH, required=False)
    high = _number(gettext_lazy("Nothing above"))
    high_text = forms.CharField(
        label=gettext_lazy("Written there instead"),
        max_length=_TEXT_LENGTH,
        required=False,
        help_text=gettext_lazy(
            "Such as “≥ 85”. Left empty, the number itself stands there and the column stays one of numbers."
        ),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("low") is None and said.get("high") is None and not self.errors:
            self.add_error("high", _("Fill in at least one end."))
        for end in ("low", "high"):
            if said.get(f"{end}_text") and said.get(end) is None:
                self.add_error(end, _("Say which number these words stand for."))
        return said


class SubjectForm(NumbersForm):
    """A rule that goes by the person whose row it is: one column of the same table says so."""

    by = forms.ChoiceField(label=gettext_lazy("Whose row it is"))

    def __init__(self, *args: Any, field: DataField, **kwargs: Any) -> None:
        super().__init__(*args, field=field, **kwargs)
        names = field.distribution.fields.exclude(pk=field.pk).order_by("position").values_list("name", flat=True)
        choice: Any = self.fields["by"]
        choice.choices = [*self.without_subject(), *((name, name) for name in names)]

    def without_subject(self) -> list[tuple[str, Any]]:
        """The choice of no column, where there is one."""
        return []

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        subject = self.field.distribution.subject_field
        # A stored rule without a column says so on purpose.
        usual = {"by": subject.name} if subject is not None and not stated else {}
        return {**usual, **super().initial_of(stated)}


class NoiseForm(SubjectForm):
    """How much chance is added."""

    shape = forms.ChoiceField(label=gettext_lazy("Shape of the noise"), choices=list(SHAPE_WORDS.items()))
    size = _number(
        gettext_lazy("Size of the noise"),
        required=True,
        help_text=gettext_lazy(
            "Laplace: its scale. Gaussian: the standard deviation. Uniform: the width from end to end. In the column’s own unit."
        ),
    )
    low = _number(gettext_lazy("Nothing below"))
    high = _number(gettext_lazy("Nothing above"), help_text=gettext_lazy("Such as 0 and 120 for ages."))

    field_order = ("shape", "size", "low", "high", "by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["by"].required = False
        self.fields["by"].help_text = _(
            "One value of one person is moved alike in every release of a project, so asking again tells nothing more. This is "
            "not differential privacy."
        )

    def without_subject(self) -> list[tuple[str, Any]]:
        return [("", _("Nobody: equal values are moved alike"))]

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        found = super().initial_of(stated)
        if "width" in stated:
            return {**found, "shape": NoiseShape.UNIFORM.value, "size": stated["width"]}
        return {"shape": NoiseShape.LAPLACE.value, **found, **({"size": stated["scale"]} if "scale" in stated else {})}

    def parameters(self) -> dict[str, Any]:
        found = super().parameters()
        found["width" if found["shape"] == NoiseShape.UNIFORM else "scale"] = found.pop("size")
        return found


class DateShiftForm(SubjectForm):
    """How far, and by whom."""

    days = forms.IntegerField(
        label=gettext_lazy("At most so many days"),
        min_value=1,
        max_value=MOST_DAYS,
        initial=USUAL_DAYS,
        help_text=gettext_lazy(
            "Earlier or later, never 0. All dates of one person move alike in every column that has the same number here."
        ),
    )

    field_order = ("days", "by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["by"].help_text = _("The column is read for this even where it does not leave itself.")

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        return {"days": USUAL_DAYS, **super().initial_of(stated)}


class DictionaryForm(RuleForm):
    """What the substitutes are."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Replaced by"),
        choices=list(KIND_WORDS.items()),
        help_text=gettext_lazy(
            "Made up of parts by chance. A substitute may be a real person’s or firm’s name all the same: say so to whoever gets the "
            "data."
        ),
    )

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        usual = implied_kind({}, self.field.entity_type) or Kind.CHINESE_NAME
        return {"kind": usual.value, **super().initial_of(stated)}


# --- the same in a sentence --------------------------------------------------------------------------------------------


def round_in_words(parameters: Mapping[str, Any], _field: DataField) -> str:
    """A stored rounding."""
    if parameters.get("multiple") is not None:
        return _("Rounded to multiples of %(multiple)s") % {"multiple": parameters["multiple"]}
    digits = int(parameters.get("digits") or 0)
    if digits < 0:
        return _("Rounded to multiples of %(multiple)s") % {"multiple": 10**-digits}
    return ngettext("Rounded to %(digits)s place", "Rounded to %(digits)s places", digits) % {"digits": digits}


def clip_in_words(parameters: Mapping[str, Any], _field: DataField) -> str:
    """A stored clipping."""
    low, high = parameters.get("low"), parameters.get("high")
    if low is None:
        return _("Nothing above %(high)s") % {"high": high}
    if high is None:
        return _("Nothing below %(low)s") % {"low": low}
    return _("Nothing below %(low)s or above %(high)s") % {"low": low, "high": high}


def noise_in_words(parameters: Mapping[str, Any], _field: DataField) -> str:
    """A stored noise."""
    if parameters.get("width") is not None:
        told = _("Moved by chance, by at most %(size)s") % {"size": _plain(parameters["width"] / 2)}
    elif parameters.get("shape") == NoiseShape.GAUSSIAN:
        told = _("Moved by chance: Gaussian, deviation %(size)s") % {"size": parameters.get("scale", "…")}
    else:
        told = _("Moved by chance: Laplace, scale %(size)s") % {"size": parameters.get("scale", "…")}
    if parameters.get("by"):
        return _("%(what)s, per %(column)s") % {"what": told, "column": parameters["by"]}
    return told


def date_shift_in_words(parameters: Mapping[str, Any], _field: DataField) -> str:
    """A stored shift."""
    days = int(parameters.get("days") or USUAL_DAYS)
    told = ngettext("Moved by at most %(days)s day", "Moved by at most %(days)s days", days) % {"days": days}
    return _("%(what)s, per %(column)s") % {"what": told, "column": parameters.get("by", "…")}


def dictionary_in_words(parameters: Mapping[str, Any], field: DataField) -> str:
    """A stored substitution."""
    kind = implied_kind(parameters, field.entity_type)
    return _("Replaced by others: %(kind)s") % {"kind": KIND_WORDS[kind] if kind else "…"}
