"""The filters of privacy's lists."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field

from catalog.api.filtering import BooleanFilter, ChoiceFilter, CodeFilter, FilterSet, IdFilter
from catalog.jobs.models import JobState
from privacy.models import FieldRole, FindingState


class ScanFilter(FilterSet):  # type: ignore[misc]  # the library is untyped
    distribution = IdFilter(field_name="distribution_id")
    state = ChoiceFilter(field_name="job__state", choices=JobState.choices)


class FindingFilter(FilterSet):  # type: ignore[misc]
    distribution = IdFilter(field_name="distribution_id")
    state = ChoiceFilter(choices=FindingState.choices)
    entity_type = CodeFilter(max_length=40)
    role = ChoiceFilter(choices=FieldRole.choices)
    awaiting_review = BooleanFilter(method="waiting", label="Nobody has decided, or a second person has to.")

    came_back = BooleanFilter(
        method="returned", label="Decided once, and asked again because a scan has seen something else since."
    )

    @extend_schema_field(bool)
    def returned(self, findings: Any, _name: str, wanted: bool) -> Any:
        return findings.came_back() if wanted else findings

    @extend_schema_field(bool)
    def waiting(self, findings: Any, _name: str, wanted: bool) -> Any:
        return findings.awaiting_review() if wanted else findings


class ProtectionFilter(FilterSet):  # type: ignore[misc]
    distribution = IdFilter(field_name="distribution_id")


class ScheduleFilter(FilterSet):  # type: ignore[misc]
    distribution = IdFilter(field_name="distribution_id")
    stopped = BooleanFilter(method="that_stopped", label="Those that do not run any more.")

    @extend_schema_field(bool)
    def that_stopped(self, schedules: Any, _name: str, wanted: bool) -> Any:
        return schedules.exclude(stopped_because="") if wanted else schedules.filter(stopped_because="")
