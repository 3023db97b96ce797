"""Applications: what the applicant writes, and everything that is shown of one to those who may see it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.api.serializers.answers import ControlsSerializer, MotiveSerializer, QuestionnaireSerializer
from access.api.serializers.assessments import (
    NO_EARLIER_FIGURES,
    NO_FIGURES,
    AssessmentSerializer,
    DecisionSerializer,
    EarlierAssessmentSerializer,
    GrantSerializer,
    OrderSerializer,
)
from access.api.serializers.offers import PURPOSES, ProjectReferenceSerializer
from access.filters import parse_filter
from access.models import Application, ApplicationField, Assessment, LegalBasis, Project, ReleaseFormat, ReleaseMode
from access.policies import hidden_figures, sides_of
from access.services.applications import WRITTEN, filter_fields
from access.services.deciding import outstanding_sides
from access.workflow import DECIDERS, Side, State, allowed_actions
from catalog.api.errors import render_message
from catalog.api.resources import VisibleField
from catalog.api.serializers.datasets import DatasetReferenceSerializer
from catalog.api.serializers.people import OrganizationReferenceSerializer, PersonSerializer
from catalog.api.serializers.records import TimelineEntrySerializer
from catalog.api.visibility import every_organization, visible_distributions
from catalog.datasets.models import Dataset, Distribution
from catalog.ledger.models import LedgerEntry
from catalog.messages import MessageError
from catalog.people.models import Organization, User

# A note under one of these codes is what a person wrote; under any other it is a message of the program.
_WRITTEN_NOTES = frozenset({"", "returned", "rejected", "revoked"})


class RequestedFieldSerializer(serializers.ModelSerializer[ApplicationField]):
    """A field asked for, and why."""

    name = serializers.CharField(source="field.name", read_only=True)
    label = serializers.CharField(source="field.label", read_only=True)  # type: ignore[assignment]  # the API's name for it

    class Meta:
        model = ApplicationField
        fields = ("name", "label", "justification")
        read_only_fields = fields


class FrozenQuoteSerializer(serializers.Serializer[Any]):
    """The price as it was when the application was submitted."""

    amount = serializers.CharField()
    currency = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    offer = serializers.IntegerField(allow_null=True)
    frozen_at = serializers.DateTimeField()


class ApplicationSummarySerializer(serializers.ModelSerializer[Application]):
    """A row of the list."""

    dataset = DatasetReferenceSerializer(source="distribution.dataset", read_only=True)
    organization = OrganizationReferenceSerializer(read_only=True)
    applicant = PersonSerializer(read_only=True)
    project = ProjectReferenceSerializer(read_only=True)
    expired = serializers.SerializerMethodField(help_text="Granted, and past its last day.")
    release = serializers.SerializerMethodField(help_text="The id of the release, once there is one.")

    class Meta:
        model = Application
        fields: tuple[str, ...] = (
            "id",
            "state",
            "expired",
            "version",
            "dataset",
            "distribution",
            "organization",
            "applicant",
            "project",
            "purpose",
            "mode",
            "format",
            "months",
            "created_at",
            "submitted_at",
            "release",
        )
        read_only_fields = fields

    def get_expired(self, application: Application) -> bool:
        grant = getattr(application, "grant", None)
        return application.state == State.GRANTED and grant is not None and grant.valid_until < timezone.localdate()

    def get_release(self, application: Application) -> int | None:
        release = getattr(getattr(application, "grant", None), "release", None)
        return release.pk if release else None


class ApplicationSerializer(ApplicationSummarySerializer):
    """An application with its assessment, decisions and timeline, and what the reader may do with it now."""

    fields_ = RequestedFieldSerializer(source="requested_fields", many=True, read_only=True)
    recipients = PersonSerializer(many=True, read_only=True)
    questionnaire = QuestionnaireSerializer(read_only=True)
    controls = ControlsSerializer(read_only=True)
    motive = MotiveSerializer(read_only=True)
    row_filter = serializers.SerializerMethodField(help_text="The tree, for the applicant and those who decide.")
    row_filter_description = serializers.SerializerMethodField(help_text="Its fields and operators, without values.")
    quote = FrozenQuoteSerializer(read_only=True, allow_null=True)
    note = serializers.SerializerMethodField(help_text="The last reason given.")
    allowed_actions = serializers.SerializerMethodField()
    sides = serializers.SerializerMethodField(help_text="Where the reader stands.")
    outstanding = serializers.SerializerMethodField(help_text="The sides whose signature is missing.")
    assessment = serializers.SerializerMethodField()
    earlier_assessments = serializers.SerializerMethodField(help_text="Those made before it, the newest first.")
    decisions = DecisionSerializer(many=True, read_only=True)
    order = serializers.SerializerMethodField()
    grant = serializers.SerializerMethodField()
    timeline = serializers.SerializerMethodField()

    class Meta(ApplicationSummarySerializer.Meta):
        fields = (
            *ApplicationSummarySerializer.Meta.fields,
            "allowed_actions",
            "sides",
            "outstanding",
            "purpose_detail",
            "duty_citation",
            "legal_basis",
            "legal_citation",
            "recipient_in_china",
            "fields_",
            "recipients",
            "row_filter",
            "row_filter_description",
            "questionnaire",
            "controls",
            "motive",
            "quote",
            "note",
            "note_code",
            "assessment",
            "earlier_assessments",
            "decisions",
            "order",
            "grant",
            "timeline",
        )
        read_only_fields = fields

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # A serializer cannot declare a field called `fields`: the name is its own.
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found

    @cached_property
    def _sides(self) -> frozenset[Side]:
        assert isinstance(self.instance, Application)
        return sides_of(self.context["actor"], self.instance)

    @cached_property
    def _hidden(self) -> frozenset[int]:
        """The assessments whose figures the reader does not see."""
        assert isinstance(self.instance, Application)
        return hidden_figures(self.context["actor"], self.instance, self._assessments)

    @cached_property
    def _assessments(self) -> list[Assessment]:
        """The newest first."""
        assert isinstance(self.instance, Application)
        return list(self.instance.assessments.select_related("job", "artefact").order_by("-number"))

    def get_allowed_actions(self, application: Application) -> list[str]:
        return [str(action) for action in allowed_actions(State(application.state), self._sides)]

    def get_sides(self, _application: Application) -> list[str]:
        return [str(side) for side in Side if side in self._sides]

    def get_outstanding(self, application: Application) -> list[str]:
        if application.state != State.DECIDING or any(item.pk in self._hidden for item in self._assessments[:1]):
            return []
        missing = outstanding_sides(application)
        return [str(side) for side in Side if side in missing]

    @extend_schema_field({"type": ["object", "null"]})
    def get_row_filter(self, application: Application) -> Any:
        sees = self.context["actor"].pk == application.applicant_id or bool(self._sides & DECIDERS)
        return application.row_filter if sees else None

    def get_row_filter_description(self, application: Application) -> str | None:
        if application.row_filter is None:
            return None
        try:
            return parse_filter(application.row_filter, filter_fields(application)).describe()
        except MessageError:
            # The table's fields or their roles are no longer those the filter was written for.
            return ""

    def get_note(self, application: Application) -> str:
        if application.note_code in _WRITTEN_NOTES:
            return application.note
        assessment = application.assessments.filter(job__error_code=application.note_code).select_related("job").first()
        return render_message(application.note, assessment.job.error_params if assessment else {})

    @extend_schema_field(AssessmentSerializer(allow_null=True))
    def get_assessment(self, application: Application) -> Any:
        if not self._assessments:
            return None
        found = AssessmentSerializer(self._assessments[0], context=self.context).data
        return {**found, **NO_FIGURES} if found["id"] in self._hidden else found

    @extend_schema_field(EarlierAssessmentSerializer(many=True))
    def get_earlier_assessments(self, _application: Application) -> Any:
        found = EarlierAssessmentSerializer(self._assessments[1:], many=True).data
        return [{**one, **NO_EARLIER_FIGURES} if one["id"] in self._hidden else one for one in found]

    @extend_schema_field(OrderSerializer(allow_null=True))
    def get_order(self, application: Application) -> Any:
        order = getattr(application, "order", None)
        return OrderSerializer(order).data if order else None

    @extend_schema_field(GrantSerializer(allow_null=True))
    def get_grant(self, application: Application) -> Any:
        grant = getattr(application, "grant", None)
        return GrantSerializer(grant).data if grant else None

    @extend_schema_field(TimelineEntrySerializer(many=True))
    def get_timeline(self, application: Application) -> Any:
        entries = LedgerEntry.objects.about(application).select_related("actor")
        found = TimelineEntrySerializer(entries, many=True).data
        return [{**entry, "details": {}} for entry in found] if self._hidden else found


class FieldAskedForSerializer(serializers.Serializer[Any]):
    """A field by its name, and why it is needed. A bare name may stand in place of the object."""

    name = serializers.CharField(max_length=255)
    justification = serializers.CharField(max_length=500, allow_blank=True, default="")

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({"name": data} if isinstance(data, str) else data)


class _WrittenSerializer(serializers.Serializer[Any]):
    """What the applicant writes, in a first draft and when it is changed."""

    default_error_messages = {
        "not_members": _("Every recipient is a member of the organisation that applies."),
        "field_twice": _("A field is asked for twice."),
        "one_table": _("Name the distribution, or the dataset."),
        "no_table": _("The dataset has no table."),
    }

    fields_ = FieldAskedForSerializer(many=True, allow_empty=False)
    recipients = serializers.ListField(
        child=serializers.CharField(max_length=150),
        max_length=100,
        required=False,
        help_text="User names; the applicant where nobody is named.",
    )
    purpose = serializers.ChoiceField(choices=PURPOSES)
    purpose_detail = serializers.CharField(max_length=2000)
    duty_citation = serializers.CharField(max_length=500)
    legal_basis = serializers.ChoiceField(choices=LegalBasis.choices)
    legal_citation = serializers.CharField(max_length=500)
    recipient_in_china = serializers.BooleanField()
    mode = serializers.ChoiceField(choices=ReleaseMode.choices, required=False)
    format = serializers.ChoiceField(choices=ReleaseFormat.choices, required=False)
    months = serializers.IntegerField(min_value=1, max_value=24)
    questionnaire = QuestionnaireSerializer(required=False)
    controls = ControlsSerializer(required=False)
    motive = MotiveSerializer(required=False)
    row_filter = serializers.DictField(
        required=False, allow_null=True, help_text='`{"all": [{"field": …, "op": "in", "value": […]}, …]}`'
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        found = super().get_fields()
        found["fields"] = found.pop("fields_")
        return found

    def applying(self, attrs: dict[str, Any]) -> Organization:
        """The organisation that applies."""
        raise NotImplementedError

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Into what the services take: `fields` as a mapping, `recipients` as people, the rest under `values`."""
        taken = {name: value for name, value in attrs.items() if name not in WRITTEN}
        taken["values"] = {name: attrs[name] for name in WRITTEN if name in attrs}
        taken["fields"], taken["recipients"] = None, None
        if "fields" in attrs:
            taken["fields"] = {item["name"]: item["justification"] for item in attrs["fields"]}
            if len(taken["fields"]) != len(attrs["fields"]):
                self._refuse("fields", "field_twice")
        if "recipients" in attrs:
            taken["recipients"] = self._people(attrs["recipients"], self.applying(attrs))
        return taken

    def _people(self, names: list[str], organization: Organization) -> list[User]:
        """The named members of the organisation. A name of nobody, and of somebody elsewhere, is refused in the same words."""
        members = User.objects.filter(
            username__in=names,
            memberships__organization=organization,
            memberships__ended_at__isnull=True,
            is_active=True,
        ).distinct()
        found = list(members)
        if {user.username for user in found} != set(names):
            self._refuse("recipients", "not_members")
        return found

    def _refuse(self, name: str, key: str) -> None:
        raise serializers.ValidationError({name: [self.error_messages[key]]})


