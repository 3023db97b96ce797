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

    @extend_schema_field(bool)
    def waiting(self, findings: Any, _name: str, wanted: bool) -> Any:
        return findings.awaiting_review() if wanted else findings


class ProtectionFilter(FilterSet):  # type: ignore[misc]
    distribution = IdFilter(field_name="distribution_id")
