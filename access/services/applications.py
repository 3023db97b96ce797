"""Writing an application: a draft anyone with the requester's role makes, and edits until it is submitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from django.core.exceptions import ValidationError
from django.db import transaction

from access.filters import FilterField, parse_filter
from access.models import Application, ApplicationField, Project, ReleaseMode
from access.services.projects import open_project
from access.workflow import State
from catalog.datasets.models import DataField, DatasetState, Distribution
from catalog.errors import InvalidInput, StaleVersion, WrongState
from catalog.ledger.services import record
from catalog.messages import MessageError, gettext_noop
from catalog.people.models import Membership, Organization, User
from catalog.people.policies import require

# What the applicant writes; the rest of the row is the workflow's.
WRITTEN = (
    "purpose",
    "purpose_detail",
    "duty_citation",
    "legal_basis",
    "legal_citation",
    "recipient_in_china",
    "mode",
    "format",
    "months",
    "questionnaire",
    "controls",
    "motive",
    "row_filter",
)
# JSON with a shape of its own: the questionnaire is read at submission, the filter with the fields it may use.
SHAPED = frozenset({"questionnaire", "controls", "motive", "row_filter"})
LONGEST_MONTHS = 24  # house rule: what a low risk allows (standards §5 F)
LONGEST_PURPOSE = 2000  # a model's text field does not hold its own limit


@transaction.atomic
def write_application(
    *,
    actor: User,
    organization: Organization,
    distribution: Distribution,
    project: Project | None,
    fields: Mapping[str, str],
    recipients: Iterable[User],
    values: Mapping[str, Any],
) -> Application:
    """Make a draft. `fields` maps a field's name to why it is needed. Without a project one is opened for it."""
    require(actor, "application.write", organization)
    if distribution.dataset.state != DatasetState.PUBLISHED:
        raise WrongState(
            gettext_noop("The dataset is not published, so its use cannot be applied for."),
            code="dataset_not_published",
        )
    if project is None:
        count = Project.objects.filter(organization=organization).count()
        project = open_project(
            actor=actor, organization=organization, name=f"{distribution.dataset.title[:100]} {count + 1}"
        )
    elif project.organization_id != organization.pk:
        raise InvalidInput(fields={"project": [gettext_noop("The project is another organisation's.")]})
    application = Application(
        project=project,
        organization=organization,
        applicant=actor,
        distribution=distribution,
        **{name: values[name] for name in WRITTEN if name in values},
    )
    _check_values(application)
    application.save()
    _write_fields(application, fields)
    _write_recipients(application, recipients)
    _check_mode(application)
    _check_filter(application)
    _record(actor, application, "application.drafted")
    return application


@transaction.atomic
def edit_application(
    *,
    actor: User,
    application: Application,
    version: int,
    fields: Mapping[str, str] | None,
    recipients: Iterable[User] | None,
    values: Mapping[str, Any],
) -> Application:
    """Change a draft or a returned application. `version` is the one the applicant read."""
    require(actor, "application.edit", application)
    application = lock_application(application)
    if application.state not in (State.DRAFT, State.RETURNED):
        raise WrongState(state=application.state)
    if application.version != version:
        raise StaleVersion
    for name in WRITTEN:
        if name in values:
            setattr(application, name, values[name])
    application.version += 1
    _check_values(application)
    application.save()
    if fields is not None:
        _write_fields(application, fields)
    if recipients is not None:
        _write_recipients(application, recipients)
    _check_mode(application)
    _check_filter(application)
    _record(actor, application, "application.edited")
    return application


def lock_application(application: Application) -> Application:
    """The row, locked for the rest of the transaction."""
    locked: Application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("organization", "project", "distribution__dataset__provider", "distribution__source")
        .get(pk=application.pk)
    )
    return locked


def _record(actor: User, application: Application, action: str) -> None:
    record(
        actor=actor,
        action=action,
        subject=application,
        organization=application.distribution.dataset.provider,
        counterpart=application.organization,
        details={"distribution": application.distribution_id, "version": application.version},
    )


def _check_values(application: Application) -> None:
    """Hold what was written against the model's own fields; what the workflow writes later is not asked for yet."""
    plain = set(WRITTEN) - SHAPED
    try:
        application.clean_fields(exclude={field.name for field in application._meta.fields} - plain)
    except ValidationError as error:
        raise InvalidInput(fields=error.message_dict) from error
    if len(application.purpose_detail) > LONGEST_PURPOSE:
        raise InvalidInput(fields={"purpose_detail": [gettext_noop("At most 2,000 characters.")]})
    if not 1 <= application.months <= LONGEST_MONTHS:
        raise InvalidInput(fields={"months": [gettext_noop("From 1 to 24 months.")]})


def _write_fields(application: Application, fields: Mapping[str, str]) -> None:
    """The fields asked for. Names of another table, or none at all, are refused."""
    known: dict[str, DataField] = {field.name: field for field in application.distribution.fields.all()}
    unknown = sorted(set(fields) - set(known))
    if unknown:
        raise InvalidInput(
            gettext_noop("The table has no such fields: %(names)s."),
            code="unknown_field",
            names=", ".join(unknown)[:300],
        )
    if not fields:
        raise InvalidInput(fields={"fields": [gettext_noop("Ask for at least one field.")]})
    application.requested_fields.all().delete()
    ApplicationField.objects.bulk_create(
        ApplicationField(application=application, field=known[name], justification=why[:500])
        for name, why in fields.items()
    )


def _write_recipients(application: Application, recipients: Iterable[User]) -> None:
    """Named people of the applying organisation; the applicant where nobody is named."""
    people = list(recipients) or [application.applicant]
    members = set(
        Membership.objects.active()
        .filter(organization=application.organization, user__in=people)
        .values_list("user_id", flat=True)
    )
    if any(person.pk not in members for person in people):
        raise InvalidInput(
            fields={"recipients": [gettext_noop("Every recipient is a member of the organisation that applies.")]}
        )
    application.recipients.set(people)


def _check_mode(application: Application) -> None:
    """An enclave is a place to work in, and this installation has none: refused rather than delivered as a download."""
    if application.mode == ReleaseMode.ENCLAVE:
        raise InvalidInput(
            fields={"mode": [gettext_noop("This installation has no enclave; ask for a controlled release.")]},
            code="no_enclave",
        )


def _check_filter(application: Application) -> None:
    """A row filter may use the fields asked for, except direct identifiers (an equality on one is a membership oracle)."""
    if application.row_filter is None:
        return
    try:
        parse_filter(application.row_filter, filter_fields(application))
    except MessageError as error:
        raise InvalidInput.of(error) from error


# What the catalogue's type codes (standards §1) are in a record batch; staging checks again on the table's own types.
ARROW_TYPES: Mapping[str, pa.DataType] = {
    "I": pa.int64(),
    "B": pa.float64(),
    "F": pa.float64(),
    "N": pa.decimal128(38, 9),
    "Y": pa.decimal128(38, 2),
    "D": pa.date32(),
    "T": pa.timestamp("us"),
    "L": pa.bool_(),
}


def filter_fields(application: Application, schema: pa.Schema | None = None) -> list[FilterField]:
    """The fields a row filter may use, with the table's own types where its schema is at hand."""
    fields = [row.field for row in application.requested_fields.select_related("field")]
    return [
        FilterField(
            name=field.name,
            arrow_type=schema.field(field.name).type if schema else ARROW_TYPES.get(field.data_type, pa.string()),
            is_direct_identifier=field.role == "direct",
        )
        for field in fields
    ]
