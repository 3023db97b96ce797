"""The forms about a dataset: its record, its rights, its fields and grades. What they mean is checked by the services.

Forms that bring a source in are in `source_forms`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.datasets.browsing import Criteria, Order
from catalog.datasets.lineage import LinkKind
from catalog.datasets.models import (
    AffectedObject,
    DataField,
    Dataset,
    DatasetState,
    Distribution,
    Grade,
    Impact,
    Price,
    RightKind,
    ShareMode,
    ShareType,
    SubjectKind,
    UpdateCycle,
)
from catalog.exchange.cells import list_cell, parse_list
from catalog.messages import MessageError
from catalog.pages.acts import OnceForm
from catalog.pages.addresses import GREATEST_ID
from catalog.pages.wording import DATA_TYPES, THEMES
from catalog.people.models import Organization
from catalog.templatetags.canglang import named, titled

ORDERS = [(Order.RELEVANCE, _("Best match")), (Order.NEWEST, _("Newest")), (Order.TITLE, _("Title"))]


class DateInput(forms.DateInput):
    """A date as browsers take it, whatever the reader's language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class OrganizationChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    """An organisation by its name in the reader's language, in a box that can be searched."""

    def __init__(self, queryset: Any = None, **options: Any) -> None:
        rows = Organization.objects.filter(is_active=True) if queryset is None else queryset
        super().__init__(rows, widget=forms.Select({"data-search": True}), **options)

    def label_from_instance(self, obj: Any) -> str:
        return named(obj)


class CriteriaForm(forms.Form):
    """What the address of the catalogue asks for. A value that cannot be one narrows nothing."""

    q = forms.CharField(max_length=200, required=False)
    provider = forms.IntegerField(min_value=1, max_value=GREATEST_ID, required=False)
    theme = forms.CharField(max_length=40, required=False)
    share_type = forms.ChoiceField(choices=ShareType.choices, required=False)
    price = forms.ChoiceField(choices=Price.choices, required=False)
    grade = forms.ChoiceField(choices=Grade.choices, required=False)
    entity_type = forms.CharField(max_length=40, required=False)
    format = forms.CharField(max_length=20, required=False)
    update_cycle = forms.ChoiceField(choices=UpdateCycle.choices, required=False)
    state = forms.ChoiceField(choices=DatasetState.choices, required=False)
    sort = forms.ChoiceField(choices=ORDERS, required=False)

    @property
    def criteria(self) -> Criteria:
        self.is_valid()
        said = {name: value for name, value in self.cleaned_data.items() if value}
        # Too long to be searched for: its beginning is.
        if "q" in self.errors:
            said["q"] = str(self.data.get("q", "")).replace("\0", "").strip()[:200]
        return Criteria(**{name: said[name] for name in Criteria.__dataclass_fields__ if name in said})

    @property
    def order(self) -> Order:
        """As asked for; without words there is no best match, and the newest come first."""
        criteria = self.criteria
        wanted = Order(self.cleaned_data.get("sort") or (Order.RELEVANCE if criteria.q else Order.NEWEST))
        return Order.NEWEST if wanted == Order.RELEVANCE and not criteria.q else wanted


class KeywordsField(forms.CharField):
    """Words parted by semicolons or commas, Chinese or not."""

    def prepare_value(self, value: Any) -> Any:
        return list_cell(value).rstrip("; ") if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        try:
            return parse_list(super().clean(value) or "")
        except MessageError as error:
            raise forms.ValidationError(str(error)) from error


class RecordForm(forms.Form):
    """The standard record (政务信息资源目录编制指南). A draft may be put away unfinished: then only what is wrong counts."""

    revision = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    title = forms.CharField(
        label=_("Title"), max_length=200, help_text=_("What a colleague in another department would look for.")
    )
    title_en = forms.CharField(label=_("Title in English"), max_length=200, required=False)
    abstract = forms.CharField(
        label=_("Abstract"),
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("What one row is, whom or what the table covers, since when, and how it came about."),
    )
    abstract_en = forms.CharField(
        label=_("Abstract in English"), max_length=4000, required=False, widget=forms.Textarea({"rows": 3})
    )
    category = forms.RegexField(
        label=_("Category code"),
        regex=r"^[0-9][0-9/]*$",
        max_length=20,
        widget=forms.TextInput({"list": "categories", "autocomplete": "off"}),
        help_text=_("Class (1 base, 2 thematic, 3 departmental), item, subject: 104001 or 3/05/01."),
        error_messages={"invalid": _("Digits, parted by / if you like; the first is the class: 1, 2 or 3.")},
    )
    theme = forms.ChoiceField(label=_("Theme"), required=False)
    keywords = KeywordsField(
        label=_("Keywords"), max_length=1500, required=False, help_text=_("Parted by semicolons or commas.")
    )
    share_type = forms.ChoiceField(label=_("Share type"), choices=ShareType.choices, widget=forms.RadioSelect)
    share_condition = forms.CharField(
        label=_("Share condition"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Who may use it, and for what. Needed for conditional sharing."),
    )
    share_citation = forms.CharField(
        label=_("Ground for withholding"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("The law, regulation or State Council document, with its article. Needed for what is withheld."),
    )
    share_mode = forms.ChoiceField(label=_("Share mode"), choices=ShareMode.choices)
    update_cycle = forms.ChoiceField(label=_("Update cycle"), choices=[("", "—"), *UpdateCycle.choices])
    open_to_public = forms.BooleanField(label=_("Open to the public"), required=False)
    open_condition = forms.CharField(label=_("Condition of opening"), max_length=1000, required=False)
    issued = forms.DateField(
        label=_("Date of issue"),
        required=False,
        widget=DateInput(),
        help_text=_("Left empty, it is the day of publication."),
    )

    def __init__(self, *arguments: Any, unfinished: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        present = str(self.initial.get("theme") or "")
        others = [] if present in THEMES or not present else [(present, present)]
        self.fields["theme"].choices = [("", "—"), *THEMES.items(), *others]  # type: ignore[attr-defined]
        if unfinished:
            for name in ("abstract", "share_type", "update_cycle"):
                self.fields[name].required = False

    @property
    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "revision"}


def record_initial(dataset: Dataset) -> dict[str, Any]:
    """What the record says now."""
    return {name: getattr(dataset, name) for name in RecordForm.base_fields}


class ReasonForm(forms.Form):
    """Why; for what is returned, suspended or retired."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea({"rows": 3}))


