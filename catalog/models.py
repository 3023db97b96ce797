"""Django finds the models of the catalogue here; each lives with its subject."""

from catalog.datasets.models import (
    DataField,
    Dataset,
    DatasetVersion,
    Distribution,
    GradeProposal,
    RightsAssignment,
    Source,
)
from catalog.jobs.models import Job
from catalog.ledger.models import LedgerEntry, LedgerHead
from catalog.people.models import Membership, Organization, User

__all__ = [
    "DataField",
    "Dataset",
    "DatasetVersion",
    "Distribution",
    "GradeProposal",
    "Job",
    "LedgerEntry",
    "LedgerHead",
    "Membership",
    "Organization",
    "RightsAssignment",
    "Source",
    "User",
]
