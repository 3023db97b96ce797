"""Django finds the models of the catalogue here; each lives with its subject."""

from catalog.datasets.endings import EndingProposal
from catalog.datasets.lineage import DatasetLink
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
    "DatasetLink",
    "DatasetVersion",
    "Distribution",
    "EndingProposal",
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
