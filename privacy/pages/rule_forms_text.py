"""The form of the redaction of free text, and the same told back in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.datasets.models import DataField
from catalog.templatetags.canglang import listed
from privacy.masking.redact import Language, Style, looked_for, redactable_types
from privacy.pages.rule_form import RuleForm
from privacy.pages.words import entity_label

STYLE_WORDS: Mapping[Style, Any] = {
    Style.LABEL: gettext_lazy("A label that says what it was · 〈姓名〉"),
    Style.MASK: gettext_lazy("Stars · ****"),
    Style.TOKEN: gettext_lazy("A label with a token, the same for the same value within one project"),
}
LANGUAGE_WORDS: Mapping[Language, Any] = {
    Language.ZH: gettext_lazy("Chinese · 〈姓名〉"),
    Language.EN: gettext_lazy("English · <PERSON>"),
}


def _type_choices() -> list[tuple[str, str]]:
    return [(code, entity_label(code) or code) for code in redactable_types()]


class RedactForm(RuleForm):
    """What is looked for in a text, and what is put in its place."""

    style = forms.ChoiceField(label=gettext_lazy("In its place stands"), choices=[*STYLE_WORDS.items()])
    language = forms.ChoiceField(label=gettext_lazy("Language of the labels"), choices=[*LANGUAGE_WORDS.items()])
    types = forms.MultipleChoiceField(
        label=gettext_lazy("What is replaced"),
        choices=_type_choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=gettext_lazy("Nothing chosen: everything that identifies people directly."),
    )

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        found = {"style": Style.LABEL.value, "language": Language.ZH.value, **super().initial_of(stated)}
        found["types"] = list(looked_for(stated)) if stated.get("types") else []
        return found

    def parameters(self) -> dict[str, Any]:
        found = super().parameters()
        types = found.pop("types", None)
        return {**found, "types": " ".join(types)} if types else found


def redact_in_words(parameters: Mapping[str, Any], _field: DataField) -> str:
    """What is replaced, and by what."""
    style = STYLE_WORDS[Style(parameters.get("style", Style.LABEL))]
    if not parameters.get("types"):
        return _("Every direct identifier in the text replaced: %(style)s") % {"style": style}
    types = listed(entity_label(code) or code for code in looked_for(parameters))
    return _("Replaced in the text: %(types)s; %(style)s") % {"types": types, "style": style}
