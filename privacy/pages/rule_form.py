"""What the forms of all operators have in common: what becomes of malformed and of missing values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.datasets.models import DataField
from privacy.masking.generalise import Target
from privacy.masking.operators import Operator
from privacy.masking.policy import FieldRule, InvalidPolicy, NullPolicy

# What becomes of values that an operator cannot read, and of those that are not there.
INVALID_WORDS: Mapping[InvalidPolicy, Any] = {
    InvalidPolicy.NULL: gettext_lazy("Left empty"),
    InvalidPolicy.TOKEN: gettext_lazy("Replaced by a token"),
    InvalidPolicy.FAIL: gettext_lazy("Stop: nothing is released"),
}
NULL_WORDS: Mapping[NullPolicy, Any] = {
    NullPolicy.KEEP: gettext_lazy("Stay missing"),
    NullPolicy.FAIL: gettext_lazy("Stop: nothing is released"),
}
_POLICIES = ("invalid", "null")
_NUMBERS = (Operator.DATE_SHIFT, Operator.ROUND, Operator.NOISE, Operator.CLIP)
_READING = (
    *(
        Operator.GENERALISE,
        Operator.PARTIAL_MASK,
        Operator.TOKEN,
        Operator.FF1,
        Operator.SURROGATE,
        Operator.ENCRYPT,
        Operator.DICTIONARY,
        Operator.REDACT,
    ),
    *_NUMBERS,
)


class RuleForm(forms.Form):
    """An operator without parameters; the others add theirs. `target` is what `generalise` goes to."""

    invalid = forms.ChoiceField(
        label=gettext_lazy("A value without the expected form"),
        required=False,
        help_text=gettext_lazy("It never leaves as it is. How many there were stands in the manifest of a release."),
    )
    null = forms.ChoiceField(label=gettext_lazy("A missing value"), required=False)

    def __init__(
        self,
        data: Any,
        *,
        field: DataField,
        operator: Operator,
        stated: Mapping[str, Any],
        target: Target | None = None,
    ) -> None:
        self.field, self.operator, self.target = field, operator, target
        super().__init__(data, initial=self.initial_of(stated))
        self._offer("invalid", INVALID_WORDS, FieldRule(operator).invalid_policy, operator in _READING)
        self._offer("null", NULL_WORDS, NullPolicy.KEEP, operator in (*_READING, Operator.KEEP))
        self.order_fields([name for name in self.fields if name not in _POLICIES])

    def _offer(self, name: str, words: Mapping[Any, Any], usual: StrEnum, fits: bool) -> None:
        """The choices of a policy, the usual one first and without a code: a rule does not state what goes without saying."""
        if not fits:
            del self.fields[name]
            return
        # A column of numbers or dates stays one, so there is no room in it for tokens.
        unfit = InvalidPolicy.TOKEN if self.operator in _NUMBERS and self.field.data_type != "C" else usual
        others = [(code.value, label) for code, label in words.items() if code not in (usual, unfit)]
        choice: Any = self.fields[name]
        choice.choices = [("", _("%(what)s (usual)") % {"what": words[usual]}), *others]

    def initial_of(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        """The form as the rule stands."""
        return {name: stated[name] for name in self.base_fields if name in stated}

    def parameters(self) -> dict[str, Any]:
        """What the valid form says of the operator."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in _POLICIES}
        return {name: value for name, value in said.items() if value not in (None, "")}

    def rule(self) -> dict[str, Any]:
        """What the valid form says, as the services take it."""
        policies = {name: self.cleaned_data.get(name, "") for name in _POLICIES}
        return {"operator": self.operator.value, "parameters": self.parameters(), **policies}