class RightForm(OnceForm):
    """One of the three rights: who has it, on what ground, from when to when."""

    kind = forms.ChoiceField(label=_("Right"), choices=RightKind.choices)
    holder = OrganizationChoice(label=_("Holder"))
    basis = forms.CharField(
        label=_("Basis"),
        max_length=500,
        help_text=_("The document on which the right rests, with its number and article."),
    )
    scope = forms.CharField(label=_("Scope"), max_length=500, required=False, help_text=_("Empty: the whole dataset."))
    valid_from = forms.DateField(label=pgettext_lazy("right", "From"), widget=DateInput())
    valid_to = forms.DateField(
        label=_("Until"), required=False, widget=DateInput(), help_text=_("The last day; empty for open-ended.")
    )
    exclusive = forms.BooleanField(label=_("Nobody else holds it in that time"), required=False)
    transferable = forms.BooleanField(label=_("May be passed on"), required=False)
    sublicensable = forms.BooleanField(label=_("Others may be licensed"), required=False)


class DatasetChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic only in the stubs
    """A dataset by its title in the reader's language and its code, in a box that can be searched."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Dataset.objects.none(), widget=forms.Select({"data-search": True}), **options)

    def label_from_instance(self, obj: Any) -> str:
        return f"{titled(obj)} · {obj.code}"


class LinkForm(OnceForm):
    """What the dataset is related to, or was derived from."""

    kind = forms.ChoiceField(
        label=_("This dataset is"), choices=LinkKind.choices, widget=forms.Select({"autofocus": True})
    )
    target = DatasetChoice(label=_("Dataset"))

    def __init__(self, *arguments: Any, others: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["target"].queryset = others  # type: ignore[attr-defined]


class DescribeForm(forms.Form):
    """What one column is called in words, and its catalogue type. One form a column, told apart by prefix."""

    label = forms.CharField(max_length=255, required=False, widget=forms.TextInput({"class": "plain-input"}))
    data_type = forms.ChoiceField(
        choices=[(code, format_lazy("{} · {}", code, word)) for code, word in DATA_TYPES.items()],
        widget=forms.Select({"class": "plain-input"}),
    )

    def __init__(self, data: Any = None, *, field: DataField) -> None:
        super().__init__(data, initial={"label": field.label, "data_type": field.data_type}, prefix=f"field-{field.pk}")
        self.field = field
        self.fields["label"].widget.attrs["aria-label"] = _("Name in words of %(name)s") % {"name": field.name}
        self.fields["data_type"].widget.attrs["aria-label"] = _("Type of %(name)s") % {"name": field.name}


def describe_forms(distributions: Iterable[Distribution], data: Any = None) -> list[DescribeForm]:
    """One form for each column of these tables."""
    return [DescribeForm(data, field=field) for table in distributions for field in table.fields.all()]


class GradeForm(forms.Form):
    """A field's grade with the object affected, the degree of impact and the reason (GB/T 43697-2024)."""

    grade = forms.ChoiceField(label=_("Grade"), choices=Grade.choices)
    affected_object = forms.ChoiceField(
        label=_("Who or what is harmed if it gets out"), choices=[("", "—"), *AffectedObject.choices]
    )
    impact = forms.ChoiceField(label=_("How badly"), choices=[("", "—"), *Impact.choices])
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea({"rows": 3}))


class FieldOfTableChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A field of one table, by its name in words."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.label} · {obj.name}" if obj.label and obj.label != obj.name else str(obj.name)


class SubjectForm(forms.Form):
    """Whom a row is about, and the field that tells one from another."""

    kind = forms.ChoiceField(label=_("A row is about"), choices=SubjectKind.choices, widget=forms.RadioSelect)
    field = FieldOfTableChoice(
        queryset=DataField.objects.none(),
        label=_("The field that tells one from another"),
        required=False,
        empty_label="—",
        help_text=_("An ID number or a code. Left empty only where a row is about nobody."),
    )

    def __init__(self, *arguments: Any, distribution: Distribution, **options: Any) -> None:
        super().__init__(*arguments, **options)
        fields = DataField.objects.filter(distribution=distribution).order_by("position")
        self.fields["field"].queryset = fields  # type: ignore[attr-defined]
