"""The forms of own rules. Fields are named as the document names them, so that what the service refuses stands by its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.datasets.models import Grade
from catalog.pages.acts import OnceForm
from catalog.storage import UPLOADS, open_sealed
from privacy.detection.bounded import LONGEST_EXPRESSION
from privacy.detection.check_systems import CHECK_SYSTEMS
from privacy.detection.own_rules import (
    LONGEST_LABEL,
    LONGEST_NAME,
    LONGEST_TEXT,
    LONGEST_VALUE,
    LONGEST_WORD,
    MOST_EXPRESSIONS,
    MOST_WORDS,
    NAME_KINDS,
    USUAL_LONGEST,
    USUAL_SCORE,
    USUAL_SOURCE,
    USUAL_STRENGTH,
    USUAL_UNPROVEN,
)
from privacy.models import FieldRole
from privacy.pages.forms import DistributionChoice
from privacy.pages.words import PIPL_CATEGORIES, ROLES, percent
from privacy.services.own_rules import LONGEST_FILE

CHECKSUMS: Final[Mapping[str, Any]] = {
    "luhn": _("Luhn (ISO/IEC 7812), as on bank cards"),
    "mod_11_2": _("MOD 11-2 (ISO/IEC 7064), as in resident ID numbers"),
    "mod_11_10": _("MOD 11,10 (ISO/IEC 7064), digits"),
    "mod_37_36": _("MOD 37,36 (ISO/IEC 7064), letters and digits"),
    "mod_97_10": _("MOD 97-10 (ISO/IEC 7064), two check digits"),
    "gb_11714": _("GB 11714, as in organisation codes"),
}
NAMES: Final[Mapping[str, Any]] = {
    "zh": _("Chinese names of columns"),
    "pinyin": _("Pinyin initials"),
    "en": _("English names of columns"),
    "weak": _("Names that only hint"),
}
_LONGEST_NAMES = 5_000
_LONGEST_WORDS = MOST_WORDS * (LONGEST_WORD + 2)
_LONGEST_VALUES = 100_000


def _lines(label: Any, help_text: Any = "", *, rows: int = 3, most: int = _LONGEST_NAMES) -> forms.CharField:
    """Texts, one a line."""
    widget = forms.Textarea(attrs={"rows": rows, "spellcheck": "false"})
    return forms.CharField(
        label=label, required=False, max_length=most, widget=widget, help_text=help_text, strip=False
    )


class OwnRuleForm(OnceForm):
    """What a rule says. An expression that is left empty is none."""

    type = forms.CharField(
        label=_("Code of the type"),
        max_length=40,
        help_text=_("Capital letters, digits and underscores, such as SZ_CITIZEN_CARD. It stays as it is."),
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false", "autocomplete": "off"}),
    )
    zh = forms.CharField(label=_("Name in Chinese"), max_length=LONGEST_LABEL)
    en = forms.CharField(label=_("Name in English"), max_length=LONGEST_LABEL)
    role = forms.ChoiceField(label=pgettext_lazy("field", "Role"), choices=[])
    pipl = forms.ChoiceField(label=_("Category"), choices=list(PIPL_CATEGORIES.items()))
    grade = forms.ChoiceField(label=_("Proposed grade"), choices=Grade.choices, initial=Grade.GENERAL_3)
    checksum = forms.ChoiceField(label=_("Check digits"), required=False, choices=[])
    shortest = forms.IntegerField(label=_("Shortest value"), min_value=1, max_value=LONGEST_VALUE, initial=1)
    longest = forms.IntegerField(
        label=_("Longest value"),
        min_value=1,
        max_value=LONGEST_VALUE,
        initial=USUAL_LONGEST,
        help_text=_("In characters, without spaces and hyphens."),
    )
    words = _lines(
        _("Words"),
        _("One a line. A cell counts that is one of them; a text that mentions one does not."),
        rows=6,
        most=_LONGEST_WORDS,
    )
    strength = forms.FloatField(
        label=_("How far matching values alone convince"),
        min_value=0,
        max_value=1,
        initial=USUAL_STRENGTH,
        help_text=_(
            "From 0 to 1. Below 0.45 the name of the column has to say it too. From 0.9 a direct identifier is looked for in"
            " protected data as well, and stops its release."
        ),
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    unproven = forms.FloatField(
        label=_("How far they convince when their check digits fail"),
        min_value=0,
        max_value=1,
        initial=USUAL_UNPROVEN,
        required=False,
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
    format = forms.CharField(label=_("Standard that values follow"), max_length=LONGEST_TEXT, required=False)

    def __init__(self, *args: Any, fixed_type: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["role"].choices = [(role.value, f"{role.label} · {ROLES[role.value]}") for role in FieldRole]
        fields["checksum"].choices = [
            ("", _("None")),
            *((name, f"{CHECKSUMS[name]} · {percent(system.luck)}") for name, system in CHECK_SYSTEMS.items()),
        ]
        fields["checksum"].help_text = _("The figure is how often a value passes by luck.")
        if fixed_type:
            fields["type"].disabled = True
        for kind in NAME_KINDS:
            fields[f"names.{kind}"] = _lines(NAMES[kind], _("One a line.") if kind == "zh" else "")
        for at in range(1, MOST_EXPRESSIONS + 1):
            self._add_expression(f"expressions.{at}.")
        source = {
            "title": _("Document it comes from"),
            "title_en": _("The same in English"),
            "article": _("Place in it"),
            "article_en": _("The same in English"),
        }
        for key, label in source.items():
            fields[f"source.{key}"] = forms.CharField(
                label=label, max_length=LONGEST_TEXT, required=False, initial=USUAL_SOURCE[key]
            )

    def _add_expression(self, prefix: str) -> None:
        fields: Any = self.fields
        fields[f"{prefix}name"] = forms.CharField(label=_("Its name"), max_length=LONGEST_NAME, required=False)
        fields[f"{prefix}regex"] = forms.CharField(
            label=_("Regular expression"),
            max_length=LONGEST_EXPRESSION,
            required=False,
            strip=False,
            widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off", "class": "code"}),
        )
        fields[f"{prefix}score"] = forms.FloatField(
            label=_("Score of one match"),
            min_value=0.01,
            max_value=1,
            initial=USUAL_SCORE,
            required=False,
            widget=forms.NumberInput(attrs={"step": "0.01"}),
        )
        fields[f"{prefix}inside"] = forms.BooleanField(
            label=_("May stand within a longer code of letters and digits"), required=False
        )

    def _group(self, *names: str) -> list[Any]:
        return [self[name] for name in names]

    @property
    def about(self) -> list[Any]:
        return self._group("type", "zh", "en", "role", "pipl", "grade")

    @property
    def columns(self) -> list[Any]:
        return self._group(*(f"names.{kind}" for kind in NAME_KINDS))

    @property
    def expressions(self) -> list[tuple[int, list[Any], bool]]:
        """Each expression's number and fields, and whether something stands in it or is wrong with it."""
        found = []
        for at in range(1, MOST_EXPRESSIONS + 1):
            fields = self._group(*(f"expressions.{at}.{key}" for key in ("name", "regex", "score", "inside")))
            found.append((at, fields, at == 1 or bool(fields[1].value()) or any(field.errors for field in fields)))
        return found

    @property
    def values(self) -> list[Any]:
        return self._group("checksum", "shortest", "longest", "words")

    @property
    def weights(self) -> list[Any]:
        return self._group("strength", "unproven")

    @property
    def ground(self) -> list[Any]:
        return self._group("format", "source.title", "source.title_en", "source.article", "source.article_en")

    def document(self) -> dict[str, Any]:
        """The rule as its document. Expressions keep the number of their fields only in what is refused."""
        said = self.cleaned_data
        numbers = self.numbers()
        return {
            **{key: said[key] for key in ("type", "zh", "en", "role", "pipl", "grade", "checksum", "format", "words")},
            **{key: said[key] for key in ("shortest", "longest", "strength")},
            "unproven": (said["unproven"] or 0.0) if said["checksum"] else 0.0,
            "names": {kind: said[f"names.{kind}"].splitlines() for kind in NAME_KINDS},
            "source": {key: said[f"source.{key}"] for key in USUAL_SOURCE},
            "expressions": [
                {
                    "name": said[f"expressions.{at}.name"] or str(at),
                    "regex": said[f"expressions.{at}.regex"],
                    "score": said[f"expressions.{at}.score"] or USUAL_SCORE,
                    "inside": said[f"expressions.{at}.inside"],
                }
                for at in numbers
            ],
        }

    def numbers(self) -> list[int]:
        """Which of the expressions are filled in: those that are left out do not count in the document."""
        return [at for at in range(1, MOST_EXPRESSIONS + 1) if self.cleaned_data.get(f"expressions.{at}.regex")]


