"""The forms of scans, review and the subject. What they may say is checked again by the services; here it is what a browser sends."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.datasets.models import DataField, SubjectKind
from catalog.jobs.models import JobState
from catalog.pages.acts import OnceForm
from catalog.pages.waiting import duration
from catalog.reasons import LONGEST_REASON
from catalog.templatetags.canglang import titled
from privacy.models import FieldRole, Finding, ScanMode
from privacy.pages.words import ROLES, entity_choices
from privacy.services.scans import LONGEST_TEXT_BUDGET


class DistributionChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    """A table, called by its dataset's title."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{titled(obj.dataset)} · {obj.table}"


class FieldChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    """A column, called by its name and label."""

    def label_from_instance(self, obj: DataField) -> str:
        return field_title(obj)


def field_title(field: DataField) -> str:
    """A column's name, with what it is called where that says more."""
    return f"{field.name} · {field.label}" if field.label and field.label != field.name else field.name


class ScanForm(OnceForm):
    """Which table to scan, and whether all of it."""

    distribution = DistributionChoice(
        queryset=None,
        label=_("Table"),
        empty_label=_("Choose a table"),
        widget=forms.Select(attrs={"data-search": ""}),
        error_messages={"invalid_choice": _("There is no such table among those you work on.")},
    )
    mode = forms.ChoiceField(
        label=_("How much to read"), choices=ScanMode.choices, initial=ScanMode.FULL, widget=forms.RadioSelect
    )
    text_minutes = forms.IntegerField(
        label=_("Minutes for free text"), required=False, min_value=1, max_value=LONGEST_TEXT_BUDGET // 60
    )

    def __init__(self, *args: Any, distributions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text_minutes"].help_text = _(
            "Names in free text are found by reading it, which takes time. What is not read in time makes the scan incomplete. Empty: %(time)s."
        ) % {"time": duration(settings.SCAN_TEXT_BUDGET_SECONDS)}
        chosen: Any = self.fields["distribution"]
        chosen.queryset = distributions
        mode: Any = self.fields["mode"]
        mode.choices = [
            (ScanMode.FULL, _("Every row. The only scan that a release can stand on.")),
            (
                ScanMode.SAMPLE,
                _(
                    "A sample. Rows drawn at random give a first look at a large table, with how far it can be relied on; never "
                    "enough for a release."
                ),
            ),
        ]


class ScanFilterForm(forms.Form):
    """What the list of scans shows."""

    q = forms.CharField(label=_("Dataset or table"), required=False, max_length=100, widget=forms.SearchInput)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("Any")), *JobState.choices])


def _reason_field(help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=help_text,
        error_messages={"required": _("Say why.")},
    )


class RejectForm(forms.Form):
    """That a field holds nothing personal, and why."""

    prefix = "reject"
    reason = _reason_field(_("What it holds instead, and how you know. It stays with the finding."))


class VerdictForm(forms.Form):
    """What a field really is, and how one knows."""

    prefix = "verdict"
    entity_type = forms.ChoiceField(
        label=_("Entity type"), required=False, widget=forms.Select(attrs={"data-search": ""})
    )
    role = forms.ChoiceField(
        label=pgettext_lazy("field", "Role"),
        choices=FieldRole.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose direct, quasi, sensitive or none.")},
    )
    reason = _reason_field(_("How you know. It stays with the finding."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind: Any = self.fields["entity_type"]
        kind.choices = [("", _("None of the known types")), *entity_choices()]
        role: Any = self.fields["role"]
        role.choices = [(code, _role_label(code)) for code in FieldRole.values]

    @classmethod
    def about(cls, finding: Finding) -> VerdictForm:
        """Begins with what stands there now."""
        return cls(initial={"entity_type": finding.entity_type, "role": finding.role})


def _role_label(code: str) -> str:
    return f"{FieldRole(code).label} – {ROLES[code]}"


class DeclareForm(VerdictForm):
    """What a field is in which the scanner found nothing."""

    prefix = "declare"
    field = FieldChoice(
        queryset=None,
        label=_("Column"),
        empty_label=_("Choose a column"),
        widget=forms.Select(attrs={"data-search": ""}),
        error_messages={"invalid_choice": _("This column has a finding already, or is not in this table.")},
    )
    field_order = ("field", "entity_type", "role", "reason")

    def __init__(self, *args: Any, fields: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["field"]
        chosen.queryset = fields


class SubjectForm(forms.Form):
    """Whom a row is about, and which column tells one from another."""

    prefix = "subject"
    kind = forms.ChoiceField(label=_("A row is about"), choices=SubjectKind.choices, widget=forms.RadioSelect)
    field = FieldChoice(
        queryset=None,
        label=_("Column that tells them apart"),
        required=False,
        empty_label=_("None"),
        widget=forms.Select(attrs={"data-search": ""}),
        help_text=_("Risk counts people, not rows: a person with ten rows counts once."),
        error_messages={"invalid_choice": _("This column is not in this table.")},
    )

    def __init__(self, *args: Any, fields: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["field"]
        chosen.queryset = fields
