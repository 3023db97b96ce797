"""Acts on links between datasets. A steward of the provider says what their dataset goes with and what it was made from."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from catalog.datasets.lifecycle import STATES_OF
from catalog.datasets.lineage import DatasetLink, LinkKind
from catalog.datasets.models import Dataset
from catalog.datasets.services import lock_dataset, require_state
from catalog.errors import Blocked, InvalidInput, WrongState
from catalog.ledger.services import record
from catalog.messages import gettext_noop
from catalog.people.models import Role, User
from catalog.people.policies import organizations_with, require


@transaction.atomic
def link_datasets(*, actor: User, dataset: Dataset, target: Dataset, kind: LinkKind) -> DatasetLink:
    """Record that `dataset` is related to `target`, or was derived from it.

    Raises: InvalidInput for the dataset itself or one that the actor does not see; Blocked for a link that is there already,
    whichever of the two recorded it, and for a derivation that would lead back to its beginning.
    """
    require(actor, "dataset.link", dataset)
    dataset = lock_dataset(dataset)
    require_state(dataset, *STATES_OF["dataset.link"])
    if target.pk == dataset.pk:
        raise _no_target(gettext_noop("A dataset is not linked to itself."), code="link_to_itself")
    if not Dataset.objects.visible_to(actor).filter(pk=target.pk).exists():
        raise _no_target(gettext_noop("There is no such dataset, or none that you may see."), code="target_unknown")
    link = DatasetLink(dataset=dataset, target=target, kind=kind, recorded_by=actor)
    if kind == LinkKind.DERIVED_FROM and _leads_to(target, dataset):
        raise _circle()
    try:
        with transaction.atomic():
            link.save()
    except IntegrityError as error:
        raise Blocked(gettext_noop("The two are linked in this way already."), code="linked_already") from error
    _record("dataset.linked", actor, link)
    # Asked again behind the ledger's head, where acts stand in line: two links recorded at once may close a circle together.
    if kind == LinkKind.DERIVED_FROM and _leads_to(target, dataset):
        raise _circle()
    return link


@transaction.atomic
def unlink_datasets(*, actor: User, link: DatasetLink) -> Dataset:
    """Take a link back. Returns the dataset that it was recorded of."""
    require(actor, "dataset.link", link.dataset)
    dataset = lock_dataset(link.dataset)
    require_state(dataset, *STATES_OF["dataset.link"])
    taken, _ = DatasetLink.objects.filter(pk=link.pk).delete()
    if not taken:
        raise WrongState(gettext_noop("This link was taken back already."), code="link_gone")
    _record("dataset.unlinked", actor, link)
    return dataset


def removable_links(user: User, links: Any) -> Any:
    """Those of `links` that `user` may take back: the list form of the permission."""
    return links.filter(
        dataset__provider_id__in=organizations_with(user, Role.DATA_STEWARD),
        dataset__state__in=STATES_OF["dataset.link"],
    )


def _record(action: str, actor: User, link: DatasetLink) -> None:
    record(
        actor=actor,
        action=action,
        subject=link.dataset,
        organization=link.dataset.provider,
        counterpart=link.target.provider,
        details={"link": link.pk, "linked": link.target_id, "kind": link.kind},
    )


def _leads_to(begin: Dataset, wanted: Dataset) -> bool:
    """Whether `wanted` is among what `begin` was derived from, at whatever remove."""
    seen: set[int] = set()
    waiting = {begin.pk}
    while waiting:
        if wanted.pk in waiting:
            return True
        seen |= waiting
        found = DatasetLink.objects.filter(kind=LinkKind.DERIVED_FROM, dataset_id__in=waiting)
        waiting = set(found.values_list("target_id", flat=True)) - seen
    return False


def _no_target(message: str, *, code: str) -> InvalidInput:
    return InvalidInput(message, fields={"target": [message]}, code=code)


def _circle() -> Blocked:
    return Blocked(
        gettext_noop("That dataset was itself made from this one; nothing is made from what was made from it."),
        code="lineage_circle",
    )
