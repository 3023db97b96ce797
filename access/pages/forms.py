"""The forms of access's pages. They read what was typed into what the services take; what is allowed is the services'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from access.models import LegalBasis, Project, ReleaseFormat, ReleaseMode
from access.pages import words
from access.pages.asking import Asked, common_reason
from access.pricing import Purpose
from access.services.applications import LONGEST_MONTHS, LONGEST_PURPOSE
from catalog.datasets.models import Dataset
from catalog.pages.acts import OnceForm
from catalog.people.models import Membership, Organization, Role, User
from catalog.templatetags.canglang import bracketed, named, titled
from privacy.risk.codes import Control, ImpactQuestion, LikelihoodQuestion, MotiveFactor
from privacy.risk.questionnaire import QUESTIONS, UNKNOWN

LONGEST_REASON = 500
LONGEST_EVIDENCE = 2000
_LEVELS = ("1", "2", "3", "4", UNKNOWN)
_FLAGS: Mapping[str, bool | None] = {"yes": True, "no": False, "": None}


def applying_organizations(user: User) -> Any:
    """The organisations for which `user` may apply."""
    held = Membership.objects.active().filter(user=user, role=Role.REQUESTER).values("organization_id")
    return Organization.objects.filter(pk__in=held).order_by("code")


class OrganizationChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """An organisation by its name in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return named(obj)


class DatasetChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A dataset by its title in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return titled(obj)


