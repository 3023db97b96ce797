"""The filters of the catalogue's lists."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field

from catalog.api.filtering import (
    BooleanFilter,
    CharFilter,
    ChoiceFilter,
    CodeFilter,
    FilterSet,
    IdFilter,
    IsoDateTimeFilter,
)
from catalog.datasets.browsing import holding, in_format
from catalog.datasets.models import DatasetState, Grade, Price, ShareType, SourceKind, UpdateCycle
from catalog.datasets.search import matching
from catalog.jobs.models import JobState
from catalog.ledger.exporting import ExportForm
from catalog.ledger.reading import LedgerQuery, narrowed
from catalog.people.models import Organization, OrganizationKind, Role

_IS_OBJECT = RegexValidator(
    r"\A[a-z]{1,40}:[0-9A-Za-z-]{1,40}\Z", _("Give the kind of object and its id, for example application:12.")
)


class DatasetFilter(FilterSet):  # type: ignore[misc]  # the library is untyped
    """`q` searches titles, abstracts, keywords, provider and fields; the best match comes first."""

    q = CharFilter(method="search", max_length=200, label="Words to find, all of them.")
    share_type = ChoiceFilter(choices=ShareType.choices)
    price = ChoiceFilter(choices=Price.choices, label="What industrial use costs; every other use is free.")
    theme = CodeFilter(max_length=40)
    grade = ChoiceFilter(field_name="heaviest_grade", choices=Grade.choices, label="The grade of the gravest field.")
    provider = IdFilter(field_name="provider_id")
    state = ChoiceFilter(choices=DatasetState.choices)
    entity_type = CodeFilter(method="holding", max_length=40, label="Datasets with a field of this entity type.")
    update_cycle = ChoiceFilter(choices=UpdateCycle.choices)
    open_to_public = BooleanFilter()
    format = CodeFilter(method="in_format", max_length=20, label="Datasets with a table in this format.")

    @extend_schema_field(str)
    def search(self, datasets: Any, _name: str, words: str) -> Any:
        return matching(datasets, words)

    @extend_schema_field(str)
    def holding(self, datasets: Any, _name: str, entity_type: str) -> Any:
        return holding(datasets, entity_type)

    @extend_schema_field(str)
    def in_format(self, datasets: Any, _name: str, form: str) -> Any:
        return in_format(datasets, form)


class OrganizationFilter(FilterSet):  # type: ignore[misc]
    q = CharFilter(method="search", max_length=100, label="A part of the name.")
    kind = ChoiceFilter(choices=OrganizationKind.choices)
    parent = IdFilter(field_name="parent_id")
    under = IdFilter(method="below", label="Everything below this organisation, at any depth.")

    @extend_schema_field(str)
    def search(self, organizations: Any, _name: str, words: str) -> Any:
        return organizations.filter(Q(name__icontains=words) | Q(name_en__icontains=words))

    @extend_schema_field(int)
    def below(self, organizations: Any, _name: str, root: int) -> Any:
        top = Organization.objects.filter(pk=root).first()
        if top is None:
            return organizations.none()
        below = Organization.objects.descendants(top, include_self=False).values_list("pk", flat=True)
        return organizations.filter(pk__in=list(below))


class UserFilter(FilterSet):  # type: ignore[misc]
    q = CharFilter(method="search", max_length=100, label="A part of the user name or the display name.")
    organization = IdFilter(method="of_organization", label="People who hold a role there.")
    role = ChoiceFilter(method="with_role", choices=Role.choices)

    @extend_schema_field(str)
    def search(self, users: Any, _name: str, words: str) -> Any:
        return users.filter(Q(username__icontains=words) | Q(display_name__icontains=words))

    @extend_schema_field(int)
    def of_organization(self, users: Any, _name: str, organization: int) -> Any:
        held = _active_memberships(users).filter(organization_id=organization)
        return users.filter(Exists(held))

    @extend_schema_field({"type": "string", "enum": Role.values})
    def with_role(self, users: Any, _name: str, role: str) -> Any:
        return users.filter(Exists(_active_memberships(users).filter(role=role)))


def _active_memberships(users: Any) -> Any:
    return users.model.memberships.rel.related_model.objects.active().filter(user=OuterRef("pk"))


class MembershipFilter(FilterSet):  # type: ignore[misc]
    user = IdFilter(field_name="user_id")
    organization = IdFilter(field_name="organization_id")
    role = ChoiceFilter(choices=Role.choices)
    active = BooleanFilter(field_name="ended_at", lookup_expr="isnull", label="Only roles that have not ended.")


class SourceFilter(FilterSet):  # type: ignore[misc]
    organization = IdFilter(field_name="organization_id")
    kind = ChoiceFilter(choices=SourceKind.choices)
    retired = BooleanFilter(
        field_name="retired_at", lookup_expr="isnull", exclude=True, label="Only those that were retired."
    )


class GradeProposalFilter(FilterSet):  # type: ignore[misc]
    dataset = IdFilter(field_name="field__distribution__dataset_id")
    open = BooleanFilter(field_name="accepted", lookup_expr="isnull", label="Only those that wait for a second person.")


class EndingProposalFilter(FilterSet):  # type: ignore[misc]
    dataset = IdFilter(field_name="right__dataset_id")
    open = BooleanFilter(field_name="accepted", lookup_expr="isnull", label="Only those that wait for the holder.")


class LedgerFilter(FilterSet):  # type: ignore[misc]
    """Read as one question to the ledger, the same that its page asks."""

    object = CharFilter(max_length=81, validators=[_IS_OBJECT], label="`type:id`, for example `application:12`.")
    action = CodeFilter(
        max_length=60, label="One act, or a group of them by its prefix: `dataset.published`, `dataset`."
    )
    actor = IdFilter(field_name="actor_id")
    organization = IdFilter(field_name="organization_id", label="Whose data it concerned, or the other side.")
    since = IsoDateTimeFilter(field_name="occurred_at", lookup_expr="gte")
    until = IsoDateTimeFilter(field_name="occurred_at", lookup_expr="lte")

    @property
    def query(self) -> LedgerQuery:
        said = self.form.cleaned_data
        object_type, _colon, object_id = (said["object"] or "").partition(":")
        return LedgerQuery(
            object_type=object_type,
            object_id=object_id,
            action=said["action"] or "",
            person=said["actor"],
            organization=said["organization"],
            since=said["since"],
            until=said["until"],
        )

    def filter_queryset(self, entries: Any) -> Any:
        return narrowed(entries, self.query)


class LedgerFileFilter(LedgerFilter):
    """The same, for the lines as a file."""

    format = ChoiceFilter(
        choices=[(form.value, form.value) for form in ExportForm], label="`csv` where it is not said."
    )

    @property
    def file_form(self) -> ExportForm:
        return ExportForm(self.form.cleaned_data["format"] or ExportForm.CSV)


class JobFilter(FilterSet):  # type: ignore[misc]
    state = ChoiceFilter(choices=JobState.choices)
    kind = CodeFilter(max_length=40)
    mine = BooleanFilter(method="by_me", label="Those that the reader has asked for.")

    @extend_schema_field(bool)
    def by_me(self, jobs: Any, _name: str, wanted: bool) -> Any:
        return jobs.filter(requested_by=self.request.user) if wanted else jobs
