"""Forms of operators whose result keeps the look of the value under a key, and the same told back in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.datasets.models import DataField
from privacy.masking.numerals import NAMED
from privacy.pages.rule_form import RuleForm

_USUAL = "digits"
_OWN = "own"
_MOST_CHARACTERS = 94

ALPHABET_WORDS: Mapping[str, Any] = {
    "digits": gettext_lazy("Digits"),
    "upper": gettext_lazy("Capital letters"),
    "lower": gettext_lazy("Small letters"),
    "alphanumeric": gettext_lazy("Letters and digits"),
    "hex": gettext_lazy("Hexadecimal digits, 0–9 and a–f"),
}


class Ff1Form(RuleForm):
    """Which characters a value is of; each is replaced by another of them."""

    alphabet = forms.ChoiceField(
        label=gettext_lazy("The values consist of"),
        choices=[*ALPHABET_WORDS.items(), (_OWN, gettext_lazy("Characters of your own"))],
        help_text=gettext_lazy(
            "A value with any other character does not have the expected form, nor does one of which there are fewer than a "
            "million: with digits, one shorter than six."
        ),
    )
    characters = forms.CharField(
        label=gettext_lazy("Your own characters"),
        max_length=_MOST_CHARACTERS,
        required=False,
        help_text=gettext_lazy("They count only where you choose characters of your own."),
    )
    keep = forms.CharField(
        label=gettext_lazy("Characters that stay in place"),
        max_length=_MOST_CHARACTERS,
        required=False,
        strip=False,
        help_text=gettext_lazy("Such as the hyphens and spaces of a number; usually none."),
    )

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        found = super().initial_of(stated)
        alphabet = stated.get("alphabet", _USUAL)
        if alphabet in NAMED:
            return {**found, "alphabet": alphabet}
        return {**found, "alphabet": _OWN, "characters": alphabet}

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("alphabet") == _OWN and not said.get("characters"):
            self.add_error("characters", _("Name the characters, or choose an alphabet."))
        return said

    def parameters(self) -> dict[str, Any]:
        found = super().parameters()
        own = found.pop("characters", "")
        if found["alphabet"] == _OWN:
            found["alphabet"] = own
        if found["alphabet"] == _USUAL:
            del found["alphabet"]
        return found


def ff1_in_words(parameters: Mapping[str, Any], _field: DataField) -> str:
    """A stored rule in a sentence."""
    alphabet = parameters.get("alphabet", _USUAL)
    words = {"alphabet": ALPHABET_WORDS.get(alphabet, alphabet), "keep": parameters.get("keep", "")}
    if words["keep"]:
        return _("Encrypted in its own format: %(alphabet)s; in place stay “%(keep)s”") % words
    return _("Encrypted in its own format: %(alphabet)s") % words
