"""The filters of the catalogue's lists."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
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
from catalog.datasets.models import DatasetState, Grade, ShareType, SourceKind, UpdateCycle
from catalog.datasets.search import matching
from catalog.jobs.models import JobState
from catalog.people.models import Organization, OrganizationKind, Role

_OBJECT = re.compile(r"[a-z]{1,40}:[0-9A-Za-z-]{1,40}")


class DatasetFilter(FilterSet):  # type: ignore[misc]  # the library is untyped
    """`q` searches titles, abstracts, keywords, provider and fields; the best match comes first."""

    q = CharFilter(method="search", max_length=200, label="Words to find, all of them.")
    share_type = ChoiceFilter(choices=ShareType.choices)
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


class DatasetPartFilter(FilterSet):  # type: ignore[misc]
    """For what belongs to a dataset."""

    dataset = IdFilter(field_name="dataset_id")


class GradeProposalFilter(FilterSet):  # type: ignore[misc]
    dataset = IdFilter(field_name="field__distribution__dataset_id")
    open = BooleanFilter(field_name="accepted", lookup_expr="isnull", label="Only those that wait for a second person.")


class LedgerFilter(FilterSet):  # type: ignore[misc]
    object = CharFilter(method="about", max_length=81, label="`type:id`, for example `application:12`.")
    action = CodeFilter(max_length=60)
    actor = IdFilter(field_name="actor_id")
    since = IsoDateTimeFilter(field_name="occurred_at", lookup_expr="gte")
    until = IsoDateTimeFilter(field_name="occurred_at", lookup_expr="lte")

    @extend_schema_field(str)
    def about(self, entries: Any, _name: str, named: str) -> Any:
        if not _OBJECT.fullmatch(named):
            raise ValidationError({"object": [_("Give the kind of object and its id, for example application:12.")]})
        object_type, object_id = named.split(":")
        return entries.filter(object_type=object_type, object_id=object_id)


class JobFilter(FilterSet):  # type: ignore[misc]
    state = ChoiceFilter(choices=JobState.choices)
    kind = CodeFilter(max_length=40)
