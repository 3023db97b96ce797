"""Words for codes: what a page says where the database, the ledger or a file format has a code.

The words of a model's own choices come from `get_X_display`; here are those a page meets without their model (a ledger line, a
facet, a JSON record). What a code means to the program is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.datasets.models import DatasetState, Grade, RightKind, ShareMode, ShareType, SubjectKind, UpdateCycle
from catalog.jobs.models import JobState
from catalog.people.models import OrganizationKind, Role

# States, roles, likelihoods and grades: no code stands for two things, so one table serves every page.
CODES: dict[str, Any] = {
    # what a scan, a finding, an application or an offer says of itself
    "proposed": _("Proposed"),
    "confirmed": _("Confirmed"),
    "corrected": _("Corrected"),
    "rejected": _("Rejected"),
    "assessing": _("Being assessed"),
    "deciding": _("Being decided"),
    "returned": _("Returned"),
    "awaiting_payment": _("Awaiting payment"),
    "granted": _("Granted"),
    "withdrawn": _("Withdrawn"),
    "revoked": _("Revoked"),
    "expired": _("Expired"),
    "active": _("In force"),
    "very_unlikely": _("Very unlikely"),
    "unlikely": _("Unlikely"),
    "possible": _("Possible"),
    "likely": _("Likely"),
    "very_likely": _("Very likely"),
    "low": _("Low"),
    "medium": _("Medium"),
    "high": _("High"),
    "severe": _("Severe"),
    # what a field is to the people in the rows
    "direct": _("Direct identifier"),
    "quasi": _("Quasi-identifier"),
    "sensitive": _("Sensitive attribute"),
    "none": _("None"),
    # how data is released (GB/T 37964)
    "public": _("Public release"),
    "controlled": _("Controlled release"),
    "enclave": _("Enclave"),
}
for _choices in (DatasetState, ShareType, ShareMode, UpdateCycle, Grade, RightKind, JobState, Role, OrganizationKind):
    for _code, _label in _choices.choices:
        CODES.setdefault(str(_code), _label)

SUBJECTS: Mapping[str, Any] = dict(SubjectKind.choices)

# Where the rows are, as the readers name it.
FORMATS: Mapping[str, str] = {
    "csv": "CSV",
    "tsv": "TSV",
    "txt": "TXT",
    "delimited": "CSV",
    "xlsx": "Excel",
    "parquet": "Parquet",
    "jsonl": "JSON Lines",
    "ndjson": "JSON Lines",
    "sqlite": "SQLite",
    "postgresql": "PostgreSQL",
    "mysql": "MySQL",
}

# 政务信息资源目录编制指南(试行): data types of an information item.
DATA_TYPES: Mapping[str, Any] = {
    "C": _("Text"),
    "N": _("Number"),
    "Y": _("Money"),
    "D": _("Date"),
    "T": _("Date and time"),
    "L": _("Yes or no"),
    "M": _("Long text"),
    "G": _("Binary or other"),
    "B": _("Double precision number"),
    "I": _("Whole number"),
    "F": _("Floating-point number"),
}

# The city's base databases, and the subjects departments keep data on. A record may name another.
THEMES: Mapping[str, Any] = {
    "population": _("Population"),
    "legal_entities": _("Legal entities"),
    "macro_economy": _("Macro-economy"),
    "government": _("Government services"),
    "geography": _("Spatial geography"),
    "credit": _("Social credit"),
    "health": _("Health"),
    "education": _("Education"),
    "employment": _("Employment and social security"),
    "housing": _("Housing"),
    "traffic": _("Traffic"),
    "utilities": _("Public utilities"),
    "environment": _("Ecology and environment"),
    "safety": _("Public safety"),
    "market": _("Market supervision"),
    "agriculture": _("Agriculture"),
    "culture": _("Culture and tourism"),
    "finance": _("Public finance"),
}

# What a line of one object's own history says, to stand after the actor's name. Lines that name their object are in
# `catalog.ledger.wording`.
ACTS: dict[str, Any] = {
    "source.registered": _("registered the source"),
    "dataset.registered": _("opened the record"),
    "dataset.edited": _("changed the record"),
    "dataset.submitted": _("submitted the record for review"),
    "dataset.returned": _("returned the record"),
    "dataset.published": _("published the record"),
    "dataset.suspended": _("suspended the dataset"),
    "dataset.retired": _("retired the dataset"),
    "dataset.subject_declared": _("said whom a row is about"),
    "distribution.attached": _("attached a table"),
    "field.described": _("described a field"),
    "right.recorded": _("recorded a right"),
    "right.ended": _("ended a right"),
    "grade.set": _("graded a field"),
    "grade.lowering_proposed": _("asked for a lower grade"),
    "grade.lowered": _("accepted a lower grade"),
    "grade.lowering_refused": _("refused a lower grade"),
    "scan.requested": _("asked for a scan"),
    "scan.cancel_requested": _("asked to stop a scan"),
    "scan.finished": _("finished a scan"),
    "scan.cancelled": _("cancelled a scan"),
    "scan.failed": _("failed to scan"),
    "finding.confirmed": _("confirmed a finding"),
    "finding.corrected": _("corrected a finding"),
    "finding.rejected": _("rejected a finding"),
    "finding.second_person_asked": _("asked a second person about a finding"),
    "protection.proposed": _("proposed protection rules"),
    "protection.set": _("set a protection rule"),
    "offer.proposed": _("proposed an offer"),
    "offer.priced": _("priced an offer"),
    "project.opened": _("opened a project"),
    "application.drafted": _("drafted an application"),
    "application.edited": _("changed an application"),
    "application.submit": _("submitted an application"),
    "application.withdraw": _("withdrew an application"),
    "application.return": _("returned an application"),
    "application.approve": _("approved an application"),
    "application.reject": _("rejected an application"),
    "application.confirm_payment": _("confirmed a payment"),
    "application.revoke": _("revoked a grant"),
    "application.assessed": _("assessed an application"),
    "application.assessment_failed": _("could not assess an application"),
    "application.basis_changed": _("found that the ground of an assessment had changed"),
    "assessment.raised": _("raised a risk assessment"),
    "artefact.deleted": _("deleted a staged file"),
    "release.downloaded": _("downloaded a release"),
}

_entity_types: list[Callable[[str], str | None]] = []


def register_entity_types(label_of: Callable[[str], str | None]) -> None:
    """Tell how entity types are called in the active language; the floor that has the rule pack does this when Django starts."""
    _entity_types.append(label_of)


def entity_type_word(code: str) -> str:
    """What an entity type is called, in the active language; the code itself where nobody knows."""
    return next((label for label_of in _entity_types if (label := label_of(code))), code)


def code_word(code: str) -> str:
    """The word for a state, a role, a grade or another code of the design."""
    return str(CODES.get(str(code)) or str(code).replace("_", " "))


def theme_word(theme: str) -> str:
    """A theme's word; a theme that a department named itself stays as it was written."""
    return str(THEMES.get(theme, theme))


def act_word(action: str) -> str:
    """What somebody did, to stand after their name."""
    return str(ACTS.get(action) or action.replace("_", " ").replace(".", " "))
