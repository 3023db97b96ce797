"""In which state of a dataset which act is possible, as one table: services refuse by it, pages show by it."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.datasets.models import Dataset, DatasetState
from catalog.people.models import User
from catalog.people.policies import may

# By the name of the permission that the act asks for.
STATES_OF: Mapping[str, tuple[DatasetState, ...]] = {
    "dataset.edit": (DatasetState.DRAFT, DatasetState.SUSPENDED),
    "dataset.submit": (DatasetState.DRAFT, DatasetState.SUSPENDED),
    "dataset.return": (DatasetState.SUBMITTED,),
    "dataset.publish": (DatasetState.SUBMITTED,),
    "dataset.suspend": (DatasetState.PUBLISHED,),
    "dataset.retire": (DatasetState.PUBLISHED, DatasetState.SUSPENDED, DatasetState.DRAFT),
    "dataset.link": (DatasetState.DRAFT, DatasetState.SUBMITTED, DatasetState.PUBLISHED, DatasetState.SUSPENDED),
}
# These ask for a person only: rights, subjects and grades are recorded in every state.
_IN_EVERY_STATE = ("rights.record", "dataset.declare_subject", "grade.set", "dataset.read_history")


def allowed_acts(user: User, dataset: Dataset) -> frozenset[str]:
    """The permissions that `user` could use on the dataset as it now stands."""
    possible = [name for name, states in STATES_OF.items() if dataset.state in states]
    return frozenset(name for name in (*possible, *_IN_EVERY_STATE) if may(user, name, dataset))