def initial_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as the form shows it."""
    initial: dict[str, Any] = {
        key: document[key]
        for key in ("type", "zh", "en", "role", "pipl", "grade", "checksum", "format", "shortest", "longest")
    }
    initial |= {key: document[key] for key in ("strength", "unproven")}
    initial["words"] = "\n".join(document["words"])
    initial |= {f"names.{kind}": "\n".join(document["names"][kind]) for kind in NAME_KINDS}
    initial |= {f"source.{key}": text for key, text in document["source"].items()}
    for at, expression in enumerate(document["expressions"], start=1):
        initial |= {f"expressions.{at}.{key}": value for key, value in expression.items()}
    return initial


class TryValuesForm(forms.Form):
    """Values to try a rule on."""

    values = _lines(
        _("Values, one a line"),
        _("They are looked at in memory and not kept: neither here, nor in a log, nor in the ledger."),
        rows=8,
        most=_LONGEST_VALUES,
    )
    column = forms.CharField(
        label=_("Name of a column they would stand in"),
        max_length=100,
        required=False,
        help_text=_("May be left empty."),
    )


class TryTableForm(forms.Form):
    """A table to try a rule on."""

    distribution = DistributionChoice(
        queryset=None,
        label=_("Table"),
        empty_label=_("Choose a table"),
        widget=forms.Select(attrs={"data-search": ""}),
        error_messages={"invalid_choice": _("There is no such table among those you work on.")},
    )

    def __init__(self, *args: Any, distributions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["distribution"]
        chosen.queryset = distributions


class ImportForm(forms.Form):
    """A file of own rules."""

    file = forms.FileField(
        label=_("File"),
        max_length=200,
        allow_empty_file=True,
        help_text=_("TOML, as the export gives it."),
        widget=forms.FileInput(attrs={"accept": ".toml"}),
        error_messages={"required": _("Choose a file.")},
    )

    def content(self) -> bytes:
        """What is in the file, up to one byte more than is taken."""
        upload = self.cleaned_data["file"]
        with open_sealed(UPLOADS, upload.sealed_name) as file:
            return bytes(file.read(LONGEST_FILE + 1))
