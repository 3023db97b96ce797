"""Words for codes: what a page says where the database, the ledger or a file format has a code.

The words of a model's own choices come from `get_X_display`; here are those a page meets without their model (a ledger line, a
facet, a JSON record). What a code means to the program is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from catalog.datasets.grading import initial_ground
from catalog.datasets.lineage import LinkKind
from catalog.datasets.models import DataField, Grade, Price, RightKind, ShareMode, ShareType, SubjectKind, UpdateCycle
from catalog.jobs.models import JobState
from catalog.people.models import OrganizationKind, Role

# Roles, likelihoods, grades and their like: each code stands for one thing wherever it is met, so one table serves every page. The
# states of a dataset, a finding, an offer and an application are not among them: `submitted` or `rejected` says something else of
# each, and is worded by the model it is a state of.
CODES: dict[str, Any] = {
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
SHARED = (
    ShareType,
    ShareMode,
    Price,
    UpdateCycle,
    Grade,
    RightKind,
    LinkKind,
    JobState,
    Role,
    OrganizationKind,
)
for _choices in SHARED:
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
    "C": pgettext_lazy("data type", "Text"),
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

_entity_types: list[Callable[[str], str | None]] = []


def register_entity_types(label_of: Callable[[str], str | None]) -> None:
    """Tell how entity types are called in the active language; the floor that has the rule pack does this when Django starts."""
    _entity_types.append(label_of)


def entity_type_word(code: str) -> str:
    """What an entity type is called, in the active language; the code itself where nobody knows."""
    return next((label for label_of in _entity_types if (label := label_of(code))), code)


def grade_reason_word(field: DataField) -> str:
    """Why a field has its grade: what a person wrote, or what the rule pack says of its type."""
    if (ground := initial_ground(field)) is None:
        return str(field.grade_reason)
    entity_type, rules = ground
    return gettext("Initial grade of the type “%(type)s” in rule pack %(version)s") % {
        "type": entity_type_word(entity_type),
        "version": rules,
    }


def code_word(code: str) -> str:
    """The word for a role, a grade or another code of the design that means one thing everywhere."""
    return str(CODES.get(str(code)) or str(code).replace("_", " "))


def theme_word(theme: str) -> str:
    """A theme's word; a theme that a department named itself stays as it was written."""
    return str(THEMES.get(theme, theme))