class ApplicationBodySerializer(_WrittenSerializer):
    """A draft. Name the `distribution`, or the `dataset` for its first one; without a `project` one is opened."""

    organization = VisibleField(Organization, every_organization)
    distribution = VisibleField(Distribution, visible_distributions, required=False)
    dataset = VisibleField(Dataset, Dataset.objects.visible_to, required=False)
    project = VisibleField(Project, Project.objects.visible_to, required=False, allow_null=True)

    def applying(self, attrs: dict[str, Any]) -> Organization:
        organization: Organization = attrs["organization"]
        return organization

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        taken = super().validate(attrs)
        dataset, distribution = taken.pop("dataset", None), taken.get("distribution")
        if (dataset is None) == (distribution is None):
            self._refuse("distribution", "one_table")
        if dataset is not None:
            taken["distribution"] = dataset.distributions.select_related("dataset__provider", "source").first()
            if taken["distribution"] is None:
                self._refuse("dataset", "no_table")
        return {**taken, "project": taken.get("project"), "recipients": taken["recipients"] or []}


class ApplicationChangeSerializer(_WrittenSerializer):
    """What to change in a draft or a returned application. `version` is the one that was read."""

    version = serializers.IntegerField(min_value=1)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        found = super().get_fields()
        for name, field in found.items():
            field.required = name == "version"
        return found

    def applying(self, attrs: dict[str, Any]) -> Organization:
        organization: Organization = self.context["application"].organization
        return organization


class ActionBodySerializer(serializers.Serializer[Any]):
    """What comes with an action. `version` is the one that was read."""

    version = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=500, allow_blank=True, default="", help_text="return, reject, revoke")
    conditions = serializers.CharField(max_length=1000, allow_blank=True, default="", help_text="approve")
    bank_reference = serializers.CharField(max_length=80, allow_blank=True, default="", help_text="confirm_payment")
    paid_on = serializers.DateField(
        allow_null=True, default=None, help_text="confirm_payment; today where it is left out"
    )


class RaiseBodySerializer(serializers.Serializer[Any]):
    """Raise one of the eight answers, or a whole dimension (`impact`, `likelihood`)."""

    version = serializers.IntegerField(min_value=1)
    target = serializers.CharField(max_length=40)
    level = serializers.IntegerField(min_value=1, max_value=4)
    reason = serializers.CharField(max_length=500)