class PersonChoice(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """People by their display names."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}{bracketed(obj.username)}" if obj.display_name else str(obj.username)


class ApplicationForm(OnceForm):
    """An application as it is written. The fields are a list of ticks with a reason for all and one of its own for each;
    the row filter is the builder's (`access.pages.conditions`)."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    organization = OrganizationChoice(
        label=_("Applying organisation"), queryset=Organization.objects.none(), empty_label=None
    )
    project = forms.ModelChoiceField(
        label=_("Project"),
        queryset=Project.objects.none(),
        required=False,
        empty_label=_("Open a new project for this application"),
        help_text=_("Tokens of one person link across the releases of one project, and nowhere else."),
    )
    why = forms.CharField(
        label=_("Why these fields are needed"),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One reason for all of them. Where a field needs another, give it in the field’s row."),
    )
    purpose = forms.ChoiceField(label=_("Purpose"), choices=list(words.PURPOSES.items()), widget=forms.RadioSelect)
    purpose_detail = forms.CharField(
        label=_("What exactly you will do with the data"),
        max_length=LONGEST_PURPOSE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Specific enough that the owner can judge whether each field is needed."),
    )
    duty_citation = forms.CharField(
        label=_("The duty or mandate the use falls under"),
        max_length=500,
        help_text=_("The article of a regulation, charter or assignment."),
    )
    legal_basis = forms.ChoiceField(label=_("Legal basis"), choices=[("", "—"), *LegalBasis.choices])
    legal_citation = forms.CharField(
        label=_("Its citation"),
        max_length=500,
        help_text=_("The law and article, for example 个人信息保护法第十三条第一款第三项."),
    )
    recipient_in_china = forms.TypedChoiceField(
        label=_("Is the recipient in mainland China?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text=_("Data does not leave the country in this way: a “no” fails a gate of the assessment."),
    )
    mode = forms.ChoiceField(
        label=_("How it is released"),
        choices=ReleaseMode.choices,
        widget=forms.RadioSelect,
        initial=ReleaseMode.CONTROLLED,
    )
    format = forms.ChoiceField(
        label=_("File format"), choices=ReleaseFormat.choices, initial=ReleaseFormat.CSV, widget=forms.RadioSelect
    )
    months = forms.IntegerField(
        label=_("For how many months"),
        min_value=1,
        max_value=LONGEST_MONTHS,
        initial=6,
        help_text=_("Up to 24 at a low risk, up to 12 at a medium one. A granted month is 30 days."),
    )
    recipients = PersonChoice(
        label=_("Recipients"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.SelectMultiple(attrs={"data-search": ""}),
        help_text=_("Who may download it. You alone where nobody is named."),
    )
    rests_on = forms.CharField(
        label=_("What the answers rest on"),
        required=False,
        max_length=LONGEST_EVIDENCE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A report, a section of a document. Where one answer rests on something else, say so beside it."),
    )
    controls = forms.MultipleChoiceField(
        label=_("What the recipient has in place"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, user: User, offered: Iterable[Asked], organizations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = list(offered)
        open_fields = [(item.field.name, item.label) for item in self.offered if not item.hindrance]
        self.fields["fields"] = forms.MultipleChoiceField(
            label=_("Fields"),
            choices=open_fields,
            error_messages={"required": _("Ask for at least one field.")},
        )
        for item in self.offered:
            self.fields[f"why-{item.field.pk}"] = forms.CharField(required=False, max_length=LONGEST_REASON)
        for code in QUESTIONS:
            self.fields[f"level-{code}"] = forms.ChoiceField(
                choices=[(level, level) for level in _LEVELS], required=False
            )
            self.fields[f"evidence-{code}"] = forms.CharField(required=False, max_length=LONGEST_EVIDENCE)
        for factor in MotiveFactor:
            self.fields[f"motive-{factor}"] = forms.ChoiceField(
                choices=[(flag, flag) for flag in _FLAGS], required=False
            )
        self._choices("controls", [(control.value, words.term("control", control)) for control in Control])
        self._choices_of_people(user, organizations)

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _choices_of_people(self, user: User, organizations: Any) -> None:
        listed = list(organizations)
        members = Membership.objects.active().filter(organization__in=listed).values("user_id")
        querysets = {
            "organization": organizations,
            "project": Project.objects.filter(organization__in=listed),
            "recipients": User.objects.filter(pk__in=members).order_by("display_name", "username"),
        }
        for name, queryset in querysets.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = queryset
        if len(listed) == 1:
            self.fields["organization"].widget = forms.HiddenInput()
            self.initial.setdefault("organization", listed[0].pk)
        self.initial.setdefault("recipients", [user.pk])

    @classmethod
    def unchecked(cls, data: Any, **around: Any) -> ApplicationForm:
        """What was typed so far, not judged yet: for the page again with one condition more."""
        form = cls(initial={}, **around)
        for name, field in form.fields.items():
            many = isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)
            form.initial[name] = data.getlist(name) if many else data.get(name, "")
        return form

    # --- what the template shows -----------------------------------------------------------------------------------------

    def wrong(self) -> list[tuple[str, str, str]]:
        """Every field that is wrong, in the form's order: its anchor, its name, what is wrong."""
        labels = {f"why-{item.field.pk}": item.label for item in self.offered}
        labels |= {f"{part}-{code}": words.question(code) for part in ("level", "evidence") for code in QUESTIONS}
        anchors = {"fields": "s-fields", **{f"level-{code}": f"q-{code}" for code in QUESTIONS}}
        return [
            (
                anchors.get(name) or self[name].id_for_label or f"id_{name}",
                str(labels.get(name) or self[name].label),
                str(found[0]),
            )
            for name, found in sorted(self.errors.items(), key=lambda item: item[0] != "fields")
            if name in self.fields
        ]

    def ticked(self) -> set[str]:
        """The names of the fields that are ticked as the form stands."""
        value = self["fields"].value() or []
        return set(value) if isinstance(value, list | tuple | set) else {str(value)}

    def field_rows(self) -> list[dict[str, Any]]:
        """Every field of the table, with its tick and its own reason."""
        ticked = self.ticked()
        return [
            {"asked": item, "ticked": item.field.name in ticked, "why": self[f"why-{item.field.pk}"]}
            for item in self.offered
        ]

    def impact_questions(self) -> list[dict[str, Any]]:
        """The four questions of impact, with their levels."""
        return [self._question(code.value) for code in ImpactQuestion]

    def likelihood_questions(self) -> list[dict[str, Any]]:
        """The four questions of likelihood."""
        return [self._question(code.value) for code in LikelihoodQuestion]

    def impact_scale(self) -> list[dict[str, Any]]:
        """What the levels of impact mean."""
        return _scale("impact_level")

    def likelihood_scale(self) -> list[dict[str, Any]]:
        """What the levels of likelihood mean."""
        return _scale("likelihood_level")

    def _question(self, code: str) -> dict[str, Any]:
        level, evidence = self[f"level-{code}"], self[f"evidence-{code}"]
        group = words.question_group(code)
        chosen = str(level.value() or "")
        levels = [{**item, "chosen": item["value"] == chosen} for item in _scale(group)]
        return {
            "code": code,
            "label": words.question(code),
            "help": words.QUESTION_HELP[code],
            "source": words.term_source(f"{group.removesuffix('_level')}_question", code),
            "levels": levels,
            "level": level,
            "evidence": evidence,
            "errors": [*level.errors, *evidence.errors],
        }

    def motives(self) -> list[dict[str, Any]]:
        """What would tempt or enable the recipient's people: yes, no, or not known, which counts as yes."""
        return [
            {"bound": self[f"motive-{factor}"], "label": words.term("motive_factor", factor)} for factor in MotiveFactor
        ]

    # --- what the service takes --------------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for code in QUESTIONS:
            if data.get(f"evidence-{code}") and not data.get(f"level-{code}") and f"level-{code}" not in self.errors:
                self.add_error(f"level-{code}", _("Choose a level, or “not known”."))
        return data

    def reasons(self) -> dict[str, str]:
        """Each ticked field with why it is needed."""
        data = self.cleaned_data
        ids = {item.field.name: item.field.pk for item in self.offered}
        return {name: (data.get(f"why-{ids[name]}") or data["why"]).strip() for name in data["fields"]}

    def values(self, row_filter: Mapping[str, Any] | None) -> dict[str, Any]:
        """What the applicant writes, by the names the services know."""
        data = self.cleaned_data
        plain = (
            "purpose",
            "purpose_detail",
            "duty_citation",
            "legal_basis",
            "legal_citation",
            "recipient_in_china",
            "mode",
            "format",
            "months",
        )
        return {
            **{name: data[name] for name in plain},
            "questionnaire": {
                code.value: {
                    "level": _level(data[f"level-{code}"]),
                    "evidence": (data[f"evidence-{code}"] or data["rests_on"]).strip(),
                }
                for code in QUESTIONS
                if data.get(f"level-{code}")
            },
            "controls": {control.value: control.value in data["controls"] for control in Control},
            "motive": {factor.value: _FLAGS[data[f"motive-{factor}"]] for factor in MotiveFactor},
            "row_filter": row_filter,
        }


def _scale(group: str) -> list[dict[str, Any]]:
    return [
        {
            "value": value,
            "label": words.UNKNOWN_LEVEL if value == UNKNOWN else f"{value} · {words.term(group, value)}",
            "hint": words.UNKNOWN_HINT if value == UNKNOWN else words.term_hint(group, value),
        }
        for value in _LEVELS
    ]


def _level(text: str) -> int | str:
    return text if text == UNKNOWN else int(text)


def initial_of(application: Any) -> dict[str, Any]:
    """A stored application as the form shows it."""
    asked = list(application.requested_fields.select_related("field"))
    why, others = common_reason({row.field.name: row.justification for row in asked})
    found: dict[str, Any] = {
        "version": application.version,
        "organization": application.organization_id,
        "project": application.project_id,
        "fields": [row.field.name for row in asked],
        "why": why,
        "recipients": list(application.recipients.values_list("pk", flat=True)),
        "recipient_in_china": "yes" if application.recipient_in_china else "no",
        "controls": [name for name, there in application.controls.items() if there],
        **{f"why-{row.field_id}": others[row.field.name] for row in asked if row.field.name in others},
    }
    for name in (
        "purpose",
        "purpose_detail",
        "duty_citation",
        "legal_basis",
        "legal_citation",
        "mode",
        "format",
        "months",
    ):
        found[name] = getattr(application, name)
    answers = application.questionnaire
    found |= {f"level-{code}": str(answer.get("level", "")) for code, answer in answers.items()}
    found["rests_on"], apart = common_reason({code: answer.get("evidence", "") for code, answer in answers.items()})
    found |= {f"evidence-{code}": evidence for code, evidence in apart.items()}
    flags = {value: name for name, value in _FLAGS.items()}
    for factor in MotiveFactor:
        found[f"motive-{factor}"] = flags[application.motive.get(factor.value)]
    return found


class ActForm(forms.Form):
    """What comes with an action. Which of it an action needs is the service's to say."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed to return or reject; the applicant reads it."),
    )
    conditions = forms.CharField(
        label=_("Conditions"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("With an approval: they become part of the grant."),
    )
    bank_reference = forms.CharField(label=_("Reference of the bank transfer"), required=False, max_length=80)
    paid_on = forms.DateField(
        label=_("Day of payment"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Today where it is left empty."),
    )

    def details(self) -> dict[str, Any]:
        """The keyword arguments of `perform`."""
        return dict(self.cleaned_data)


class RaiseForm(forms.Form):
    """Raise one answer, or a whole dimension. Nobody lowers one."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    target = forms.ChoiceField(label=_("What to raise"))
    level = forms.TypedChoiceField(
        label=_("To which level"),
        coerce=int,
        choices=[(level, level) for level in range(2, 5)],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "raise_%s", **kwargs})  # it stands beside the form of the decision
        target = self.fields["target"]
        assert isinstance(target, forms.ChoiceField)
        codes = ("impact", *ImpactQuestion, "likelihood", *LikelihoodQuestion)
        target.choices = [(str(code), words.question(str(code))) for code in codes]


class ProjectForm(OnceForm):
    organization = OrganizationChoice(label=_("Organisation"), queryset=Organization.objects.none(), empty_label=None)
    name = forms.CharField(label=_("Name of the project"), max_length=120)

    def __init__(self, *args: Any, organizations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = organizations
        listed = list(organizations)
        if len(listed) == 1:
            field.widget = forms.HiddenInput()
            self.initial.setdefault("organization", listed[0].pk)


class Amount(forms.DecimalField):
    """An amount in yuan and fen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_digits=14, decimal_places=2, **options)
        self.widget.attrs.update({"inputmode": "decimal"})


class OfferForm(OnceForm):
    dataset = DatasetChoice(
        label=_("Dataset"),
        queryset=Dataset.objects.none(),
        empty_label="—",
        widget=forms.Select(attrs={"data-search": ""}),
    )
    amount = Amount(
        label=_("Price of one use, in CNY"), help_text=_("For industrial use only; other purposes are free by law.")
    )

    def __init__(self, *args: Any, datasets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["dataset"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = datasets


class PriceForm(forms.Form):
    amount = Amount(label=_("Price of one use, in CNY"))
    cap = Amount(label=_("Cap set by the government, in CNY"))
    cost = Amount(label=_("Permitted cost"))
    profit = Amount(label=_("Permitted profit"))
    tax = Amount(label=_("Permitted tax"))
    basis = forms.CharField(label=_("Document that sets the cap"), max_length=500, help_text=_("Its title and number."))


class ListForm(forms.Form):
    """The filters of a list. A value that cannot be one filters nothing."""

    state = forms.ChoiceField(label=_("State"), required=False)
    dataset = DatasetChoice(
        label=_("Dataset"),
        queryset=Dataset.objects.none(),
        required=False,
        empty_label=_("All datasets"),
        widget=forms.Select(attrs={"data-search": ""}),
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        required=False,
        choices=[("", _("All purposes")), *((purpose.value, words.PURPOSES[purpose]) for purpose in Purpose)],
    )

    def __init__(self, *args: Any, states: Iterable[tuple[Any, Any]], datasets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state, dataset = self.fields["state"], self.fields["dataset"]
        assert isinstance(state, forms.ChoiceField)
        assert isinstance(dataset, forms.ModelChoiceField)
        state.choices = [("", _("All states")), *states]
        dataset.queryset = datasets

    def chosen(self) -> dict[str, Any]:
        """What was chosen and can be used."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
